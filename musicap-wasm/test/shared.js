// Shared by the tests: the native command as the reference, and recordings.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const DIST = join(here, "../dist");
export const SONG = join(here, "../../examples/songs/three-scenes.ogg");
export const MODEL = join(DIST, "package/model");
export const SCRATCH = mkdtempSync(join(tmpdir(), "musicap-web-"));

/** The folder for screenshots of the page. */
export const SCREENSHOTS = resolve(process.env.MUSICAP_SCREENSHOTS || SCRATCH);

/** Requires packages that scripts/test installs outside the repository. */
export const tools = createRequire(join(process.env.MUSICAP_TOOLS ?? here, "tools.js"));

const COMMAND = process.env.MUSICAP;

/** The output of the command, run in the folder of the file. */
export function musicap(file, ...options) {
  if (!existsSync(COMMAND ?? "")) throw new Error("set MUSICAP to the command, as scripts/test does");
  const where = { cwd: dirname(file), encoding: "utf8", maxBuffer: 1 << 28 };
  return execFileSync(COMMAND, [...options, "--quiet", basename(file)], where);
}

/** The command's captions of a file. */
export function captionsOf(file, ...options) {
  return JSON.parse(musicap(file, "--format", "json", ...options));
}

/** The song in another format, made by ffmpeg. */
export function song(name, ...options) {
  return repeated(name, 1, ...options);
}

/** The song so many times in a row. */
export function repeated(name, times, ...options) {
  const file = join(SCRATCH, name);
  execFileSync("ffmpeg", ["-v", "error", "-y", "-stream_loop", times - 1, "-i", SONG, ...options, file]);
  return file;
}

export const bytes = (path) => new Uint8Array(readFileSync(path));

/** The files of a model folder, as an object. */
export function modelFiles(folder = MODEL) {
  return {
    config: readFileSync(join(folder, "config.json"), "utf8"),
    tokenizer: bytes(join(folder, "tokenizer.json")),
    weights: bytes(join(folder, "model.safetensors")),
  };
}

/** The items of a run. */
export async function collect(run) {
  const items = [];
  for await (const item of run) items.push(item);
  return items;
}

/** The first tensor of a NumPy file of float32. */
export function readNpy(file) {
  const bytes = readFileSync(file);
  const header = bytes.readUInt16LE(8);
  const shape = /'shape': \(([\d, ]+)\)/.exec(bytes.toString("latin1", 10, 10 + header))[1];
  const data = bytes.subarray(10 + header);
  return {
    shape: shape.split(",").filter(Boolean).map(Number),
    values: new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)),
  };
}

/** Captions without their scores, which differ in the last digits. */
export function words({ captions }) {
  return captions.map(({ index, start_s, end_s, text }) => ({ index, start_s, end_s, text }));
}
