// Model folders from a Hugging Face hub, kept in the browser's cache.
import { MusicapError } from "./error.js";
import { download } from "./download.js";

const ENDPOINT = "https://huggingface.co";
const CACHE = "musicap-models";
/** As the Rust library has it: `owner/name` or `owner/name@revision`. */
const ID = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/;

/** The files of the model `id`, all of one commit. */
export async function hubFiles(id, options) {
  const { cache = CACHE, refresh = false, endpoint = ENDPOINT } = options;
  const [, repo, revision = "main"] = ID.exec(id) ?? [];
  if (!repo || id.includes("..")) {
    throw new MusicapError("InvalidOption", `id is ${id}, but must be owner/name or owner/name@revision`);
  }
  const store = typeof cache === "string" ? await globalThis.caches?.open(cache) : cache || undefined;
  const hub = { id, store, ...options, place: (at, file) => `${endpoint}/${repo}/resolve/${at}/${file}` };
  return (!refresh && (await keptFiles(hub, revision))) || fetchedFiles(hub, revision);
}

/** The files in the cache, if they are all there: config.json is stored last. */
async function keptFiles({ store, place, progress }, revision) {
  if (!(await store?.match(place(revision, "config.json")))) return undefined;
  const file = async (name) => {
    const blob = await (await store.match(place(revision, name)))?.blob();
    if (blob) progress?.({ type: "cached", file: name, size: blob.size });
    return blob;
  };
  const files = await gather(file, file);
  return files.tokenizer && files.weights && files;
}

async function fetchedFiles(hub, revision) {
  let config = await fetched(hub, revision, "config.json");
  // Somebody may push in between.
  const commit = config.headers.get("x-repo-commit") ?? revision;
  const get = async (name) => (await fetched(hub, commit, name, revision)).blob();
  const ifAny = (name) =>
    get(name).catch((error) => {
      if (error.problem === "NotFound") return undefined;
      throw error;
    });
  const files = await gather((name) => (name === "config.json" ? config.clone().blob() : get(name)), ifAny);
  await hub.store?.put(hub.place(revision, "config.json"), config);
  return files;
}

/** A model's files; `ifAny` gives those that need not be there. */
async function gather(get, ifAny) {
  const config = await get("config.json");
  const generation = await ifAny("generation_config.json");
  const json = await ifAny("tokenizer.json");
  const tokenizer = json ?? (await get("vocab.json"));
  const merges = json ? undefined : await get("merges.txt");
  return { config, generation, tokenizer, merges, weights: await get("model.safetensors") };
}

/** One file, through the cache where there is one, so that it never is in memory as a whole. */
async function fetched(hub, at, name, keptAt) {
  const { store, place, fetch = globalThis.fetch, progress, signal } = hub;
  const response = await download(place(at, name), name, { fetch, progress, signal }).catch((error) => {
    throw failure(hub, name, error);
  });
  if (!store || !keptAt) return response;
  const key = place(keptAt, name);
  await store.put(key, response).catch((error) => {
    throw failure(hub, name, error);
  });
  return store.match(key);
}

function failure({ id, signal }, name, error) {
  if (signal?.aborted) return signal.reason;
  const problem = error.problem ?? "Unreachable";
  let message = `${id}: cannot fetch ${name}: ${error.message}`;
  if (problem === "NotFound" && name === "model.safetensors") {
    message += "; a .pth checkpoint is converted with `musicap convert`, and its folder picked as files";
  }
  return Object.assign(new MusicapError("Hub", message, { cause: error }), { problem });
}
