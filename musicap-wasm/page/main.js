// The page: connects the package with the queue, the player, the spectrogram and the lists.
import init, { Captioner, findSections, summarize, translate, write } from "./musicap/musicap.js";
import { canCapture, capture } from "./capture.js";
import { CaptionList } from "./caption-list.js";
import { approximately, clock } from "./format.js";
import { Models } from "./models.js";
import { Player } from "./player.js";
import { Entry, Queue } from "./queue.js";
import { AudioData, Spectrogram } from "./spectrogram.js";
import { LiveAudio } from "./live-audio.js";
import { SectionList } from "./section-list.js";
import { initTheme } from "./theme.js";

const START_TITLE = document.title;
const $ = (id) => document.getElementById(id);
const EXTENSIONS = { text: "txt", srt: "srt", vtt: "vtt", chapters: "vtt", json: "json" };
/** Those of the package's `languages`, which a test compares, known before the program has loaded. */
const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "ja", "ko", "zh", "hi"];
const MODEL_FILE = /\.(safetensors|pth)$|^(config|generation_config|tokenizer|vocab)\.json$|^merges\.txt$/;
/** Live chunks of ten seconds overlap by this, so that there is a caption every five seconds. */
const LIVE_OVERLAP_S = 5;
/** The share of decoding and spectrograms in the work, for the progress bar. */
const DECODING_SHARE = 0.3;

const spectrogram = new Spectrogram($("wave"), $("mel"), $("axis"));
const list = new CaptionList($("captions"), ({ start_s }) => player.playFrom(start_s));
const sections = new SectionList($("sections"), ({ start_s }) => player.playFrom(start_s));
const player = new Player({
  audio: $("audio"),
  button: $("play"),
  picture: $("picture"),
  playhead: $("playhead"),
  now: $("now"),
  length: $("length"),
  onMove: highlight,
  onUnplayable: () => showNote("This browser cannot play the format. The captions are complete all the same."),
});
const models = new Models(() => Captioner.embedded({ progress: showLoading }), showModel);
const queue = new Queue(captionFiles, onStatus);
/** The entry that is shown. */
let shown;

// Recordings

function addFiles(files) {
  $("error").hidden = true;
  const entries = [...files].map((file) => new Entry(file.name, file));
  const visible = !shown || shown.isOver ? entries[0] : shown;
  if (visible !== shown) visible.previous = shown;
  queue.add(entries);
  show(visible);
}

/** Captions files together. If one fails, what has been captioned of it remains as its result. */
async function captionFiles(entries) {
  let error;
  try {
    await models.use((model) => captionWith(model, entries));
  } catch (reason) {
    error = reason;
  }
  const left = entries.filter((entry) => !entry.isEnding && !entry.isOver);
  // Which recording crashed the program is not known; alone, it ends no other.
  if (error?.code === "Crashed" && entries.length > 1) {
    for (const entry of left) {
      entry.captions.length = 0;
      if (entry === shown) fillList(entry);
      await captionFiles([entry]);
    }
    return;
  }
  for (const entry of left) await finish(entry, undefined, error);
}

async function captionWith(model, entries) {
  let began = performance.now();
  const onProgress = ({ recording, ...progress }) => {
    const entry = entries[recording];
    if (!entry || entry.isEnding) return;
    entry.progress = { ...progress, seconds: (performance.now() - began) / 1000 };
    if (entry === shown) showProgress(entry);
    showQueue();
  };
  const all = new AbortController();
  const options = { signal: all.signal, onProgress, generation: generationSettings() };
  const run = model.captionMany(entries.map(({ file }) => file), options);
  for (const [place, entry] of entries.entries()) {
    const cancel = () => {
      run.cancel(place);
      if (entries.every(({ signal, isOver }) => isOver || signal.aborted)) all.abort();
      return finish(entry);
    };
    if (entry.signal.aborted) cancel();
    else entry.signal.addEventListener("abort", cancel, { once: true });
  }
  begin(model, entries[0]);
  for await (const { type, recording, caption, captions, error } of run) {
    const entry = entries[recording];
    if (type === "caption") {
      if (!entry.isEnding) addCaption(entry, caption);
      continue;
    }
    entry.seconds = (performance.now() - began) / 1000;
    await finish(entry, captions, error);
    began = performance.now();
    if (recording + 1 < entries.length) begin(model, entries[recording + 1]);
  }
}

