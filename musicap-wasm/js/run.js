// A job as an asynchronous iterable of what comes of it.

/** Goes through a job's items with `for await`, once; leaving the loop calls the job off. */
export class Run {
  /** What the job gives at its end. */
  result;
  #call;
  #items = [];
  #wake = () => {};
  #over = false;
  #failure;
  #controller = new AbortController();
  #ask;

  /** `begin(give)` begins the job and gives a promise of the call; `give` takes items. With `ask`
   * the job is asked for each item. */
  constructor(begin, { signal, ask = false } = {}) {
    this.#ask = ask;
    this.#call = this.#begin(begin, signal);
    this.result = this.#finish(signal);
    // Who reads only the items need not handle this too.
    this.result.catch(() => {});
  }

  async #begin(begin, signal) {
    const own = this.#controller;
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener("abort", this, { once: true });
    const call = await begin((item) => {
      this.#items.push(item);
      this.#wake();
    });
    const stop = () => call.stop(own.signal.reason);
    if (own.signal.aborted) stop();
    own.signal.addEventListener("abort", stop, { once: true });
    return call;
  }

  async #finish(signal) {
    try {
      return await (await this.#call).result;
    } catch (failure) {
      this.#failure = { failure };
      throw failure;
    } finally {
      signal?.removeEventListener("abort", this);
      this.#over = true;
      this.#wake();
    }
  }

  /** The signal that was given for the job has been aborted. */
  handleEvent({ target }) {
    this.#controller.abort(target.reason);
  }

  /** Speaks to the job. */
  say(word, args, transfer) {
    this.#call.then(
      (call) => call.say(word, args, transfer),
      () => {},
    );
  }

  async next() {
    if (this.#ask && this.#items.length === 0) this.say("more");
    for (;;) {
      if (this.#items.length > 0) return { value: this.#items.shift(), done: false };
      if (this.#failure) throw this.#failure.failure;
      if (this.#over) return { value: undefined, done: true };
      await new Promise((wake) => (this.#wake = wake));
    }
  }

  async return(value) {
    this.#controller.abort();
    return { value, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** A stream that is captioned while it plays. */
export class LiveRun extends Run {
  /** Takes the next samples, interleaved. They are handed over: the array is empty afterwards. */
  push(samples) {
    this.say("push", { samples }, [samples.buffer]);
  }

  /** Ends the stream; what has come by then is still captioned. */
  end() {
    this.say("end");
  }
}
