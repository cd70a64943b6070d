// Checks of options and captions, so that what is wrong is named as the caller knows it.
import { MusicapError, describe, invalidCaptions, invalidOption } from "./error.js";

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

const NATURAL = ["an integer of at least 0", (value) => Number.isSafeInteger(value) && value >= 0];
const NUMBER = ["a finite number", isNumber];
const POSITIVE = ["an integer of at least 1", (value) => Number.isSafeInteger(value) && value >= 1];
const oneOf = (...values) => [values.map((value) => JSON.stringify(value)).join(" or "), (value) => values.includes(value)];

const TAIL = oneOf("keep", "drop");
const OBJECT = ["an object", (value) => typeof value === "object" && value !== null && !Array.isArray(value)];
const STRING = ["a string", (value) => typeof value === "string"];
const FUNCTION = ["a function", (value) => typeof value === "function" || value === null];
const SIGNAL = ["an AbortSignal", (value) => typeof value?.addEventListener === "function" || value === null];
/** Checked where it is used. */
const ANYTHING = ["", () => true];

/** Each worker has a model of its own, and no computer that runs a browser has more processors. */
const WORKERS = ["an integer from 1 to 64", (value) => Number.isSafeInteger(value) && value >= 1 && value <= 64];

const LOAD_OPTIONS = { progress: FUNCTION, precision: oneOf("f32", "f16", "int8"), workers: WORKERS };
export const EMBEDDED_OPTIONS = { ...LOAD_OPTIONS, signal: SIGNAL };
export const FILES_OPTIONS = { ...LOAD_OPTIONS, name: STRING };
export const HUB_OPTIONS = { ...EMBEDDED_OPTIONS, fetch: FUNCTION, cache: ANYTHING, refresh: ANYTHING, endpoint: ANYTHING };

export const CAPTION_OPTIONS = {
  tail: TAIL,
  overlap: NUMBER,
  batchSize: POSITIVE,
  generation: OBJECT,
  facts: oneOf(true, false, "beats"),
  sampleRate: ANYTHING,
  onProgress: FUNCTION,
  signal: SIGNAL,
};

export const LIVE_OPTIONS = {
  sampleRate: POSITIVE,
  channels: POSITIVE,
  overlap: NUMBER,
  queue: POSITIVE,
  skip: oneOf(true, false),
  generation: OBJECT,
  signal: SIGNAL,
};

export const MEL_OPTIONS = { sampleRate: ANYTHING, signal: SIGNAL };
export const FRONT_END_OPTIONS = { ...MEL_OPTIONS, audio: OBJECT };

/** A front end, as `audio` in a `config.json`. */
export const AUDIO_CONFIG = {
  sample_rate: POSITIVE,
  n_fft: POSITIVE,
  hop_length: POSITIVE,
  n_mels: POSITIVE,
  f_min: NUMBER,
  f_max: NUMBER,
  mel_scale: oneOf("htk", "slaney"),
  power: oneOf("real", "power", "magnitude", "amplitude"),
  scaling: oneOf("decibels", "whisper"),
  drop_last_frame: oneOf(true, false),
  chunk_seconds: NUMBER,
  pad: oneOf("zero", "repeat"),
  // The model's, in the same part of its configuration.
  conv_layers: ANYTHING,
};

const isProgram = (value) =>
  typeof value === "string" ||
  value instanceof ArrayBuffer ||
  ArrayBuffer.isView(value) ||
  [URL, Response, WebAssembly.Module].some((kind) => value instanceof kind);
export const INIT_OPTIONS = { wasm: ["the program or its URL", isProgram], worker: FUNCTION };

/** Throws unless it is the code or name of a language; which ones there are is known to the program. */
export function checkLanguage(language) {
  checkOptions({ language }, { language: STRING });
  return language;
}

export const SUMMARY_OPTIONS = { length: ANYTHING, style: ANYTHING, language: ANYTHING };

const FRACTIONAL = ["temperature", "top_p", "repetition_penalty", "length_penalty"];

/** The kinds of a model's own generation settings. */
export function generationOptions(settings) {
  const kind = ([name, value]) => {
    if (FRACTIONAL.includes(name)) return [name, NUMBER];
    if (typeof value === "boolean") return [name, oneOf(true, false)];
    if (name.startsWith("forced_")) return [name, ["an integer of at least 0 or null", (id) => id === null || NATURAL[1](id)]];
    return [name, NATURAL];
  };
  return Object.fromEntries(Object.entries(settings).map(kind));
}

/** What has been warned of. */
const warned = new Set();

/** Warns, once, of sampling options where nothing is sampled. `settings` are the model's own. */
export function warnWithoutEffect(options, settings) {
  const { do_sample, repetition_retries } = { ...settings, ...options };
  const unused = ["temperature", "top_k", "top_p", "seed"].filter((name) => name in options);
  if (do_sample || repetition_retries || unused.length === 0) return;
  const text = `${unused.join(", ")} ${unused.length === 1 ? "has" : "have"} no effect without do_sample: true`;
  if (!warned.has(text)) console.warn(`musicap: ${text}`);
  warned.add(text);
}

/** The options that are set, checked against `kinds`: the expected value in words, and a test. */
export function checkOptions(options, kinds) {
  if (!OBJECT[1](options)) throw invalidOption("options", options, "an object");
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    if (!Object.hasOwn(kinds, name)) {
      const known = Object.keys(kinds).join(", ");
      throw new MusicapError("InvalidOption", `unknown option ${describe(name)}; the options are: ${known}`);
    }
    const [expected, test] = kinds[name];
    if (!test(value)) throw invalidOption(name, value, expected);
  }
  return Object.fromEntries(set);
}

/** Throws unless `captions` has what summaries and files are made from. */
export function checkCaptions(captions) {
  const problem = OBJECT[1](captions) ? problemIn(captions) : `they are ${describe(captions)}, but must be an object`;
  if (problem) throw invalidCaptions(problem);
}

function problemIn({ captions, duration_s, model }) {
  const wrong = (name, value, expected) => `${name} is ${describe(value)}, but must be ${expected}`;
  if (!Array.isArray(captions)) return wrong("captions", captions, "an array");
  if (!isNumber(duration_s)) return wrong("duration_s", duration_s, "a finite number");
  if (typeof model !== "string") return wrong("model", model, "a string");
  for (const [i, caption] of captions.entries()) {
    const at = `captions[${i}]`;
    if (!OBJECT[1](caption)) return wrong(at, caption, "an object");
    if (typeof caption.text !== "string") return wrong(`${at}.text`, caption.text, "a string");
    for (const name of ["index", "start_s", "end_s", "score"]) {
      if (!isNumber(caption[name])) return wrong(`${at}.${name}`, caption[name], "a finite number");
    }
  }
  return undefined;
}
