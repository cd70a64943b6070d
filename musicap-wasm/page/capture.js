// The microphone, or what a tab plays, as blocks of mono samples.

/** Asks for the sound of `source`, `microphone` or `tab`. `onBlock` takes the samples, `onEnd` is
 * called when the visitor ends it elsewhere. Gives `{ sampleRate, stop }`. */
export async function capture(source, onBlock, onEnd) {
  const stream = await (source === "tab" ? tab() : microphone());
  const [track] = stream.getAudioTracks();
  if (!track) {
    stop(stream);
    throw new Error("No sound came with it. Choose a tab, and tick “Also share tab audio”.");
  }
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("./tap.js", import.meta.url));
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  tap.port.onmessage = ({ data }) => onBlock(data);
  context.createMediaStreamSource(stream).connect(tap);
  track.onended = onEnd;
  return {
    sampleRate: context.sampleRate,
    stop() {
      track.onended = null;
      stop(stream);
      return context.close();
    },
  };
}

function microphone() {
  // Music, not speech: nothing is to be cleaned away.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return navigator.mediaDevices.getUserMedia({ audio });
}

async function tab() {
  if (!navigator.mediaDevices.getDisplayMedia) throw new Error("This browser cannot listen to a tab.");
  // Browsers give a tab's sound only along with its picture.
  const audio = { suppressLocalAudioPlayback: false, echoCancellation: false, noiseSuppression: false };
  return navigator.mediaDevices.getDisplayMedia({ video: true, audio });
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
