// The recording as a waveform and a mel spectrogram, both of which grow as chunks arrive.
import { clock } from "./format.js";

/** Loudness values per second of audio. */
const BINS = 20;
/** Spectrogram columns per second of audio; fewer for long recordings. */
const COLUMNS = 25;
const LONG_COLUMNS = 2;
const LONG_S = 1800;
/** Steps of the time axis in seconds, and the minimum width of one in pixels. */
const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const STEP_PIXELS = 72;
/** Amplitudes are raised to this power, so that quiet passages remain visible. */
const GAMMA = 0.65;
/** Range of the colour scale in decibels, below the loudest cell. */
const RANGE_DB = 75;
/** Colours from silence to the loudest cell. */
const SCALES = {
  light: ["#fffdf9", "#f5e3d5", "#e3a68c", "#ad4a5b", "#4d2150", "#1c0f2b"],
  dark: ["#1f1b1f", "#33203d", "#6d2b5d", "#c24b52", "#f28f5b", "#ffe2b0"],
};

/** What is drawn of one recording. */
export class AudioData {
  chunks = [];
  /** Seconds that the whole width stands for. */
  duration = 0;
  /** The recording is captioned up to here: the waveform is darker there. */
  captioned = 0;
  loudestDb = -40;
  peak = 0.05;

  constructor(chunkSeconds) {
    this.chunkSeconds = chunkSeconds;
  }
}

export class Spectrogram {
  #wave;
  #mel;
  #axis;
  #data = new AudioData(10);
  #queued = false;
  #colours;
  #ink;

