// Models from a hub and their cache, with a hub and a cache in memory.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";

import { MusicapError } from "../js/error.js";
import { hubFiles } from "../js/hub.js";

const [OLD, NEW] = ["a".repeat(40), "b".repeat(40)];
const TOKENIZED = ["config.json", "tokenizer.json", "model.safetensors"];

/** A hub whose main branch is at `commit`; `commits` maps commits to their files' names. A file's
 * content is its name and commit. */
function hub(commits, { commit, cut = [], headers = true } = {}) {
  const asked = [];
  const fetch = async (url, { signal } = {}) => {
    signal?.throwIfAborted();
    asked.push(url.replace("https://hub.test/owner/name/resolve/", ""));
    const [, revision, name] = /^https:\/\/hub\.test\/owner\/name\/resolve\/([^/]+)\/(.+)$/.exec(url);
    const at = revision === "main" ? commit : revision;
    if (!commits[at]?.includes(name)) return new Response("", { status: 404 });
    const content = `${name} of ${at}`;
    const body = cut.includes(name) ? content.slice(0, 9) : content;
    const commitHeader = headers ? { "x-repo-commit": at } : {};
    return new Response(body, { headers: { "content-length": content.length, ...commitHeader } });
  };
  return { asked, options: { fetch, endpoint: "https://hub.test" } };
}

/** The Cache interface over a map. */
function memory() {
  const kept = new Map();
  return {
    kept,
    match: async (url) => kept.get(url) && new Response(kept.get(url)),
    put: async (url, response) => void kept.set(url, await response.arrayBuffer()),
    keys: async () => [...kept.keys()].map((url) => ({ url })),
    delete: async (url) => kept.delete(url),
  };
}

/** What the files say. */
async function texts(files) {
  const entries = Object.entries(files).filter(([, blob]) => blob);
  return Object.fromEntries(await Promise.all(entries.map(async ([role, blob]) => [role, await blob.text()])));
}

const load = async (options) => texts(await hubFiles("owner/name", options));
const offline = { fetch: () => Promise.reject(new TypeError("no network")), endpoint: "https://hub.test" };
const ofCommit = (files, commit) => Object.values(files).every((text) => text.endsWith(` of ${commit}`));

