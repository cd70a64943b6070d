// Uploads a recording directly to the storage, follows its status, and shows its captions, with the
// current one highlighted while the recording plays.

const at = (id) => document.getElementById(id);
const [drop, file, error, song, title, progress, status] =
  ["drop", "file", "error", "song", "title", "progress", "status"].map(at);
const [audio, summary, facts, captions, history] = ["audio", "summary", "facts", "captions", "history"].map(at);

/** The texts for the states of a stage. */
const STATES = { waiting: "waiting", working: "in progress", done: "done", failed: "failed" };
/** How often the link to a recording is renewed before the player gives up. */
const MAX_RENEWALS = 3;

let events = null;
let spans = [];
let renewals = 0;

const clock = (seconds) => {
  const total = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};
const nameOf = (key) => key.split("/").pop();
const query = (path, key) => `${path}?key=${encodeURIComponent(key)}`;

function showError(text) {
  error.textContent = text;
  error.hidden = !text;
}

/** The key in the page's address, or null if it has none or one that cannot be decoded. */
function keyInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)) || null;
  } catch {
    return null;
  }
}

/** Requests JSON. Error responses are thrown with their reason. */
async function request(path, options) {
  const response = await fetch(path, options);
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) location.assign("log-in");
  if (!response.ok) throw new Error(body.error ?? `The server answered ${response.status}.`);
  return body;
}

function show(stage, state) {
  const line = document.querySelector(`[data-stage="${stage}"]`);
  if (line.dataset.state === state) return;
  line.dataset.state = state;
  line.querySelector(".state").textContent = STATES[state];
}

function open(name) {
  events?.close();
  events = null;
  spans = [];
  renewals = 0;
  captions.replaceChildren();
  summary.hidden = facts.hidden = audio.hidden = true;
  audio.removeAttribute("src");
  title.textContent = name;
  for (const stage of ["upload", "features", "captions", "summary"]) show(stage, "waiting");
  song.hidden = false;
}

/** Uploads a file as its ticket says. Unlike fetch, XMLHttpRequest reports progress. */
function put(ticket, blob) {
  return new Promise((resolve, reject) => {
    const put = new XMLHttpRequest();
    put.open("PUT", ticket.url);
    for (const [name, value] of Object.entries(ticket.headers)) put.setRequestHeader(name, value);
    put.upload.onprogress = ({ loaded, total }) => (progress.value = total ? loaded / total : 0);
    put.onload = () => (put.status === 200 ? resolve() : reject(new Error(`The storage answered ${put.status}.`)));
    put.onerror = () => reject(new Error("The connection to the storage broke."));
    put.send(blob);
  });
}

async function upload(blob) {
  showError("");
  open(blob.name);
  show("upload", "working");
  progress.value = 0;
  progress.hidden = false;
  try {
    const body = JSON.stringify({ name: blob.name, size: blob.size, type: blob.type });
    const headers = { "content-type": "application/json" };
    const ticket = await request("uploads", { method: "POST", headers, body });
    await put(ticket, blob);
    location.hash = encodeURIComponent(ticket.key);
  } catch (problem) {
    show("upload", "failed");
    showError(problem.message);
  }
  progress.hidden = true;
}

function watch(key) {
  showError("");
  open(nameOf(key));
  show("upload", "done");
  audio.src = query("audio", key);
  audio.hidden = false;
  // 1 stands for the captions, 2 for captions with the summary.
  let [requested, shown] = [0, 0];
  const source = (events = new EventSource(query("status", key)));
  source.onmessage = async ({ data }) => {
    const now = JSON.parse(data);
    for (const stage of ["features", "captions", "summary"]) show(stage, now[stage]);
    const done = now.summary === "done";
    if (done || now.problem) source.close();
    if (now.problem) showError(now.problem);
    // Responses may arrive in a different order: the captions must not replace the summary.
    const part = done ? 2 : now.captions === "done" ? 1 : 0;
    if (part > requested) {
      requested = part;
      try {
        const result = await request(query("result", key));
        if (events === source && part > shown) {
          shown = part;
          render(result);
        }
      } catch (problem) {
        showError(problem.message);
      }
    }
    status.textContent = done ? "Captions and summary are ready." : now.problem ? "It failed." : "";
    if (done) showHistory();
  };
  source.onerror = () => {
    // The browser reconnects by itself, but not after an error response.
    if (source.readyState === EventSource.CLOSED) showError("The status of this recording is not available.");
  };
}

function render(result) {
  spans = result.captions;
  captions.replaceChildren(
    ...spans.map(({ start_s, end_s, text }) => {
      const [item, button, time, words] = ["li", "button", "time", "span"].map((tag) => document.createElement(tag));
      button.type = "button";
      button.className = "caption";
      time.textContent = `${clock(start_s)}–${clock(end_s)}`;
      words.className = "words";
      words.textContent = text;
      button.append(time, words);
      button.onclick = () => {
        audio.currentTime = start_s;
        audio.play();
      };
      item.append(button);
      return item;
    }),
  );
  summary.textContent = result.summary ?? "";
  summary.hidden = !result.summary;
  facts.textContent = inWords(result.facts ?? {});
  facts.hidden = !facts.textContent;
  follow();
}

/** Tempo, time signature and key, as far as they are likely, and loudness. */
function inWords({ tempo, time_signature: time, key, loudness }) {
  const isLikely = (fact) => fact?.confidence >= 0.5;
  return [
    isLikely(key) && `${key.tonic.replace("b", "♭").replace("#", "♯")} ${key.mode}`,
    isLikely(tempo) && `${Math.round(tempo.bpm)} BPM`,
    isLikely(time) && `${time.beats_per_bar}/4`,
    loudness && `${loudness.integrated_lufs.toFixed(1).replace("-", "−")} LUFS`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Highlights the caption at the player's position. */
function follow() {
  const now = audio.currentTime;
  const current = audio.paused && !now ? -1 : spans.findIndex(({ start_s, end_s }) => start_s <= now && now < end_s);
  [...captions.querySelectorAll(".caption")].forEach((button, i) => {
    if (i === current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

async function showHistory() {
  const past = await request("history").catch(() => []);
  history.replaceChildren(
    ...past.map(({ key, name, uploaded_s, done }) => {
      const [item, link, when] = ["li", "a", "span"].map((tag) => document.createElement(tag));
      link.href = `#${encodeURIComponent(key)}`;
      link.textContent = name;
      when.className = "soft";
      when.textContent = `${new Date(uploaded_s * 1000).toLocaleString()}${done ? "" : ", without a summary"}`;
      item.append(link, when);
      return item;
    }),
  );
}

function openAddress() {
  const key = keyInAddress();
  if (key) watch(key);
}

/** Links to recordings expire: asks for a new one and continues at the same position. */
audio.onerror = () => {
  const key = keyInAddress();
  if (!key || audio.hidden || renewals >= MAX_RENEWALS) return;
  renewals += 1;
  const [position, playing] = [audio.currentTime, !audio.paused];
  audio.src = query("audio", key);
  audio.addEventListener(
    "loadedmetadata",
    () => {
      audio.currentTime = position;
      if (playing) audio.play();
    },
    { once: true },
  );
};

file.onchange = () => {
  if (file.files[0]) upload(file.files[0]);
  file.value = "";
};
drop.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add("over");
};
drop.ondragleave = () => drop.classList.remove("over");
drop.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer.files[0]) upload(event.dataTransfer.files[0]);
};
audio.ontimeupdate = audio.onseeked = follow;
addEventListener("hashchange", openAddress);
showHistory();
openAddress();
