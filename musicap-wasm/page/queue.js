// Recordings that are captioned together, in their order.

/** A recording and its captions. `status` is "waiting", "running", "done", "failed" or "cancelled". */
export class Entry {
  status = "waiting";
  captions = [];
  /** Notes on spans of a stream that were skipped, each before caption number `at`. */
  skipped = [];
  /** The captions as they can be downloaded, complete or not. */
  result;
  /** The result in the language that is chosen, if that is not English. */
  translation;
  error;
  /** Whether its result is being put together. */
  isEnding = false;
  progress;
  /** What the spectrogram shows of it. */
  audio;
  #controller = new AbortController();

  /** `file` is undefined for a live stream. */
  constructor(name, file) {
    [this.name, this.file] = [name, file];
  }

  get signal() {
    return this.#controller.signal;
  }

  get isOver() {
    return this.status !== "waiting" && this.status !== "running";
  }

  cancel() {
    if (this.isOver) return;
    if (this.status === "waiting") this.status = "cancelled";
    this.#controller.abort();
  }
}

export class Queue {
  entries = [];
  #process;
  #onChange;
  #busy = false;

  /** `process(entries)` captions entries, with `start` and `finish` for each; `onChange(entry)` is
   * called when a status changes. */
  constructor(process, onChange) {
    [this.#process, this.#onChange] = [process, onChange];
  }

  /** Adds an entry that something else processes. */
  addRunning(entry) {
    this.entries.push(entry);
    this.#set(entry, "running");
  }

  /** Sets the status that an entry has at its end. */
  finish(entry, error) {
    entry.error = entry.signal.aborted ? undefined : error;
    this.#set(entry, entry.signal.aborted ? "cancelled" : error ? "failed" : "done");
  }

  add(entries) {
    this.entries.push(...entries);
    entries.forEach((entry) => this.#onChange(entry));
    return this.#run();
  }

  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    for (let entries; (entries = this.#waiting()).length > 0; ) await this.#process(entries);
    this.#busy = false;
  }

  #waiting() {
    return this.entries.filter(({ status, file }) => file && status === "waiting");
  }

  /** The captions of an entry come next. */
  start(entry) {
    if (!entry.isOver) this.#set(entry, "running");
  }

  #set(entry, status) {
    entry.status = status;
    this.#onChange(entry);
  }
}
