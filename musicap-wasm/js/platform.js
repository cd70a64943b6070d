// What differs between browsers and Node. These are the browser's; node.js replaces them.

export const platform = {
  /** Starts a worker that runs worker.js. */
  startWorker: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),

  /** How many processors there are. */
  parallelism: () => globalThis.navigator?.hardwareConcurrency ?? 1,

  /** Fetches a URL, including those of this package's own files. */
  fetch: (url, options) => globalThis.fetch(url, options),

  /** Opens the cache of model files with this name, if there is one. */
  openCache: (name) => globalThis.caches?.open(name),

  /** A path of a file, or its URL, as something that a worker can read; undefined where there are no paths. */
  fileAt: undefined,

  /** The files in a folder, with `name`; undefined where there are no paths. */
  filesIn: undefined,
};
