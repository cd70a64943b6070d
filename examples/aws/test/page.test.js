// The page in headless Chromium, with the whole pipeline (`run-local`) behind it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const SONG = join(here, "../../songs/three-scenes.ogg");
const NAME = "my song (1)+ü.mp3";
const SCRATCH = mkdtempSync(join(tmpdir(), "musicap-aws-"));
const DATA = join(SCRATCH, "data");
const RUN_LOCAL = process.env.MUSICAP_RUN_LOCAL;
if (!RUN_LOCAL) throw new Error("set MUSICAP_RUN_LOCAL to the binary, as scripts/test does");

const tools = createRequire(join(process.env.MUSICAP_TOOLS ?? here, "tools.js"));
const { chromium } = tools("playwright-core");
const AXE = readFileSync(tools.resolve("axe-core"), "utf8");

let [cloud, url, browser, context, page] = [];
const troubles = [];
const MP3 = join(SCRATCH, NAME);

before(async () => {
  execFileSync("ffmpeg", ["-v", "error", "-i", SONG, "-b:a", "96k", MP3]);
  cloud = spawn(RUN_LOCAL, ["--port", "0", "--data", DATA, "--set", "MAX_BYTES=2000000"]);
  cloud.stderr.on("data", () => {});
  for await (const line of createInterface(cloud.stdout)) {
    if (line.startsWith("page")) url = line.split(/\s+/)[1];
    if (line.startsWith("ready")) break;
  }
  assert.ok(url, "run-local did not start");
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
after(async () => {
  await browser?.close();
  cloud?.kill("SIGINT");
  rmSync(SCRATCH, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1000, height: 900 } });
  page = await context.newPage();
  troubles.length = 0;
  page.on("pageerror", (error) => troubles.push(error.stack));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  await page.goto(url);
});
afterEach(async () => {
  await context.close();
  assert.deepEqual(troubles, []);
});

/** The stored result of the recording. */
function stored() {
  const folder = join(DATA, "s3/musicap-results/summaries");
  const all = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  return all.find(({ file }) => file === NAME);
}
const done = () => page.waitForSelector("#summary:not([hidden])", { timeout: 120_000 });
const states = () => page.$$eval("#stages li", (all) => all.map((one) => one.dataset.state));
const words = () => page.$$eval(".caption .words", (all) => all.map((one) => one.textContent));

test("an uploaded MP3 gets captions and a summary", async () => {
  assert.equal(await page.title(), "musicap: captions for your music");
  await page.setInputFiles("#file", MP3);
  await done();
  const result = stored();
  assert.equal(await page.textContent("#title"), NAME);
  assert.deepEqual(await states(), ["done", "done", "done", "done"]);
  assert.equal(result.captions.length, 5);
  assert.deepEqual(await words(), result.captions.map(({ text }) => text));
  assert.equal(await page.textContent("#summary"), result.summary);
  const { tempo, loudness } = result.facts;
  const facts = await page.textContent("#facts");
  assert.equal(facts.includes(`${Math.round(tempo.bpm)} BPM`), tempo.confidence >= 0.5, facts);
  assert.ok(facts.endsWith(`−${(-loudness.integrated_lufs).toFixed(1)} LUFS`), facts);
  assert.equal(await page.textContent("#status"), "Captions and summary are ready.");
  assert.equal(await page.textContent(".caption time"), "0:00–0:10");

  // The player plays the recording, and the caption at its position is highlighted.
  await page.waitForFunction(() => document.getElementById("audio").duration > 44);
  await page.click(".caption >> nth=2");
  await page.waitForFunction(() => document.querySelectorAll(".caption")[2].ariaCurrent === "true");
  assert.ok((await page.$eval("#audio", (audio) => audio.currentTime)) >= 20);
  await page.$eval("#audio", (audio) => (audio.currentTime = 41));
  await page.waitForFunction(() => document.querySelectorAll(".caption")[4].ariaCurrent === "true");
  assert.equal(await page.$$eval("[aria-current=true]", (lit) => lit.length), 1);
});

test("the history links to it, and so does its address", async () => {
  await page.click(`#history a >> text=${NAME}`);
  await done();
  const address = page.url();
  const [shown, text] = [await words(), await page.textContent("#summary")];
  assert.deepEqual(shown, stored().captions.map(({ text }) => text));
  const other = await context.newPage();
  await other.goto(address);
  await other.waitForSelector("#summary:not([hidden])");
  assert.equal(await other.textContent("#summary"), text);
});

test("a recording can be dropped, and everything works by keyboard", async () => {
  const bytes = readFileSync(MP3).toString("base64");
  const transfer = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    transfer.items.add(new File([data], "dropped.mp3", { type: "audio/mpeg" }));
    return transfer;
  }, bytes);
  await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
  await done();
  assert.equal(await page.textContent("#title"), "dropped.mp3");
  await page.focus(".caption >> nth=1");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("audio").currentTime >= 10);
});

