/**
 * musicap in the browser and in Node: time-stamped English captions for music, without a server.
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
 * Captions and configurations have the keys of musicap's JSON. Times are in seconds.
 */

/** Fetches and compiles the WebAssembly program, once. All other functions call it if necessary. */
export default function init(options?: InitOptions): Promise<void>;

export interface InitOptions {
  /** The program or its URL; by default the file next to this module. */
  wasm?: URL | string | Response | BufferSource | WebAssembly.Module;
  /** Starts a worker that runs this package's `worker.js`; by default the file next to this module. */
  worker?: () => Worker;
}

/** All errors of this package. The message says what failed, where, and what to do. */
export class MusicapError extends Error {
  readonly name: "MusicapError";
  readonly code: ErrorCode;
  /** With code `Hub`: the kind of problem. */
  readonly problem?: "NotFound" | "Denied" | "Unreachable" | "Server" | "Damaged" | "Storage";
}

/** The variants of the Rust library's `Error`, and three of this package. */
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
  // options
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
  /** A file or URL cannot be opened. */
  | "Io"
  /** WebAssembly SIMD is missing, or the program could not be fetched. */
  | "Unsupported"
  /** The program crashed or ran out of memory in the worker that reads the recordings. The captioner is
   * loaded again when it is used next. */
  | "Crashed"
  /** The captioner has been disposed of. */
  | "Disposed";

/**
 * A recording: a file in a supported format, an `AudioBuffer`, or samples. Samples are numbers
 * within ±1, or 16- or 32-bit integers, which are scaled by their full range. They are copied
 * during the call. A URL, as an object or a string, is fetched as a whole before its first caption; the server
 * has to allow it to pages of other origins. Other strings are paths in Node, and URLs relative to the page in
 * a browser.
 */
export type Recording = Blob | ArrayBuffer | Uint8Array | AudioBuffer | Samples | Channel | Channel[] | URL | string;

/** The samples of one channel. */
export type Channel = Float32Array | Float64Array | Int16Array | Int32Array | number[];

export interface Samples {
  /** Mono samples, or an array for each channel. */
  samples: Channel | Channel[];
  /** Hertz. */
  sampleRate: number;
}

/** The description of one span of a recording. */
export interface Caption {
  /** The chunk's number, from 0. */
  index: number;
  start_s: number;
  end_s: number;
  text: string;
  /**
   * The mean log-probability of the caption's tokens, at most 0: exp(score) is the geometric mean of
   * their probabilities. It says how sure the model is of its words, not how well they fit the
   * music, and compares captions of the same model and settings only.
   */
  score: number;
  /** The probability, 0 to 1, that all of the caption is true; absent if the model states none. */
  confidence?: number;
  /** What is known of the span as data; absent unless facts were asked for. */
  facts?: Facts;
}

/** The captions of one recording. */
export interface Captions {
  file: string | null;
  duration_s: number;
  /** The name of the model. */
  model: string;
  captions: Caption[];
  /** The language of the captions, as an ISO 639-1 code; absent for English, which models write. */
  language?: string;
  /** A description of the whole recording, if one has been added. */
  summary: string | null;
  /** The sections, if they have been added. */
  sections?: Section[];
  /** Spans that could not be decoded. */
  gaps?: { start_s: number; end_s: number; reason: string }[];
  /** What was done to the sound that its user should know of. */
  notes?: string[];
  /** What is known of the recording as data; absent unless facts were asked for. */
  facts?: Facts;
  /** Times at which the sound changes, in order, from which sections get their boundaries. `strength`,
   * 0 to 1, says how much: how alike the sound is within the eight seconds before and within those after,
   * and how little the ones are like the others. */
  changes?: { at_s: number; strength: number }[];
}

/** A name with how likely it applies, 0 to 1. */
export interface Tag {
  name: string;
  confidence: number;
}

/** Whether something is there, with how likely that is true, 0.5 to 1. */
export interface Presence {
  present: boolean;
  confidence: number;
}

/** What is known of music as data. What is absent is not known. */
export interface Facts {
  version?: 1;
  instruments?: (Tag & { share?: number; role?: "lead" | "accompaniment" })[];
  voices?: { kind: "man" | "woman" | "choir" | "speech" | "rap"; confidence: number }[];
  drums?: Presence;
  vocals?: Presence;
  tempo?: { bpm: number; confidence: number; alternative_bpm?: number; class: "slow" | "medium" | "fast" };
  /** When there are beats, in seconds. */
  beats?: number[];
  key?: { tonic: string; mode: "major" | "minor"; confidence: number };
  time_signature?: { beats_per_bar: 3 | 4; confidence: number };
  genres?: Tag[];
  loudness?: { integrated_lufs: number; range_lu?: number; sample_peak_dbfs?: number };
  dynamics?: "even" | "moderate" | "wide";
  recording?: Tag[];
  content?: Tag[];
  acoustic?: Presence;
}

/** A section of a recording in which the music stays alike. */
export interface Section {
  start_s: number;
  end_s: number;
  /** What it is, in a few words: "Piano alone". */
  title: string;
}

