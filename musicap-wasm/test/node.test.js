// The package in Node, installed from the packed tarball, with its real threads and files.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { DIST, MODEL, SONG, captionsOf, repeated, words } from "./shared.js";

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "musicap-node-"));
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: join(DIST, "package"), stdio: ["ignore", "pipe", "ignore"] }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--offline", `./${filename}`], { cwd: folder });
});

/** Runs a module in the folder that has installed the package. It must end by itself. */
function run(code, env = {}) {
  const options = { cwd: folder, encoding: "utf8", timeout: 120_000, env: { ...process.env, ...env } };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], options);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** The same without blocking this process, which may hold a server. */
async function runAsync(code, env = {}) {
  const options = { cwd: folder, timeout: 120_000, env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], options);
  return JSON.parse(stdout);
}

test("captions a path with the embedded model, and the process ends", () => {
  const captions = run(`
    import { Captioner, summarize } from "musicap";
    const captioner = await Captioner.embedded();
    const captions = await captioner.caption(${JSON.stringify(SONG)}).result;
    captions.summary = await summarize(captions);
    console.log(JSON.stringify(captions));
  `);
  const expected = captionsOf(SONG, "--summary");
  assert.deepEqual(words(captions), words(expected));
  assert.equal(captions.summary, expected.summary);
  assert.equal(captions.file, SONG);
});

test("takes files, bytes, samples and a model folder", () => {
  const all = run(`
    import { readFileSync } from "node:fs";
    import init, { Captioner, logMel } from "musicap";
    await init();
    const captioner = await Captioner.fromFiles(${JSON.stringify(MODEL)});
    const bytes = readFileSync(${JSON.stringify(SONG)});
    const forms = [bytes, new Uint8Array(bytes).buffer, new Blob([bytes]), new File([bytes], "song.ogg")];
    const texts = [];
    for (const form of forms) texts.push((await captioner.caption(form).result).captions.map(({ text }) => text));
    const silence = await captioner.caption(new Float32Array(160_000), { sampleRate: 16_000 }).result;
    const chunks = [];
    for await (const chunk of logMel(${JSON.stringify(SONG)})) chunks.push(chunk.mel.length);
    captioner.dispose();
    console.log(JSON.stringify({ texts, silence: silence.captions.length, chunks }));
  `);
  const expected = captionsOf(SONG).captions.map(({ text }) => text);
  assert.deepEqual(all.texts, Array(4).fill(expected));
  assert.equal(all.silence, 1);
  assert.deepEqual(all.chunks, Array(5).fill(128 * 1001));
});

test("captions are the same with any number of threads, and in the order of time", () => {
  const long = repeated("long.mp3", 3);
  const all = run(`
    import { availableParallelism } from "node:os";
    import { Captioner } from "musicap";
    const [all, memory] = [[], []];
    for (const workers of [1, 2, 3]) {
      const captioner = await Captioner.embedded({ workers });
      for (const recording of [${JSON.stringify(SONG)}, ${JSON.stringify(long)}]) {
        const run = captioner.caption(recording, { facts: true });
        const items = [];
        for await (const caption of run) items.push(caption);
        const captions = await run.result;
        all.push({ items, captions });
      }
      // Threads that were requested late are ready some time after the captions.
      for (let n = 0; n < 100 && (await captioner.memory()) < 0.6 * workers * (memory[0] ?? 0); n++) {
        await new Promise((wake) => setTimeout(wake, 50));
      }
      memory.push(await captioner.memory());
    }
    // Threads that are idle, have just been started or are in the middle of their work do not keep the
    // process running.
    const own = await Captioner.embedded();
    const chosen = own.workers === Math.min(4, availableParallelism());
    for await (const _ of own.caption(${JSON.stringify(long)})) break;
    console.log(JSON.stringify({ all, memory, chosen }));
  `);
  assert.ok(all.chosen);
  for (const [n, { items, captions }] of all.all.entries()) {
    assert.deepEqual(items, captions.captions);
    assert.deepEqual(captions, all.all[n % 2].captions);
  }
  const [one, ...more] = all.memory;
  for (const [n, memory] of more.entries()) assert.ok(memory > 0.6 * (n + 2) * one, `${all.memory}`);
  assert.deepEqual(words(all.all[1].captions), words(captionsOf(long)));
});

