// Runs, options and recordings, without a worker or a program.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { describe as inWords } from "../js/error.js";
import { Opening } from "../js/files.js";
import { checkCaptions, checkOptions, CAPTION_OPTIONS, generationOptions, warnWithoutEffect } from "../js/options.js";
import { asInput } from "../js/recording.js";
import { LiveRun, Run } from "../js/run.js";

/** A job whose items and end the test decides, and what has been posted to it. */
function job() {
  const posted = [];
  const end = Promise.withResolvers?.() ?? resolvers();
  const call = {
    result: end.promise,
    post: (message, args, transfer) => posted.push({ message, args, transfer }),
    stop: (reason) => end.reject(reason),
  };
  let onItem;
  const start = async (take) => {
    onItem = take;
    return call;
  };
  return { start, posted, emit: (item) => onItem(item), end };
}

function resolvers() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("a run", () => {
  test("answers calls of next() in their order, however many wait", { timeout: 5000 }, async () => {
    const { start, emit, end } = job();
    const run = new Run(start);
    await settled();
    const calls = [run.next(), run.next(), run.next(), run.next()];
    emit("a");
    emit("b");
    await settled();
    emit("c");
    end.resolve("all");
    assert.deepEqual(await Promise.all(calls), [
      { value: "a", done: false },
      { value: "b", done: false },
      { value: "c", done: false },
      { value: undefined, done: true },
    ]);
    assert.equal(await run.result, "all");
  });

  test("requests one item for each next() in pull mode", async () => {
    const { start, emit, posted } = job();
    const run = new Run(start, { pullMode: true });
    const calls = [run.next(), run.next()];
    await settled();
    assert.deepEqual(posted.map(({ message }) => message), ["more", "more"]);
    emit(1);
    emit(2);
    assert.deepEqual((await Promise.all(calls)).map(({ value }) => value), [1, 2]);
  });

  test("is at its end after return(), also for calls that wait", { timeout: 5000 }, async () => {
    const { start, emit } = job();
    const run = new Run(start);
    await settled();
    emit("unread");
    const waiting = (await run.next()) && run.next();
    assert.deepEqual(await run.return("left"), { value: "left", done: true });
    assert.deepEqual(await waiting, { value: undefined, done: true });
    for (let n = 0; n < 2; n++) assert.deepEqual(await run.next(), { value: undefined, done: true });
    await assert.rejects(run.result, { name: "AbortError" });
  });

  test("throws a job's error once and is at its end then", { timeout: 5000 }, async () => {
    const { start, end } = job();
    const run = new Run(start);
    await settled();
    end.reject(new Error("out of memory"));
    await assert.rejects(run.next(), /out of memory/);
    assert.deepEqual(await run.next(), { value: undefined, done: true });
    await assert.rejects(run.result, /out of memory/);
  });
});

describe("a live run", () => {
  test("copies what is pushed, so that callers may reuse their arrays", async () => {
    const { start, posted } = job();
    const run = new LiveRun(start);
    const buffer = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    run.push(buffer.subarray(1, 3));
    buffer.fill(9);
    run.push([0.5]);
    run.push(Int16Array.of(-32768, 16384));
    await settled();
    assert.deepEqual(posted.map(({ args }) => Array.from(args.samples, (x) => Math.fround(x))), [
      [0.2, 0.3].map(Math.fround),
      [0.5],
      [-1, 0.5],
    ]);
    assert.equal(buffer.length, 4);
  });

  test("refuses at once what are no samples", async () => {
    const run = new LiveRun(job().start);
    const gone = new Float32Array(8);
    structuredClone(gone, { transfer: [gone.buffer] });

    assert.throws(() => run.push(gone), { code: "InvalidSamples" });
    assert.throws(() => run.push([0, NaN]), { code: "InvalidSamples", message: /sample 1 is NaN/ });
    assert.throws(() => run.push([0, -8000]), { code: "InvalidSamples", message: /reach 8000, but must be within ±1.*Int16Array/ });
    assert.throws(() => run.push("noise"), { code: "InvalidOption", message: /samples is "noise"/ });
    run.end();
    assert.throws(() => run.push([0]), { code: "InvalidSamples", message: /has ended/ });
  });
});