/** A language, by its ISO 639-1 code, its English name and its own. */
export interface Language {
  code: string;
  name: string;
  native_name: string;
}

/** Progress of a captioning job. */
export interface Progress {
  /** The recording is decoded up to here. */
  decoded_s: number;
  /** The recording is captioned up to here. */
  captioned_s: number;
  /** The recording's length, if it is known before its end. */
  duration_s: number | null;
  /** Decoding steps since the last caption. */
  steps: number;
  /** The maximum number of steps of a caption: its maximum length in tokens. */
  max_steps: number;
}

/** Progress of loading a model. */
export type LoadEvent =
  /** `loaded` of `total` bytes; `total` is null if the server does not say. */
  | { type: "download"; file: string; loaded: number; total: number | null }
  /** The file is in the cache. */
  | { type: "cached"; file: string; size: number }
  /** All files are available, and the model is being built. */
  | { type: "load" }
  | { type: "ready" };

export interface LoadOptions {
  progress?: (event: LoadEvent) => void;
  /** The precision of the weights in memory; by default that of the file. */
  precision?: "f32" | "f16" | "int8";
  /**
   * The most workers that share the chunks of a recording, 1 to 64; captions do not depend on it.
   * Each has its own copy of the model. By default as many as there are processors, but at most 4, and
   * as many as take 512 MiB together when the model is loaded: a model of LP-MusicCaps' size has 2 in
   * int8 and 1 in float32. Workers after the first are started when a recording has chunks for them:
   * one for every three chunks after the first.
   */
  workers?: number;
}

/** The content of a file: a file object, text or bytes. */
export type FileContent = Blob | string | ArrayBuffer | Uint8Array;

/** The files of a model folder. */
export interface ModelFiles {
  /** `config.json`, as a file or parsed. */
  config: FileContent | Record<string, unknown>;
  /** `model.safetensors`. Of a blob beyond 64 MiB only parts are in memory at a time. */
  weights: Blob | ArrayBuffer | Uint8Array;
  /** `tokenizer.json`; or `vocab.json`, which requires `merges`. */
  tokenizer: FileContent | Record<string, unknown>;
  /** `merges.txt`. */
  merges?: FileContent;
  /** `generation_config.json`. */
  generation?: FileContent | Record<string, unknown>;
}

export interface HubOptions extends LoadOptions {
  /** Replaces `fetch`, for example to send a token. */
  fetch?: typeof fetch;
  /** The name of the cache for the files, a cache, or false for none. In Node a name is that of a
   * folder in the user's cache folder. */
  cache?: string | Cache | false;
  /** Whether to ask the hub for a newer commit even if the model is in the cache. */
  refresh?: boolean;
  /** The hub's URL. */
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
  mel_scale?: "htk" | "slaney";
  /** `"magnitude"`, as files have it, is the same as `"power"`: |X|². `"amplitude"` is |X|. */
  power: "real" | "power" | "magnitude" | "amplitude";
  scaling?: "decibels" | "whisper";
  drop_last_frame?: boolean;
  chunk_seconds: number;
  pad: "zero" | "repeat";
}

/** Generation settings, with the names of transformers. */
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
  /** Cancels the job: pending promises are rejected with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** For arrays of samples: their rate in hertz. */
  sampleRate?: number;
  /** The audio after the last whole chunk: `"keep"` (default) captions it if it is at least 2 s
   * long, `"drop"` ignores it. */
  tail?: "keep" | "drop";
  /** Overlap of successive chunks in seconds; default 0. */
  overlap?: number;
  /** Chunks in one batch, which the captions do not depend on; by default the first chunk alone, then
   * up to 8, or up to 4 where workers share the recording. */
  batchSize?: number;
  /** Settings that replace the model's own. */
  generation?: Partial<GenerationConfig>;
  /** Whether captions and the recording get facts, and "beats" with the times of beats; default false. */
  facts?: boolean | "beats";
}

/** A running job: an iterable of its items, for one `for await`. Leaving the loop cancels the job. */
export interface Run<Item, Result> extends AsyncIterableIterator<Item> {
  /** The overall result. */
  readonly result: Promise<Result>;
}

export interface ManyOptions extends Omit<CaptionOptions, "onProgress"> {
  /** `recording` is the one whose captions come next. */
  onProgress?: (progress: Progress & { recording: number }) => void;
}

/** An event while several recordings are captioned. `recording` is the place in the list, from 0. */
export type ManyEvent =
  | { type: "caption"; recording: number; caption: Caption }
  | { type: "end"; recording: number; captions: Captions; error?: MusicapError };

export interface ManyRun extends Run<ManyEvent, void> {
  /** Cancels one recording, whose end still comes, with the captions that are done and no error.
   * @throws MusicapError with code `InvalidOption` if there is no recording with this number. */
  cancel(recording: number): void;
}

