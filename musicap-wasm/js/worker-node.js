// The worker in Node: a thread that can open files by their path.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";

import { Engine } from "./engine.js";

/** Closes files that are not used any more. */
const unused = new FinalizationRegistry((file) => closeSync(file));

function openPath(path) {
  try {
    const file = openSync(path, "r");
    const opened = {
      size: fstatSync(file).size,
      read(start, length) {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, readSync(file, bytes, 0, length, start));
      },
    };
    unused.register(opened, file);
    return opened;
  } catch (error) {
    throw Object.assign(new Error(`${path}: cannot open: ${error.message}`, { cause: error }), { code: "Io" });
  }
}

const engine = new Engine((message, transfer) => parentPort.postMessage(message, transfer), openPath);
parentPort.on("message", (message) => engine.handle(message));
