// The package's public interface. The work is done in workers.
import { download, guarded } from "./download.js";
import { MusicapError, invalidOption } from "./error.js";
import { hubFiles } from "./hub.js";
import { Link } from "./link.js";
import { asText, folderFiles, missingFile } from "./model.js";
import {
  AUDIO_CONFIG,
  CAPTION_OPTIONS,
  EMBEDDED_OPTIONS,
  FILES_OPTIONS,
  FRONT_END_OPTIONS,
  HUB_OPTIONS,
  INIT_OPTIONS,
  LIVE_OPTIONS,
  MEL_OPTIONS,
  SUMMARY_OPTIONS,
  checkCaptions,
  checkLanguage,
  checkOptions,
  generationOptions,
  warnWithoutEffect,
} from "./options.js";
import { platform } from "./platform.js";
import { WorkerPool, defaultSize } from "./pool.js";
import { asInput } from "./recording.js";
import { LiveRun, ManyRun, Run } from "./run.js";

export { MusicapError };

/** A WebAssembly module with one SIMD instruction. */
const SIMD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

let compiled;
let modelless;

/** Fetches and compiles the program. */
export default async function init(options = {}) {
  await program(checkOptions(options, INIT_OPTIONS));
}

/** `{ module, worker }`, prepared once; after a failure it is tried again. */
function program(options = {}) {
  compiled ??= prepare(options).catch((error) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

async function prepare({ wasm = new URL("./musicap_wasm_bg.wasm", import.meta.url), worker = platform.startWorker }) {
  if (!globalThis.WebAssembly?.validate(SIMD)) {
    throw new MusicapError("Unsupported", "WebAssembly SIMD is missing; use a browser of 2023 or later");
  }
  return { module: await compile(wasm), worker };
}

async function compile(wasm) {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return WebAssembly.compile(wasm);
  const place = wasm instanceof Response ? wasm.url : String(wasm);
  try {
    const response = wasm instanceof Response ? wasm : await platform.fetch(wasm);
    if (!response.ok) throw new Error(`the server responded with ${response.status}`);
    // Streaming needs the right content type, which not all servers send.
    const isStreamed = response.headers.get("content-type") === "application/wasm";
    return await (isStreamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer()));
  } catch (cause) {
    throw new MusicapError("Unsupported", `${place}: not a program that can be run here: ${cause.message}`, { cause });
  }
}

/** A worker without a model, shared by the functions that need none. */
function modellessLink() {
  const open = async () => Link.open(await program());
  modelless = modelless ? modelless.then((link) => (link.crashed ? open() : link), open) : open();
  return modelless;
}

/** The chunks of a recording as a model sees them. */
export function logMel(recording, options = {}) {
  return logMelRun(recording, options, () => {
    const { audio = {} } = checkOptions(options, FRONT_END_OPTIONS);
    return checkOptions(audio, AUDIO_CONFIG);
  });
}

function logMelRun(recording, options, audioConfig) {
  const { sampleRate, signal } = options ?? {};
  const request = capture(() => ({ audio: audioConfig(), ...asInput(recording, sampleRate) }));
  const start = async (onItem) => {
    const { input, transfer, audio } = request();
    const link = await modellessLink();
    return link.call("logMel", { input, audio }, { onEvent: ({ item }) => onItem(item), transfer });
  };
  return new Run(start, { signal, pullMode: true });
}

/** One description of the whole recording. */
export async function summarize(captions, options = {}) {
  checkCaptions(captions);
  const { length = "medium", style = "prose", language = "en" } = checkOptions(options, SUMMARY_OPTIONS);
  const request = { captions, length, style, language: checkLanguage(language) };
  return (await modellessLink()).call("summarize", request).result;
}

/** The captions in another language, with their sections. */
export async function translate(captions, language) {
  checkCaptions(captions);
  return (await modellessLink()).call("translate", { captions, language: checkLanguage(language) }).result;
}

/** The sections of the recording. */
export async function findSections(captions, language = "en") {
  checkCaptions(captions);
  return (await modellessLink()).call("findSections", { captions, language: checkLanguage(language) }).result;
}

/** The languages of captions, summaries and section titles. */
export async function languages() {
  return (await modellessLink()).call("languages", {}).result;
}

/** Captions as text, JSON, SubRip or WebVTT. */
export async function write(captions, format) {
  checkCaptions(captions);
  return (await modellessLink()).call("write", { captions, format: String(format) }).result;
}

/** What only this module can pass to the constructor. */
const LOADED = Symbol("loaded");

/** A loaded model. */
export class Captioner {
  /** The model's name. */
  name;
  /** The model's front end and generation settings, with the keys of `config.json`. */
  config;
  #pool;

  constructor(made) {
    if (made === LOADED) return;
    const ways = "Captioner.embedded(), Captioner.fromFiles(files) or Captioner.fromPretrained(id)";
    throw new TypeError(`a Captioner is not made with new, but with await ${ways}`);
  }

  static async embedded(options = {}) {
    const { progress, signal } = checkOptions(options, EMBEDDED_OPTIONS);
    signal?.throwIfAborted();
    const guard = guarded(progress);
    const urls = {
      config: new URL("./model/config.json", import.meta.url),
      tokenizer: new URL("./model/tokenizer.json", import.meta.url),
      weights: new URL("./model/model.safetensors", import.meta.url),
    };
    const file = async ([role, url]) => {
      const name = url.pathname.split("/").pop();
      try {
        return [role, await (await download(url, name, { progress: guard.report, signal })).blob()];
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        guard.rethrow();
        throw new MusicapError("ModelNotFound", `the embedded model's ${name}: ${error.message}`, { cause: error });
      }
    };
    const files = async () => Object.fromEntries(await Promise.all(Object.entries(urls).map(file)));
    return Captioner.#load("embedded", files, options);
  }

  static async fromFiles(files, options = {}) {
    const { name } = checkOptions(options, FILES_OPTIONS);
    const isFolder = typeof files === "string" && platform.filesIn;
    if (!isFolder && (typeof files !== "object" || files === null)) {
      throw invalidOption("files", files, "a model folder's files, or an object that names them");
    }
    const list = isFolder ? await platform.filesIn(files) : files;
    const roles = list[Symbol.iterator] ? folderFiles([...list]) : list;
    for (const role of ["config", "tokenizer", "weights"]) {
      if (roles[role] === undefined) throw missingFile(role);
    }
    return Captioner.#load(name ?? (isFolder ? files : "files"), () => roles, options);
  }

  static async fromPretrained(id, options = {}) {
    checkOptions(options, HUB_OPTIONS).signal?.throwIfAborted();
    if (typeof id !== "string") throw invalidOption("id", id, "owner/name or owner/name@revision");
    return Captioner.#load(id, () => hubFiles(id, options), options);
  }

  static async #load(name, source, { progress, precision, workers }) {
    // The browser compiles the program while the model downloads.
    program().catch(() => {});
    const { weights, ...texts } = await source();
    progress?.({ type: "load" });
    const files = { name, precision, weights: weights instanceof ArrayBuffer ? new Uint8Array(weights) : weights };
    for (const [role, text] of Object.entries(texts)) files[role] = text && (await asText(text));

    const captioner = new Captioner(LOADED);
    captioner.name = name;
    let about;
    const pool = new WorkerPool(async () => {
      const link = await Link.open(await program());
      try {
        about = await link.call("load", { files }).result;
      } catch (error) {
        link.end(error);
        throw error;
      }
      return link;
    });
    await pool.first();
    const { audio, generation, memory } = about;
    captioner.config = { audio, generation };
    pool.size = workers ?? defaultSize(memory, platform.parallelism());
    captioner.#pool = pool;
    progress?.({ type: "ready" });
    return captioner;
  }

  /** The most workers that share a recording. */
  get workers() {
    return this.#pool.size;
  }

  caption(recording, options = {}) {
    const { signal, onProgress, sampleRate } = options ?? {};
    const request = capture(() => ({
      options: this.#captionOptions(options),
      ...asInput(recording, sampleRate),
    }));
    const start = async (onItem) => {
      const { input, transfer, options } = request();
      let reported, end;
      const onEvent = ({ item, progress }) => {
        if (item?.type === "caption") onItem(item.caption);
        else if (item) {
          end = withError(item);
          if (reported) onProgress?.({ ...reported, decoded_s: end.captions.duration_s });
        } else if (!end && progress.recording === 0) {
          const { recording, ...ofRecording } = progress;
          reported = ofRecording;
          onProgress?.(reported);
        }
      };
      const call = await this.#pool.share("caption", { inputs: [input], options }, { onEvent, transfer });
      const result = call.result.then(() => {
        if (end.error) throw end.error;
        return end.captions;
      });
      return { ...call, result };
    };
    return new Run(start, { signal });
  }

  captionMany(recordings, options = {}) {
    const { signal, onProgress, sampleRate } = options ?? {};
    const request = capture(() => {
      const checked = this.#captionOptions(options);
      if (typeof recordings?.[Symbol.iterator] !== "function" || typeof recordings === "string") {
        throw invalidOption("recordings", recordings, "an array of recordings");
      }
      const all = [...recordings].map((one) => asInput(one, sampleRate, { isShared: true }));
      const inputs = all.map(({ input }) => input);
      return { inputs, transfer: all.flatMap(({ transfer }) => transfer), options: checked };
    });
    const start = async (onItem) => {
      const { transfer, ...job } = request();
      const onEvent = ({ item, progress }) => (item ? onItem(withError(item)) : onProgress?.(progress));
      return this.#pool.share("caption", job, { onEvent, transfer });
    };
    return new ManyRun(start, { signal, recordings: () => request().inputs.length });
  }

  /** The options that the worker gets. */
  #captionOptions(options) {
    const { signal, onProgress, sampleRate, ...checked } = checkOptions(options, CAPTION_OPTIONS);
    return this.#withGeneration(checked);
  }

  /** Options with all generation settings, if some of them replace the model's own. */
  #withGeneration(options) {
    if (!options.generation) return options;
    const { generation } = this.config;
    const changes = checkOptions(options.generation, generationOptions(generation));
    warnWithoutEffect(changes, generation);
    return { ...options, generation: { ...generation, ...changes } };
  }

  live(options = {}) {
    const request = capture(() => {
      const { signal, ...checked } = checkOptions(options, LIVE_OPTIONS);
      const { sampleRate, queue, skip } = checked;
      if (sampleRate === undefined) throw invalidOption("sampleRate", undefined, LIVE_OPTIONS.sampleRate[0]);
      if (skip && queue !== undefined) throw invalidOption("queue", queue, "left out: with skip only the newest chunk waits");
      return this.#withGeneration(checked);
    });
    const start = async (onItem) => {
      return this.#pool.call("live", { options: request() }, { onEvent: ({ item }) => onItem(item) });
    };
    return new LiveRun(start, { signal: options?.signal });
  }

  logMel(recording, options = {}) {
    return logMelRun(recording, options, () => checkOptions(options, MEL_OPTIONS) && this.config.audio);
  }

  memory() {
    return this.#pool.memory();
  }

  dispose() {
    this.#pool.end(new MusicapError("Disposed", "this captioner has been disposed of; load another"));
  }
}

/** An event whose error, if it has one, is an object of this package. */
function withError({ error, ...event }) {
  return error ? { ...event, error: new MusicapError(error.code, error.message) } : event;
}

/** Runs `prepare` now, while the caller's arrays are as they were passed; the returned function
 * gives the result or throws the error, so that a run reports it as its own. */
function capture(prepare) {
  try {
    const result = prepare();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
