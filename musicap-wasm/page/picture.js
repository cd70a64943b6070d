// The recording as a waveform and a mel spectrogram, both of which fill up as chunks come.
import { clock } from "./time.js";

/** Loudness values kept for a second of sound. */
const BINS = 20;
/** Spectrogram columns kept for a second of sound, and for one of a recording that is long. */
const COLUMNS = 25;
const LONG_COLUMNS = 2;
const LONG_S = 1800;
/** Steps of the time axis, in seconds, and how many pixels one has at least. */
const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const STEP_PIXELS = 72;
/** Quiet passages are drawn higher than they are: amplitudes to this power. */
const LIFT = 0.65;
/** What is told from silence, in decibels below the loudest cell. */
const RANGE_DB = 75;
/** From silence to the loudest. */
const SCALES = {
  light: ["#fffdf9", "#f5e3d5", "#e3a68c", "#ad4a5b", "#4d2150", "#1c0f2b"],
  dark: ["#1f1b1f", "#33203d", "#6d2b5d", "#c24b52", "#f28f5b", "#ffe2b0"],
};

export class Picture {
  #wave;
  #mel;
  #axis;
  #chunkSeconds = 10;
  #duration = 0;
  #captioned = 0;
  #chunks = [];
  #loudestDb = -40;
  #peak = 0.05;
  #queued = false;
  #colours;
  #ink;

  constructor(wave, mel, axis) {
    [this.#wave, this.#mel, this.#axis] = [wave, mel, axis];
    new ResizeObserver(() => this.#queue()).observe(mel);
    this.recolour();
  }

  /** Begins another recording, whose chunks have this length. */
  clear(chunkSeconds = 10) {
    this.#chunkSeconds = chunkSeconds;
    this.#chunks = [];
    [this.#duration, this.#captioned, this.#loudestDb, this.#peak] = [0, 0, -40, 0.05];
    this.#queue();
  }

  /** What the whole width stands for, in seconds. */
  get duration() {
    return this.#duration;
  }

  set duration(seconds) {
    this.#duration = seconds;
    this.#queue();
  }

  /** Up to where there are captions: the waveform is darker there. */
  set captioned(seconds) {
    this.#captioned = seconds;
    this.#queue();
  }

  /** Takes a chunk as `logMel` gives it. */
  add({ start_s, end_s, samples, mel, bands, frames }) {
    const heard = Math.min(1, (end_s - start_s) / this.#chunkSeconds);
    const rate = this.#duration > LONG_S ? LONG_COLUMNS : COLUMNS;
    const columns = Math.max(1, Math.round((end_s - start_s) * rate));
    const bins = Math.max(1, Math.round((end_s - start_s) * BINS));
    const chunk = {
      start_s,
      end_s,
      bands,
      columns,
      loudness: loudness(samples.subarray(0, Math.round(samples.length * heard)), bins),
      cells: cells(mel, bands, frames, Math.max(1, Math.round(frames * heard)), columns),
      strip: new OffscreenCanvas(columns, bands),
    };
    this.#chunks.push(chunk);
    this.#duration = Math.max(this.#duration, end_s);
    for (const { peak } of chunk.loudness) this.#peak = Math.max(this.#peak, peak);
    const loudest = chunk.cells.reduce((a, b) => Math.max(a, b), -100);
    if (loudest > this.#loudestDb + 2) {
      this.#loudestDb = loudest;
      this.#chunks.forEach((chunk) => this.#paint(chunk));
    } else {
      this.#paint(chunk);
    }
    this.#queue();
  }

  /** Takes up the page's colours. */
  recolour() {
    const style = getComputedStyle(this.#wave);
    // Computed colours are resolved, custom properties are not.
    const resolve = (name) => {
      this.#wave.style.color = `var(${name})`;
      return style.color;
    };
    this.#ink = { heard: resolve("--soft"), captioned: resolve("--ink"), line: resolve("--line") };
    const [r, g, b] = resolve("--paper").match(/[\d.]+/g).map(Number);
    this.#wave.style.color = "";
    this.#colours = scale(SCALES[r + g + b < 382 ? "dark" : "light"]);
    this.#chunks.forEach((chunk) => this.#paint(chunk));
    this.#queue();
  }

  /** Draws a chunk's spectrogram, a pixel for a cell. */
  #paint({ strip, cells, columns, bands }) {
    const image = new ImageData(columns, bands);
    const pixels = new Uint32Array(image.data.buffer);
    const floor = this.#loudestDb - RANGE_DB;
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
    if (!this.#duration) return;
    const bars = new Map();
    for (const { start_s, end_s, loudness } of this.#chunks) {
      const step = (end_s - start_s) / loudness.length;
      loudness.forEach(({ peak, rms }, i) => {
        const place = Math.floor((((start_s + i * step) / this.#duration) * width) / (bar + gap));
        const known = bars.get(place);
        bars.set(place, { peak: Math.max(peak, known?.peak ?? 0), rms: Math.max(rms, known?.rms ?? 0) });
      });
    }
    const lifted = (value) => (value / this.#peak) ** LIFT * (middle - 6 * devicePixelRatio);
    const edge = (this.#captioned / this.#duration) * width;
    for (const [place, { peak, rms }] of bars) {
      const x = place * (bar + gap);
      context.fillStyle = x < edge ? this.#ink.captioned : this.#ink.heard;
      for (const [value, alpha] of [[peak, 0.35], [rms, 1]]) {
        const half = Math.max(devicePixelRatio / 2, lifted(value));
        context.globalAlpha = alpha;
        context.fillRect(x, middle - half, bar, 2 * half);
      }
    }
    context.globalAlpha = 1;
  }

  #drawMel() {
    const { context, width, height } = sized(this.#mel);
    if (!this.#duration) return;
    context.imageSmoothingQuality = "high";
    for (const { start_s, end_s, strip } of this.#chunks) {
      const x = Math.floor((start_s / this.#duration) * width);
      const end = Math.ceil((end_s / this.#duration) * width);
      context.drawImage(strip, x, 0, end - x, height);
    }
  }

  #drawAxis() {
    const steps = this.#axis.clientWidth / STEP_PIXELS;
    const step = STEPS_S.find((step) => this.#duration / step <= steps) ?? STEPS_S.at(-1);
    const places = Array.from({ length: Math.ceil(this.#duration / step) }, (_, n) => n * step);
    const labels = places.map((place) => {
      const label = document.createElement("span");
      label.textContent = clock(place);
      label.style.left = `${(place / this.#duration) * 100}%`;
      return label;
    });
    this.#axis.replaceChildren(...labels);
  }
}

/** A canvas with as many pixels as the screen has there, empty. */
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

/** The loudest of each few frames, the highest band first as pictures have it. */
function cells(mel, bands, frames, heard, columns) {
  const cells = new Float32Array(columns * bands).fill(-100);
  for (let band = 0; band < bands; band++) {
    for (let frame = 0; frame < heard; frame++) {
      const cell = (bands - 1 - band) * columns + Math.floor((frame * columns) / heard);
      cells[cell] = Math.max(cells[cell], mel[band * frames + frame]);
    }
  }
  return cells;
}

/** 256 colours between these, as pixels. */
function scale(stops) {
  const rgb = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const [low, part] = [Math.min(Math.floor(place), stops.length - 2), place - Math.min(Math.floor(place), stops.length - 2)];
    const [r, g, b] = rgb[low].map((from, k) => Math.round(from + (rgb[low + 1][k] - from) * part));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
}
