// The workers of a captioner. The first one reads recordings and captions their chunks. The others are
// started when a recording has enough chunks for them, and caption batches of its chunks. Each has its
// own copy of the program and the model, since no memory is shared.

/** Batches of a job for each other worker: one that it works on, and the next. */
const BATCHES = 2;

/** The most workers by default, and the most memory in bytes that their programs and models may take
 * together. */
const MAX_SIZE = 4;
const MAX_MEMORY = 512 << 20;

/** How many workers there are by default on so many processors, if one takes so much memory. */
export function defaultSize(memory, processors) {
  return Math.max(1, Math.min(MAX_SIZE, processors, Math.floor(MAX_MEMORY / memory)));
}

export class WorkerPool {
  /** How many workers may share a recording. */
  size = 1;
  #open;
  #first;
  #others = new Set();
  /** Batches that wait for a worker, as `{ job, batch }`. */
  #waiting = [];
  /** Jobs whose chunks are shared. */
  #jobs = new Set();
  #ended;

  /** `open()` starts a worker with the model in it. */
  constructor(open) {
    this.#open = open;
  }

  /** The first worker; another if it has crashed or could not be started. */
  first() {
    if (this.#ended) return Promise.reject(this.#ended);
    const open = () => this.#open();
    this.#first = this.#first?.then((link) => (link.crashed ? open() : link), open) ?? open();
    return this.#first;
  }

  /** Starts a job in the first worker. */
  async call(call, args, options) {
    return (await this.first()).call(call, args, options);
  }

  /** The same for a job whose chunks other workers may caption. */
  async share(call, args, { onEvent, transfer }) {
    const job = { options: args.options };
    const calls = {
      share: ({ workers }) => this.#help(job, workers),
      batch: ({ batch }) => this.#add(job, batch),
      recall: () => this.#recall(job),
    };
    const link = await this.first();
    const running = link.call(
      call,
      { ...args, helpers: this.size - 1 },
      { onEvent: (event) => (calls[event.type] ?? onEvent)(event), transfer },
    );
    job.post = running.post;
    const end = () => this.#endJob(job);
    running.result.then(end, end);
    return running;
  }

  /** The sum of the workers' memory in bytes. */
  async memory() {
    const first = await this.first();
    // One that crashes meanwhile has no memory any more.
    const others = this.#ready().map(({ link }) => link.call("memory").result.catch(() => 0));
    const sizes = await Promise.all([first.call("memory").result, ...others]);
    return sizes.reduce((sum, size) => sum + size);
  }

  /** Ends all workers. What is running and what is requested later fails with `reason`. */
  end(reason) {
    if (this.#ended) return;
    this.#ended = reason;
    this.#first?.then((link) => link.end(reason), () => {});
    for (const { link } of this.#others) link?.end(reason);
  }

  #ready() {
    return [...this.#others].filter(({ link }) => link && !link.crashed);
  }

  /** Has a job's chunks shared with so many other workers. */
  #help(job, workers) {
    this.#dropCrashed();
    if (!this.#jobs.has(job)) {
      this.#jobs.add(job);
      job.post("slots", { change: BATCHES * this.#ready().length });
    }
    while (this.#others.size < workers) this.#start();
  }

  /** Starts another worker. If that fails, the job goes on without it. */
  async #start() {
    const other = { link: undefined, running: undefined };
    this.#others.add(other);
    try {
      const link = await this.#open();
      if (this.#ended) return link.end(this.#ended);
      other.link = link;
    } catch {
      return void this.#others.delete(other);
    }
    for (const job of this.#jobs) job.post("slots", { change: BATCHES });
    this.#assign();
  }

  #dropCrashed() {
    for (const other of this.#others) {
      if (!other.link?.crashed) continue;
      this.#others.delete(other);
      for (const job of this.#jobs) job.post("slots", { change: -BATCHES });
    }
    if (this.#ready().length === 0) this.#waiting.splice(0).forEach(giveBack);
  }

  #add(job, batch) {
    this.#waiting.push({ job, batch });
    this.#dropCrashed();
    this.#assign();
  }

  /** The first worker has nothing else to do: it gets the last batch that waits. */
  #recall(job) {
    const at = this.#waiting.findLastIndex((waiting) => waiting.job === job);
    if (at >= 0) this.#waiting.splice(at, 1).forEach(giveBack);
  }

  /** Gives batches to workers that have none. */
  #assign() {
    for (const other of this.#ready()) {
      if (!other.running && this.#waiting.length > 0) this.#search(other, this.#waiting.shift());
    }
  }

  async #search(other, { job, batch: { number, features, indices } }) {
    const args = { features, indices, options: job.options };
    const call = other.link.call("search", args, { transfer: [features.buffer] });
    other.running = { job, call };
    try {
      job.post("completed", { number, outputs: await call.result });
    } catch {
      // An error of the model will be the same in the first worker, which reports it.
      job.post("returned", { number });
    }
    other.running = undefined;
    if (this.#ended) return;
    this.#dropCrashed();
    this.#assign();
  }

  #endJob(job) {
    this.#jobs.delete(job);
    this.#waiting = this.#waiting.filter((waiting) => waiting.job !== job);
    for (const { running } of this.#others) {
      if (running?.job === job) running.call.stop(new Error("the job is over"));
    }
  }
}

/** Returns a batch to the worker that it came from. */
function giveBack({ job, batch: { number } }) {
  job.post("returned", { number });
}
