// Model folders from a Hugging Face hub, kept in a cache.
//
// Files are kept by commit, and their content never changes. An index for each revision names a
// commit and its files; it is written last, so that an interrupted download changes nothing.
import { MusicapError } from "./error.js";
import { download, guarded } from "./download.js";
import { platform } from "./platform.js";

const ENDPOINT = "https://huggingface.co";
const CACHE = "musicap-models";
/** `owner/name` or `owner/name@revision`, as in the Rust library. */
const ID = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/;

/** The files of the model `id`, all of one commit. */
export async function hubFiles(id, options) {
  const { cache = CACHE, refresh = false, endpoint = ENDPOINT } = options;
  const [, repo, revision = "main"] = ID.exec(id) ?? [];
  if (!repo || id.includes("..")) {
    throw new MusicapError("InvalidOption", `id is ${id}, but must be owner/name or owner/name@revision`);
  }
  const store = typeof cache === "string" ? await platform.openCache(cache) : cache || undefined;
  const hub = new Hub({ ...options, id, store, base: `${String(endpoint).replace(/\/+$/, "")}/${repo}` });
  return (!refresh && (await hub.cached(revision))) || hub.fetched(revision);
}

class Hub {
  #id;
  #store;
  #base;
  #options;
  #guard;

  constructor({ id, store, base, ...options }) {
    [this.#id, this.#store, this.#base] = [id, store, base];
    this.#guard = guarded(options.progress);
    this.#options = { ...options, progress: this.#guard.report };
  }

  /** The files in the cache, or undefined if they are not all there. */
  async cached(revision) {
    const index = await this.#index(revision);
    if (!index) return undefined;
    const file = async (name) => {
      const blob = index.files.includes(name) ? await this.#kept(index.commit, name) : undefined;
      // Kept by an earlier version, which did not look.
      if (!blob || (await isPage(blob))) return undefined;
      this.#options.progress({ type: "cached", file: name, size: blob.size });
      return blob;
    };
    const files = await gather(file, file);
    const found = Object.values(files).filter(Boolean).length;
    return found === index.files.length ? files : undefined;
  }

  /** The files on the hub; those of a commit that is in the cache are not downloaded again. */
  async fetched(revision) {
    const response = await this.#download(revision, "config.json");
    const config = await this.#explained("config.json", response.blob().then(checked));
    // All files are of the commit that config.json is of, even if somebody pushes in between. A
    // server without commits is taken to have a new one each time.
    const known = response.headers.get("x-repo-commit");
    const [from, commit] = [known ?? revision, known ?? crypto.randomUUID()];
    await this.#keep(commit, "config.json", new Response(config));
    const names = [];
    const get = async (name) => {
      const blob = name === "config.json" ? config : await this.#file(from, commit, name);
      names.push(name);
      return blob;
    };
    const optional = (name) =>
      get(name).catch((error) => {
        if (error.problem === "NotFound") return undefined;
        throw error;
      });
    const files = await gather(get, optional);
    await this.#publish(revision, { commit, files: names });
    return files;
  }

  /** A file of a commit, from the cache if it is there, without ever having it in memory as a whole. */
  async #file(from, commit, name) {
    const kept = await this.#kept(commit, name);
    if (kept && !(await isPage(kept))) return kept;
    const response = await this.#download(from, name);
    if (!this.#store) return this.#explained(name, response.blob().then(checked));
    await this.#keep(commit, name, response);
    const blob = await this.#kept(commit, name);
    await this.#explained(name, checked(blob)).catch(async (error) => {
      await this.#store.delete(this.#url(commit, name));
      throw error;
    });
    return blob;
  }

  async #download(revision, name) {
    const { fetch, progress, signal } = this.#options;
    return this.#explained(name, download(this.#url(revision, name), name, { fetch, progress, signal }));
  }

  async #keep(commit, name, response) {
    if (this.#store) await this.#explained(name, this.#store.put(this.#url(commit, name), response));
  }

  async #kept(commit, name) {
    return (await this.#store?.match(this.#url(commit, name)))?.blob();
  }

  async #index(revision) {
    return (await this.#store?.match(this.#indexUrl(revision)))?.json();
  }

  /** Makes `index` the one of this revision, and removes the files that no index names any more. */
  async #publish(revision, index) {
    if (!this.#store) return;
    const response = new Response(JSON.stringify(index));
    await this.#explained("the index of its files", this.#store.put(this.#indexUrl(revision), response));
    const urls = (await this.#store.keys()).map((request) => request.url ?? request);
    const needed = new Set();
    for (const url of urls.filter((url) => url.startsWith(this.#indexUrl("")))) {
      const { commit, files } = await (await this.#store.match(url)).json();
      files.forEach((name) => needed.add(this.#url(commit, name)));
    }
    const unneeded = urls.filter((url) => url.startsWith(`${this.#base}/resolve/`) && !needed.has(url));
    await Promise.all(unneeded.map((url) => this.#store.delete(url)));
  }

  #url(revision, name) {
    return `${this.#base}/resolve/${encodeURIComponent(revision)}/${name}`;
  }

  /** The key of the index of a revision. No file of a hub has this URL. */
  #indexUrl(revision) {
    return `${this.#base}/musicap-index/${revision}`;
  }

  /** `promise`, with errors that say which file of which model failed and why. */
  #explained(name, promise) {
    return promise.catch((error) => {
      const { signal } = this.#options;
      if (signal?.aborted) throw signal.reason;
      this.#guard.rethrow();
      const problem = error.problem ?? (error.name === "QuotaExceededError" ? "Storage" : "Unreachable");
      let message = `${this.#id}: cannot fetch ${name}: ${error.cause?.message ?? error.message}`;
      if (problem === "NotFound" && name === "model.safetensors") {
        message += "; convert a .pth checkpoint with `musicap convert` and choose the folder's files";
      } else if (problem === "Storage") {
        message += "; the browser's storage is full: free some, or pass `cache: false`";
      }
      throw Object.assign(new MusicapError("Hub", message, { cause: error }), { problem });
    });
  }
}

/** Whether the bytes are a web page: what networks with a sign-in page give, with status 200, for any URL. */
async function isPage(blob) {
  return /^\s*<(!doctype|!--|html|head|body|meta|script|\?xml)/i.test(await (await blob.slice(0, 256)).text());
}

async function checked(blob) {
  if (!(await isPage(blob))) return blob;
  const reason = "the server sent a web page instead; does the network ask for a sign-in?";
  throw Object.assign(new Error(reason), { problem: "Damaged" });
}

/** A model's files; `optional` returns undefined for those that are not there. */
async function gather(get, optional) {
  const config = await get("config.json");
  const generation = await optional("generation_config.json");
  const json = await optional("tokenizer.json");
  const tokenizer = json ?? (await get("vocab.json"));
  const merges = json ? undefined : await get("merges.txt");
  return { config, generation, tokenizer, merges, weights: await get("model.safetensors") };
}