  constructor(wave, mel, axis) {
    [this.#wave, this.#mel, this.#axis] = [wave, mel, axis];
    new ResizeObserver(() => this.#queue()).observe(mel);
    this.recolour();
  }

  /** Shows a recording; without `data` none. */
  show(data = new AudioData(10)) {
    this.#data = data;
    data.chunks.forEach((chunk) => this.#paint(chunk, data.loudestDb));
    this.#queue();
  }

  /** Draws again after `data` has changed, if it is shown. */
  update(data) {
    if (data === this.#data) this.#queue();
  }

  /** The length of the recording that is shown, in seconds. */
  get duration() {
    return this.#data.duration;
  }

  /** Adds a chunk from `logMel` to a recording. */
  add(data, { start_s, end_s, samples, mel, bands, frames }) {
    const filled = Math.min(1, (end_s - start_s) / data.chunkSeconds);
    const rate = data.duration > LONG_S ? LONG_COLUMNS : COLUMNS;
    const columns = Math.max(1, Math.round((end_s - start_s) * rate));
    const bins = Math.max(1, Math.round((end_s - start_s) * BINS));
    const chunk = {
      start_s,
      end_s,
      bands,
      columns,
      loudness: loudness(samples.subarray(0, Math.round(samples.length * filled)), bins),
      cells: cells(mel, bands, frames, Math.max(1, Math.round(frames * filled)), columns),
      strip: new OffscreenCanvas(columns, bands),
    };
    data.chunks.push(chunk);
    data.duration = Math.max(data.duration, end_s);
    for (const { peak } of chunk.loudness) data.peak = Math.max(data.peak, peak);
    const loudest = chunk.cells.reduce((a, b) => Math.max(a, b), -100);
    if (loudest > data.loudestDb + 2) {
      data.loudestDb = loudest;
      data.chunks.forEach((chunk) => this.#paint(chunk, loudest));
    } else {
      this.#paint(chunk, data.loudestDb);
    }
    this.update(data);
  }

  /** Reads the page's colours again. */
  recolour() {
    const style = getComputedStyle(this.#wave);
    // Only computed colours are resolved, custom properties are not.
    const resolve = (name) => {
      this.#wave.style.color = `var(${name})`;
      return style.color;
    };
    this.#ink = { decoded: resolve("--soft"), captioned: resolve("--ink"), line: resolve("--line") };
    const [r, g, b] = resolve("--paper").match(/[\d.]+/g).map(Number);
    this.#wave.style.color = "";
    this.#colours = scale(SCALES[r + g + b < 382 ? "dark" : "light"]);
    this.show(this.#data);
  }

  /** Draws a chunk's spectrogram, one pixel for each cell. */
  #paint({ strip, cells, columns, bands }, loudestDb) {
    const image = new ImageData(columns, bands);
    const pixels = new Uint32Array(image.data.buffer);
    const floor = loudestDb - RANGE_DB;
    for (let i = 0; i < cells.length; i++) {
      const level = Math.round(((cells[i] - floor) / RANGE_DB) * 255);
      pixels[i] = this.#colours[Math.min(255, Math.max(0, level))];
    }
    strip.getContext("2d").putImageData(image, 0, 0);
  }

  #queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#drawWave();
      this.#drawMel();
      this.#drawAxis();
    });
  }

  #drawWave() {
    const { context, width, height } = sized(this.#wave);
    const [bar, gap] = [2 * devicePixelRatio, devicePixelRatio];
    const middle = height / 2;
    context.fillStyle = this.#ink.line;
    context.fillRect(0, middle, width, 1);
    const { chunks, duration, captioned, peak: highest } = this.#data;
    if (!duration) return;
    const bars = new Map();
    for (const { start_s, end_s, loudness } of chunks) {
      const step = (end_s - start_s) / loudness.length;
      loudness.forEach(({ peak, rms }, i) => {
        const place = Math.floor((((start_s + i * step) / duration) * width) / (bar + gap));
        const known = bars.get(place);
        bars.set(place, { peak: Math.max(peak, known?.peak ?? 0), rms: Math.max(rms, known?.rms ?? 0) });
      });
    }
    const heightOf = (value) => (value / highest) ** GAMMA * (middle - 6 * devicePixelRatio);
    const edge = (captioned / duration) * width;
    for (const [place, { peak, rms }] of bars) {
      const x = place * (bar + gap);
      context.fillStyle = x < edge ? this.#ink.captioned : this.#ink.decoded;
      for (const [value, alpha] of [[peak, 0.35], [rms, 1]]) {
        const half = Math.max(devicePixelRatio / 2, heightOf(value));
        context.globalAlpha = alpha;
        context.fillRect(x, middle - half, bar, 2 * half);
      }
    }
    context.globalAlpha = 1;
  }

  #drawMel() {
    const { context, width, height } = sized(this.#mel);
    const { chunks, duration } = this.#data;
    if (!duration) return;
    context.imageSmoothingQuality = "high";
    for (const { start_s, end_s, strip } of chunks) {
      const x = Math.floor((start_s / duration) * width);
      const end = Math.ceil((end_s / duration) * width);
      context.drawImage(strip, x, 0, end - x, height);
    }
  }

  #drawAxis() {
    const steps = this.#axis.clientWidth / STEP_PIXELS;
    const { duration } = this.#data;
    const step = STEPS_S.find((step) => duration / step <= steps) ?? STEPS_S.at(-1);
    const places = Array.from({ length: Math.ceil(duration / step) }, (_, n) => n * step);
    const labels = places.map((place) => {
      const label = document.createElement("span");
      label.textContent = clock(place);
      label.style.left = `${(place / duration) * 100}%`;
      return label;
    });
    this.#axis.replaceChildren(...labels);
  }
}

/** Clears a canvas and gives it one pixel for each pixel of the screen. */
function sized(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => Math.round(n * devicePixelRatio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function loudness(samples, bins) {
  return Array.from({ length: bins }, (_, i) => {
    const [from, to] = [i, i + 1].map((n) => Math.floor((n * samples.length) / bins));
    let [peak, power] = [0, 0];
    for (let n = from; n < to; n++) {
      peak = Math.max(peak, Math.abs(samples[n]));
      power += samples[n] * samples[n];
    }
    return { peak, rms: Math.sqrt(power / Math.max(1, to - from)) };
  });
}

/** The maximum over the frames of each column, the highest band first as in images. */
function cells(mel, bands, frames, filled, columns) {
  const cells = new Float32Array(columns * bands).fill(-100);
  for (let band = 0; band < bands; band++) {
    for (let frame = 0; frame < filled; frame++) {
      const cell = (bands - 1 - band) * columns + Math.floor((frame * columns) / filled);
      cells[cell] = Math.max(cells[cell], mel[band * frames + frame]);
    }
  }
  return cells;
}

/** 256 interpolated colours, as pixels. */
function scale(stops) {
  const rgb = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const [low, part] = [Math.min(Math.floor(place), stops.length - 2), place - Math.min(Math.floor(place), stops.length - 2)];
    const [r, g, b] = rgb[low].map((from, k) => Math.round(from + (rgb[low + 1][k] - from) * part));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
}
