// Recording on the page, with the browser's interfaces replaced.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { canCapture, capture } from "../page/capture.js";

afterEach(() => {
  for (const name of ["navigator", "AudioContext", "AudioWorkletNode"]) delete globalThis[name];
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
  const AudioWorkletNode = class { port = {}; };
  const mediaDevices = { getUserMedia: async () => stream, getDisplayMedia: async () => stream };
  for (const [name, value] of Object.entries({ navigator: { mediaDevices }, AudioContext, AudioWorkletNode })) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  return { track, contexts, mediaDevices };
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
