// The worker's side. A job does a piece of its work and then lets messages come in, so that it can
// be called off and several can go on at once.
import { CaptionJob, LiveJob, MelJob, Model, initSync, summarize, write } from "./musicap_wasm.js";
import { opened, openedWhole } from "./files.js";

/** For how long a job may keep messages waiting, unless one piece takes longer. */
const TURN_MS = 12;
/** How often a job says how far it is, unless a caption comes. */
const PROGRESS_MS = 100;

/** Ends a job for which nobody waits any more. */
class CalledOff extends Error {}

export class Engine {
  #post;
  #memory;
  #model;
  #jobs = new Map();
  #calls = {
    start: (_, { module }) => void (this.#memory = initSync({ module }).memory),
    load: (_, { files }) => this.#load(files),
    caption: (job, { input, options }) => this.#caption(job, input, options),
    live: (job, { options }) => this.#live(job, options),
    logMel: (job, { input, audio }) => this.#logMel(job, input, audio),
    summarize: (_, { captions, length, style }) => summarize(captions, length, style),
    write: (_, { captions, format }) => write(captions, format),
    memory: () => this.#memory.buffer.byteLength,
  };

  /** `post(message, transfer)` takes the replies. */
  constructor(post) {
    this.#post = post;
  }

  /** Does what a message asks for. Posts `{ id, event }` as things happen, and at the end
   * `{ id, result }` or `{ id, error: { code, message } }`. An error without a code says that the
   * program has crashed and that this engine is of no more use. */
  async handle({ id, call, ...rest }) {
    const job = this.#jobs.get(id);
    if (job) return job.hear(call, rest);
    const work = this.#calls[call];
    if (!work) return; // a word to a job that is over
    const begun = new Job((event, transfer) => this.#post({ id, event }, transfer));
    this.#jobs.set(id, begun);
    try {
      this.#post({ id, result: await work(begun, rest) });
    } catch (error) {
      if (!(error instanceof CalledOff)) {
        this.#post({ id, error: { code: error?.code, message: String(error?.message ?? error) } });
      }
    } finally {
      this.#jobs.delete(id);
    }
  }

  async #load({ weights, ...texts }) {
    this.#model?.free();
    this.#model = new Model({ ...texts, weights: await openedWhole(weights) });
    return this.#model.about();
  }

  async #caption(job, input, options) {
    const work = new CaptionJob(this.#model, opened(input), options);
    await freeing(work, async () => {
      let told = 0;
      for (;;) {
        const caption = work.poll();
        if (caption || performance.now() - told > PROGRESS_MS) {
          job.tell({ type: "progress", progress: work.progress() });
          told = performance.now();
        }
        if (caption === null) return;
        if (caption) job.tell({ type: "item", item: caption });
        await job.turn();
      }
    });
    return work.finish();
  }

  async #live(job, options) {
    const work = new LiveJob(this.#model, options);
    await freeing(work, async () => {
      for (let ended = false; !ended; ) {
        // All that has come first: what waits is captioned together.
        do {
          const { call, samples } = await job.word();
          if (call === "push") work.push(samples);
          ended = call === "end";
        } while (job.waiting && !ended);
        if (ended) work.end();
        for (let event; (event = work.poll()); await job.turn()) {
          const [[type, values]] = Object.entries(event);
          job.tell({ type: "item", item: { type, ...values } });
        }
      }
    });
    work.free();
  }

  async #logMel(job, input, audio) {
    const work = new MelJob(opened(input), audio);
    await freeing(work, async () => {
      // A chunk each time one is asked for, so that none pile up.
      while (await job.word()) {
        const chunk = work.next();
        if (!chunk) return;
        const { index, start_s, end_s, bands, frames, samples, mel } = chunk;
        chunk.free();
        const item = { index, start_s, end_s, bands, frames, samples, mel };
        job.tell({ type: "item", item }, [samples.buffer, mel.buffer]);
      }
    });
    work.free();
  }
}

/** Runs `work` and frees what it works on if it fails; but not after a crash, when the program must
 * not be touched. */
async function freeing(resource, work) {
  try {
    await work();
  } catch (error) {
    if (error?.code || error instanceof CalledOff) resource.free();
    throw error;
  }
}

/** A job under way, and the words that have come for it. */
class Job {
  #tell;
  #words = [];
  #calledOff = false;
  #wake = () => {};
  #turnBegan = performance.now();

  constructor(tell) {
    this.#tell = tell;
  }

  tell(event, transfer = []) {
    this.#tell(event, transfer);
  }

  hear(call, rest) {
    if (call === "abort") this.#calledOff = true;
    else this.#words.push({ call, ...rest });
    this.#wake();
  }

  get waiting() {
    return this.#words.length > 0;
  }

  /** The next word, as soon as there is one. */
  async word() {
    while (!this.#calledOff && !this.waiting) {
      await new Promise((wake) => (this.#wake = wake));
    }
    this.#check();
    return this.#words.shift();
  }

  /** Lets messages come in if it is time. */
  async turn() {
    if (performance.now() - this.#turnBegan > TURN_MS) {
      await nextTask();
      this.#turnBegan = performance.now();
    }
    this.#check();
  }

  #check() {
    if (this.#calledOff) throw new CalledOff();
  }
}

/** Goes on after the messages that have come; timers would wait for some milliseconds more. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
