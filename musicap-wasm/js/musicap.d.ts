/**
 * musicap in the browser: time-stamped English captions for music, without a server.
 *
 * ```js
 * import init, { Captioner } from "musicap";
 *
 * await init();
 * const captioner = await Captioner.embedded();
 * for await (const caption of captioner.caption(file)) {
 *   console.log(caption.start_s, caption.text);
 * }
 * captioner.dispose();
 * ```
 *
 * The keys of captions and configurations are those of musicap's JSON. Times are in seconds.
 */

/** Fetches and compiles the program: once, however often it is called. Everything else calls it
 * where it has not been called. */
export default function init(options?: InitOptions): Promise<void>;

export interface InitOptions {
  /** Where the program is, or what it is; by default it lies beside this module. */
  wasm?: URL | string | Response | BufferSource | WebAssembly.Module;
  /** Starts a worker that runs this package's `worker.js`; by default from beside this module. */
  worker?: () => Worker;
}

/** What went wrong. The message says what, where, and what can be done. */
export class MusicapError extends Error {
  readonly name: "MusicapError";
  readonly code: ErrorCode;
  /** With code `Hub`: the kind of trouble. */
  readonly problem?: "NotFound" | "Denied" | "Unreachable" | "Server" | "Damaged";
}

/** The variants of the Rust library's `Error`, and three of the package's own. */
export type ErrorCode =
  // audio
  | "UnknownFormat"
  | "DamagedAudio"
  | "NoAudioTrack"
  | "UnsupportedCodec"
  | "NoSamples"
  | "AudioRead"
  | "AudioLimit"
  | "InvalidSamples"
  // settings
  | "InvalidOption"
  // models
  | "IncompleteModel"
  | "ModelNotFound"
  | "InvalidConfig"
  | "InvalidCheckpoint"
  | "MissingTensor"
  | "UnexpectedTensors"
  | "WrongShape"
  | "InvalidTokenizer"
  | "NotFinite"
  | "Backend"
  | "Hub"
  // captions
  | "InvalidCaptions"
  /** The browser lacks WebAssembly SIMD, or the program could not be fetched. */
  | "Unsupported"
  /** The program crashed or ran out of memory. The captioner loads itself anew when it is used. */
  | "Crashed"
  /** The captioner has been disposed of. */
  | "Disposed";

/** A recording: a file in a format that musicap decodes, or samples within ±1. Arrays are copied. */
export type Recording = Blob | ArrayBuffer | Uint8Array | AudioBuffer | Samples;

export interface Samples {
  /** Mono samples, or an array for each channel. */
  samples: Float32Array | Float32Array[];
  sampleRate: number;
}

/** What is heard in one stretch of a recording. */
export interface Caption {
  /** The chunk's number, from 0. */
  index: number;
  start_s: number;
  end_s: number;
  text: string;
  /** How sure the model is: the mean log-probability of the caption's tokens, at most 0. */
  score: number;
}

/** The captions of one recording. */
export interface Captions {
  file: string | null;
  duration_s: number;
  /** The model that wrote them. */
  model: string;
  captions: Caption[];
  /** One description of the whole, if one has been made. */
  summary: string | null;
  /** Stretches that could not be decoded. */
  gaps?: { start_s: number; end_s: number; reason: string }[];
  /** What was done to the sound that its user should know of. */
  notes?: string[];
}

/** How far a job has come. */
export interface Progress {
  /** Up to where the recording has been read. */
  heard_s: number;
  /** Up to where there are captions. */
  captioned_s: number;
  /** How long it is, as far as that is known before its end. */
  duration_s: number | null;
}

/** What happens while a model is loaded. */
export type LoadEvent =
  /** `loaded` of `total` bytes have come; `total` is null where the server does not say. */
  | { type: "download"; file: string; loaded: number; total: number | null }
  /** The file is in the cache. */
  | { type: "cached"; file: string; size: number }
  /** All files are there, and the model is being built. */
  | { type: "load" }
  | { type: "ready" };

export interface LoadOptions {
  progress?: (event: LoadEvent) => void;
  /** What the weights are rounded to; by default they are taken as they are. */
  precision?: "f32" | "f16" | "int8";
}

/** A file's content: as it was picked, or its text or bytes. */
export type FileContent = Blob | string | ArrayBuffer | Uint8Array;

/** The files of a model folder. */
export interface ModelFiles {
  /** `config.json`, as a file or what it says. */
  config: FileContent | Record<string, unknown>;
  /** `model.safetensors`. A blob is read piece by piece and is never in memory as a whole. */
  weights: Blob | ArrayBuffer | Uint8Array;
  /** `tokenizer.json`, or `vocab.json`, which goes with `merges`. */
  tokenizer: FileContent | Record<string, unknown>;
  /** `merges.txt`. */
  merges?: FileContent;
  /** `generation_config.json`. */
  generation?: FileContent | Record<string, unknown>;
}

export interface HubOptions extends LoadOptions {
  /** What to fetch with, for example to add a token. */
  fetch?: typeof fetch;
  /** The name of the cache to keep the files in, a cache, or false for none. */
  cache?: string | Cache | false;
  /** Fetches the files anew. */
  refresh?: boolean;
  /** The hub. */
  endpoint?: string;
  signal?: AbortSignal;
}