/** The captions of an entry come next. */
function begin(model, entry) {
  if (entry.isEnding || entry.isOver) return;
  entry.audio = new AudioData(model.config.audio.chunk_seconds);
  if (entry === shown) spectrogram.show(entry.audio);
  draw(model, entry);
  queue.start(entry);
}

/** An entry is over: with its captions, or those that came before an error or a cancellation. */
async function finish(entry, captions, error) {
  if (entry.isEnding) return;
  entry.isEnding = true;
  const isWhole = captions && !error && !entry.signal.aborted;
  entry.result = isWhole ? captions : partialResult(entry);
  await addSummary(entry);
  queue.finish(entry, error);
}

/** Computes the spectrogram while the file is captioned. Its errors are those of captioning. */
async function draw(model, { file, signal, audio }) {
  try {
    for await (const chunk of model.logMel(file, { signal })) spectrogram.add(audio, chunk);
  } catch {}
}

function addCaption(entry, caption) {
  entry.captions.push(caption);
  entry.audio.captioned = caption.end_s;
  if (entry !== shown) return;
  list.add(caption);
  spectrogram.update(entry.audio);
  announce(`Caption ${entry.captions.length} is available.`);
}

/** The captions of a recording that was not captioned to its end. */
function partialResult({ name, captions }) {
  if (!captions.length) return undefined;
  return { file: name, duration_s: captions.at(-1).end_s, model: "", captions, summary: null };
}

async function addSummary(entry) {
  const { result } = entry;
  if (!result?.captions.length) return;
  result.summary = (await summarize(result)) || null;
  result.sections = await findSections(result);
  await addTranslation(entry);
}

/** The result in the language that is chosen, as it is shown and downloaded. */
async function addTranslation(entry) {
  const { result } = entry;
  const language = $("language").value || "en";
  if (!result?.captions.length || language === "en") return void (entry.translation = undefined);
  const [translation, summary] = await Promise.all([translate(result, language), summarize(result, { language })]);
  entry.translation = { ...translation, summary: summary || null };
}

/** The generation settings that the visitor has changed. */
function generationSettings() {
  const settings = {};
  for (const [id, name] of [["beams", "num_beams"], ["max-length", "max_length"]]) {
    if ($(id).value && $(id).checkValidity()) settings[name] = $(id).valueAsNumber;
  }
  return settings;
}

// Live

async function startLive(source) {
  $("error").hidden = true;
  const entry = new Entry(source === "tab" ? "A tab’s audio" : "The microphone");
  queue.addRunning(entry);
  show(entry);
  const error = await captionLive(entry, source).then(() => undefined, (error) => error);
  entry.result ??= partialResult(entry);
  await addSummary(entry);
  queue.finish(entry, error);
}

async function captionLive(entry, source) {
  await models.use(async (model) => {
    entry.audio = new AudioData(model.config.audio.chunk_seconds);
    if (entry === shown) spectrogram.show(entry.audio);
    const draw = (chunk) => spectrogram.add(entry.audio, chunk);
    const showLevel = (seconds, level) => entry === shown && showStage(`Live, ${clock(seconds)}`, level);
    const live = new LiveAudio(model, { overlap: LIVE_OVERLAP_S, draw, showLevel });
    const recording = await capture(source, (block) => live.push(block), () => live.end());
    if (entry.signal.aborted) {
      await recording.stop();
      throw entry.signal.reason;
    }
    // Stopping ends the stream, and what has been recorded is still captioned.
    entry.stop = () => live.end();
    if (entry === shown) show(entry);
    try {
      for await (const event of live.start(recording)) {
        if (event.type === "caption") addCaption(entry, event.caption);
        else if (event.type === "error") showError(event);
        else addSkipped(entry, event);
      }
    } finally {
      entry.stop = undefined;
      await recording.stop();
    }
    const { captions } = entry;
    entry.result = { file: null, duration_s: captions.at(-1)?.end_s ?? 0, model: model.name, captions, summary: null };
  });
}

