// The caller's side of the message channel to a worker: calls, and their events and results.
import { MusicapError } from "./error.js";

export class Link {
  #worker;
  #calls = new Map();
  #next = 0;
  #ended;

  /** Starts a worker and loads the program into it. */
  static async open({ worker, module }) {
    const link = new Link(worker());
    await link.call("start", { module }).result;
    return link;
  }

  constructor(worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#crash(event.message ?? "the worker could not be started");
    };
  }

  /** Whether the worker has crashed, so that another is needed. */
  get crashed() {
    return this.#ended?.code === "Crashed";
  }

  /** Starts a job: `result` is a promise, `post` sends the job a message, `stop` cancels it. */
  call(call, args, { onEvent = () => {}, transfer = [] } = {}) {
    const id = this.#next++;
    const result = new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#worker.postMessage({ id, call, ...args }, transfer);
      this.#calls.set(id, { resolve, reject, onEvent });
      this.#worker.ref?.();
    });
    const post = (call, args = {}, transfer = []) => {
      if (this.#calls.has(id)) this.#worker.postMessage({ id, call, ...args }, transfer);
    };
    const stop = (reason) => {
      post("abort");
      this.#take(id)?.reject(reason);
    };
    return { result, post, stop };
  }

  /** Ends the worker, which frees its memory; pending calls fail with `reason`. */
  end(reason) {
    if (this.#ended) return;
    this.#ended = reason;
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }

  #receive({ id, event, error, result }) {
    if (event) return this.#calls.get(id)?.onEvent(event);
    if (error && !error.code) return this.#crash(error.message);
    const call = this.#take(id);
    if (error) call?.reject(new MusicapError(error.code, error.message));
    else call?.resolve(result);
  }

  /** Removes a call. Without any the worker does not keep a Node process running. */
  #take(id) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (this.#calls.size === 0) this.#worker.unref?.();
    return call;
  }

  #crash(reason) {
    const advice = "it restarts on its next use";
    this.end(new MusicapError("Crashed", `the WebAssembly program crashed: ${reason}; ${advice}`));
  }
}
