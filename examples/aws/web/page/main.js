// Uploads a recording straight to the storage, watches its stages, and shows what is heard in time
// with the player.

const at = (id) => document.getElementById(id);
const [drop, file, error, song, title, progress, status] =
  ["drop", "file", "error", "song", "title", "progress", "status"].map(at);
const [audio, summary, captions, history] = ["audio", "summary", "captions", "history"].map(at);

/** What each state of a stage is called. */
const WORDS = { waiting: "waiting", working: "under way", done: "done", failed: "failed" };

let events = null;
let spans = [];

const clock = (seconds) => {
  const total = Math.max(0, Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};
const nameOf = (key) => key.split("/").pop();
const query = (path, key) => `${path}?key=${encodeURIComponent(key)}`;

function complain(text) {
  error.textContent = text;
  error.hidden = !text;
}

/** The answer to a request as JSON; one that is none is thrown with its reason. */
async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The server answers ${response.status}.`);
  return answer;
}

function show(stage, state) {
  const line = document.querySelector(`[data-stage="${stage}"]`);
  if (line.dataset.state === state) return;
  line.dataset.state = state;
  line.querySelector(".state").textContent = WORDS[state];
}

function open(name) {
  events?.close();
  events = null;
  spans = [];
  captions.replaceChildren();
  summary.hidden = audio.hidden = true;
  audio.removeAttribute("src");
  title.textContent = name;
  for (const stage of ["upload", "features", "captions", "summary"]) show(stage, "waiting");
  song.hidden = false;
}

/** Sends the file to where the ticket says. Only XMLHttpRequest tells how far it is. */
function put(ticket, blob) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", ticket.url);
    for (const [name, value] of Object.entries(ticket.headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => (progress.value = total ? loaded / total : 0);
    request.onload = () =>
      request.status === 200 ? resolve() : reject(new Error(`The storage answers ${request.status}.`));
    request.onerror = () => reject(new Error("The connection to the storage broke."));
    request.send(blob);
  });
}

async function upload(blob) {
  complain("");
  open(blob.name);
  show("upload", "working");
  progress.value = 0;
  progress.hidden = false;
  try {
    const body = JSON.stringify({ name: blob.name, size: blob.size, type: blob.type });
    const headers = { "content-type": "application/json" };
    const ticket = await ask("uploads", { method: "POST", headers, body });
    await put(ticket, blob);
    location.hash = encodeURIComponent(ticket.key);
  } catch (problem) {
    show("upload", "failed");
    complain(problem.message);
  }
  progress.hidden = true;
}

function watch(key) {
  complain("");
  open(nameOf(key));
  show("upload", "done");
  audio.src = query("audio", key);
  audio.hidden = false;
  let [asked, shown] = [0, 0];
  const source = (events = new EventSource(query("status", key)));
  source.onmessage = async ({ data }) => {
    const now = JSON.parse(data);
    for (const stage of ["features", "captions", "summary"]) show(stage, now[stage]);
    const done = now.summary === "done";
    if (done || now.problem) source.close();
    if (now.problem) complain(now.problem);
    // Answers may come in another order: nothing is shown after what came later.
    const part = done ? 2 : now.captions === "done" ? 1 : 0;
    if (part > asked) {
      asked = part;
      try {
        const result = await ask(query("result", key));
        if (events === source && part > shown) {
          shown = part;
          render(result);
        }
      } catch (problem) {
        complain(problem.message);
      }
    }
    status.textContent = done ? "Captions and summary are there." : now.problem ? "It failed." : "";
    if (done) remember();
  };
  source.onerror = () => {
    // The browser tries again by itself, but not after an answer that is none.
    if (source.readyState === EventSource.CLOSED) complain("This recording cannot be found.");
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
  follow();
}

/** Lights the caption of what plays. */
function follow() {
  const now = audio.currentTime;
  const place = audio.paused && !now ? -1 : spans.findIndex(({ start_s, end_s }) => start_s <= now && now < end_s);
  [...captions.querySelectorAll(".caption")].forEach((button, i) => {
    if (i === place) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}

async function remember() {
  const past = await ask("history").catch(() => []);
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

const fromAddress = () => location.hash.length > 1 && watch(decodeURIComponent(location.hash.slice(1)));

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
addEventListener("hashchange", fromAddress);
remember();
fromAddress();
