// A job as an asynchronous iterable of its results.
import { invalidOption, invalidSamples } from "./error.js";
import { toFloat32 } from "./recording.js";

/** A job's items for `for await`, once. Leaving the loop cancels the job. */
export class Run {
  /** The job's overall result. */
  result;
  #call;
  #items = [];
  /** Calls of `next()` that wait for an item, in order. */
  #waiting = [];
  #over = false;
  #failure;
  #controller = new AbortController();
  #pullMode;

  /** `start(onItem)` starts the job and returns a promise of its call; `onItem` takes the items. In
   * `pullMode` the job computes an item only when one is requested. */
  constructor(start, { signal, pullMode = false } = {}) {
    this.#pullMode = pullMode;
    // Another value is refused by `start`.
    signal = typeof signal?.addEventListener === "function" ? signal : undefined;
    this.#call = this.#start(start, signal);
    this.result = this.#finish(signal);
    // Code that only reads the items need not handle this promise too.
    this.result.catch(() => {});
  }

  async #start(start, signal) {
    const own = this.#controller;
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener("abort", this, { once: true });
    const call = await start((item) => {
      if (this.#over) return;
      this.#items.push(item);
      this.#deliver();
    });
    const stop = () => call.stop(own.signal.reason);
    if (own.signal.aborted) stop();
    own.signal.addEventListener("abort", stop, { once: true });
    return call;
  }

  async #finish(signal) {
    try {
      return await (await this.#call).result;
    } catch (error) {
      // After return() nobody is interested in why the job stopped.
      if (!this.#over) this.#failure = { error };
      throw error;
    } finally {
      signal?.removeEventListener("abort", this);
      this.#over = true;
      this.#deliver();
    }
  }

  /** The signal passed with the job has been aborted. */
  handleEvent({ target }) {
    this.#controller.abort(target.reason);
  }

  /** Sends a message to the job. */
  post(message, args, transfer) {
    this.#call.then(
      (call) => call.post(message, args, transfer),
      () => {},
    );
  }

  next() {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#pullMode && !this.#over && this.#waiting.length > this.#items.length) this.post("more");
      this.#deliver();
    });
  }

  /** Settles waiting calls of `next()` as far as possible. */
  #deliver() {
    while (this.#waiting.length > 0) {
      const { resolve, reject } = this.#waiting[0];
      if (this.#items.length > 0) resolve({ value: this.#items.shift(), done: false });
      else if (this.#failure) {
        // Thrown once; after that the iterator is at its end, as generators are.
        reject(this.#failure.error);
        this.#failure = undefined;
      } else if (this.#over) resolve({ value: undefined, done: true });
      else return;
      this.#waiting.shift();
    }
  }

  async return(value) {
    this.#over = true;
    this.#items.length = 0;
    this.#failure = undefined;
    this.#deliver();
    this.#controller.abort();
    return { value, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** Recordings that are captioned together. */
export class ManyRun extends Run {
  #recordings;

  /** `recordings()` is their number. */
  constructor(start, { recordings, ...options }) {
    super(start, options);
    this.#recordings = recordings;
  }

  /** Captions no more of a recording, given by its place. Its end still comes. */
  cancel(recording) {
    const last = this.#recordings() - 1;
    if (!Number.isInteger(recording) || recording < 0 || recording > last) {
      throw invalidOption("recording", recording, `the place of a recording, 0 to ${last}`);
    }
    this.post("cancel", { recording });
  }
}

/** A stream that is captioned while it plays. */
export class LiveRun extends Run {
  #ended = false;

  /** Adds the next samples, interleaved. They are copied. */
  push(samples) {
    if (this.#ended) throw invalidSamples("the stream has ended; begin another with live()");
    const copy = toFloat32(samples);
    if (!copy) throw invalidOption("samples", samples, "a Float32Array or another array of numbers");
    const at = copy.findIndex((sample) => !Number.isFinite(sample));
    if (at >= 0) {
      throw invalidSamples(`sample ${at} is ${copy[at]}, but must be finite`);
    }
    this.post("push", { samples: copy }, [copy.buffer]);
  }

  /** Ends the stream. Audio pushed before is still captioned. */
  end() {
    this.#ended = true;
    this.post("end");
  }
}
