// Recording on the page, with the browser's interfaces replaced.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { canCapture, capture } from "../page/capture.js";
import { LiveAudio } from "../page/live-audio.js";

const replaced = new Set();

/** Gives globals other values until the test is over. */
function replace(values) {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
    replaced.add(name);
  }
}

afterEach(() => {
  for (const name of replaced) delete globalThis[name];
});

/** A browser whose audio worklet fails with `error`, if there is one. */
function browser({ error, audio = true } = {}) {
  const track = { stopped: false, onended: null, stop: () => (track.stopped = true) };
  const stream = { getTracks: () => [track], getAudioTracks: () => (audio ? [track] : []) };
  const contexts = [];
  class AudioContext {
    state = "running";
    sampleRate = 48_000;
    audioWorklet = { addModule: async () => { if (error) throw error; } };
    constructor() {
      contexts.push(this);
    }
    createMediaStreamSource() {
      return { connect() {} };
    }
    async close() {
      this.state = "closed";
    }
  }
  const recorders = [];
  class AudioWorkletNode {
    port = {};
    constructor(_, name, options) {
      recorders.push({ name, ...options });
    }
  }
  const mediaDevices = { getUserMedia: async () => stream, getDisplayMedia: async () => stream };
  replace({ navigator: { mediaDevices }, AudioContext, AudioWorkletNode });
  return { track, contexts, recorders, mediaDevices };
}

test("the microphone is released if recording cannot start", async () => {
  const error = new DOMException("no worklet", "AbortError");
  const { track, contexts } = browser({ error });
  await assert.rejects(capture("microphone", () => {}, () => {}), error);
  assert.ok(track.stopped);
  assert.ok(contexts.every(({ state }) => state === "closed"));
});

test("a tab without audio is released too", async () => {
  const { track } = browser({ audio: false });
  await assert.rejects(capture("tab", () => {}, () => {}), /shared without audio/);
  assert.ok(track.stopped);
});

test("stopping releases the microphone and does not count as the visitor's stop", async () => {
  const { track, contexts } = browser();
  const recording = await capture("microphone", () => {}, () => assert.fail("ended"));
  assert.equal(recording.sampleRate, 48_000);
  await recording.stop();
  track.onended?.();
  assert.ok(track.stopped && contexts[0].state === "closed");
});

test("both channels are recorded, and a single one as both", async () => {
  const { recorders } = browser();
  const { channels } = await capture("microphone", () => {}, () => {});
  assert.equal(channels, 2);
  assert.deepEqual(recorders, [{ name: "recorder", numberOfOutputs: 0, channelCount: 2, channelCountMode: "explicit" }]);

  const blocks = [];
  class AudioWorkletProcessor {
    port = { postMessage: (block) => blocks.push(block) };
  }
  let Recorder;
  replace({ AudioWorkletProcessor, registerProcessor: (_, processor) => (Recorder = processor) });
  await import("../page/recorder.js");
  const recorder = new Recorder();
  const [half, quarter] = [0.5, 0.25].map((value) => new Float32Array(128).fill(value));
  const opposite = half.map((sample) => -sample);
  for (let n = 0; n < 32; n++) assert.ok(recorder.process([[half, opposite]]));
  assert.ok(recorder.process([[]]));
  for (let n = 0; n < 32; n++) recorder.process([[quarter]]);
  assert.deepEqual(blocks.map(({ length }) => length), [8192, 8192]);
  assert.deepEqual(blocks.map((block) => [...block.subarray(8188)]), [[0.5, -0.5, 0.5, -0.5], Array(4).fill(0.25)]);
});

test("the channels of a stream reach captions and spectrogram apart", () => {
  const [pushed, asked, lengths] = [[], [], []];
  const run = { push: (block) => pushed.push(...block) };
  const model = {
    config: { audio: { chunk_seconds: 1 } },
    live: (options) => asked.push(options) && run,
    logMel: (recording) => asked.push(recording) && [],
  };
  const live = new LiveAudio(model, { overlap: 5, draw() {}, showLevel: (seconds) => lengths.push(seconds) });
  live.push(Float32Array.of(0.5, -0.5));
  assert.equal(live.start({ sampleRate: 2, channels: 2 }), run);
  live.push(Float32Array.of(0.25, -0.25));
  assert.deepEqual(pushed, [0.5, -0.5, 0.25, -0.25]);
  assert.deepEqual(lengths, [0.5, 1]);
  assert.deepEqual(asked, [
    { sampleRate: 2, channels: 2, overlap: 5 },
    { samples: [Float32Array.of(0.5, 0.25), Float32Array.of(-0.5, -0.25)], sampleRate: 2 },
  ]);
});

test("what a browser cannot record is known before it is offered", () => {
  const { mediaDevices } = browser();
  assert.ok(canCapture("microphone"));
  mediaDevices.getSupportedConstraints = () => ({ echoCancellation: true });
  assert.ok(!canCapture("tab"));
  mediaDevices.getSupportedConstraints = () => ({ suppressLocalAudioPlayback: true });
  assert.ok(canCapture("tab"));
  delete mediaDevices.getUserMedia;
  assert.ok(!canCapture("microphone"));
});