describe("the cache of models", () => {
  test("takes no sign-in page for a file, and forgets those that were", async () => {
    const page = () => Promise.resolve(new Response("\n<!DOCTYPE html><title>Sign in</title>"));
    const [{ options }, cache] = [hub({ [OLD]: TOKENIZED }, { commit: OLD }), memory()];
    const behind = { ...options, fetch: page };
    await assert.rejects(load({ ...behind, cache }), (error) => error.problem === "Damaged" && /sign-in/.test(error.message));
    await assert.rejects(load({ ...behind, cache: false }), /sign-in/);
    assert.ok(ofCommit(await load({ ...options, cache }), OLD));
    await assert.rejects(load({ ...behind, cache, refresh: true }), /sign-in/);
    assert.ok(ofCommit(await load({ ...offline, cache }), OLD));
    // Of one file only, and kept by a version that did not look.
    const half = (url, init) => (url.endsWith("tokenizer.json") ? page() : options.fetch(url, init));
    const other = memory();
    await assert.rejects(load({ ...options, fetch: half, cache: other }), /tokenizer\.json.*sign-in/);
    assert.ok(![...other.kept.keys()].some((url) => url.endsWith("tokenizer.json")));
    for (const name of ["config.json", "tokenizer.json"]) {
      const [url] = [...cache.kept.keys()].filter((url) => url.endsWith(name));
      cache.kept.set(url, await new Response("<!-- sign in --><html>").arrayBuffer());
    }
    assert.ok(ofCommit(await load({ ...options, cache }), OLD));
    assert.ok(ofCommit(await load({ ...offline, cache }), OLD));
  });

  test("asks for a revision with slashes as one part of the path", async () => {
    const [{ asked, options }, cache] = [hub({}, {}), memory()];
    await assert.rejects(hubFiles("owner/name@refs/pr/1", { ...options, cache }), /404/);
    assert.deepEqual(asked, ["refs%2Fpr%2F1/config.json"]);
  });

  test("is filled once, by files of one commit", async () => {
    const [{ asked, options }, cache, events] = [hub({ [OLD]: TOKENIZED }, { commit: OLD }), memory(), []];
    const first = await load({ ...options, cache });
    assert.ok(ofCommit(first, OLD));
    assert.ok(asked.slice(1).every((path) => path.startsWith(OLD)), asked.join(" "));
    const again = await load({ ...offline, cache, progress: (event) => events.push(event) });
    assert.deepEqual(again, first);
    assert.deepEqual(events.map(({ type, file }) => `${type} ${file}`), TOKENIZED.map((name) => `cached ${name}`));
  });

  test("never mixes commits when a refresh breaks off", async () => {
    const cache = memory();
    await load({ ...hub({ [OLD]: TOKENIZED }, { commit: OLD }).options, cache });
    for (const name of ["tokenizer.json", "model.safetensors"]) {
      const broken = hub({ [OLD]: TOKENIZED, [NEW]: TOKENIZED }, { commit: NEW, cut: [name] });
      await assert.rejects(load({ ...broken.options, cache, refresh: true }), { problem: "Damaged" });
      assert.ok(ofCommit(await load({ ...offline, cache }), OLD), name);
    }
    // What has been downloaded of the new commit need not be downloaded again.
    const { asked, options } = hub({ [NEW]: TOKENIZED }, { commit: NEW });
    assert.ok(ofCommit(await load({ ...options, cache, refresh: true }), NEW));
    assert.ok(!asked.includes(`${NEW}/tokenizer.json`), asked.join(" "));
    assert.ok(ofCommit(await load({ ...offline, cache }), NEW));
  });

  test("has only the files of the new commit after a refresh", async () => {
    const cache = memory();
    const before = { [OLD]: [...TOKENIZED, "generation_config.json"], [NEW]: TOKENIZED };
    await load({ ...hub(before, { commit: OLD }).options, cache });
    await load({ ...hub(before, { commit: NEW }).options, cache, refresh: true });
    const files = await load({ ...offline, cache });
    assert.equal(files.generation, undefined);
    assert.ok(![...cache.kept.keys()].some((url) => url.includes(OLD)), [...cache.kept.keys()].join(" "));
  });

  test("keeps what another revision needs", async () => {
    const cache = memory();
    const both = { [OLD]: TOKENIZED, [NEW]: TOKENIZED };
    const { options } = hub(both, { commit: OLD });
    await hubFiles(`owner/name@${OLD}`, { ...options, cache });
    await load({ ...options, cache });
    await load({ ...hub(both, { commit: NEW }).options, cache, refresh: true });
    assert.ok(ofCommit(await texts(await hubFiles(`owner/name@${OLD}`, { ...offline, cache })), OLD));
    assert.ok(ofCommit(await load({ ...offline, cache }), NEW));
  });

  test("does not mix refreshes of a server that names no commit", async () => {
    const cache = memory();
    const commits = { [OLD]: TOKENIZED, [NEW]: TOKENIZED };
    await load({ ...hub(commits, { commit: OLD, headers: false }).options, cache });
    const broken = hub(commits, { commit: NEW, headers: false, cut: ["model.safetensors"] });
    await assert.rejects(load({ ...broken.options, cache, refresh: true }), { problem: "Damaged" });
    assert.ok(ofCommit(await load({ ...offline, cache }), OLD));
  });

  test("is filled again where a file has been evicted", async () => {
    const cache = memory();
    const { options } = hub({ [OLD]: TOKENIZED }, { commit: OLD });
    await load({ ...options, cache });
    for (const url of cache.kept.keys()) if (url.endsWith("tokenizer.json")) cache.kept.delete(url);
    const { asked, options: again } = hub({ [OLD]: TOKENIZED }, { commit: OLD });
    assert.ok(ofCommit(await load({ ...again, cache }), OLD));
    assert.deepEqual(asked, ["main/config.json", `${OLD}/generation_config.json`, `${OLD}/tokenizer.json`]);
  });

  test("that is full says so", async () => {
    const cache = memory();
    cache.put = async () => { throw new DOMException("quota", "QuotaExceededError"); };
    const { options } = hub({ [OLD]: TOKENIZED }, { commit: OLD });
    await assert.rejects(load({ ...options, cache }), { code: "Hub", problem: "Storage", message: /storage is full/ });
    assert.ok(ofCommit(await load({ ...options, cache: false }), OLD));
  });
});

