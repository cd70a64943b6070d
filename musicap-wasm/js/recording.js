// What callers pass as a recording, as it is sent to a worker. Arrays are copied at once, so that
// callers may reuse theirs.
import { describe, invalidOption, invalidSamples } from "./error.js";
import { platform } from "./platform.js";

const UNNAMED = "the recording";
/** No music reaches this far beyond full scale. */
const MAX_FLOAT = 100;

/** `{ input, transfer }`: the recording, and the copies in it that are transferred to the worker. A
 * `sampleRate` that several recordings share is for those that have none of their own. */
export function asInput(recording, sampleRate, { isShared = false } = {}) {
  const channels = toChannels(recording);
  if (channels) {
    const rate = recording.sampleRate ?? sampleRate;
    if (!isShared && sampleRate !== undefined && rate !== sampleRate) {
      throw invalidOption("sampleRate", sampleRate, `left out: the recording has its own, ${describe(rate)}`);
    }
    if (!(Number.isInteger(rate) && rate > 0)) {
      throw invalidOption("sampleRate", rate, "the rate of the samples in hertz, a positive integer");
    }
    return { input: { channels, sampleRate: rate }, transfer: channels.map(({ buffer }) => buffer) };
  }
  const { file, transfer = [] } = toFile(recording) ?? {};
  if (!file) {
    const path = platform.fileAt ? "a path, a URL, " : "a URL, ";
    const kinds = "a File, Blob, ArrayBuffer, Uint8Array, AudioBuffer, { samples, sampleRate } or an array of samples";
    throw invalidOption("recording", recording, path + kinds);
  }
  if (sampleRate !== undefined && !isShared) {
    throw invalidOption("sampleRate", sampleRate, "left out: a file has its own (for arrays of samples only)");
  }
  return { input: { name: recording.name ?? file.path ?? file.name ?? UNNAMED, file }, transfer };
}

function toFile(recording) {
  const url = toUrl(recording);
  if (url?.protocol === "file:" && platform.fileAt) return { file: platform.fileAt(url) };
  // What data and blob URLs hold has no name.
  if (url) return { file: { url: url.href, name: /^https?:/.test(url.href) ? url.href : UNNAMED } };
  if (typeof recording === "string" && recording && platform.fileAt) return { file: platform.fileAt(recording) };
  if (recording instanceof Blob) return { file: recording };
  if (recording instanceof ArrayBuffer || recording instanceof Uint8Array) {
    // A copy of the part in view, not of the whole buffer.
    const file = new Uint8Array(recording).slice();
    return { file, transfer: [file.buffer] };
  }
  return undefined;
}

/** The URL, if it is one. Where there are no paths, strings are relative to the page, as they are for `fetch`. */
function toUrl(recording) {
  if (recording instanceof URL) return recording;
  if (typeof recording !== "string" || !recording) return undefined;
  if (platform.fileAt && !/^(https?|data|blob|file):/i.test(recording)) return undefined;
  try {
    return new URL(recording, globalThis.document?.baseURI);
  } catch {
    return undefined;
  }
}

/** A copy of each channel if the recording consists of samples, otherwise undefined. */
function toChannels(recording) {
  if (typeof recording?.getChannelData === "function") {
    const channels = Array.from({ length: recording.numberOfChannels }, (_, i) => recording.getChannelData(i));
    return channels.map(toFloat32);
  }
  const samples = recording?.samples ?? recording;
  const isPlanar = Array.isArray(samples) && samples.length > 0 && typeof samples[0] !== "number";
  const channels = isPlanar ? samples.map(toFloat32) : [toFloat32(samples)];
  return channels.includes(undefined) ? undefined : channels;
}

/** A copy of an array of numbers as samples within ±1; integers are scaled by the full range of
 * their type. Undefined if it is no such array. */
export function toFloat32(samples) {
  const floats = copied(samples);
  if (floats) checkPeak(floats);
  return floats;
}

/** Finds integers in an array of floats. */
function checkPeak(floats) {
  let peak = 0;
  for (let i = 0; i < floats.length; i++) peak = Math.max(peak, Math.abs(floats[i]));
  // What is not finite is found where samples are read.
  if (peak > MAX_FLOAT && peak < Infinity) {
    const advice = "divide them by their full scale, or pass an Int16Array or Int32Array";
    throw invalidSamples(`they reach ${peak}, but must be within ±1; ${advice}`);
  }
}

function copied(samples) {
  try {
    if (samples instanceof Float32Array) return new Float32Array(samples);
    if (samples instanceof Float64Array) return Float32Array.from(samples);
    if (samples instanceof Int16Array || samples instanceof Int32Array) {
      const fullScale = 2 ** (8 * samples.BYTES_PER_ELEMENT - 1);
      return Float32Array.from(samples, (sample) => sample / fullScale);
    }
  } catch (cause) {
    const reason = "the array's buffer has been transferred elsewhere";
    throw invalidSamples(reason, { cause });
  }
  const isNumbers = Array.isArray(samples) && samples.every((sample) => typeof sample === "number");
  return isNumbers ? Float32Array.from(samples) : undefined;
}
