// Audio of the microphone or of a tab, as blocks of interleaved samples.

/** Whether this browser can record the source `microphone` or `tab`. */
export function canCapture(source) {
  const { mediaDevices } = navigator;
  if (!mediaDevices?.getUserMedia || typeof AudioWorkletNode === "undefined") return false;
  if (source === "microphone") return true;
  // Firefox and Safari share a tab's picture only; browsers that share its audio know this constraint.
  return Boolean(mediaDevices.getDisplayMedia && mediaDevices.getSupportedConstraints?.().suppressLocalAudioPlayback);
}

/** Asks for permission and starts recording `source`. `onBlock` receives the samples, `onEnd` is
 * called when the visitor stops sharing. Returns `{ sampleRate, channels, stop }`. On errors nothing is
 * left recording. */
export async function capture(source, onBlock, onEnd) {
  const stream = await (source === "tab" ? tab() : microphone());
  let context;
  const stop = async () => {
    for (const track of stream.getTracks()) {
      track.onended = null;
      track.stop();
    }
    await context?.close();
  };
  try {
    const [track] = stream.getAudioTracks();
    if (!track) throw new Error("The tab was shared without audio. Choose a tab, and tick “Also share tab audio”.");
    context = new AudioContext();
    await context.audioWorklet.addModule(new URL("./recorder.js", import.meta.url));
    // Whatever the source has comes as stereo.
    const channels = 2;
    const stereo = { channelCount: channels, channelCountMode: "explicit" };
    const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0, ...stereo });
    recorder.port.onmessage = ({ data }) => onBlock(data);
    context.createMediaStreamSource(stream).connect(recorder);
    track.onended = onEnd;
    return { sampleRate: context.sampleRate, channels, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function microphone() {
  // These are for speech and distort music.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return navigator.mediaDevices.getUserMedia({ audio });
}

function tab() {
  // Browsers share a tab's audio only together with its picture.
  const audio = { suppressLocalAudioPlayback: false, echoCancellation: false, noiseSuppression: false };
  return navigator.mediaDevices.getDisplayMedia({ video: true, audio });
}
