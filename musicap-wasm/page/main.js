// The page: joins the package, the player, the picture and the list.
import init, { Captioner, summarize, write } from "./musicap/musicap.js";
import { capture } from "./capture.js";
import { Picture } from "./picture.js";
import { Player } from "./player.js";
import { Reading } from "./reading.js";
import { clock, roughly } from "./time.js";

const START = document.title;
const $ = (id) => document.getElementById(id);
const EXTENSIONS = { text: "txt", srt: "srt", vtt: "vtt", json: "json" };
const MODEL_FILE = /\.(safetensors|pth)$|^(config|generation_config|tokenizer|vocab)\.json$|^merges\.txt$/;
/** Live captions share half of their ten seconds, so that one comes every five. */
const LIVE_OVERLAP_S = 5;
/** What reading and hearing a stretch is of its captioning, for the progress bar. */
const HEARING = 0.3;

const picture = new Picture($("wave"), $("mel"), $("axis"));
const reading = new Reading($("captions"), ({ start_s }) => player.seek(start_s));
const player = new Player({
  audio: $("audio"),
  button: $("play"),
  picture: $("picture"),
  playhead: $("playhead"),
  now: $("now"),
  length: $("length"),
  onMove: follow,
  onRefused: () => note("This browser cannot play the format; the captions are of the whole recording all the same."),
});

/** The captioner to use, as a promise, and what is under way. */
let captioner;
let current = new AbortController();
/** What the download gives. */
let captions;

// Recordings

/** Begins something new and gives its signal; what was under way is called off. */
function begin(kind, name) {
  current.abort();
  current = new AbortController();
  captions = undefined;
  document.body.classList.add("open");
  for (const id of ["error", "summary", "download", "note"]) $(id).hidden = true;
  $("song").hidden = false;
  $("song").classList.toggle("live", kind === "Live");
  $("kind").textContent = kind;
  $("title").textContent = name;
  document.title = `${name} · musicap`;
  $("facts").textContent = "";
  reading.clear("The first caption comes after a moment.");
  picture.clear();
  stage("Loading the model");
  $("cancel").textContent = "Cancel";
  $("cancel").hidden = false;
  return current.signal;
}

async function open(file) {
  const signal = begin("Recording", file.name);
  player.load(file);
  await working(signal, async () => {
    const model = await ready();
    signal.throwIfAborted();
    stage("Listening");
    drawing(model, file, signal);
    const began = performance.now();
    const run = model.caption(file, { signal, onProgress: (progress) => show(progress, began) });
    for await (const caption of run) heard(caption);
    const whole = await run.result;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    player.setLength(whole.duration_s);
    picture.duration = picture.captioned = whole.duration_s;
    $("facts").textContent = `${clock(whole.duration_s)} captioned in ${seconds} s`;
    const notes = [...(whole.gaps ?? []).map(({ reason }) => reason), ...(whole.notes ?? [])];
    if (notes.length) note(notes.join("; "));
    await finish(whole);
  });
}

/** Draws the recording beside the captioning; what fails there has been said already. */
async function drawing(model, file, signal) {
  try {
    picture.clear(model.config.audio.chunk_seconds);
    if ($("audio").duration) picture.duration = $("audio").duration;
    for await (const chunk of model.logMel(file, { signal })) picture.add(chunk);
  } catch {}
}

function heard(caption) {
  reading.add(caption);
  picture.captioned = caption.end_s;
  say(`Caption ${reading.captions.length} is there.`);
}

function show({ heard_s, captioned_s, duration_s }, began) {
  const length = duration_s ?? $("audio").duration;
  if (!Number.isFinite(length)) return stage(`Listening, ${clock(heard_s)} heard`);
  if (!$("audio").duration) player.setLength(length);
  if (picture.duration < length) picture.duration = length;
  const done = Math.min(1, (HEARING * heard_s + (1 - HEARING) * captioned_s) / length);
  const spent = (performance.now() - began) / 1000;
  const left = done > 0.05 && spent > 0.7 ? `${roughly((spent * (1 - done)) / done)} left` : "";
  stage(`Listening, ${clock(captioned_s)} of ${clock(length)}`, done, left);
}

// Streams

