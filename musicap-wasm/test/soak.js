// Captions many recordings in one browser tab: `scripts/soak browser` calls it with how many, and files.
// The results must be those of the first time, and the memory of the tab's process must stop growing.
import { readFileSync } from "node:fs";

import { launch, serve } from "./browser.js";

// As in scripts/soak.
const WARM_UP = 0.05;

const [count, ...files] = [Number(process.argv[2]), ...process.argv.slice(3)];
const site = await serve();
const browser = await launch();
const page = await browser.newPage();
await page.goto(site.url);
await page.setContent('<input type="file" multiple>');
await page.setInputFiles("input", files);
await page.evaluate(async (url) => {
  const { Captioner } = await import(url);
  window.captioner = await Captioner.embedded({ workers: 2 });
}, `${site.url}musicap/musicap.js`);

/** A recording's captions, or the code of its error. */
const caption = (index) =>
  page.evaluate(async (index) => {
    try {
      const result = await window.captioner.caption(document.querySelector("input").files[index]).result;
      return result.captions.map(({ start_s, end_s, text }) => [start_s, end_s, text]);
    } catch (error) {
      return error.code;
    }
  }, index);

/** Resident memory of the tabs' processes, in MB. */
const session = await browser.newBrowserCDPSession();
async function memory() {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const used = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]) * 1024);
  return used.reduce((sum, one) => sum + one, 0) / 1e6;
}

const began = performance.now();
const first = [];
let [captions, errors, warm, most, last] = [0, 0, 0, 0, 0];
for (let number = 0; number < count; number++) {
  const index = number % files.length;
  const found = await caption(index);
  first[index] ??= JSON.stringify(found);
  if (JSON.stringify(found) !== first[index]) {
    throw new Error(`${files[index]}, recording ${number}: ${JSON.stringify(found)}, at first ${first[index]}`);
  }
  if (typeof found === "string") errors++;
  else captions += found.length;
  if (number % 10 === 0) {
    last = await memory();
    if (number < WARM_UP * count) warm = Math.max(warm, last);
    else most = Math.max(most, last);
  }
}
await browser.close();
site.close();
const seconds = Math.round((performance.now() - began) / 1000);
console.log(
  `browser: ${count} recordings, ${captions} captions, ${errors} errors for what is no audio, in ${seconds} s; ` +
    `${warm.toFixed()} MB in the first 5%, at most ${most.toFixed()} MB after, ${last.toFixed()} MB at the end`,
);
if (captions === 0) throw new Error("nothing was captioned");
if (most > warm * 1.25 + 32) throw new Error("memory grows");
