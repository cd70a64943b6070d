// Properties of the boundary between JavaScript and the program: whatever bytes, samples and captions
// come in, an answer or a MusicapError comes out, and the program goes on. `MUSICAP_EXAMPLES=20000`
// looks longer than CI does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import init, { MusicapError, findSections, logMel, summarize, translate, write } from "../dist/package/musicap.js";
import { LocalWorker } from "./local-worker.js";
import { DIST, SONG, bytes, collect, song, tools } from "./shared.js";

const fc = tools("fast-check");
const EXAMPLES = Number(process.env.MUSICAP_EXAMPLES ?? 60);
const parameters = { numRuns: EXAMPLES, ...(EXAMPLES < 1000 && { seed: 1 }) };

before(async () => {
  const wasm = readFileSync(join(DIST, "package/musicap_wasm_bg.wasm"));
  await init({ wasm, worker: () => new LocalWorker() });
});

after(async () => assert.equal((await collect(logMel(bytes(SONG)))).length, 5));

/** What a promise has, or undefined for an error that a caller can catch and show. */
async function outcome(promise) {
  try {
    return await promise;
  } catch (error) {
    assert.ok(error instanceof MusicapError, String(error.stack));
    assert.ok(error.code && error.message && error.message.length < 2000, error.message);
    assert.doesNotMatch(error.message, /panicked|unreachable|RuntimeError|[\0-\x1f]/);
  }
}

const isMel = (chunks) => chunks.every(({ mel }) => mel.length === 128 * 1001 && mel.every(Number.isFinite));

for (const format of ["wav", "aiff", "au", "flac", "mp3", "aac", "ogg", "opus", "m4a", "mka"]) {
  test(`an altered ${format} file is heard or refused`, async () => {
    const codec = { ogg: ["-c:a", "libvorbis"] }[format] ?? [];
    const file = bytes(song(`altered.${format}`, "-t", "1", "-ac", "1", "-ar", "16000", ...codec));
    const at = fc.oneof(fc.nat({ max: 120 }), fc.nat({ max: file.length - 1 }));
    const changes = fc.array(fc.tuple(at, fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 });
    const length = fc.option(fc.nat({ max: file.length }), { nil: file.length });
    await fc.assert(
      fc.asyncProperty(changes, length, async (changes, length) => {
        const altered = file.slice();
        for (const [at, byte] of changes) altered[at] = byte;
        const chunks = await outcome(collect(logMel(altered.subarray(0, length))));
        assert.ok(chunks === undefined || isMel(chunks));
      }),
      parameters,
    );
  });
}

test("any samples at any rate are heard or refused", async () => {
  const numbers = fc.oneof(
    fc.float32Array({ maxLength: 2000 }),
    fc.float64Array({ maxLength: 2000 }),
    fc.int16Array({ maxLength: 2000 }),
    fc.int32Array({ maxLength: 2000 }),
    fc.uint8ClampedArray({ maxLength: 2000 }),
    fc.array(fc.anything(), { maxLength: 5 }),
  );
  const rates = fc.oneof(fc.integer({ min: 1, max: 400_000 }), fc.anything());
  await fc.assert(
    fc.asyncProperty(numbers, rates, async (samples, sampleRate) => {
      const chunks = await outcome((async () => collect(logMel(samples, { sampleRate })))());
      assert.ok(chunks === undefined || isMel(chunks));
    }),
    parameters,
  );
});

const time = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e4, noNaN: true }));
const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("A solo piano plays a slow tune.", "", "-->", "A\n\nB"));
const caption = fc.record({ index: fc.nat(), start_s: time, end_s: time, text, score: time });
const captions = fc.record({
  file: fc.option(text),
  duration_s: time,
  model: text,
  captions: fc.array(caption, { maxLength: 6 }),
  summary: fc.option(text),
  uncaptioned: fc.constant([]),
});

test("any captions are written, summarised and translated, or refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof({ arbitrary: captions, weight: 4 }, fc.jsonValue()), async (captions) => {
      for (const format of ["text", "json", "srt", "vtt", "chapters"]) {
        const written = await outcome((async () => write(captions, format))());
        assert.ok(written === undefined || typeof written === "string");
        if (format === "json" && written) assert.ok(JSON.parse(written));
      }
      for (const language of ["en", "ja"]) {
        await outcome((async () => translate(captions, language))());
        await outcome((async () => summarize(captions, { language }))());
        await outcome((async () => findSections(captions, language))());
      }
    }),
    parameters,
  );
});
