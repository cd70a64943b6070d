// CPU seconds for ten seconds of audio (64 tokens) in Node, in alternating rounds:
// node model-speed.js ROUNDS PACKAGE MODEL [PACKAGE MODEL ...], e.g.
// node model-speed.js 3 dist/package full/f32 dist/package full/int8
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [rounds, ...rest] = process.argv.slice(2);
const pairs = [];
for (let i = 0; i < rest.length; i += 2) pairs.push({ packed: resolve(rest[i]), model: resolve(rest[i + 1]), times: {} });
const rate = 16_000;
const music = (seconds) => Float32Array.from({ length: rate * seconds }, (_, n) => 0.3 * Math.sin((n / rate) * 2 * Math.PI * (220 + 55 * (Math.floor(n / rate) % 5))));
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
for (const pair of pairs) {
  const { Captioner } = await import(pathToFileURL(join(pair.packed, "node.js")));
  const began = performance.now();
  pair.captioner = await Captioner.fromFiles(pair.model);
  pair.loading = performance.now() - began;
}
const settings = { "1 beam": [1, 1], "5 beams": [5, 1], "5 beams, 2 chunks": [5, 2] };
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, [num_beams, chunks]] of Object.entries(settings)) {
    for (const pair of pairs) {
      const generation = { num_beams, min_length: 64, max_length: 64 };
      const before = process.cpuUsage();
      await pair.captioner.caption(music(10 * chunks), { sampleRate: rate, generation, batchSize: chunks }).result;
      const { user, system } = process.cpuUsage(before);
      (pair.times[name] ??= []).push((user + system) / 1e6 / chunks);
    }
  }
}
for (const { packed, model, captioner, loading, times } of pairs) {
  const each = Object.entries(times).map(([name, all]) => `${name} ${median(all).toFixed(2)} s`);
  const memory = (await captioner.memory()) / 2 ** 20;
  console.log(`${packed} ${basename(model)}: loaded in ${(loading / 1000).toFixed(1)} s, ${memory.toFixed(0)} MiB; a chunk: ${each.join(", ")}`);
  captioner.dispose();
}
