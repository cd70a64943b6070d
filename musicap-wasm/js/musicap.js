// musicap in the browser: what pages call. The work is done in workers.
import { download } from "./download.js";
import { MusicapError } from "./error.js";
import { hubFiles } from "./hub.js";
import { Link } from "./link.js";
import { LiveRun, Run } from "./run.js";

export { MusicapError };

/** A module with one vector instruction. */
const SIMD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

let setUp;
let tools;

/** Fetches and compiles the program. */
export default async function init(options = {}) {
  await program(options);
}

function program(options = {}) {
  setUp ??= prepare(options).catch((error) => {
    setUp = undefined;
    throw error;
  });
  return setUp;
}

async function prepare({ wasm = new URL("./musicap_wasm_bg.wasm", import.meta.url), worker = startWorker }) {
  if (!globalThis.WebAssembly?.validate(SIMD)) {
    throw new MusicapError("Unsupported", "this browser has no WebAssembly SIMD; use one of 2023 or later");
  }
  return { module: await compile(wasm), worker };
}

function startWorker() {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

async function compile(wasm) {
  if (wasm instanceof WebAssembly.Module) return wasm;
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return WebAssembly.compile(wasm);
  const response = wasm instanceof Response ? wasm : await fetch(wasm);
  if (!response.ok) throw new MusicapError("Unsupported", `the program is not at ${response.url}`);
  // Servers that do not know the type exist.
  if (response.headers.get("content-type") === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** A worker without a model. */
function toolbox() {
  const open = async () => Link.open(await program());
  tools = tools ? tools.then((link) => (link.crashed ? open() : link), open) : open();
  return tools;
}

/** The chunks of a recording as a model sees them. */
export function logMel(input, { audio = {}, signal } = {}) {
  const begin = async (give) =>
    (await toolbox()).call("logMel", { input: asInput(input), audio }, { onEvent: ({ item }) => give(item) });
  return new Run(begin, { signal, ask: true });
}

/** One description of the whole. */
export async function summarize(captions, { length = "medium", style = "prose" } = {}) {
  return (await toolbox()).call("summarize", { captions, length, style }).result;
}

/** Captions as text, JSON, SubRip or WebVTT. */
export async function write(captions, format) {
  return (await toolbox()).call("write", { captions, format }).result;
}

/** A model that is ready to caption. */
export class Captioner {
  /** What the model is called. */
  name;
  /** The model's front end and how it generates captions, with the keys of `config.json`. */
  config;
  #files;
  #link;

  static async embedded({ progress, signal, precision } = {}) {
    const urls = {
      config: new URL("./model/config.json", import.meta.url),
      tokenizer: new URL("./model/tokenizer.json", import.meta.url),
      weights: new URL("./model/model.safetensors", import.meta.url),
    };
    const file = async ([part, url]) => {
      const name = url.pathname.split("/").pop();
      try {
        return [part, await (await download(url, name, { progress, signal })).blob()];
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw new MusicapError("ModelNotFound", `the embedded model's ${name}: ${error.message}`, { cause: error });
      }
    };
    const files = async () => Object.fromEntries(await Promise.all(Object.entries(urls).map(file)));
    return Captioner.#load("embedded", files, { progress, precision });
  }

  static async fromFiles(files, { name = "files", progress, precision } = {}) {
    const parts = files[Symbol.iterator] ? sorted([...files]) : files;
    for (const part of ["config", "tokenizer", "weights"]) {
      if (parts[part] === undefined) throw incomplete(part);
    }
    return Captioner.#load(name, () => parts, { progress, precision });
  }

  static async fromPretrained(id, { precision, ...options } = {}) {
    return Captioner.#load(id, () => hubFiles(id, options), { progress: options.progress, precision });
  }

  static async #load(name, source, { progress, precision }) {
    const captioner = new Captioner();
    captioner.name = name;
    captioner.#files = async () => {
      const { weights, ...texts } = await source();
      progress?.({ type: "load" });
      const files = { name, precision, weights: asBytes(weights) };
      for (const [part, text] of Object.entries(texts)) files[part] = text && (await asText(text));
      return files;
    };
    captioner.#link = captioner.#open();
    await captioner.#link;
    progress?.({ type: "ready" });
    return captioner;
  }

  /** A worker with the model in it. */
  async #open() {
    const [setting, files] = await Promise.all([program(), this.#files()]);
    const link = await Link.open(setting);
    try {
      const { audio, generation } = await link.call("load", { files }).result;
      this.config = { audio, generation };
    } catch (error) {
      link.end(error);
      throw error;
    }
    return link;
  }

  /** The worker, or another if it has crashed. */
  #connected() {
    this.#link = this.#link.then(
      (link) => (link.crashed ? this.#open() : link),
      () => this.#open(),
    );
    return this.#link;
  }

  caption(input, { signal, onProgress, ...options } = {}) {
    const begin = async (give) => {
      const settings = made(options, ["tail", "overlap", "batch", "generation"]);
      const link = await this.#connected();
      const { generation } = this.config;
      if (settings.generation) {
        settings.generation = { ...generation, ...made(settings.generation, Object.keys(generation)) };
      }
      const onEvent = ({ item, progress }) => (item ? give(item) : onProgress?.(progress));
      return link.call("caption", { input: asInput(input), options: settings }, { onEvent });
    };
    return new Run(begin, { signal });
  }

  live({ signal, ...options }) {
    const begin = async (give) => {
      const settings = made(options, ["sampleRate", "channels", "overlap", "queue"]);
      const link = await this.#connected();
      return link.call("live", { options: settings }, { onEvent: ({ item }) => give(item) });
    };
    return new LiveRun(begin, { signal });
  }

  logMel(input, { signal } = {}) {
    return logMel(input, { audio: this.config.audio, signal });
  }

  async memory() {
    return (await this.#connected()).call("memory").result;
  }

  dispose() {
    const reason = new MusicapError("Disposed", "this captioner has been disposed of");
    this.#link = this.#link.then((link) => {
      link.end(reason);
      return link;
    });
    this.#link.catch(() => {});
  }
}

