// The browser package in Node, with workers in the same thread; workers, files and caches of the
// browser are tested by page.test.js.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import init, {
  Captioner,
  MusicapError,
  findSections,
  languages,
  logMel,
  summarize,
  translate,
  write,
} from "../dist/package/musicap.js";
import { LocalWorker } from "./local-worker.js";
import { DIST, MODEL, SCRATCH, SONG, bytes, captionsOf, collect, modelFiles, musicap, readNpy, repeated, song, words } from "./shared.js";

const PACKAGE = join(DIST, "package");

const file = (path) => new File([readFileSync(path)], basename(path));
/** The song at the model's rate, as samples. */
function samples() {
  const raw = readFileSync(song("song.f32", "-f", "f32le", "-ac", "1", "-ar", "16000"));
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
}

before(async () => {
  const wasm = readFileSync(join(PACKAGE, "musicap_wasm_bg.wasm"));
  await init({ wasm, worker: () => new LocalWorker() });
});

const fails = (promise, code, message) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof MusicapError, String(error.stack));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
});

describe("captions", () => {
  let captioner;
  before(async () => (captioner = await Captioner.fromFiles(modelFiles(), { name: "embedded" })));

  test("are the command's, and so are all formats and the summary", async () => {
    const progress = [];
    const run = captioner.caption(bytes(SONG), { onProgress: (event) => progress.push(event) });
    const items = await collect(run);
    const captions = await run.result;
    assert.deepEqual(items, captions.captions);
    assert.deepEqual(words(captions), words(captionsOf(SONG)));
    assert.equal(progress.at(-1).captioned_s, 45);

    captions.file = basename(SONG);
    captions.summary = await summarize(captions);
    assert.equal(captions.summary, captionsOf(SONG, "--summary").summary);
    captions.sections = await findSections(captions);
    for (const format of ["text", "srt", "vtt", "chapters"]) {
      assert.equal(await write(captions, format), musicap(SONG, "--summary", "--format", format));
    }
    // Scores differ in their last digits, as sums are taken in another order.
    const inexact = ["score", "confidence"];
    const scoreless = (json) =>
      JSON.parse(json, (key, value) => (inexact.includes(key) ? null : value));
    const json = musicap(SONG, "--summary", "--format", "json");
    assert.deepEqual(scoreless(await write(captions, "json")), scoreless(json));

    const all = await languages();
    assert.deepEqual(all[1], { code: "de", name: "German", native_name: "Deutsch" });
    assert.equal(all.length, 10);
    for (const { code, native_name } of all.slice(1)) {
      const translated = await translate(captions, code);
      translated.summary = await summarize(captions, { language: native_name });
      const json = musicap(SONG, "--summary", "--language", code, "--format", "json");
      assert.deepEqual(scoreless(await write(translated, "json")), scoreless(json));
      assert.equal(translated.sections.length, captions.sections.length);
      await fails(summarize(translated), "InvalidCaptions", /another language/);
    }
  });

  test("have facts in the numbers of the JSON", async () => {
    const captions = await captioner.caption(bytes(SONG), { facts: true }).result;
    const { instruments, loudness } = captions.facts;
    assert.ok(instruments.length > 0);
    // Facts are rounded; a float32 would show as 0.8999999761581421.
    for (const { confidence } of [...instruments, ...captions.captions.flatMap(({ facts }) => facts.instruments)]) {
      assert.equal(confidence, Math.round(confidence * 1000) / 1000);
    }
    assert.equal(loudness.integrated_lufs, captionsOf(SONG, "--facts").facts.loudness.integrated_lufs);
  });

  test("are the same for samples, with other settings too", async () => {
    const wav = song("song.wav", "-ac", "1", "-ar", "16000", "-c:a", "pcm_f32le");
    const given = { samples: samples(), sampleRate: 16000 };
    const all = given.samples;
    const forms = [[all, { sampleRate: 16000 }], [[...all], { sampleRate: 16000 }], [{ samples: [all, all], sampleRate: 16000 }, {}]];
    for (const [form, options] of forms) {
      assert.deepEqual(words(await captioner.caption(form, options).result), words(captionsOf(wav)));
    }
    for (const [options, flags] of [
      [{}, []],
      [{ overlap: 5, tail: "drop" }, ["--overlap", "5", "--tail", "drop"]],
      [{ batchSize: 1, generation: { num_beams: 1, max_length: 20 } }, ["--beams", "1", "--max-length", "20"]],
    ]) {
      const captions = await captioner.caption(given, options).result;
      assert.deepEqual(words(captions), words(captionsOf(wav, ...flags)));
    }
  });

  test("of many recordings share batches and are those of each alone", async () => {
    const [first, second] = [song("first.flac", "-t", "20"), song("second.mp3", "-ss", "25")];
    const recordings = [bytes(first), new TextEncoder().encode("Not audio."), samples(), bytes(second), bytes(SONG)];
    const progress = [];
    const options = { sampleRate: 16000, onProgress: (event) => progress.push(event) };
    const run = captioner.captionMany(recordings, options);
    run.cancel(4);
    const events = await collect(run);
    const ends = events.filter(({ type }) => type === "end");
    assert.deepEqual(ends.map(({ recording }) => recording), [0, 1, 2, 3, 4]);
    for (const { recording, captions } of ends) {
      const own = events.filter((event) => event.type === "caption" && event.recording === recording);
      assert.deepEqual(own.map(({ caption }) => caption), captions.captions);
    }
    const alone = await captioner.caption(samples(), { sampleRate: 16000 }).result;
    assert.deepEqual(words(ends[0].captions), words(captionsOf(first)));
    assert.deepEqual(words(ends[2].captions), words(alone));
    assert.deepEqual(words(ends[3].captions), words(captionsOf(second)));
    assert.ok(ends[1].error instanceof MusicapError && ends[1].error.code === "UnknownFormat");
    assert.deepEqual([ends[4].captions.captions, ends[4].error], [[], undefined]);
    assert.match(ends[4].captions.gaps[0].reason, /not captioned: cancelled/);
    assert.deepEqual([...new Set(progress.map(({ recording }) => recording))], [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(await collect(captioner.captionMany([])), []);
    await fails(collect(captioner.captionMany("song.mp3")), "InvalidOption", /recordings is "song.mp3"/);
  });

  test("of two recordings can be requested concurrently", async () => {
    const [one, two] = [bytes(SONG), bytes(song("end.mp3", "-ss", "20"))];
    const alone = await captioner.caption(two).result;
    const [first, second] = await Promise.all([captioner.caption(one).result, captioner.caption(two).result]);
    assert.deepEqual(words(first), words(captionsOf(SONG)));
    assert.deepEqual(second, alone);
  });

  test("stop when they are cancelled, and can be requested again", async () => {
    const long = bytes(repeated("long.ogg", 20, "-c", "copy"));
    const controller = new AbortController();
    const run = captioner.caption(long, { signal: controller.signal, batchSize: 1 });
    const items = [];
    const reason = new Error("enough");
    await assert.rejects(async () => {
      for await (const item of run) {
        items.push(item);
        if (items.length === 2) controller.abort(reason);
      }
    }, reason);
    await assert.rejects(run.result, reason);
    assert.equal(items.length, 2);

    for await (const _ of captioner.caption(long, { batchSize: 1 })) break;
    await assert.rejects(captioner.caption(long, { signal: AbortSignal.abort(reason) }).result, reason);
    assert.deepEqual(words(await captioner.caption(bytes(SONG)).result), words(captionsOf(SONG)));
  });

  test("of a stream are available while it plays and are those of the recording", async () => {
    const run = captioner.live({ sampleRate: 16000 });
    const all = samples();
    // A buffer that is used again, as audio libraries do.
    const block = new Float32Array(4096);
    for (let n = 0; n < all.length; n += 4096) {
      const part = all.subarray(n, n + 4096);
      block.set(part);
      run.push(block.subarray(0, part.length));
    }
    run.end();
    const events = await collect(run);
    const wav = song("live.wav", "-ac", "1", "-ar", "16000", "-c:a", "pcm_f32le");
    assert.ok(events.every(({ type, behind_s }) => type === "caption" && behind_s >= 0));
    assert.deepEqual(words({ captions: events.map(({ caption }) => caption) }), words(captionsOf(wav)));
  });

  test("of a stream have settings of their own, and of what waits only the newest if asked for", async () => {
    const live = async (options, samples) => {
      const run = captioner.live({ sampleRate: 16000, ...options });
      run.push(samples);
      run.end();
      return collect(run);
    };
    const generation = { num_beams: 1, max_length: 20 };
    const events = await live({ generation }, samples());
    const wav = song("live.wav", "-ac", "1", "-ar", "16000", "-c:a", "pcm_f32le");
    const expected = captionsOf(wav, "--beams", "1", "--max-length", "20");
    assert.deepEqual(words({ captions: events.map(({ caption }) => caption) }), words(expected));
    // The last second is too short for a caption.
    const newest = await live({ skip: true }, samples().subarray(0, 16000 * 41));
    const spans = newest.map(({ type, caption, ...span }) => [type, (caption ?? span).start_s, (caption ?? span).end_s]);
    assert.deepEqual(spans, [["skipped", 0, 30], ["caption", 30, 40]]);
  });

  test("memory does not grow from song to song", async () => {
    const mp3 = bytes(song("thirty.mp3", "-t", "30"));
    await captioner.caption(mp3).result;
    const after = await captioner.memory();
    for (let n = 0; n < 9; n++) await captioner.caption(mp3).result;
    assert.equal(await captioner.memory(), after);
  });

  test("end with the captioner", async () => {
    const own = await Captioner.fromFiles(modelFiles());
    const run = own.caption(bytes(SONG));
    own.dispose();
    await assert.rejects(run.result, { name: "MusicapError", code: "Disposed" });
    await assert.rejects(own.caption(bytes(SONG)).result, { code: "Disposed" });
  });

  test("continue after a crash, with another worker", async () => {
    const own = await Captioner.fromFiles(modelFiles(), { workers: 1 });
    const started = LocalWorker.started;
    LocalWorker.failAt = { call: "caption", error: { message: "unreachable" } };
    await assert.rejects(own.caption(bytes(SONG)).result, { code: "Crashed" });
    assert.deepEqual(words(await own.caption(bytes(SONG)).result), words(captionsOf(SONG)));
    assert.equal(LocalWorker.started, started + 1);
  });
});

describe("spectrograms", () => {
  test("are the command's", async () => {
    const npy = join(SCRATCH, "mel.npy");
    execFileSync(process.env.MUSICAP, ["mel", SONG, "-o", npy, "--model", MODEL, "--quiet"]);
    const { shape, values } = readNpy(npy);
    const { audio } = JSON.parse(modelFiles().config);
    const chunks = await collect(logMel(bytes(SONG), { audio }));
    assert.deepEqual([chunks.length, chunks[0].bands, chunks[0].frames], shape);
    const size = shape[1] * shape[2];
    for (const [n, { mel, samples }] of chunks.entries()) {
      assert.equal(samples.length, 160_000);
      // Decoders and resamplers round elsewhere, which shows in cells of next to nothing.
      const off = mel.map((value, i) => Math.abs(value - values[n * size + i]));
      const [mean, worst] = [off.reduce((a, b) => a + b) / size, off.reduce((a, b) => Math.max(a, b))];
      assert.ok(mean < 1e-4 && worst < 0.1, `chunk ${n} is off by ${mean} dB, at most ${worst} dB`);
    }
  });

  test("of the reference's front end need no configuration", async () => {
    const [chunk] = await collect(logMel({ samples: new Float32Array(16000 * 3), sampleRate: 16000 }));
    assert.deepEqual([chunk.bands, chunk.frames, chunk.end_s], [128, 1001, 3]);
    assert.ok(chunk.mel.every((decibels) => decibels === -100));
  });
});

describe("errors", () => {
  let captioner;
  before(async () => (captioner = await Captioner.fromFiles(modelFiles())));

  test("of recordings say what the file is", async () => {
    const caption = (content) => captioner.caption(new TextEncoder().encode(content)).result;
    await fails(caption(""), "UnknownFormat", /the recording: not a supported audio file.*empty/);
    await fails(caption("%PDF-1.7"), "UnknownFormat", /a PDF document/);
    await fails(caption("fLaC but no more"), "DamagedAudio", /FLAC/);
    await fails(captioner.caption(bytes(SONG).subarray(0, 60)).result, "DamagedAudio", /Ogg/);
    await fails(collect(logMel(new TextEncoder().encode("x"))), "UnknownFormat", /not a supported audio file/);
    await fails(captioner.caption("a path").result, "InvalidOption", /recording is "a path", but must be .*a File, Blob/);
    const silent = { samples: Float32Array.of(NaN), sampleRate: 16000 };
    await fails(captioner.caption(silent).result, "InvalidSamples", /invalid samples/);
  });

  test("of settings name the setting", async () => {
    const caption = (options) => captioner.caption(bytes(SONG), options).result;
    await fails(caption({ overlap: 10 }), "InvalidOption", /overlap is 10, but must be/);
    await fails(caption({ batchSize: 0 }), "InvalidOption", /batchSize is 0/);
    await fails(caption({ batchSize: 1e6 }), "InvalidOption", /batchSize is 1000000/);
    await fails(caption({ generation: { num_beams: "many" } }), "InvalidOption", /num_beams is "many"/);
    await fails(caption({ generation: { num_beams: 65 } }), "InvalidOption", /num_beams is 65/);
    await fails(caption({ beams: 3 }), "InvalidOption", /unknown option "beams".*overlap.*signal/);
    await fails(caption({ generation: { beams: 3 } }), "InvalidOption", /unknown option "beams".*num_beams/);
    await fails(collect(captioner.live({ sampleRate: 1 })), "InvalidOption", /is 1, but must be 1000 to/);
    await fails(collect(captioner.live({})), "InvalidOption", /sampleRate is undefined/);
    await fails(collect(captioner.live({ sampleRate: 16000, channel: 2 })), "InvalidOption", /unknown option "channel".*channels/);
    await fails(collect(captioner.live({ sampleRate: 16000, skip: true, queue: 2 })), "InvalidOption", /queue is 2, but must be left out/);
    await fails(collect(captioner.live({ sampleRate: 16000, generation: { beams: 3 } })), "InvalidOption", /unknown option "beams".*num_beams/);
    await fails(collect(captioner.live({ sampleRate: 16000, generation: { num_beams: 65 } })), "InvalidOption", /num_beams is 65/);
    await fails(collect(captioner.logMel(bytes(SONG), { samplerate: 8000 })), "InvalidOption", /unknown option "samplerate"/);
    await fails(collect(logMel(bytes(SONG), { n_mels: 80 })), "InvalidOption", /unknown option "n_mels".*audio/);
    await fails(collect(captioner.caption(bytes(SONG), null)), "InvalidOption", /options is null/);
    const many = captioner.captionMany([bytes(SONG), bytes(SONG)]);
    for (const place of [2, -1, 0.5, "0"]) {
      assert.throws(() => many.cancel(place), { code: "InvalidOption", message: /^recording is .*, but must be the place of a recording, 0 to 1$/ });
    }
    await many.return();
    const samples = { samples: new Float32Array(16000), sampleRate: 16000 };
    await fails(collect(logMel(samples, { audio: { n_mels: new Float32Array(16000) } })), "InvalidOption", /^n_mels is a Float32Array of length 16000, but must be an integer of at least 1$/);
    await fails(collect(logMel(samples, { audio: { n_mels: -1 } })), "InvalidOption", /^n_mels is -1/);
    await fails(collect(logMel(samples, { audio: { fmin: 200 } })), "InvalidOption", /unknown option "fmin".*f_min/);
    await fails(collect(logMel(samples, { audio: { power: 2 } })), "InvalidOption", /^power is 2, but must be "real"/);
    await fails(translate({ file: null, duration_s: 1, model: "", captions: [], summary: null }, { language: "de" }), "InvalidOption", /^language is an Object/);
    const german = await translate(await captioner.caption(bytes(SONG)).result, "de");
    await fails(translate(german, "fr"), "InvalidCaptions", /another language \(de\)/);
    await fails(captioner.caption(samples, { signal: 5 }).result, "InvalidOption", /^signal is 5/);
    const loud = { samples: Float32Array.of(0, 8000), sampleRate: 16000 };
    await fails(captioner.caption(loud).result, "InvalidSamples", /reach 8000, but must be within/);
    await fails(init({ wasn: 1 }), "InvalidOption", /unknown option "wasn".*worker/);
    await fails(init({ wasm: 5 }), "InvalidOption", /^wasm is 5/);
    await fails(init(null), "InvalidOption", /^options is null/);
    const captions = { file: null, duration_s: 1, model: "", captions: [], summary: null };
    await fails(write(captions, "pdf"), "InvalidOption", /format is pdf/);
    await fails(summarize(captions, { length: "endless" }), "InvalidOption", /length is endless/);
    await fails(summarize(captions, { words: 30 }), "InvalidOption", /unknown option "words".*length/);
    for (const call of [translate(captions, "tlh"), findSections(captions, "tlh"), summarize(captions, { language: "tlh" })]) {
      await fails(call, "InvalidOption", /language is "tlh".*Hindi \(hi\)/);
    }
    await fails(write({ captions: 3 }, "srt"), "InvalidCaptions", /captions is 3, but must be an array/);
  });

  test("of models name the file and what is wrong in it", async () => {
    const load = (parts) => Captioner.fromFiles({ ...modelFiles(), ...parts });
    const { config, weights } = modelFiles();
    await fails(load({ weights: undefined }), "IncompleteModel", /model.safetensors is missing/);
    await fails(load({ config: "{" }), "InvalidConfig", /config.json: EOF/);
    await fails(load({ config: config.replace('"d_model": 192', '"d_model": 96') }), "WrongShape", /\[.*96/);
    await fails(load({ weights: weights.subarray(0, 1 << 20) }), "InvalidCheckpoint", /truncated/);
    await fails(load({ weights: weights.subarray(0, 5) }), "InvalidCheckpoint", /shorter than 8 bytes/);
    await fails(load({ tokenizer: "[]" }), "InvalidTokenizer", /tokenizer.json/);
    await fails(Captioner.fromFiles(modelFiles(), { precision: "f8" }), "InvalidOption", /precision is "f8".*"int8"/);
    await fails(Captioner.fromFiles(modelFiles(), { signal: null }), "InvalidOption", /unknown option "signal"/);
    await fails(Captioner.embedded({ onProgress() {} }), "InvalidOption", /unknown option "onProgress".*progress/);
    await fails(Captioner.embedded({ workers: 65 }), "InvalidOption", /workers is 65, but must be an integer from 1 to 64/);
    await fails(Captioner.fromPretrained("owner/name", { token: "x" }), "InvalidOption", /unknown option "token".*fetch/);
    assert.throws(() => new Captioner(), /await Captioner.embedded\(\)/);
    const pth = new File(["x"], "transfer.pth");
    await fails(Captioner.fromFiles([pth]), "IncompleteModel", /musicap convert/);
    await fails(Captioner.fromFiles([file(join(MODEL, "config.json"))]), "IncompleteModel", /tokenizer.json/);
  });

  test("that are found before the program is asked begin as the program's own do", () => {
    const rust = readFileSync(join(PACKAGE, "../../../musicap-core/src/error.rs"), "utf8");
    const own = readFileSync(join(PACKAGE, "error.js"), "utf8");
    const prefixes = [...own.matchAll(/`(?:captions: )?([a-z ]+): \$/g)].map(([, prefix]) => prefix);
    assert.deepEqual(prefixes, ["invalid samples", "not valid captions", "incomplete model folder"]);
    for (const prefix of prefixes) assert.ok(rust.includes(`${prefix}: {`), prefix);
  });

  test("of settings without effect are warnings, given once", async (t) => {
    const { mock } = t.mock.method(console, "warn", () => {});
    for (let n = 0; n < 2; n++) await captioner.caption(bytes(SONG), { generation: { top_k: 9 } }).result;
    assert.deepEqual(mock.calls.map(({ arguments: [text] }) => text), ["musicap: top_k has no effect without do_sample: true"]);
  });

  test("of the caller's own functions reject its promise, and the captioner goes on", async () => {
    const own = new Error("mine");
    const broken = () => {
      throw own;
    };
    await assert.rejects(captioner.caption(bytes(SONG), { onProgress: broken }).result, own);
    await assert.rejects(captioner.captionMany([bytes(SONG)], { onProgress: broken }).result, own);
    await assert.rejects(Captioner.fromFiles(modelFiles(), { progress: broken }), own);
    await assert.rejects(Captioner.embedded({ signal: AbortSignal.abort(own) }), own);
    assert.equal((await captioner.caption(bytes(SONG)).result).captions.length, 5);
  });

  test("of the program itself are errors of this package", async () => {
    assert.ok(new MusicapError("Crashed", "x") instanceof Error);
    await init({ wasm: new Uint8Array(3) }); // it is there already
  });
});

test("a model comes from a hub with progress, and from the cache", async () => {
  const kept = new Map();
  const cache = {
    match: async (url) => kept.get(url) && new Response(kept.get(url)),
    put: async (url, response) => void kept.set(url, await response.arrayBuffer()),
    keys: async () => [...kept.keys()].map((url) => ({ url })),
    delete: async (url) => kept.delete(url),
  };
  const fetch = async (url) => {
    const path = join(MODEL, url.split("/").pop());
    if (!statSync(path, { throwIfNoEntry: false })) return new Response("", { status: 404 });
    const content = readFileSync(path);
    return new Response(content, { headers: { "content-length": content.length, "x-repo-commit": "c0ffee" } });
  };
  const events = [];
  const options = { endpoint: "https://hub.test", cache };
  const captioner = await Captioner.fromPretrained("owner/name", { ...options, fetch, progress: (event) => events.push(event) });
  assert.equal(captioner.name, "owner/name");
  assert.deepEqual(words(await captioner.caption(bytes(SONG)).result), words(captionsOf(SONG)));
  const size = statSync(join(MODEL, "model.safetensors")).size;
  const weights = events.filter(({ type, file }) => type === "download" && file === "model.safetensors");
  assert.ok(weights.every(({ loaded, total }, n) => total === size && loaded > (weights[n - 1]?.loaded ?? 0)));
  assert.equal(weights.at(-1).loaded, size);
  assert.deepEqual(events.slice(-2), [{ type: "load" }, { type: "ready" }]);
  const again = await Captioner.fromPretrained("owner/name", { ...options, fetch: () => assert.fail("it is cached") });
  assert.deepEqual(again.config, captioner.config);
});

test("a converted model is that of the command", async () => {
  const folder = join(SCRATCH, "f16");
  execFileSync(process.env.MUSICAP, ["convert", MODEL, folder, "--precision", "f16"], { stdio: "ignore" });
  const files = ["config.json", "tokenizer.json", "model.safetensors"].map((name) => file(join(folder, name)));
  const captioner = await Captioner.fromFiles(files);
  assert.deepEqual(words(await captioner.caption(bytes(SONG)).result), words(captionsOf(SONG, "--model", folder)));
});

test("the package is small enough", () => {
  const wasm = statSync(join(PACKAGE, "musicap_wasm_bg.wasm")).size;
  const [{ size, unpackedSize, files }] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: PACKAGE, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  );
  const zipped = gzipSync(readFileSync(join(PACKAGE, "musicap_wasm_bg.wasm")), { level: 9 }).length;
  console.log(JSON.stringify({ wasm, wasm_gzip: zipped, package: size, unpacked: unpackedSize }));
  assert.ok(wasm < 4.4e6 && size < 10e6);
  for (const name of ["musicap.js", "musicap.d.ts", "worker.js", "model/model.safetensors", "LICENSE-MIT"]) {
    assert.ok(files.some(({ path }) => path === name), name);
  }
});

test("the page states the size of the model", () => {
  const megabytes = (statSync(join(MODEL, "model.safetensors")).size / 1e6).toFixed(1);
  const page = readFileSync(join(DIST, "page/index.html"), "utf8");
  assert.match(page, new RegExp(`built-in model of ${megabytes}&nbsp;MB`));
});

test("errors of Rust are those that the types list", () => {
  const rust = readFileSync(join(DIST, "../../musicap-core/src/error.rs"), "utf8");
  const codes = [...rust.matchAll(/Error::\w+(?: \{ \.\. \})? => "(\w+)"/g)].map(([, code]) => code);
  const types = readFileSync(join(PACKAGE, "musicap.d.ts"), "utf8");
  // Pages have no devices to choose and no language models.
  const absent = ["DeviceUnavailable", "Summary"];
  assert.ok(codes.length > 20);
  for (const code of codes) assert.equal(types.includes(`"${code}"`), !absent.includes(code), code);
});
