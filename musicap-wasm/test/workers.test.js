// Several workers that share the chunks of recordings, in the same thread; real threads are tested by
// node.test.js, workers of a browser by page.test.js.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import init, { Captioner } from "../dist/package/musicap.js";
import { defaultSize } from "../dist/package/pool.js";
import { LocalWorker } from "./local-worker.js";
import { DIST, SONG, bytes, captionsOf, collect, modelFiles, repeated, song, words } from "./shared.js";

const TRAP = { message: "unreachable" };
let long, longCaptions;

before(async () => {
  const wasm = readFileSync(join(DIST, "package/musicap_wasm_bg.wasm"));
  await init({ wasm, worker: () => new LocalWorker() });
  long = bytes(repeated("long.ogg", 2, "-c", "copy"));
  longCaptions = await (await load(1)).caption(long).result;
});

const load = (workers) => Captioner.fromFiles(modelFiles(), { name: "embedded", workers });

/** Runs `work` and returns how many workers it has started. */
async function started(work) {
  const before = LocalWorker.started;
  await work();
  return LocalWorker.started - before;
}

describe("captions are those of one worker", () => {
  const recordings = { "short recording": () => bytes(SONG), "long recording": () => long };
  const settings = {
    "the default": {},
    "overlap and facts": { overlap: 4, tail: "drop", facts: "beats" },
    "single chunks": { batchSize: 1, generation: { num_beams: 1, max_length: 20 } },
    sampling: { generation: { do_sample: true, temperature: 1.5, seed: 3 } },
  };
  for (const [title, options] of Object.entries(settings)) {
    for (const [name, content] of Object.entries(recordings)) {
      test(`of a ${name} with ${title}`, async () => {
        const run = async (workers) => {
          const progress = [];
          const captioner = await load(workers);
          assert.equal(captioner.workers, workers);
          let items, captions;
          const count = await started(async () => {
            const run = captioner.caption(content(), { ...options, onProgress: (event) => progress.push(event) });
            items = await collect(run);
            captions = await run.result;
          });
          captioner.dispose();
          assert.ok(workers === 1 ? count === 0 : count >= 1 && count < workers, String(count));
          assert.deepEqual(items, captions.captions);
          for (const [n, { captioned_s, decoded_s }] of progress.entries()) {
            assert.ok(captioned_s <= decoded_s + 1e-6 && captioned_s >= (progress[n - 1]?.captioned_s ?? 0));
          }
          return { captions, last: progress.at(-1) };
        };
        const one = await run(1);
        assert.deepEqual(words(one.captions).map(({ index }) => index), [...one.captions.captions.keys()]);
        for (const workers of [2, 3]) assert.deepEqual(await run(workers), one);
      });
    }
  }

  test("of the command", () => {
    assert.deepEqual(words(longCaptions), words(captionsOf(repeated("long.ogg", 2, "-c", "copy"))));
  });
});

