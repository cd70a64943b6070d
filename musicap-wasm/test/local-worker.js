// A worker in the thread of the tests, so that they can make it fail.
import { Engine } from "../dist/package/engine.js";

/** The interface of a worker over an engine in this thread. Messages are cloned as in a browser. */
export class LocalWorker {
  static started = 0;
  static ended = 0;
  /** `{ call, error }`: the next call or message with this name fails with the error. One without a
   * code is that of a trap. */
  static failAt;
  #ended = false;
  #engine = new Engine((message, transfer) => {
    const data = structuredClone(message, { transfer });
    setImmediate(() => this.#ended || this.onmessage({ data }));
  });

  constructor() {
    LocalWorker.started += 1;
  }

  postMessage(message, transfer = []) {
    const data = structuredClone(message, { transfer });
    if (data.call === LocalWorker.failAt?.call) {
      const { error } = LocalWorker.failAt;
      LocalWorker.failAt = undefined;
      setImmediate(() => this.onmessage({ data: { id: data.id, error } }));
    } else {
      setImmediate(() => this.#ended || this.#engine.handle(data));
    }
  }

  terminate() {
    if (!this.#ended) LocalWorker.ended += 1;
    this.#ended = true;
  }
}