test("vocabularies in two files come with their merges", async () => {
  const names = ["config.json", "vocab.json", "merges.txt", "model.safetensors"];
  const files = await load({ ...hub({ [OLD]: names }, { commit: OLD }).options, cache: false });
  assert.deepEqual(Object.keys(files).sort(), ["config", "merges", "tokenizer", "weights"]);
});

test("an endpoint may end in a slash", async () => {
  const { options } = hub({ [OLD]: TOKENIZED }, { commit: OLD });
  assert.ok(ofCommit(await load({ ...options, cache: false, endpoint: "https://hub.test/" }), OLD));
});

test("files that another origin compresses without showing it are whole", async (t) => {
  const server = createServer(({ url }, response) => {
    const name = url.split("/").pop();
    if (!TOKENIZED.includes(name)) return response.writeHead(404).end();
    const body = gzipSync(name.repeat(1000));
    response.writeHead(200, { "content-encoding": "gzip", "content-length": body.length }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close() && server.closeAllConnections());
  // Of the headers, pages of another origin see this one.
  const fetch = async (url, options) => {
    const { body, status, headers } = await globalThis.fetch(url, options);
    return new Response(body, { status, headers: { "content-length": headers.get("content-length") ?? 0 } });
  };
  const events = [];
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const files = await load({ fetch, endpoint, cache: false, progress: (event) => events.push(event) });
  assert.deepEqual(Object.values(files), TOKENIZED.map((name) => name.repeat(1000)));
  for (const name of TOKENIZED) {
    const last = events.findLast(({ file }) => file === name);
    assert.deepEqual(last, { type: "download", file: name, loaded: 1000 * name.length, total: null });
  }
});

test("failures name the file and the problem", async () => {
  const fails = (options, problem, message) =>
    assert.rejects(load({ cache: false, endpoint: "https://hub.test", ...options }), (error) => {
      assert.ok(error instanceof MusicapError, String(error));
      assert.deepEqual([error.code, error.problem], ["Hub", problem]);
      assert.match(error.message, message);
      return true;
    });
  const without = TOKENIZED.filter((name) => name !== "model.safetensors");
  await fails(hub({ [OLD]: without }, { commit: OLD }).options, "NotFound", /model\.safetensors.*musicap convert/);
  await fails({ fetch: async () => new Response("", { status: 401 }) }, "Denied", /config.json.*401/);
  await fails({ fetch: async () => new Response("", { status: 502 }) }, "Server", /502/);
  await fails(offline, "Unreachable", /no network/);
  const cut = hub({ [OLD]: TOKENIZED }, { commit: OLD, cut: ["model.safetensors"] });
  await fails(cut.options, "Damaged", /received 9 of \d+ bytes/);
  for (const id of ["name", "../name", "a/b/c", "owner/name@../x"]) {
    await assert.rejects(hubFiles(id, offline), { code: "InvalidOption" }, id);
  }
  const reason = new Error("enough");
  const { options } = hub({ [OLD]: TOKENIZED }, { commit: OLD });
  await assert.rejects(load({ ...options, cache: false, signal: AbortSignal.abort(reason) }), reason);
});
