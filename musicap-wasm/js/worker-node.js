// The worker in Node: a thread that can open files by their path.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";

import { Engine } from "./engine.js";
import { cannotOpen } from "./files.js";

/** Closes files that are not used any more. */
const unused = new FinalizationRegistry((file) => closeSync(file));

function openPath(path) {
  try {
    const file = openSync(path, "r");
    const about = fstatSync(file);
    if (about.isDirectory()) {
      closeSync(file);
      throw new Error("it is a folder; name the files in it");
    }
    const opened = {
      size: about.size,
      read(start, length) {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, readSync(file, bytes, 0, length, start));
      },
    };
    unused.register(opened, file);
    return opened;
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

const engine = new Engine((message, transfer) => parentPort.postMessage(message, transfer), openPath);
parentPort.on("message", (message) => engine.handle(message));