describe("a recording", () => {
  test("of samples may be any array of numbers with its rate", () => {
    const rate = 8000;
    const values = ({ input }) => input.channels.map((channel) => [...channel]);
    assert.deepEqual(values(asInput(Float32Array.of(0.5, -0.5), rate)), [[0.5, -0.5]]);
    assert.deepEqual(values(asInput([0.5, -0.5], rate)), [[0.5, -0.5]]);
    assert.deepEqual(values(asInput(Float64Array.of(0.5), rate)), [[0.5]]);
    assert.deepEqual(values(asInput(Int16Array.of(16384), rate)), [[0.5]]);
    assert.deepEqual(values(asInput({ samples: [Float32Array.of(0.5), [1]], sampleRate: rate })), [[0.5], [1]]);
    assert.deepEqual(values(asInput([Float32Array.of(0.5), Float32Array.of(1)], rate)), [[0.5], [1]]);
    const audioBuffer = { numberOfChannels: 1, sampleRate: rate, getChannelData: () => Float32Array.of(0.25) };
    assert.deepEqual(values(asInput(audioBuffer)), [[0.25]]);
  });

  test("is copied, and only the part in view", () => {
    const bytes = new Uint8Array(1000);
    const { input, transfer } = asInput(bytes.subarray(10, 20));
    assert.equal(input.file.buffer.byteLength, 10);
    assert.deepEqual(transfer, [input.file.buffer]);
    const samples = new Float32Array(4);
    const copy = asInput(samples, 16_000).input.channels[0];
    samples.fill(1);
    assert.deepEqual([...copy], [0, 0, 0, 0]);
  });

  test("that is none is described and never printed", () => {
    const refused = (recording, rate, message) =>
      assert.throws(() => asInput(recording, rate), (error) => {
        assert.equal(error.code, "InvalidOption");
        assert.match(error.message, message);
        assert.ok(error.message.length < 300, String(error.message.length));
        return true;
      });
    refused(new Float32Array(44_100), undefined, /^sampleRate is undefined, but must be/);
    refused(new Float32Array(44_100), "fast", /^sampleRate is "fast"/);
    refused({ data: new Float32Array(44_100) }, undefined, /^recording is an Object, but must be a URL, a File/);
    refused("x".repeat(100_000), undefined, /^recording is a string of 100000 characters/);
    refused(null, undefined, /^recording is null/);
    refused("", undefined, /^recording is ""/);
    const audioBuffer = { numberOfChannels: 1, sampleRate: 48_000, getChannelData: () => new Float32Array(9) };
    refused(audioBuffer, 16_000, /^sampleRate is 16000, but must be left out: the recording has its own, 48000/);
    refused(new Uint8Array(3), 16_000, /^sampleRate is 16000, but must be left out/);
  });
});