test("files that are no audio are refused before or after the upload", async () => {
  const picture = join(SCRATCH, "cover.jpg");
  writeFileSync(picture, "a picture");
  await page.setInputFiles("#file", picture);
  await page.waitForSelector("#error:not([hidden])");
  assert.match(await page.textContent("#error"), /This is not an audio file/);
  const large = join(SCRATCH, "large.mp3");
  writeFileSync(large, Buffer.alloc(2_000_001));
  await page.setInputFiles("#file", large);
  await page.waitForFunction(() => document.getElementById("error").textContent.includes("larger"));
  assert.equal(troubles.splice(0).filter((text) => /422/.test(text)).length, 2);

  const words = join(SCRATCH, "words.mp3");
  writeFileSync(words, "only words in here");
  await page.setInputFiles("#file", words);
  await page.waitForFunction(() => document.getElementById("error").textContent.includes("not a supported audio file"), null, {
    timeout: 60_000,
  });
  assert.deepEqual(await states(), ["done", "failed", "waiting", "waiting"]);
});

test("captions that arrive after the summary do not replace it", async () => {
  const event = (captions, summary) =>
    `data: ${JSON.stringify({ features: "done", captions, summary, problem: null })}\n\n`;
  const caption = { index: 0, start_s: 0, end_s: 10, text: "a caption", score: 1 };
  await page.route("**/status?*", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: event("done", "working") + event("done", "done") }),
  );
  let answers = 0;
  let late = false;
  await page.route("**/result?*", async (route) => {
    const first = answers++ === 0;
    if (first) await new Promise((resolve) => setTimeout(resolve, 1000));
    await route.fulfill({ json: { captions: [caption], summary: first ? null : "the summary" } });
    late ||= first;
  });
  await page.route("**/audio?*", (route) => route.fulfill({ contentType: "audio/mpeg", path: MP3 }));
  await page.goto(`${url}#incoming%2Fa%2Fb.mp3`);
  await page.waitForSelector("#summary:not([hidden])");
  while (!late) await page.waitForTimeout(100);
  await page.waitForTimeout(200);
  assert.equal(await page.textContent("#summary"), "the summary");
  assert.equal(await page.isVisible("#summary"), true);
});

test("a ticket is valid for one file of its size and type, once", async () => {
  const ask = (body) =>
    fetch(new URL("uploads", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const ticket = await (await ask({ name: "a.mp3", size: 100, type: "audio/mpeg" })).json();
  const put = async (change, length) => {
    const headers = { ...ticket.headers, ...change };
    return (await fetch(ticket.url, { method: "PUT", headers, body: Buffer.alloc(length) })).status;
  };
  assert.equal(await put({}, 101), 403);
  assert.equal(await put({ "content-type": "text/html" }, 100), 403);
  assert.equal(await put({}, 100), 200);
  assert.equal(await put({}, 100), 412);
  for (const key of ["../x", "captions/a.json"]) {
    const path = `result?key=${encodeURIComponent(key)}`;
    assert.equal((await fetch(new URL(path, url))).status, 400);
  }
  const never = `incoming/8235000000000-${"0".repeat(32)}/never.mp3`;
  const missing = await fetch(new URL(`status?key=${never}`, url));
  assert.equal(missing.status, 404);
});

test("an address that cannot be decoded does not break the page", async () => {
  await page.goto(`${url}#%`);
  await page.reload();
  await page.waitForSelector(`#history a >> text=${NAME}`);
  assert.equal(await page.isVisible("#song"), false);
});

test("a link that has expired is renewed, and the recording plays on", async () => {
  await page.click(`#history a >> text=${NAME}`);
  await done();
  let links = 0;
  // What the player is first given is refused, as after an hour.
  await page.route("**/audio?*", (route) =>
    links++ === 0 ? route.fulfill({ status: 403 }) : route.continue(),
  );
  await page.reload();
  await page.waitForFunction(() => document.getElementById("audio").duration > 44);
  assert.ok(links > 1);
  troubles.splice(0, troubles.length, ...troubles.filter((text) => !/403/.test(text)));
});

for (const [name, colorScheme, width] of [
  ["light", "light", 1000],
  ["dark, on a phone", "dark", 390],
]) {
  test(`${name}: axe finds no fault, and nothing scrolls sideways`, async () => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.click(`#history a >> text=${NAME}`);
    await done();
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    assert.deepEqual(found, []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide`);
    if (process.env.MUSICAP_SCREENSHOTS) {
      const file = `aws-${colorScheme}.png`;
      await page.screenshot({ path: join(process.env.MUSICAP_SCREENSHOTS, file), fullPage: true });
    }
  });
}

test("with a pass phrase, the page is shown after the log-in and until the log-out", async () => {
  const PHRASE = "a long pass phrase";
  const local = spawn(RUN_LOCAL, ["--port", "0", "--pass-phrase", PHRASE]);
  local.stderr.on("data", () => {});
  try {
    let guarded;
    for await (const line of createInterface(local.stdout)) {
      if (line.startsWith("page")) guarded = line.split(/\s+/)[1];
      if (line.startsWith("ready")) break;
    }
    await page.goto(guarded);
    assert.equal(await page.title(), "musicap: log in");
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run());
    assert.deepEqual(violations.map(({ id }) => id), []);
    await page.fill("#phrase", "not the pass phrase");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=alert]");
    await page.fill("#phrase", PHRASE);
    await page.click("text=Log in >> nth=-1");
    await page.waitForSelector("#drop");
    await page.setInputFiles("#file", MP3);
    await done();
    await page.click("text=Log out");
    await page.waitForSelector("#phrase");
    await page.goto(guarded);
    assert.equal(await page.title(), "musicap: log in");
    troubles.splice(0, troubles.length, ...troubles.filter((text) => !/401/.test(text)));
  } finally {
    local.kill("SIGINT");
  }
});