/** A model's front end, as `audio` in its `config.json`. */
export interface AudioConfig {
  sample_rate: number;
  n_fft: number;
  hop_length: number;
  n_mels: number;
  f_min: number;
  f_max: number;
  power: "real" | "magnitude";
  chunk_seconds: number;
  conv_layers: number;
  pad: "zero" | "repeat";
}

/** How captions are generated, by Hugging Face's names. */
export interface GenerationConfig {
  num_beams: number;
  max_length: number;
  min_length: number;
  no_repeat_ngram_size: number;
  repetition_penalty: number;
  length_penalty: number;
  early_stopping: boolean;
  do_sample: boolean;
  temperature: number;
  top_k: number;
  top_p: number;
  seed: number;
  repetition_retries: number;
  decoder_start_token_id: number;
  eos_token_id: number;
  forced_bos_token_id: number | null;
  forced_eos_token_id: number | null;
}

export interface CaptionOptions {
  /** Calls the work off; what waits for it is rejected with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** What becomes of the audio after the last whole chunk: by default a tail of two seconds or
   * more is captioned. */
  tail?: "keep" | "drop";
  /** Audio that neighbouring chunks share, in seconds; 0 by default. */
  overlap?: number;
  /** Chunks that are computed together, 8 by default. */
  batch?: number;
  /** Settings in the place of the model's own. */
  generation?: Partial<GenerationConfig>;
}

/** What comes of a job, for `for await`, once. Leaving the loop calls the job off. */
export interface Run<Item, Result> extends AsyncIterableIterator<Item> {
  /** What the whole job gives at its end. */
  readonly result: Promise<Result>;
}

export interface LiveOptions {
  sampleRate: number;
  /** Channels, whose samples are interleaved; 1 by default. */
  channels?: number;
  /** Audio that neighbouring chunks share: with 5, there is a caption every 5 seconds. */
  overlap?: number;
  /** How many chunks may wait when captioning is behind, 6 by default; then the oldest are skipped. */
  queue?: number;
  signal?: AbortSignal;
}

/** What comes of a stream. `behind_s` is how far captioning is behind. */
export type LiveEvent =
  | { type: "caption"; caption: Caption; behind_s: number }
  | { type: "skipped"; start_s: number; end_s: number; behind_s: number };

export interface LiveRun extends Run<LiveEvent, void> {
  /** Takes the next samples, interleaved and within ±1. The array is handed over and is empty
   * afterwards. */
  push(samples: Float32Array<ArrayBuffer>): void;
  /** Ends the stream. What has come by then is still captioned. */
  end(): void;
}

/** A chunk of a recording as a model sees it. */
export interface MelChunk {
  index: number;
  start_s: number;
  /** Where it ends; what fills up a tail is not counted. */
  end_s: number;
  /** Mono samples at the model's rate. */
  samples: Float32Array;
  /** Decibels, `bands` rows of `frames`, the lowest band first. */
  mel: Float32Array;
  bands: number;
  frames: number;
}

/** A model that is ready to caption, in a worker of its own. */
export class Captioner {
  private constructor();

  /** The small model that comes with the package. */
  static embedded(options?: LoadOptions & { signal?: AbortSignal }): Promise<Captioner>;

  /** A model from its files, by what they are or as they were picked or dropped. */
  static fromFiles(
    files: ModelFiles | Iterable<File>,
    options?: LoadOptions & { name?: string },
  ): Promise<Captioner>;

  /** A model from a Hugging Face hub, `owner/name` or `owner/name@revision`. It is kept in the
   * browser's cache and works offline from then on. */
  static fromPretrained(id: string, options?: HubOptions): Promise<Captioner>;

  /** What the model is called. */
  readonly name: string;
  readonly config: { readonly audio: AudioConfig; readonly generation: GenerationConfig };

  /** Captions a recording. Captions come as soon as they are done, in the order of time. */
  caption(recording: Recording, options?: CaptionOptions): Run<Caption, Captions>;

  /** Captions a stream while it plays. */
  live(options: LiveOptions): LiveRun;

  /** The chunks of a recording as this model sees them, each computed when it is asked for. */
  logMel(recording: Recording, options?: { signal?: AbortSignal }): Run<MelChunk, void>;

  /** How much memory the worker's program has, in bytes. It never shrinks, so it is the peak. */
  memory(): Promise<number>;

  /** Ends the worker and gives its memory back. */
  dispose(): void;
}

/** The chunks of a recording through any front end; by default that of LP-MusicCaps. */
export function logMel(
  recording: Recording,
  options?: { audio?: Partial<AudioConfig>; signal?: AbortSignal },
): Run<MelChunk, void>;

/** One description of the whole, of at most 30, 80 or 160 words, as running text or a line for each
 * statement. Nothing is said that no caption said. */
export function summarize(
  captions: Captions,
  options?: { length?: "short" | "medium" | "long"; style?: "prose" | "lines" },
): Promise<string>;

/** Captions as text, JSON, SubRip or WebVTT. */
export function write(captions: Captions, format: "text" | "json" | "srt" | "vtt"): Promise<string>;