export interface LiveOptions {
  sampleRate: number;
  /** Interleaved channels; default 1. */
  channels?: number;
  /** Overlap of successive chunks in seconds: with 5 there is a caption every 5 seconds. */
  overlap?: number;
  /** Chunks that may wait when captioning falls behind; default 6. Then the oldest are skipped. */
  queue?: number;
  /** Whether only the newest chunk waits when captioning falls behind, so that captions stay close to the
   * live position; not together with `queue`. */
  skip?: boolean;
  /** Settings that replace the model's own. */
  generation?: Partial<GenerationConfig>;
  signal?: AbortSignal;
}

/** An event of a live stream. `behind_s` is how far captioning is behind. */
export type LiveEvent =
  | { type: "caption"; caption: Caption; behind_s: number }
  | { type: "skipped"; start_s: number; end_s: number; behind_s: number }
  /** Chunks failed; they are reported as skipped before this. The stream continues. */
  | { type: "error"; code: ErrorCode; message: string };

export interface LiveRun extends Run<LiveEvent, void> {
  /** Adds the next samples, interleaved; numbers within ±1, or 16- or 32-bit integers. They are
   * copied.
   * @throws MusicapError if a sample is not a finite number; none of the array is used then. */
  push(samples: Channel): void;
  /** Ends the stream. Audio pushed before is still captioned. */
  end(): void;
}

/** A chunk of a recording as a model sees it. */
export interface MelChunk {
  index: number;
  start_s: number;
  /** The end of the audio in the chunk; padding is not counted. */
  end_s: number;
  /** Mono samples at the model's rate. */
  samples: Float32Array;
  /** Decibels: `bands` rows of `frames`, the lowest band first. */
  mel: Float32Array;
  bands: number;
  frames: number;
}

/** A loaded model, in its own workers. */
export class Captioner {
  private constructor();

  /** The small model that comes with the package. */
  static embedded(options?: LoadOptions & { signal?: AbortSignal }): Promise<Captioner>;

  /** A model from the files of its folder, such as those that were chosen or dropped, or from an
   * object that names them. In Node also from the folder's path. */
  static fromFiles(
    files: ModelFiles | Iterable<File> | string,
    options?: LoadOptions & { name?: string },
  ): Promise<Captioner>;

  /** A model from a Hugging Face hub, `owner/name` or `owner/name@revision`. It is kept in a cache
   * and works offline from then on. */
  static fromPretrained(id: string, options?: HubOptions): Promise<Captioner>;

  /** The model's name. */
  readonly name: string;
  readonly config: { readonly audio: AudioConfig; readonly generation: GenerationConfig };
  /** The most workers that share a recording. */
  readonly workers: number;

  /** Captions a recording. Each caption is available as soon as it is done, in order of time. */
  caption(recording: Recording, options?: CaptionOptions): Run<Caption, Captions>;

  /** Captions several recordings. Chunks of different recordings share batches, so that many short
   * recordings take no longer than a long one; the captions are those that each has alone. They come
   * recording by recording. A recording that fails does not stop the others: its end has the error and
   * the captions until then. URLs are fetched in order, the next eight while others are captioned.
   * `sampleRate` is for arrays of samples without a rate of their own. */
  captionMany(recordings: Iterable<Recording>, options?: ManyOptions): ManyRun;

  /** Captions a stream while it plays. */
  live(options: LiveOptions): LiveRun;

  /** The chunks of a recording through this model's front end, each computed on request. */
  logMel(recording: Recording, options?: { sampleRate?: number; signal?: AbortSignal }): Run<MelChunk, void>;

  /** The size of the WebAssembly memory of all started workers in bytes. It never shrinks, so it is the
   * peak. */
  memory(): Promise<number>;

  /** Ends the workers, which frees their memory. */
  dispose(): void;
}

/** The chunks of a recording through any front end; by default that of LP-MusicCaps. */
export function logMel(
  recording: Recording,
  options?: { audio?: Partial<AudioConfig>; sampleRate?: number; signal?: AbortSignal },
): Run<MelChunk, void>;

/** A description of the whole recording, made from its English captions, of at most 30, 80 or 160
 * words, as running text or with one line for each statement, in one of the `languages`.
 * @throws MusicapError with code `InvalidOption` for another language; it lists those that exist. */
export function summarize(
  captions: Captions,
  options?: { length?: "short" | "medium" | "long"; style?: "prose" | "lines"; language?: string },
): Promise<string>;

/** The captions in another language, by code or name, with their sections in it. A caption with a word
 * that has no translation stays English and starts with `[en]`. A summary stays as it is: make it
 * first, from English captions.
 * @throws MusicapError with code `InvalidOption` if there is no such language; it lists those that exist. */
export function translate(captions: Captions, language: string): Promise<Captions>;

/** The sections of a recording with English captions: runs of captions that say alike, with titles in a
 * language (default English). */
export function findSections(captions: Captions, language?: string): Promise<Section[]>;

/** The languages of captions, summaries and section titles. */
export function languages(): Promise<Language[]>;

/** Captions as text, JSON, SubRip, WebVTT, or WebVTT chapters of the sections. */
export function write(
  captions: Captions,
  format: "text" | "json" | "srt" | "vtt" | "chapters",
): Promise<string>;
