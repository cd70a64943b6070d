// Captions many recordings in one browser tab, for `scripts/soak browser`, which judges what this prints:
// `soak.js COUNT FILE...` captions the files in turn, and for each prints a line of JSON with its captions,
// or the code of its error, and the resident memory of the tab's processes in bytes.
import { readFileSync } from "node:fs";

import { launch, serve } from "./browser.js";

const [count, ...files] = [Number(process.argv[2]), ...process.argv.slice(3)];
const site = await serve();
const browser = await launch();

/** A recording's captions, or the code of its error. */
async function caption(page, index) {
  return page.evaluate(async (index) => {
    try {
      const result = await window.captioner.caption(document.querySelector("input").files[index]).result;
      return result.captions.map(({ start_s, end_s, text }) => [start_s, end_s, text]);
    } catch (error) {
      return error.code;
    }
  }, index);
}

/** Resident memory of the tabs' processes, in bytes. */
async function memory(session) {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1]) * 1024)
    .reduce((sum, one) => sum + one, 0);
}

try {
  const session = await browser.newBrowserCDPSession();
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.setContent('<input type="file" multiple>');
  await page.setInputFiles("input", files);
  await page.evaluate(async (url) => {
    const { Captioner } = await import(url);
    window.captioner = await Captioner.embedded({ workers: 2 });
  }, `${site.url}musicap/musicap.js`);
  for (let number = 0; number < count; number++) {
    const found = await caption(page, number % files.length);
    console.log(JSON.stringify([found, await memory(session)]));
  }
} finally {
  await browser.close();
  site.close();
}
