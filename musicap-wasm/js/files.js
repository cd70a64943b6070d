// Files as the program reads them: a size, and a function that returns some of the bytes
// synchronously.

/** Weights up to this size are kept in memory, where they are read faster; others stay on disk. */
const WHOLE_BYTES = 64 << 20;

/** `source` is a blob, bytes, `{ url }`, or `{ path }` in Node, where `openPath` opens it. */
async function asFile(source, openPath, signal) {
  if (source.url !== undefined) source = await fetched(source.url, signal);
  if (openPath && source.path !== undefined) return openPath(source.path);
  if (source instanceof Blob && typeof FileReaderSync === "undefined") {
    source = new Uint8Array(await source.arrayBuffer());
  }
  if (!(source instanceof Blob)) {
    return { size: source.length, read: (start, length) => source.subarray(start, start + length) };
  }
  const reader = new FileReaderSync();
  const read = (start, length) =>
    new Uint8Array(reader.readAsArrayBuffer(source.slice(start, start + length)));
  return { size: source.size, read };
}

async function fetched(url, signal) {
  const place = url.length <= 100 ? url : `${url.slice(0, 100)}…`;
  const response = await fetch(url, { signal }).catch((error) => {
    const advice = "is the server there, and does it allow this page to read its files?";
    throw cannotOpen(place, error.cause ?? new Error(`${error.message} (${advice})`));
  });
  if (!response.ok) throw cannotOpen(place, new Error(`the server responded with ${response.status}`));
  return response.blob().catch((error) => {
    throw cannotOpen(place, error.cause ?? error);
  });
}

/** The error for a file that cannot be opened, as the Rust library says it. */
export function cannotOpen(place, cause) {
  return Object.assign(new Error(`${place}: cannot open: ${cause.message}`, { cause }), { code: "Io" });
}

/** An input with its file open. `signal` stops a download. */
export async function opened({ file, ...rest }, openPath, signal) {
  return file ? { ...rest, file: await asFile(file, openPath, signal) } : rest;
}

/** The same, or `{ name, failure }` if it cannot be opened. */
async function openedOrFailed(input, openPath, signal) {
  try {
    return await opened(input, openPath, signal);
  } catch (error) {
    return { name: input.name, failure: String(error.cause?.message ?? error.message) };
  }
}

/** How many recordings, from the one whose captions come next, are downloaded: as many as a batch has chunks. */
const DOWNLOADS = 8;
/** What stands for a recording whose download has been stopped. */
const NOTHING = { channels: [new Float32Array(0)], sampleRate: 16_000 };

/** Opens the inputs of a job in their order: files at once, URLs as those before them are captioned. */
export class Opening {
  /** What is open and has not been taken yet, without what is behind one that is not open. */
  ready = [];
  #inputs;
  #openPath;
  #onReady;
  #stops;
  #begun = 0;
  #opened = new Map();
  #passed = 0;

  /** `onReady()` is called when there may be more in `ready`. */
  constructor(inputs, openPath, onReady) {
    [this.#inputs, this.#openPath, this.#onReady] = [inputs, openPath, onReady];
    this.#stops = inputs.map(() => new AbortController());
  }

  /** Whether nothing more comes. */
  get isOver() {
    return this.#passed === this.#inputs.length;
  }

  /** Begins to open what is due when so many recordings have ended, and waits for the files among it. */
  async begin(ended) {
    const files = [];
    while (this.#begun < this.#inputs.length) {
      const isDownload = this.#inputs[this.#begun].file?.url !== undefined;
      if (isDownload && this.#begun >= ended + DOWNLOADS) break;
      const opening = this.#open(this.#begun++, isDownload);
      if (!isDownload) files.push(opening);
    }
    await Promise.all(files);
  }

  async #open(place, isDownload) {
    const { signal } = this.#stops[place];
    const opened = await openedOrFailed(this.#inputs[place], this.#openPath, signal);
    this.#opened.set(place, isDownload && signal.aborted ? NOTHING : opened);
    for (let next; (next = this.#opened.get(this.#passed)); ) {
      this.#opened.delete(this.#passed++);
      this.ready.push(next);
    }
    this.#onReady();
  }

  /** Stops the download of one. */
  cancel(place) {
    this.#stops[place].abort();
  }

  /** Stops all downloads. */
  stop() {
    for (const each of this.#stops) each.abort();
  }
}

/** Weights, in memory if they are small enough. */
export async function openedWeights(source, openPath) {
  const small = source instanceof Blob && source.size <= WHOLE_BYTES;
  return asFile(small ? new Uint8Array(await source.arrayBuffer()) : source, openPath);
}