/** The settings that have been made; each must be one of `names`. */
function made(options, names) {
  const settings = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name] of settings) {
    if (!names.includes(name)) {
      throw new MusicapError("InvalidOption", `option is ${name}, but must be one of ${names.join(", ")}`);
    }
  }
  return Object.fromEntries(settings);
}

/** What is to be heard, as it is sent to a worker. */
function asInput(input) {
  if (input instanceof Blob) return { name: input.name ?? "the recording", file: input };
  if (input instanceof ArrayBuffer || input instanceof Uint8Array) {
    return { name: "the recording", file: asBytes(input) };
  }
  if (typeof input?.getChannelData === "function") {
    const channels = Array.from({ length: input.numberOfChannels }, (_, i) => input.getChannelData(i));
    return { channels, sampleRate: input.sampleRate };
  }
  if (input?.samples && input.sampleRate) {
    const { samples, sampleRate } = input;
    return { channels: samples instanceof Float32Array ? [samples] : samples, sampleRate };
  }
  const expected = "a File, Blob, ArrayBuffer, Uint8Array, AudioBuffer or { samples, sampleRate }";
  throw new MusicapError("InvalidOption", `input is ${input}, but must be ${expected}`);
}

function asBytes(source) {
  return source instanceof ArrayBuffer ? new Uint8Array(source) : source;
}

async function asText(source) {
  if (typeof source === "string") return source;
  if (source instanceof Blob) return source.text();
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return new TextDecoder().decode(source);
  return JSON.stringify(source);
}

const PARTS = {
  "config.json": "config",
  "generation_config.json": "generation",
  "tokenizer.json": "tokenizer",
  "merges.txt": "merges",
  "model.safetensors": "weights",
};

/** A model folder's files by what they are. */
function sorted(files) {
  const parts = {};
  for (const file of files) {
    const part = PARTS[file.name] ?? (file.name.endsWith(".safetensors") ? "weights" : undefined);
    if (part) parts[part] = file;
  }
  if (parts.tokenizer) delete parts.merges;
  else parts.tokenizer = parts.merges && files.find(({ name }) => name === "vocab.json");
  if (!parts.weights && files.some(({ name }) => name.endsWith(".pth"))) {
    const reason = "a .pth file must be converted first: `musicap convert CHECKPOINT FOLDER`";
    throw new MusicapError("IncompleteModel", `not a complete model folder: ${reason}`);
  }
  return parts;
}

function incomplete(part) {
  const names = {
    config: "config.json",
    tokenizer: "tokenizer.json, or vocab.json with merges.txt,",
    weights: "model.safetensors",
  };
  return new MusicapError("IncompleteModel", `not a complete model folder: ${names[part]} is missing`);
}
