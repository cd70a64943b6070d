// How many captions are the same in WebAssembly and on the command line:
//
//     MUSICAP=…/release/musicap node musicap-wasm/test/tokens.js embedded int8 '{}' song.mp3 …
//     MUSICAP=…/release/musicap node musicap-wasm/test/tokens.js FOLDER f32 '{"num_beams": 5}' song.mp3 …
//
// The third argument has generation settings: num_beams, min_length and max_length.
import { execFileSync } from "node:child_process";
import { Captioner } from "../dist/package/node.js";

const [model, precision, settings, ...files] = process.argv.slice(2);
const generation = JSON.parse(settings);
const FLAGS = { num_beams: "--beams", min_length: "--min-length", max_length: "--max-length" };
const flags = Object.entries(generation).flatMap(([name, value]) => [FLAGS[name], String(value)]);
if (model !== "embedded") flags.push("--model", model);

const load = model === "embedded" ? Captioner.embedded({ precision }) : Captioner.fromFiles(model, { precision });
const captioner = await load;
let [equal, all, same, words] = [0, 0, 0, 0];
for (const file of files) {
  const options = ["--precision", precision, "--format", "json", "--quiet", ...flags, file];
  const native = JSON.parse(execFileSync(process.env.MUSICAP, options, { encoding: "utf8", maxBuffer: 1 << 28 }));
  const { captions } = await captioner.caption(file, { generation }).result;
  for (const [i, { text }] of captions.entries()) {
    const [ours, theirs] = [text, native.captions[i].text].map((each) => each.split(" "));
    all += 1;
    equal += text === native.captions[i].text;
    words += theirs.length;
    const differs = theirs.findIndex((word, at) => word !== ours[at]);
    same += differs < 0 ? theirs.length : differs;
  }
}
captioner.dispose();
console.log(`${equal} of ${all} captions are equal, ${same} of ${words} words before the first that differs`);