test("URLs are opened in their order, some at a time, and each can be stopped", { timeout: 5000 }, async (t) => {
  const { fetch } = globalThis;
  t.after(() => (globalThis.fetch = fetch));
  const requests = [];
  globalThis.fetch = (url, { signal }) =>
    new Promise((resolve, reject) => {
      requests.push({ url, answer: () => resolve(new Response(url)), signal });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const inputs = Array.from({ length: 20 }, (_, n) => ({ name: `${n}`, file: { url: `https://songs.test/${n}` } }));
  const opening = new Opening(inputs, undefined, () => {});
  const ready = async (count) => {
    while (opening.ready.length < count) await settled();
    return opening.ready.map(({ name }) => name);
  };
  await opening.begin(0);
  assert.deepEqual(requests.map(({ url }) => url), inputs.slice(0, 8).map(({ file }) => file.url));
  requests[1].answer();
  await settled();
  assert.deepEqual(opening.ready, []);
  requests[0].answer();
  assert.deepEqual(await ready(2), ["0", "1"]);
  await opening.begin(1);
  assert.equal(requests.length, 9);
  opening.cancel(2);
  await ready(3);
  assert.deepEqual(opening.ready[2], { channels: [new Float32Array(0)], sampleRate: 16_000 });
  assert.deepEqual(requests.map(({ signal }) => signal.aborted).indexOf(true), 2);
  opening.stop();
  assert.ok(requests.every(({ signal }) => signal.aborted));
  assert.equal(opening.isOver, false);
});

test("files are open before the first step, whatever their number", async () => {
  const inputs = Array.from({ length: 20 }, (_, n) => ({ name: `${n}`, file: new Uint8Array(n) }));
  const opening = new Opening(inputs, undefined, () => {});
  await opening.begin(0);
  assert.deepEqual(opening.ready.map(({ file }) => file.size), [...inputs.keys()]);
  assert.ok(opening.isOver);
});

describe("options", () => {
  test("are checked by name and value", () => {
    assert.deepEqual(checkOptions({ overlap: 5, tail: undefined }, CAPTION_OPTIONS), { overlap: 5 });
    const refused = (options, message, kinds = CAPTION_OPTIONS) =>
      assert.throws(() => checkOptions(options, kinds), { code: "InvalidOption", message });
    refused({ beams: 3 }, 'unknown option "beams"; the options are: tail, overlap, batchSize, generation, facts, sampleRate, onProgress, signal');
    refused({ batchSize: "4" }, 'batchSize is "4", but must be an integer of at least 1');
    refused({ tail: "cut" }, 'tail is "cut", but must be "keep" or "drop"');
    refused({ overlap: NaN }, "overlap is NaN, but must be a finite number");
    refused({ constructor: 3 }, /unknown option "constructor"/);
    refused({ onProgress: 3 }, "onProgress is 3, but must be a function");
    refused({ signal: {} }, "signal is an Object, but must be an AbortSignal");
    assert.equal(checkOptions({ signal: AbortSignal.timeout(1) }, CAPTION_OPTIONS).signal.aborted, false);
    const settings = { num_beams: 5, seed: 0, do_sample: false, temperature: 1, forced_bos_token_id: null };
    const kinds = generationOptions(settings);
    assert.deepEqual(checkOptions({ ...settings, temperature: 0.7, forced_bos_token_id: 0 }, kinds).temperature, 0.7);
    refused({ num_beams: 2.5 }, "num_beams is 2.5, but must be an integer of at least 0", kinds);
    refused({ seed: -1 }, "seed is -1, but must be an integer of at least 0", kinds);
    refused({ generation: [] }, "generation is an Array of length 0, but must be an object");
    refused({ do_sample: 1 }, "do_sample is 1, but must be true or false", kinds);
  });

  test("that have no effect are warned of once", (t) => {
    const { mock } = t.mock.method(console, "warn", () => {});
    const own = { do_sample: false, repetition_retries: 0, temperature: 1, top_k: 50, top_p: 1, seed: 0 };
    warnWithoutEffect({ num_beams: 3 }, own);
    warnWithoutEffect({ temperature: 0.5, do_sample: true }, own);
    warnWithoutEffect({ temperature: 0.5 }, { ...own, repetition_retries: 2 });
    assert.equal(mock.callCount(), 0);
    for (let n = 0; n < 2; n++) {
      warnWithoutEffect({ temperature: 0.5 }, own);
      warnWithoutEffect({ top_k: 9, top_p: 0.5 }, own);
    }
    assert.deepEqual(mock.calls.map(({ arguments: [text] }) => text), [
      "musicap: temperature has no effect without do_sample: true",
      "musicap: top_k, top_p have no effect without do_sample: true",
    ]);
  });

  test("that are captions are checked by place", () => {
    const caption = { index: 0, start_s: 0, end_s: 10, text: "A piano.", score: -0.5 };
    const whole = { file: null, duration_s: 10, model: "m", captions: [caption], summary: null };
    checkCaptions(whole);
    const refused = (captions, message) =>
      assert.throws(() => checkCaptions(captions), { code: "InvalidCaptions", message });
    refused(undefined, /they are undefined, but must be an object/);
    refused({ ...whole, captions: 3 }, /captions is 3, but must be an array/);
    refused({ ...whole, captions: [caption, { ...caption, text: 1 }] }, /captions\[1\]\.text is 1, but must be a string/);
    refused({ ...whole, captions: [{ ...caption, end_s: undefined }] }, /captions\[0\]\.end_s is undefined/);
  });
});

test("values are described in a few words", () => {
  assert.equal(inWords(new Float32Array(3)), "a Float32Array of length 3");
  assert.equal(inWords([1, 2]), "an Array of length 2");
  assert.equal(inWords(Object.create(null)), "an object");
  assert.equal(inWords(10n), "a BigInt");
});