/** A stream's samples on their way to the captions, the picture and the level. */
class Stream {
  #model;
  #signal;
  #run;
  #rate;
  #waiting = [];
  #heard = 0;
  #undrawn = [];
  #drawn_s = 0;

  constructor(model, signal) {
    [this.#model, this.#signal] = [model, signal];
    picture.clear(model.config.audio.chunk_seconds);
  }

  /** Gives the captions, as they come. */
  begin(sampleRate) {
    this.#rate = sampleRate;
    this.#run = this.#model.live({ sampleRate, overlap: LIVE_OVERLAP_S, signal: this.#signal });
    this.#waiting.forEach((block) => this.push(block));
    return this.#run;
  }

  push(block) {
    if (!this.#run) return this.#waiting.push(block);
    this.#heard += block.length;
    stage(`Live, ${clock(this.#heard / this.#rate)}`, Math.min(1, 1.5 * Math.max(...block)));
    this.#undrawn.push(block.slice());
    this.#run.push(block);
    const length = this.#undrawn.reduce((sum, { length }) => sum + length, 0);
    if (length >= this.#model.config.audio.chunk_seconds * this.#rate) this.#draw(length);
  }

  end() {
    this.#run?.end();
  }

  async #draw(length) {
    const samples = new Float32Array(length);
    let place = 0;
    for (const block of this.#undrawn.splice(0)) {
      samples.set(block, place);
      place += block.length;
    }
    const start_s = this.#drawn_s;
    this.#drawn_s += length / this.#rate;
    for await (const chunk of this.#model.logMel({ samples, sampleRate: this.#rate })) {
      picture.add({ ...chunk, start_s: start_s + chunk.start_s, end_s: start_s + chunk.end_s });
      break;
    }
  }
}

async function listen(source) {
  const signal = begin("Live", source === "tab" ? "A tab’s sound" : "The microphone");
  player.load(undefined);
  await working(signal, async () => {
    const model = await ready();
    signal.throwIfAborted();
    const stream = new Stream(model, signal);
    const tap = await capture(source, (block) => stream.push(block), () => stream.end());
    $("cancel").textContent = "Stop";
    $("cancel").onclick = () => stream.end();
    reading.clear(`The first caption comes when ${model.config.audio.chunk_seconds} seconds have been heard.`);
    try {
      signal.throwIfAborted();
      for await (const event of stream.begin(tap.sampleRate)) {
        if (event.type === "caption") heard(event.caption);
        else reading.addSkipped(event);
      }
    } finally {
      $("cancel").onclick = cancel;
      await tap.stop();
    }
    const duration_s = reading.captions.at(-1)?.end_s ?? 0;
    $("facts").textContent = `${clock(duration_s)} captioned`;
    await finish({ file: null, duration_s, model: model.name, captions: reading.captions, summary: null });
  });
}

// Both

/** Does the work and says how it ended. */
async function working(signal, work) {
  try {
    await work();
  } catch (error) {
    if (signal.aborted && signal !== current.signal) return; // something else has begun
    if (!signal.aborted) fail(error);
    if (reading.captions.length) await finish(partial());
    else if (signal.aborted) reading.clear("Cancelled before the first caption.");
    else close();
  } finally {
    if (signal === current.signal) {
      $("work").hidden = $("cancel").hidden = true;
    }
  }
}

/** Goes back to the start: there is nothing to show. */
function close() {
  player.load(undefined);
  $("song").hidden = true;
  document.body.classList.remove("open");
  document.title = START;
}

/** What there is of a recording that was not captioned to its end. */
function partial() {
  const { captions } = reading;
  $("facts").textContent = `captioned up to ${clock(captions.at(-1).end_s)}`;
  return { file: $("title").textContent, duration_s: captions.at(-1).end_s, model: "", captions, summary: null };
}

async function finish(whole) {
  captions = whole;
  if (whole.captions.length === 0) return reading.clear("Nothing was long enough for a caption.");
  captions.summary = (await summarize(whole)) || null;
  if (captions !== whole) return;
  $("summary").textContent = captions.summary ?? "";
  $("summary").hidden = !captions.summary;
  $("download").hidden = false;
  say(`Done: ${whole.captions.length} captions. ${captions.summary ?? ""}`);
}

function cancel() {
  current.abort();
}

/** The position has changed. */
function follow(seconds) {
  const caption = reading.light(seconds, player.playing);
  const { duration } = picture;
  const { style, classList } = $("span");
  classList.toggle("on", Boolean(caption && duration));
  if (!caption || !duration) return;
  style.left = `${(caption.start_s / duration) * 100}%`;
  style.width = `${((caption.end_s - caption.start_s) / duration) * 100}%`;
}

// The model

function ready() {
  captioner ??= load(Captioner.embedded({ progress: told }));
  return captioner;
}

/** Takes a model in the place of the one before. */
function load(loading) {
  const before = captioner;
  const next = loading.then((model) => {
    before?.then((model) => model.dispose(), () => {});
    $("model-name").textContent = model.name === "embedded" ? "built in" : model.name;
    $("built-in").hidden = model.name === "embedded";
    return model;
  });
  next.catch(() => captioner === next && (captioner = before));
  return next;
}

function told(event) {
  if (event.type === "download" && event.total) {
    stage(`Loading ${event.file}`, event.loaded / event.total);
  } else if (event.type === "load") {
    stage("Loading the model");
  }
}

async function useFiles(files) {
  const list = [...files];
  const folder = list[0].webkitRelativePath?.split("/")[0];
  const name = folder || list.find(({ name }) => name.endsWith(".safetensors"))?.name || "your files";
  $("model").open = true;
  $("model-note").textContent = "Loading…";
  try {
    captioner = load(Captioner.fromFiles(list, { name }));
    await captioner;
    $("model-note").textContent = "Loaded. The next recording is captioned with it.";
  } catch (error) {
    $("model-note").textContent = error.message;
  }
}

// Words

function stage(text, done, left = "") {
  $("work").hidden = false;
  $("stage").textContent = text;
  $("left").textContent = left;
  if (done === undefined) $("progress").removeAttribute("value");
  else $("progress").value = done;
}

function note(text) {
  $("note").textContent = text;
  $("note").hidden = false;
}

function say(text) {
  $("status").textContent = text;
}

function fail(error) {
  $("error").textContent = error.name === "NotAllowedError" ? "The browser was not allowed to listen." : error.message;
  $("error").hidden = false;
  if (!(error.code || error.name === "NotAllowedError")) console.error(error);
}

// What the visitor does

$("file").onchange = ({ target }) => {
  if (target.files[0]) open(target.files[0]);
  target.value = "";
};
$("own").onclick = async () => {
  try {
    const song = await (await fetch("three-scenes.ogg")).blob();
    await open(new File([song], "three-scenes.ogg", { type: "audio/ogg" }));
  } catch (error) {
    fail(error);
  }
};
$("microphone").onclick = () => listen("microphone");
$("tab").onclick = () => listen("tab");
$("cancel").onclick = cancel;
$("model-files").onchange = ({ target }) => {
  if (target.files.length) useFiles(target.files);
  target.value = "";
};
$("built-in").onclick = () => {
  captioner = load(Captioner.embedded());
  captioner.catch(fail);
  $("model-note").textContent = "";
};
$("download").onsubmit = async (event) => {
  event.preventDefault();
  const format = $("format").value;
  const url = URL.createObjectURL(new Blob([await write(captions, format)], { type: "text/plain" }));
  const name = $("title").textContent.replace(/\.\w+$/, "");
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
  if (files.some(({ name }) => MODEL_FILE.test(name))) useFiles(files);
  else if (files[0]) open(files[0]);
};
document.onkeydown = (event) => {
  if (event.key !== " " || event.target.closest("button, input, select, summary, label, [role=slider]")) return;
  if ($("song").hidden) return;
  event.preventDefault();
  player.toggle();
};

// Light and dark

const THEMES = ["system", "light", "dark"];
function dress(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
  localStorage.theme = theme;
  picture.recolour();
}
$("theme").onclick = () => {
  dress(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
};
dress(THEMES.includes(localStorage.theme) ? localStorage.theme : "system");
matchMedia("(prefers-color-scheme: dark)").onchange = () => picture.recolour();

// Without a network

if (navigator.serviceWorker) {
  navigator.serviceWorker.register("sw.js").catch(() => {});
  navigator.serviceWorker.ready.then(() => ($("offline").textContent = "This page works without a network, too."));
}
init().catch(fail);