test("captions are complete if a thread ends while it captions", () => {
  const long = repeated("long.mp3", 3);
  const { texts, started } = run(`
    import { Worker } from "node:worker_threads";
    import init, { Captioner } from "musicap";
    let started = 0;
    function worker() {
      const mayEnd = (started += 1) > 1;
      const thread = new Worker("./node_modules/musicap/worker-node.js", { execArgv: [] });
      const worker = {
        postMessage: (message, transfer) => (mayEnd && message.call === "search" ? thread.terminate() : thread.postMessage(message, transfer)),
        terminate: () => thread.terminate(),
        ref: () => thread.ref(),
        unref: () => thread.unref(),
      };
      thread.on("message", (data) => worker.onmessage({ data }));
      thread.on("exit", () => worker.onerror(new Error("the thread has ended")));
      return worker;
    }
    await init({ worker });
    const captioner = await Captioner.embedded({ workers: 3 });
    const texts = [];
    // Threads that end are started again for the next recording.
    for (let n = 0; n < 3; n++) {
      const { captions } = await captioner.caption(${JSON.stringify(long)}).result;
      texts.push(captions.map(({ text }) => text));
    }
    captioner.dispose();
    console.log(JSON.stringify({ texts, started }));
  `);
  assert.deepEqual(texts, Array(3).fill(captionsOf(long).captions.map(({ text }) => text)));
  assert.ok(started > 3, `${started} threads`);
});

test("errors name the file", () => {
  const errors = run(`
    import { Captioner, MusicapError } from "musicap";
    const captioner = await Captioner.embedded();
    const errors = [];
    for (const recording of ["nowhere.mp3", "package.json", 3, "."]) {
      await captioner.caption(recording).result.catch((error) => {
        errors.push([error instanceof MusicapError, error.code, error.message]);
      });
    }
    for (const folder of ["nowhere", "package.json"]) {
      await Captioner.fromFiles(folder).catch((error) => {
        errors.push([error instanceof MusicapError, error.code, error.message]);
      });
    }
    console.log(JSON.stringify(errors));
  `);
  const codes = ["Io", "UnknownFormat", "InvalidOption", "Io", "ModelNotFound", "ModelNotFound"];
  assert.deepEqual(errors.map(([known, code]) => [known, code]), codes.map((code) => [true, code]));
  assert.match(errors[0][2], /nowhere\.mp3: cannot open/);
  assert.match(errors[1][2], /^package\.json: /);
  assert.equal(errors[3][2], ".: cannot open: it is a folder; name the files in it");
  assert.equal(errors[4][2], 'model "nowhere" not found: there is no such folder');
  assert.equal(errors[5][2], 'model "package.json" not found: it is a file, not a model folder');
});

test("what a caller's progress throws, and programs that are none, are errors to catch", () => {
  const found = run(`
    import init, { Captioner, MusicapError } from "musicap";
    const found = [];
    const note = ({ constructor, code, message }) => found.push([constructor.name, code, message]);
    await init({ wasm: "nowhere.wasm" }).catch(note);
    await init({ wasm: new URL("data:text/html,<html>") }).catch(note);
    const progress = () => { throw new RangeError("mine"); };
    await Captioner.embedded({ progress }).catch(note);
    const captioner = await Captioner.embedded();
    await captioner.caption(${JSON.stringify(SONG)}, { onProgress: progress }).result.catch(note);
    console.log(JSON.stringify(found));
  `);
  assert.deepEqual(found.map(([name, code]) => [name, code]), [
    ["MusicapError", "Unsupported"],
    ["MusicapError", "Unsupported"],
    ["RangeError", null],
    ["RangeError", null],
  ]);
  assert.match(found[0][2], /^nowhere\.wasm: not a program/);
});

