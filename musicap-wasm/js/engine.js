// The worker's side. A job does a piece of its work and then lets messages in, so that it can be
// cancelled and several jobs can run concurrently.
import {
  CaptionJob,
  LiveJob,
  MelJob,
  Model,
  SearchJob,
  findSections,
  initSync,
  languages,
  summarize,
  translate,
  write,
} from "./musicap_wasm.js";
import { Opening, opened, openedWeights } from "./files.js";
import { SharedWork } from "./share.js";

/** A job yields to the event loop after this time, unless a single piece of work takes longer. */
const YIELD_MS = 12;
/** Interval of progress events, except that each caption comes with one. */
const PROGRESS_MS = 100;

/** Ends a cancelled job. */
class Cancelled extends Error {}

export class Engine {
  #post;
  #openPath;
  #memory;
  #model;
  #jobs = new Map();
  #calls = {
    start: (_, { module }) => void (this.#memory = initSync({ module }).memory),
    load: (_, { files }) => this.#load(files),
    caption: (job, { inputs, options, helpers }) => this.#caption(job, inputs, options, helpers),
    search: (job, { features, indices, options }) => this.#search(job, features, indices, options),
    live: (job, { options }) => this.#live(job, options),
    logMel: (job, { input, audio }) => this.#logMel(job, input, audio),
    summarize: (_, { captions, length, style, language }) => summarize(captions, length, style, language),
    translate: (_, { captions, language }) => translate(captions, language),
    findSections: (_, { captions, language }) => findSections(captions, language),
    languages: () => languages(),
    write: (_, { captions, format }) => write(captions, format),
    memory: () => this.#memory.buffer.byteLength,
  };

  /** `post(message, transfer)` sends replies. `openPath(path)` opens a file where there are paths. */
  constructor(post, openPath) {
    this.#post = post;
    this.#openPath = openPath;
  }

  /** Handles a message. Posts `{ id, event }` while the job runs, and at its end `{ id, result }` or
   * `{ id, error: { code, message } }`. An error without a code means that the program has crashed
   * and that this engine must not be used any more. */
  async handle({ id, call, ...rest }) {
    const job = this.#jobs.get(id);
    if (job) return job.receive(call, rest);
    const run = this.#calls[call];
    if (!run) return; // a message to a job that is over
    const started = new Job((event, transfer) => this.#post({ id, event }, transfer));
    this.#jobs.set(id, started);
    try {
      this.#post({ id, result: await run(started, rest) });
    } catch (error) {
      if (!(error instanceof Cancelled)) {
        this.#post({ id, error: { code: error?.code, message: String(error?.message ?? error) } });
      }
    } finally {
      this.#jobs.delete(id);
    }
  }

  async #load({ weights, ...texts }) {
    this.#model?.free();
    this.#model = new Model({ ...texts, weights: await openedWeights(weights, this.#openPath) });
    return { ...this.#model.about(), memory: this.#memory.buffer.byteLength };
  }

  async #caption(job, inputs, options, helpers) {
    const opening = new Opening(inputs, this.#openPath, () => job.receive("opened"));
    const work = new CaptionJob(this.#model, opening.ready, inputs.length, options);
    await freeOnError(work, async () => {
      try {
        await opening.begin(0);
        await emitItems(job, work, opening, new SharedWork(job, work, opening, helpers));
      } finally {
        opening.stop();
      }
    });
    work.free();
  }

  async #search(job, features, indices, options) {
    const work = new SearchJob(this.#model, features, indices, options);
    let outputs;
    await freeOnError(work, async () => {
      while (!(outputs = work.poll())) await job.yieldIfDue();
    });
    work.free();
    return outputs;
  }

  async #live(job, options) {
    const work = new LiveJob(this.#model, options);
    await freeOnError(work, async () => {
      for (let [ended, isIdle] = [false, true]; !ended || !isIdle; ) {
        // Everything that has arrived goes in first, so that waiting chunks form one batch.
        for (let waits = isIdle; !ended && (waits || job.hasMessages); waits = false) {
          const { call, samples } = await job.nextMessage();
          if (call === "push") work.push(samples);
          ended = call === "end";
          if (ended) work.end();
        }
        const item = nextLiveEvent(work);
        isIdle = item === null;
        if (item) job.emit({ type: "item", item });
        await job.yieldIfDue();
      }
    });
    work.free();
  }

  async #logMel(job, input, audio) {
    const work = new MelJob(await opened(input, this.#openPath, job.signal), audio);
    await freeOnError(work, async () => {
      // One chunk per request, so that none pile up.
      while (await job.nextMessage()) {
        const chunk = work.next();
        if (!chunk) return;
        const { index, start_s, end_s, bands, frames, samples, mel } = chunk;
        chunk.free();
        const item = { index, start_s, end_s, bands, frames, samples, mel };
        job.emit({ type: "item", item }, [samples.buffer, mel.buffer]);
      }
    });
    work.free();
  }
}

/** Polls `work` to its end, and emits its items and its progress. */
async function emitItems(job, work, opening, shared) {
  let reported = 0;
  let ended = 0;
  let isFirst = true;
  let isIdle = false;
  for (;;) {
    await shared.receive(isIdle);
    const item = work.poll();
    isIdle = item === null;
    if (isIdle && opening.isOver) return;
    if (isIdle) continue;
    if (item || performance.now() - reported > PROGRESS_MS) {
      job.emit({ type: "progress", progress: work.progress() });
      reported = performance.now();
    }
    if (item) job.emit({ type: "item", item });
    if (item?.type === "end") opening.begin((ended += 1));
    isFirst &&= !item;
    shared.share(isFirst);
    await job.yieldIfDue();
  }
}

/** The next event of a stream. An error is one of them, as the stream continues after it. */
function nextLiveEvent(work) {
  let event;
  try {
    event = work.poll();
  } catch (error) {
    if (!error?.code) throw error;
    return { type: "error", code: error.code, message: error.message };
  }
  if (!event) return event;
  const [[type, values]] = Object.entries(event);
  return { type, ...values };
}

/** Runs `work` and frees `resource` if it fails, except after a crash, when the program must not be
 * called any more. */
async function freeOnError(resource, work) {
  try {
    await work();
  } catch (error) {
    if (error?.code || error instanceof Cancelled) resource.free();
    throw error;
  }
}

/** A running job and the messages received for it. */
class Job {
  #emit;
  #messages = [];
  #cancellation = new AbortController();
  #wake = () => {};
  #lastYield = performance.now();

  constructor(emit) {
    this.#emit = emit;
  }

  emit(event, transfer = []) {
    this.#emit(event, transfer);
  }

  /** Is aborted when the job is cancelled. */
  get signal() {
    return this.#cancellation.signal;
  }

  receive(call, rest) {
    if (call === "abort") this.#cancellation.abort();
    else this.#messages.push({ call, ...rest });
    this.#wake();
  }

  get hasMessages() {
    return this.#messages.length > 0;
  }

  /** The next message, waiting for it if necessary. */
  async nextMessage() {
    while (!this.signal.aborted && !this.hasMessages) {
      await new Promise((wake) => (this.#wake = wake));
    }
    this.#throwIfCancelled();
    return this.#messages.shift();
  }

  /** Lets messages in if it is time. */
  async yieldIfDue() {
    if (performance.now() - this.#lastYield > YIELD_MS) {
      await nextTask();
      this.#lastYield = performance.now();
    }
    this.#throwIfCancelled();
  }

  #throwIfCancelled() {
    if (this.signal.aborted) throw new Cancelled();
  }
}

/** Resumes after pending messages have been handled; a timer would add some milliseconds. */
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
