// A stream's samples on their way to captions, spectrogram and level meter.

export class LiveAudio {
  #model;
  #overlap;
  #draw;
  #showLevel;
  #run;
  #rate;
  #channels;
  /** Blocks that arrived before `start`. */
  #early = [];
  #received = 0;
  #undrawn = [];
  #drawn_s = 0;
  #ended = false;

  /** `draw(chunk)` takes spectrogram chunks, `showLevel(seconds, level)` the length and the level
   * from 0 to 1. */
  constructor(model, { overlap, draw, showLevel }) {
    [this.#model, this.#overlap, this.#draw, this.#showLevel] = [model, overlap, draw, showLevel];
  }

  /** Starts captioning and returns the events. */
  start({ sampleRate, channels }) {
    [this.#rate, this.#channels] = [sampleRate, channels];
    this.#run = this.#model.live({ sampleRate, channels, overlap: this.#overlap });
    this.#early.splice(0).forEach((block) => this.push(block));
    if (this.#ended) this.#run.end();
    return this.#run;
  }

  /** Adds the next samples, interleaved. */
  push(block) {
    if (this.#ended) return;
    if (!this.#run) {
      this.#early.push(block);
      return;
    }
    this.#received += block.length / this.#channels;
    this.#showLevel(this.#received / this.#rate, Math.min(1, 1.5 * Math.max(...block)));
    this.#run.push(block);
    this.#undrawn.push(block);
    const length = this.#undrawn.reduce((sum, { length }) => sum + length, 0) / this.#channels;
    if (length >= this.#model.config.audio.chunk_seconds * this.#rate) {
      // A gap in the spectrogram is no reason to end the captions.
      this.#drawChunk(length).catch((error) => console.error(error));
    }
  }

  end() {
    this.#ended = true;
    this.#run?.end();
  }

  /** Draws what has not been drawn, so many frames. */
  async #drawChunk(length) {
    const samples = Array.from({ length: this.#channels }, () => new Float32Array(length));
    let frame = 0;
    for (const block of this.#undrawn.splice(0)) {
      for (let n = 0; n < block.length; frame++) {
        for (const channel of samples) channel[frame] = block[n++];
      }
    }
    const start_s = this.#drawn_s;
    this.#drawn_s += length / this.#rate;
    for await (const chunk of this.#model.logMel({ samples, sampleRate: this.#rate })) {
      this.#draw({ ...chunk, start_s: start_s + chunk.start_s, end_s: start_s + chunk.end_s });
      break;
    }
  }
}
