// The worker's side of captioning with several workers: the worker that reads the recordings passes
// batches of their chunks to others and puts what they find in order.

/** The number of unread chunks for each further worker: fewer are not worth starting one. */
const CHUNKS_PER_WORKER = 3;
/** The largest batch while others help. Larger ones are hardly faster, and the workers would finish
 * at different times. */
const MAX_BATCH = 4;

export class SharedWork {
  #job;
  #work;
  #opening;
  /** How many other workers may help, and how many have been requested. */
  #most;
  #requested = 0;
  /** Batches that other workers would accept now. */
  #slots = 0;
  #taken = 0;
  #calls = {
    opened: () => {},
    cancel: ({ recording }) => {
      this.#opening.cancel(recording);
      this.#work.cancel(recording);
    },
    slots: ({ change }) => void (this.#slots += change),
    completed: ({ number, outputs }) => {
      this.#slots += 1;
      this.#work.complete(number, outputs);
    },
    returned: ({ number }) => {
      this.#slots += 1;
      this.#work.takeBack(number);
    },
  };

  /** `work` is a CaptionJob, whose recordings come from `opening`. */
  constructor(job, work, opening, most) {
    [this.#job, this.#work, this.#opening, this.#most] = [job, work, opening, most];
  }

  /** Handles what has arrived, waiting for other workers if there is nothing else to do. `isIdle` means that
   * even they have nothing to do before something arrives. */
  async receive(isIdle) {
    for (let isWanted = isIdle; ; isWanted = false) {
      if (!this.#job.hasMessages) {
        // A batch that no worker has begun is captioned here.
        if (this.#work.isWaiting()) this.#job.emit({ type: "recall" });
        else if (!isWanted) return;
      }
      const { call, ...rest } = await this.#job.nextMessage();
      this.#calls[call](rest);
    }
  }

  /** Requests other workers if there is enough left for them, and passes a batch to one that accepts
   * it. `isFirst` means that no caption has been emitted yet. */
  share(isFirst) {
    if (this.#most === 0) return;
    const unread = this.#work.unread();
    const wanted = Math.min(this.#most, Math.floor(unread / CHUNKS_PER_WORKER));
    if (wanted > this.#requested) {
      this.#requested = wanted;
      this.#job.emit({ type: "share", workers: wanted });
    }
    if (this.#requested === 0) return;
    // Batches become smaller towards the end, so that the workers finish together.
    const workers = this.#requested + 1;
    const size = unread <= workers ? 1 : Math.min(Math.max(Math.ceil(unread / (2 * workers)), 2), MAX_BATCH);
    this.#work.limitBatch(size);
    // Reading many chunks for others would delay the first caption.
    if (this.#slots <= 0 || (isFirst && this.#taken >= this.#requested)) return;
    const batch = this.#work.take(isFirst ? 1 : size);
    if (!batch) return;
    this.#slots -= 1;
    this.#taken += 1;
    this.#job.emit({ type: "batch", batch }, [batch.features.buffer]);
  }
}