test("recordings may be URLs", async (t) => {
  const server = createServer((request, response) => {
    if (request.url !== "/song.ogg") return response.writeHead(404).end();
    createReadStream(SONG).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const site = `http://127.0.0.1:${server.address().port}`;
  // A port at which nobody listens any more.
  const closed = createServer();
  await new Promise((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const nobody = `http://127.0.0.1:${closed.address().port}`;
  await new Promise((resolve) => closed.close(resolve));
  const found = await runAsync(`
    import { Captioner } from "musicap";
    const captioner = await Captioner.embedded();
    const song = ${JSON.stringify(pathToFileURL(SONG))};
    const found = [];
    for (const url of ["${site}/song.ogg", new URL("${site}/song.ogg"), new URL(song), song]) {
      const { file, captions } = await captioner.caption(url).result;
      found.push([file, captions.map(({ text }) => text)]);
    }
    const missing = ["${site}/none.ogg", "${nobody}/song.ogg", new URL("file:///nowhere/song.ogg")];
    for await (const { type, error } of captioner.captionMany(missing)) {
      if (type === "end") found.push([error.code, error.message]);
    }
    // One that cannot be read ends its run, not the worker.
    await captioner.logMel(missing[0]).next().catch(({ code, message }) => found.push([code, message]));
    console.log(JSON.stringify(found));
  `);
  const texts = captionsOf(SONG).captions.map(({ text }) => text);
  const names = [`${site}/song.ogg`, `${site}/song.ogg`, SONG, SONG];
  assert.deepEqual(found.slice(0, 4), names.map((name) => [name, texts]));
  assert.deepEqual(found.slice(4).map(([code]) => code), ["Io", "Io", "Io", "Io"]);
  const messages = found.slice(4).map(([, message]) => message);
  assert.equal(messages[0], `${site}/none.ogg: cannot open: the server responded with 404`);
  assert.match(messages[1], /^http:.*\/song\.ogg: cannot open: .*ECONNREFUSED/);
  assert.match(messages[2], /^\/nowhere\/song\.ogg: cannot open: ENOENT/);
  assert.equal(messages[3], messages[0]);
});

test("of URLs one that does not answer holds up only those after it, and is given up on request", async (t) => {
  // How many requests without an answer there were, and how many are open.
  const silent = { asked: 0, open: 0 };
  const server = createServer((request, response) => {
    if (request.url === "/song.ogg") return createReadStream(SONG).pipe(response);
    if (request.url === "/silent") return response.end(JSON.stringify(silent));
    silent.asked += 1;
    silent.open += 1;
    response.on("close", () => (silent.open -= 1));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close() && server.closeAllConnections());
  const site = `http://127.0.0.1:${server.address().port}`;
  const found = await runAsync(`
    import { Captioner } from "musicap";
    const captioner = await Captioner.embedded();
    const [song, nothing] = ["${site}/song.ogg", "${site}/nothing.ogg"];
    const found = { ends: [], reasons: [], rest: [] };
    const until = async (asked, open) => {
      for (;;) {
        const silent = await (await fetch("${site}/silent")).json();
        if (silent.asked === asked && silent.open === open) return;
        await new Promise((wake) => setTimeout(wake, 20));
      }
    };
    const texts = ({ captions }) => captions.map(({ text }) => text);
    const all = new AbortController();
    try {
      for await (const { type, captions } of captioner.captionMany([song, song, nothing, song], { signal: all.signal })) {
        if (type === "end") found.ends.push(texts(captions));
        if (found.ends.length < 2) continue;
        await until(1, 1);
        all.abort(new Error("enough"));
      }
    } catch ({ message }) {
      found.reasons.push(message);
    }
    await until(1, 0);
    let asked = 1;
    for (const call of ["caption", "logMel"]) {
      const one = new AbortController();
      const { result } = captioner[call](nothing, { signal: one.signal });
      asked += 1;
      await until(asked, 1);
      one.abort(new Error(call));
      await result.catch(({ message }) => found.reasons.push(message));
      await until(asked, 0);
    }
    const many = captioner.captionMany([nothing, song]);
    await until(4, 1);
    many.cancel(0);
    for await (const { type, recording, captions, error } of many) {
      if (type === "end") found.rest.push([recording, texts(captions), error?.code ?? null]);
    }
    await until(4, 0);
    console.log(JSON.stringify(found));
  `);
  const texts = captionsOf(SONG).captions.map(({ text }) => text);
  assert.deepEqual(found, {
    ends: [texts, texts],
    reasons: ["enough", "caption", "logMel"],
    rest: [[0, [], null], [1, texts, null]],
  });
});

test("keeps models of a hub in a folder", async (t) => {
  const server = createServer((request, response) => {
    const file = join(MODEL, basename(request.url));
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-length": statSync(file).size, "x-repo-commit": "c0ffee" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const cache = join(folder, "cache");
  const code = (endpoint) => `
    import { Captioner } from "musicap";
    const captioner = await Captioner.fromPretrained("owner/name", { endpoint: ${JSON.stringify(endpoint)} });
    const { captions } = await captioner.caption(${JSON.stringify(SONG)}).result;
    console.log(JSON.stringify(captions.map(({ text }) => text)));
  `;
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const first = await runAsync(code(endpoint), { XDG_CACHE_HOME: cache });
  assert.deepEqual(first, captionsOf(SONG).captions.map(({ text }) => text));
  assert.ok(readdirSync(join(cache, "musicap/musicap-models")).length >= 4);
  server.close();
  server.closeAllConnections();
  assert.deepEqual(await runAsync(code(endpoint), { XDG_CACHE_HOME: cache }), first);
});

test("only documented modules can be imported", () => {
  const codes = run(`
    const codes = [];
    for (const name of ["musicap/package.json", "musicap/engine.js", "musicap/hub.js"]) {
      await import(name, name.endsWith("json") ? { with: { type: "json" } } : {}).then(() => codes.push("ok"), ({ code }) => codes.push(code));
    }
    console.log(JSON.stringify(codes));
  `);
  assert.deepEqual(codes, ["ok", "ERR_PACKAGE_PATH_NOT_EXPORTED", "ERR_PACKAGE_PATH_NOT_EXPORTED"]);
});
