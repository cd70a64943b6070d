// The page's side of the wire: calls to a worker, and what comes back for each.
import { MusicapError } from "./error.js";

export class Link {
  #worker;
  #calls = new Map();
  #next = 0;
  #ended;

  /** Starts a worker with the program in it. */
  static async open({ worker, module }) {
    const link = new Link(worker());
    await link.call("start", { module }).result;
    return link;
  }

  constructor(worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#crash(event.message ?? "the worker could not be started");
    };
  }

  /** Whether the worker has crashed, so that another is needed. */
  get crashed() {
    return this.#ended?.code === "Crashed";
  }

  /** Begins a job: `result` is a promise, `say` and `stop` speak to the job. */
  call(call, args, { onEvent = () => {}, transfer = [] } = {}) {
    const id = this.#next++;
    const result = new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#calls.set(id, { resolve, reject, onEvent });
      this.#worker.postMessage({ id, call, ...args }, transfer);
    });
    const say = (call, args = {}, transfer = []) => {
      if (this.#calls.has(id)) this.#worker.postMessage({ id, call, ...args }, transfer);
    };
    const stop = (reason) => {
      say("abort");
      this.#calls.get(id)?.reject(reason);
      this.#calls.delete(id);
    };
    return { result, say, stop };
  }

  /** Ends the worker and gives its memory back; what is under way fails with `reason`. */
  end(reason) {
    if (this.#ended) return;
    this.#ended = reason;
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }

  #hear({ id, event, error, result }) {
    const call = this.#calls.get(id);
    if (event) return call?.onEvent(event);
    if (error && !error.code) return this.#crash(error.message);
    this.#calls.delete(id);
    if (error) call?.reject(new MusicapError(error.code, error.message));
    else call?.resolve(result);
  }

  #crash(reason) {
    this.end(new MusicapError("Crashed", `the program has crashed: ${reason}; it can be used again`));
  }
}