function addSkipped(entry, span) {
  entry.skipped.push({ at: entry.captions.length, ...span });
  if (entry === shown) list.addSkipped(span);
}

// What is shown

function onStatus(entry) {
  showQueue();
  if (entry.status === "failed") showError(entry.error, entry);
  if (entry.isOver && entry.result === undefined && entry.status === "failed") discard(entry);
  else if (entry === shown) show(entry);
  if (entry.isOver && entry === shown && entry.status === "done") {
    announce(`Done: ${entry.captions.length} captions. ${entry.result?.summary ?? ""}`);
  }
}

/** Shows another entry in the place of one that failed without a caption. */
function discard(entry) {
  if (entry !== shown) return;
  const next = entry.previous ?? queue.entries.findLast(({ status, result }) => status === "running" || result);
  if (next) return show(next);
  queue.remove(entry);
  entry.item?.remove();
  shown = undefined;
  player.load(undefined);
  $("song").hidden = true;
  document.body.classList.remove("open");
  document.title = START_TITLE;
}

function show(entry) {
  const isOther = entry !== shown;
  shown = entry;
  showQueue();
  const { file, result, status } = entry;
  const isLive = !file;
  document.body.classList.add("open");
  $("song").hidden = false;
  $("song").classList.toggle("live", isLive && !entry.isOver);
  $("kind").textContent = isLive ? "Live" : "Recording";
  $("title").textContent = entry.name;
  document.title = `${entry.name} · musicap`;
  if (isOther) {
    $("note").hidden = true;
    player.load(file);
    spectrogram.show(entry.audio);
    fillList(entry);
  }
  $("facts").textContent = facts(entry);
  const read = entry.translation ?? result;
  $("summary").textContent = read?.summary ?? "";
  $("summary").lang = read?.language ?? "en";
  $("summary").hidden = !result?.summary;
  sections.show(read?.sections, read?.language);
  if (result) list.translate(read.captions, read.language ?? "en");
  $("download").hidden = !result?.captions.length || !entry.isOver;
  $("work").hidden = entry.isOver;
  $("cancel").hidden = entry.isOver;
  $("cancel").textContent = entry.stop ? "Stop" : "Cancel";
  if (status === "waiting") showStage("Waiting for the recordings before it");
  else if (!entry.isOver) showProgress(entry);
  if (entry.isOver && !entry.captions.length) {
    list.clear(status === "cancelled" ? "Cancelled before the first caption." : "The recording is too short for a caption.");
  }
  if (!result || !entry.isOver) return;
  player.setLength(result.duration_s);
  Object.assign(entry.audio, { duration: result.duration_s, captioned: result.captions.at(-1)?.end_s ?? 0 });
  spectrogram.update(entry.audio);
  const notes = [...(result.gaps ?? []).map(({ reason }) => reason), ...(result.notes ?? [])];
  if (notes.length) showNote(notes.join("; "));
}

function fillList({ file, captions, skipped }) {
  list.clear(file ? "The first caption takes a moment." : "The first caption comes after ten seconds.");
  for (let n = 0; n <= captions.length; n++) {
    skipped.filter(({ at }) => at === n).forEach((span) => list.addSkipped(span));
    if (n < captions.length) list.add(captions[n]);
  }
}

function facts({ file, status, result, seconds }) {
  if (!result || status === "running") return "";
  const length = clock(result.duration_s);
  if (status !== "done") return `captioned up to ${length}`;
  return file ? `${length} captioned in ${seconds.toFixed(1)} s` : `${length} captioned`;
}

