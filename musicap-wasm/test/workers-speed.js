// Wall time, time to the first caption, CPU time of the two busiest threads and memory with different
// numbers of workers in Node, in alternating rounds:
// node workers-speed.js ROUNDS PACKAGE MODEL RECORDING WORKERS..., e.g.
// node workers-speed.js 3 dist/package embedded song.mp3 1 2
// node workers-speed.js 3 dist/package full/int8 100 1 2
// A number as the recording is so many seconds of tones, captioned with 5 beams and 64 tokens.
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [rounds, packed, model, recording, ...counts] = process.argv.slice(2);
const { Captioner } = await import(pathToFileURL(join(resolve(packed), "node.js")));
const rate = 16_000;
const tones = (seconds) => Float32Array.from({ length: rate * seconds }, (_, n) => 0.3 * Math.sin((n / rate) * 2 * Math.PI * (220 + 55 * (Math.floor(n / rate) % 5))));
const isTones = Number.isFinite(Number(recording));
const source = isTones ? tones(Number(recording)) : recording;
const options = isTones ? { sampleRate: rate, generation: { num_beams: 5, min_length: 64, max_length: 64 } } : {};
const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

/** The CPU time of each thread in seconds (Linux only). */
function threads() {
  const time = (id) => {
    const fields = readFileSync(`/proc/self/task/${id}/stat`, "utf8").split(") ")[1].split(" ");
    return [id, (Number(fields[11]) + Number(fields[12])) / 100];
  };
  return new Map(readdirSync("/proc/self/task").map(time));
}

const all = [];
for (const workers of counts.map(Number)) {
  const load = { workers };
  const captioner = await (model === "embedded" ? Captioner.embedded(load) : Captioner.fromFiles(model, load));
  all.push({ workers, captioner, wall: [], first: [], busiest: [], second: [] });
}
// The first round compiles the program and starts the workers.
for (let round = 0; round <= Number(rounds); round++) {
  for (const { captioner, wall, first, busiest, second } of all) {
    const [before, began] = [threads(), performance.now()];
    const run = captioner.caption(source, options);
    await run.next();
    const one = (performance.now() - began) / 1000;
    await run.result;
    const took = (performance.now() - began) / 1000;
    const spent = [...threads()].map(([id, time]) => time - (before.get(id) ?? 0)).sort((a, b) => b - a);
    if (round === 0) continue;
    wall.push(took);
    first.push(one);
    busiest.push(spent[0]);
    second.push(spent[1]);
  }
}
for (const { workers, captioner, ...times } of all) {
  const [wall, first, busiest, second] = Object.values(times).map((values) => median(values).toFixed(2));
  const memory = ((await captioner.memory()) / 2 ** 20).toFixed(0);
  console.log(`${workers} workers: ${wall} s, the first caption after ${first} s; busiest threads ${busiest} s and ${second} s of CPU; ${memory} MiB`);
  captioner.dispose();
}
