// The package in Node: workers are threads, recordings and models may be paths, and models from a
// hub are kept in a folder.
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { MusicapError } from "./error.js";
import { platform } from "./platform.js";

export { default } from "./musicap.js";
export * from "./musicap.js";

/** A file by its path: what the worker opens. */
class LocalFile {
  constructor(path, name = basename(path)) {
    [this.path, this.name] = [path, name];
  }

  text() {
    return readFile(this.path, "utf8");
  }

  async slice(start, end) {
    const file = await open(this.path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start);
      return new Blob([buffer.subarray(0, bytesRead)]);
    } finally {
      await file.close();
    }
  }
}

/** A thread with the interface of a browser's worker. */
class ThreadWorker {
  onmessage = () => {};
  onerror = () => {};
  // Without the process's own options: some, such as --input-type, are for its main script only.
  #thread = new Worker(new URL("./worker-node.js", import.meta.url), { execArgv: [] });

  constructor() {
    this.#thread.on("message", (data) => this.onmessage({ data }));
    this.#thread.on("error", (error) => this.onerror(error));
    this.#thread.on("exit", () => this.onerror(new Error("the thread has ended")));
  }

  postMessage(message, transfer) {
    this.#thread.postMessage(message, transfer);
  }

  terminate() {
    this.#thread.terminate();
  }

  /** Whether the thread keeps the process running. */
  ref() {
    this.#thread.ref();
  }

  unref() {
    this.#thread.unref();
  }
}

/** The parts of the Cache interface that hub.js uses, over a folder. A file is written under another
 * name and renamed, so that it is never there in part. */
class FolderCache {
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  async match(url) {
    const path = this.#path(url);
    const { size } = await stat(path).catch(() => ({}));
    if (size === undefined) return undefined;
    const blob = Object.assign(new LocalFile(path, url.split("/").pop()), { size });
    return { blob: async () => blob, json: async () => JSON.parse(await blob.text()) };
  }

  async put(url, response) {
    await mkdir(this.#folder, { recursive: true });
    const path = this.#path(url);
    const partial = `${path}.${randomUUID()}.partial`;
    try {
      await pipeline(Readable.fromWeb(response.body), createWriteStream(partial));
      await rename(partial, path);
      await writeFile(`${path}.url`, url);
    } finally {
      await rm(partial, { force: true });
    }
  }

  async keys() {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(".url"));
    return Promise.all(names.map((name) => readFile(join(this.#folder, name), "utf8")));
  }

  async delete(url) {
    await Promise.all([this.#path(url), `${this.#path(url)}.url`].map((path) => rm(path, { force: true })));
  }

  #path(url) {
    return join(this.#folder, createHash("sha256").update(url).digest("hex"));
  }
}

Object.assign(platform, {
  startWorker: () => new ThreadWorker(),

  parallelism: availableParallelism,

  async fetch(url, options) {
    if (!String(url).startsWith("file:")) return globalThis.fetch(url, options);
    const bytes = await readFile(new URL(url));
    return new Response(bytes, { headers: { "content-length": bytes.length } });
  },

  openCache: (name) => new FolderCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "musicap", name)),

  fileAt: (path) => new LocalFile(path instanceof URL ? fileURLToPath(path) : path),

  async filesIn(folder) {
    try {
      return (await readdir(folder)).map((name) => new LocalFile(join(folder, name)));
    } catch (cause) {
      const reasons = { ENOENT: "there is no such folder", ENOTDIR: "it is a file, not a model folder" };
      const reason = reasons[cause.code] ?? cause.message;
      throw new MusicapError("ModelNotFound", `model "${folder}" not found: ${reason}`, { cause });
    }
  },
});