function showProgress({ file, progress, audio }) {
  if (!file) return showStage("Live, waiting for audio");
  if (!progress) return showStage("Loading the model");
  const { decoded_s, captioned_s, duration_s, steps, max_steps, seconds } = progress;
  const length = duration_s ?? $("audio").duration;
  if (!Number.isFinite(length)) return showStage(`Captioning, ${clock(decoded_s)} decoded`);
  if (!$("audio").duration) player.setLength(length);
  audio.duration = Math.max(audio.duration, length);
  // Most captions end before their maximum length, so the bar may jump ahead.
  const partial_s = Math.min(1, steps / max_steps) * (decoded_s - captioned_s);
  const done = Math.min(1, (DECODING_SHARE * decoded_s + (1 - DECODING_SHARE) * (captioned_s + partial_s)) / length);
  const left = done > 0.05 && seconds > 0.7 ? `${approximately((seconds * (1 - done)) / done)} left` : "";
  showStage(`Captioning, ${clock(captioned_s)} of ${clock(length)}`, done, left);
}

/** The list of recordings, if there are several. */
function showQueue() {
  const { entries } = queue;
  $("queue").hidden = entries.length < 2;
  for (const entry of entries) {
    entry.item ??= queueItem(entry);
    if (!entry.item.isConnected) $("queue").append(entry.item);
    const [button, status] = [entry.item.firstChild, entry.item.firstChild.lastChild];
    button.disabled = entry.status === "failed" && !entry.result;
    button.ariaCurrent = String(entry === shown);
    status.className = entry.status;
    status.textContent = statusText(entry);
  }
}

function queueItem(entry) {
  const [item, button] = ["li", "button"].map((name) => document.createElement(name));
  button.type = "button";
  button.onclick = () => show(entry);
  button.append(entry.name, document.createElement("span"));
  item.append(button);
  return item;
}

function statusText({ status, progress, error }) {
  if (status === "failed") return `failed: ${error.message}`;
  if (status !== "running" || !progress?.duration_s) return status;
  return `${Math.round((100 * progress.captioned_s) / progress.duration_s)} %`;
}

/** The position has changed. */
function highlight(seconds) {
  const caption = list.highlight(seconds, player.playing);
  sections.highlight(seconds);
  const { duration } = spectrogram;
  const { style, classList } = $("span");
  classList.toggle("on", Boolean(caption && duration));
  if (!caption || !duration) return;
  style.left = `${(caption.start_s / duration) * 100}%`;
  style.width = `${((caption.end_s - caption.start_s) / duration) * 100}%`;
}

// The model

function showModel({ name, config: { generation } }) {
  const isEmbedded = name === "embedded";
  $("model-name").textContent = isEmbedded ? "built in" : name;
  $("built-in").hidden = isEmbedded;
  $("beams").placeholder = generation.num_beams;
  $("max-length").placeholder = generation.max_length;
}

function showLoading(event) {
  if (!shown || shown.isOver) return;
  if (event.type === "download" && event.total) showStage(`Loading ${event.file}`, event.loaded / event.total);
  else if (event.type === "load") showStage("Loading the model");
}

/** Loads another model, `load({ progress, signal })`, and shows how far it is. */
async function changeModel(load) {
  $("model").open = true;
  const controller = new AbortController();
  $("model-cancel").hidden = false;
  $("model-cancel").onclick = () => controller.abort();
  const progress = (event) => {
    const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
    $("model-progress").hidden = event.type !== "download";
    if (event.type !== "download") return showModelNote("Loading the model…");
    const { file, loaded, total } = event;
    if (total) $("model-progress").value = loaded / total;
    else $("model-progress").removeAttribute("value");
    showModelNote(`Downloading ${file}, ${megabytes(loaded)}${total ? ` of ${megabytes(total)}` : ""} MB`);
  };
  showModelNote("Loading…");
  try {
    await models.replace(load({ progress, signal: controller.signal }));
    showModelNote("Loaded. Recordings that are added now are captioned with it.");
  } catch (error) {
    if (controller.signal.aborted) showModelNote("Cancelled.");
    else showModelNote(error.message, true);
  } finally {
    $("model-progress").hidden = $("model-cancel").hidden = true;
  }
}

