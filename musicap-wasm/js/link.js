// The caller's side of the message channel to a worker: calls, and their events and results.
import { MusicapError } from "./error.js";

function startedBy(worker) {
  try {
    return worker();
  } catch (cause) {
    const advice = "it must have the page's origin: serve the package from there, or pass init({ worker })";
    throw new MusicapError("Unsupported", `the worker cannot be started: ${cause.message}; ${advice}`, { cause });
  }
}

export class Link {
  #worker;
  #calls = new Map();
  #next = 0;
  #ended;

  /** Starts a worker and loads the program into it. */
  static async open({ worker, module }) {
    const link = new Link(startedBy(worker));
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
    const stop = (reason) => {
      post("abort");
      this.#take(id)?.reject(reason);
    };
    const result = new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#worker.postMessage({ id, call, ...args }, transfer);
      this.#calls.set(id, { resolve, reject, onEvent, stop });
      this.#worker.ref?.();
    });
    const post = (call, args = {}, transfer = []) => {
      if (this.#calls.has(id)) this.#worker.postMessage({ id, call, ...args }, transfer);
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
    if (event) return this.#handle(id, event);
    if (error && !error.code) return this.#crash(error.message);
    const call = this.#take(id);
    if (error) call?.reject(new MusicapError(error.code, error.message));
    else call?.resolve(result);
  }

  /** What the caller's own function throws ends its job. */
  #handle(id, event) {
    const call = this.#calls.get(id);
    try {
      call?.onEvent(event);
    } catch (error) {
      call.stop(error);
    }
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