test("recordings share their chunks, one that fails or is cancelled ends alone", async () => {
  const [first, second] = [song("first.flac", "-t", "20"), song("second.mp3", "-ss", "25")].map(bytes);
  const clips = [first, new TextEncoder().encode("Not audio."), long, second, bytes(SONG), first, second];
  const run = async (workers) => {
    const captioner = await load(workers);
    const run = captioner.captionMany(clips);
    run.cancel(4);
    const events = await collect(run);
    captioner.dispose();
    const ends = events.filter(({ type }) => type === "end");
    assert.deepEqual(ends.map(({ recording }) => recording), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual([ends[1].error.code, ends[4].captions.captions], ["UnknownFormat", []]);
    assert.deepEqual(words(ends[2].captions), words(longCaptions));
    return events;
  };
  const one = await run(1);
  for (const workers of [2, 3]) assert.deepEqual(await run(workers), one);
});

test("a recording of three chunks or fewer starts no other worker", async () => {
  const captioner = await load(8);
  for (const seconds of [5, 10, 30]) {
    const count = await started(() => captioner.caption(bytes(song("short.flac", "-t", String(seconds)))).result);
    assert.equal(count, 0, `${seconds} s`);
  }
  // One for every three chunks after the first.
  assert.equal(await started(() => captioner.caption(bytes(SONG)).result), 1);
  assert.equal(await started(() => captioner.caption(long).result), 1);
  assert.equal(await started(() => captioner.caption(long).result), 0);
  captioner.dispose();
});

test("jobs can be cancelled in the middle, and share workers with others", async () => {
  const captioner = await load(3);
  for (let n = 0; n < 3; n++) {
    const controller = new AbortController();
    const items = [];
    await assert.rejects(async () => {
      for await (const item of captioner.caption(long, { signal: controller.signal })) {
        items.push(item);
        if (items.length === 2 + n) controller.abort(new Error("enough"));
      }
    }, /enough/);
    assert.deepEqual(items, longCaptions.captions.slice(0, 2 + n));
  }
  for await (const _ of captioner.caption(long)) break;
  const both = await Promise.all([captioner.caption(long).result, captioner.caption(long).result]);
  assert.deepEqual(both, [longCaptions, longCaptions]);
  captioner.dispose();
});

test("a live stream is captioned next to recordings", async () => {
  const captioner = await load(2);
  const recording = captioner.caption(long).result;
  const live = captioner.live({ sampleRate: 16000 });
  live.push(new Float32Array(16000 * 25));
  live.end();
  assert.equal((await collect(live)).length, 3);
  assert.deepEqual(await recording, longCaptions);
  captioner.dispose();
});

describe("the captions are complete if another worker", () => {
  const failures = {
    "crashes in its work": ["search", TRAP, 1],
    "runs out of memory while it loads the model": ["load", TRAP, 1],
    "cannot load the model": ["load", { code: "InvalidCheckpoint", message: "changed" }, 1],
    "reports an error": ["search", { code: "NotFinite", message: "logits" }, 0],
  };
  for (const [title, [call, error, again]] of Object.entries(failures)) {
    for (const workers of [2, 3]) {
      test(`${title}, of ${workers}`, async () => {
        const captioner = await load(workers);
        LocalWorker.failAt = { call, error };
        assert.equal(await started(() => captioner.caption(long).result), workers - 1);
        assert.equal(LocalWorker.failAt, undefined);
        // Another takes its place for the next recording.
        let captions;
        assert.equal(await started(async () => (captions = await captioner.caption(long).result)), again);
        assert.deepEqual(captions, longCaptions);
        LocalWorker.failAt = { call: "search", error };
        assert.deepEqual(await captioner.caption(long).result, longCaptions);
        captioner.dispose();
      });
    }
  }
});

test("a crash of the first worker ends the job, and the next is captioned", async () => {
  const captioner = await load(2);
  LocalWorker.failAt = { call: "completed", error: TRAP };
  await assert.rejects(captioner.caption(long).result, { code: "Crashed" });
  assert.equal(LocalWorker.failAt, undefined);
  assert.deepEqual(await captioner.caption(long).result, longCaptions);
  captioner.dispose();
});

test("dispose ends all workers, whatever they do", async () => {
  const live = () => LocalWorker.started - LocalWorker.ended;
  const before = live();
  for (const items of [0, 1, 6]) {
    const captioner = await load(3);
    const run = captioner.caption(long);
    for (let n = 0; n < items; n++) await run.next();
    captioner.dispose();
    await assert.rejects(run.result, { name: "MusicapError", code: "Disposed" });
    await assert.rejects(captioner.caption(long).result, { code: "Disposed" });
    await assert.rejects(captioner.memory(), { code: "Disposed" });
    // A worker that was being started is ended once the model is loaded.
    for (let n = 0; n < 100 && live() > before; n++) await new Promise((wake) => setTimeout(wake, 20));
    assert.equal(live(), before);
  }
});

test("the number of workers is bounded by processors and memory, and can be set", async () => {
  const sizes = [[24, 1], [24, 2], [24, 64], [218, 8], [599, 8]].map(([mib, cores]) => defaultSize(mib << 20, cores));
  assert.deepEqual(sizes, [1, 2, 4, 2, 1]);
  const own = await load();
  assert.equal(own.workers, defaultSize(await own.memory(), globalThis.navigator?.hardwareConcurrency ?? 1));
  own.dispose();
  for (const workers of [0, 1.5, "2", NaN]) {
    await assert.rejects(load(workers), { code: "InvalidOption", message: /^workers is .*, but must be an integer from 1 to 64/ });
  }
});
