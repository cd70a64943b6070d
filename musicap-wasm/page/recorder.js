// On the audio thread: posts the samples of both channels in blocks, interleaved. They are mixed where channels
// in opposite phase are noticed.
const FRAMES = 4096;

class Recorder extends AudioWorkletProcessor {
  #block = new Float32Array(2 * FRAMES);
  #filled = 0;

  process([[left, right = left]]) {
    if (!left) return true;
    for (let n = 0; n < left.length; n++) {
      this.#block[this.#filled++] = left[n];
      this.#block[this.#filled++] = right[n];
      if (this.#filled === this.#block.length) {
        this.port.postMessage(this.#block, [this.#block.buffer]);
        this.#block = new Float32Array(2 * FRAMES);
        this.#filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
