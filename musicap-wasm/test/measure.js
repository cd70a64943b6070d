// Measures the figures of docs/web.md: sizes, time of one and of two workers compared with the command on
// one thread, memory and its growth over ten recordings, the longest task of the main thread. Run it on an
// idle machine.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

import { launch, serve } from "./browser.js";
import { DIST, repeated, song } from "./shared.js";

const ROUNDS = 5;
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;

const folder = join(DIST, "package");
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name);
  if (!statSync(path).isFile() || !/\.(wasm|js|safetensors|json)$/.test(name)) continue;
  const content = readFileSync(path);
  console.log(`${name}: ${kilobytes(content.length)}, gzip ${kilobytes(gzipSync(content, { level: 9 }).length)}`);
}
const pack = execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
console.log(`npm package: ${kilobytes(JSON.parse(pack)[0].size)}`);

const files = process.argv.length > 2 ? process.argv.slice(2) : [song("30s.mp3", "-t", "30"), repeated("3min.mp3", 4)];
const site = await serve();
const browser = await launch();
const page = await browser.newPage();
await page.goto(site.url);
await page.setContent('<input type="file" multiple>');
await page.setInputFiles("input", files);
await page.evaluate(async (url) => {
  window.longest = 0;
  const watch = (list) => (window.longest = Math.max(window.longest, ...list.getEntries().map(({ duration }) => duration)));
  new PerformanceObserver(watch).observe({ entryTypes: ["longtask"] });
  const began = performance.now();
  window.musicap = await import(url);
  await window.musicap.default();
  window.captioners = { 1: await window.musicap.Captioner.embedded({ workers: 1 }) };
  window.loading = performance.now() - began;
  window.captioners[2] = await window.musicap.Captioner.embedded({ workers: 2 });
}, `${site.url}musicap/musicap.js`);
console.log(`program and model: ${Math.round(await page.evaluate(() => window.loading))} ms`);

for (const [index, file] of files.entries()) {
  const times = { native: [], 1: [], 2: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    execFileSync(process.env.MUSICAP, ["--threads", "1", "--quiet", file]);
    times.native.push(performance.now() - began);
    for (const workers of [1, 2]) {
      const spent = await page.evaluate(
        async ([index, workers]) => {
          const began = performance.now();
          await window.captioners[workers].caption(document.querySelector("input").files[index]).result;
          return performance.now() - began;
        },
        [index, workers],
      );
      times[workers].push(spent);
    }
  }
  for (const workers of [1, 2]) {
    const [native, browser] = [median(times.native), median(times[workers])];
    const memory = await page.evaluate((workers) => window.captioners[workers].memory(), workers);
    console.log(
      `${basename(file)}, ${workers} workers: ${Math.round(browser)} ms (first ${Math.round(times[workers][0])}), command on ` +
        `one thread ${Math.round(native)} ms, ratio ${(browser / native).toFixed(2)}, memory ${(memory / 2 ** 20).toFixed(1)} MiB`,
    );
  }
}
const growth = await page.evaluate(async () => {
  const memory = [];
  for (let n = 0; n < 10; n++) {
    await window.captioners[1].caption(document.querySelector("input").files[0]).result;
    memory.push(await window.captioners[1].memory());
  }
  return memory;
});
console.log(`memory after each of ten songs, MiB: ${growth.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(" ")}`);
console.log(`longest task of the main thread: ${Math.round(await page.evaluate(() => window.longest))} ms`);
await browser.close();
site.close();