function useModelFiles(files) {
  const all = [...files];
  const folder = all[0].webkitRelativePath?.split("/")[0];
  const name = folder || all.find(({ name }) => name.endsWith(".safetensors"))?.name || "your files";
  return changeModel(({ progress }) => Captioner.fromFiles(all, { name, progress }));
}

function showModelNote(text, isError = false) {
  $("model-note").textContent = text;
  $("model-note").classList.toggle("error", isError);
  $("model-note").setAttribute("role", isError ? "alert" : "status");
}

// Messages

function showStage(text, done, left = "") {
  $("work").hidden = false;
  $("stage").textContent = text;
  $("left").textContent = left;
  if (done === undefined) $("progress").removeAttribute("value");
  else $("progress").value = done;
}

function showNote(text) {
  $("note").textContent = text;
  $("note").hidden = false;
}

function announce(text) {
  $("status").textContent = text;
}

function showError(error) {
  const isDenied = error.name === "NotAllowedError";
  $("error").textContent = isDenied ? "The browser did not permit recording." : error.message;
  $("error").hidden = false;
  if (!error.code && !isDenied) console.error(error);
}

// The visitor's actions

$("file").onchange = ({ target }) => {
  if (target.files.length) addFiles(target.files);
  target.value = "";
};
$("own").onclick = async () => {
  try {
    const response = await fetch("three-scenes.ogg");
    if (!response.ok) throw new Error(`three-scenes.ogg: the server responded with ${response.status}`);
    addFiles([new File([await response.blob()], "three-scenes.ogg", { type: "audio/ogg" })]);
  } catch (error) {
    showError(error);
  }
};
for (const source of ["microphone", "tab"]) {
  $(source).closest("li").hidden = !canCapture(source);
  $(source).onclick = () => startLive(source);
}
$("cancel").onclick = () => {
  if (shown.stop) return shown.stop();
  shown.cancel();
  onStatus(shown);
};
$("model-files").onchange = ({ target }) => {
  if (target.files.length) useModelFiles(target.files);
  target.value = "";
};
$("hub").onsubmit = (event) => {
  event.preventDefault();
  changeModel((options) => Captioner.fromPretrained($("hub-id").value.trim(), options));
};
$("built-in").onclick = () => changeModel((options) => Captioner.embedded(options));
for (const code of LANGUAGES) {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
  $("language").add(new Option(name, code, false, code === localStorage.language));
}
$("language").onchange = async () => {
  localStorage.language = $("language").value;
  await Promise.all(queue.entries.map(addTranslation)).catch(showError);
  if (shown) show(shown);
};
$("download").onsubmit = async (event) => {
  event.preventDefault();
  const format = $("format").value;
  const url = URL.createObjectURL(new Blob([await write(shown.translation ?? shown.result, format)], { type: "text/plain" }));
  const name = shown.name.replace(/\.\w+$/, "");
  Object.assign(document.createElement("a"), { href: url, download: `${name}.${EXTENSIONS[format]}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
};

document.ondragover = (event) => {
  event.preventDefault();
  document.body.classList.add("over");
};
document.ondragleave = (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
};
document.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  const files = [...event.dataTransfer.files];
  if (files.some(({ name }) => MODEL_FILE.test(name))) useModelFiles(files);
  else if (files.length) addFiles(files);
};
document.onkeydown = (event) => {
  if (event.key !== " " || event.target.closest("button, input, select, summary, label, [role=slider]")) return;
  if ($("song").hidden) return;
  event.preventDefault();
  player.toggle();
};

initTheme($("theme"), () => spectrogram.recolour());

// Offline use

if (navigator.serviceWorker) {
  navigator.serviceWorker.register("sw.js").catch(() => {});
  navigator.serviceWorker.ready.then(() => ($("offline").textContent = "This page also works without a network."));
}
init().catch(showError);
