// The page in headless Chromium, with the whole pipeline behind it: `run-local`, as users start it.
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

/** The result of the recording whose key the page's address has, as it lies in the bucket. */
function stored() {
  const folder = join(DATA, "s3/musicap-results/summaries");
  const all = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  return all.find(({ file }) => file === NAME);
}
const done = () => page.waitForSelector("#summary:not([hidden])", { timeout: 120_000 });
const states = () => page.$$eval("#stages li", (all) => all.map((one) => one.dataset.state));
const words = () => page.$$eval(".caption .words", (all) => all.map((one) => one.textContent));

test("an MP3 uploaded through the page shows captions and summary at the end", async () => {
  assert.equal(await page.title(), "musicap: upload a song, read it");
  await page.setInputFiles("#file", MP3);
  await done();
  const result = stored();
  assert.equal(await page.textContent("#title"), NAME);
  assert.deepEqual(await states(), ["done", "done", "done", "done"]);
  assert.equal(result.captions.length, 5);
  assert.deepEqual(await words(), result.captions.map(({ text }) => text));
  assert.equal(await page.textContent("#summary"), result.summary);
  assert.equal(await page.textContent("#status"), "Captions and summary are there.");
  assert.equal(await page.textContent(".caption time"), "0:00–0:10");

  // The player plays what was uploaded, and the caption of what plays is lit.
  await page.waitForFunction(() => document.getElementById("audio").duration > 44);
  await page.click(".caption >> nth=2");
  await page.waitForFunction(() => document.querySelectorAll(".caption")[2].ariaCurrent === "true");
  assert.ok((await page.$eval("#audio", (audio) => audio.currentTime)) >= 20);
  await page.$eval("#audio", (audio) => (audio.currentTime = 41));
  await page.waitForFunction(() => document.querySelectorAll(".caption")[4].ariaCurrent === "true");
  assert.equal(await page.$$eval("[aria-current=true]", (lit) => lit.length), 1);
});

test("the history leads back to it, and so does its address", async () => {
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

test("a recording can be dropped, and the keyboard does all of it", async () => {
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

test("what is no recording is refused before, and told after, the upload", async () => {
  const picture = join(SCRATCH, "cover.jpg");
  writeFileSync(picture, "a picture");
  await page.setInputFiles("#file", picture);
  await page.waitForSelector("#error:not([hidden])");
  assert.match(await page.textContent("#error"), /This is no recording/);
  const large = join(SCRATCH, "large.mp3");
  writeFileSync(large, Buffer.alloc(2_000_001));
  await page.setInputFiles("#file", large);
  await page.waitForFunction(() => document.getElementById("error").textContent.includes("larger"));
  assert.equal(troubles.splice(0).filter((text) => /422/.test(text)).length, 2);

  const words = join(SCRATCH, "words.mp3");
  writeFileSync(words, "only words in here");
  await page.setInputFiles("#file", words);
  await page.waitForFunction(() => document.getElementById("error").textContent.includes("sound file"), null, {
    timeout: 60_000,
  });
  assert.deepEqual(await states(), ["done", "failed", "waiting", "waiting"]);
});

test("captions whose answer comes after the summary's do not hide it", async () => {
  const told = (captions, summary) =>
    `data: ${JSON.stringify({ features: "done", captions, summary, problem: null })}\n\n`;
  const caption = { index: 0, start_s: 0, end_s: 10, text: "a caption", score: 1 };
  await page.route("**/status?*", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: told("done", "working") + told("done", "done") }),
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

test("a ticket is good for one file of its size and type, once, and for nothing else", async () => {
  const ask = (body) =>
    fetch(new URL("uploads", url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const ticket = await (await ask({ name: "a.mp3", size: 100, type: "audio/mpeg" })).json();
  const put = (headers, length) =>
    fetch(ticket.url, { method: "PUT", headers, body: Buffer.alloc(length) }).then(({ status }) => status);
  const once = { "if-none-match": "*" };
  assert.equal(await put({ "content-type": "audio/mpeg", ...once }, 101), 403);
  assert.equal(await put({ "content-type": "text/html", ...once }, 100), 403);
  assert.equal(await put({ "content-type": "audio/mpeg" }, 100), 403);
  assert.equal(await put({ "content-type": "audio/mpeg", ...once }, 100), 200);
  assert.equal(await put({ "content-type": "audio/mpeg", ...once }, 100), 412);
  for (const key of ["../x", "captions/a.json"]) {
    const path = `result?key=${encodeURIComponent(key)}`;
    assert.equal((await fetch(new URL(path, url))).status, 400);
  }
  const missing = await fetch(new URL("status?key=incoming/never/there.mp3", url));
  assert.equal(missing.status, 404);
});

for (const [name, colorScheme, width] of [
  ["light", "light", 1000],
  ["dark, on a phone", "dark", 390],
]) {
  test(`${name}: no fault that axe finds, no scrolling sideways`, async () => {
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
