// Example code that is checked with `tsc --strict` and not run.
import init, {
  Captioner,
  MusicapError,
  logMel,
  type Language,
  type Section,
  findSections,
  languages,
  summarize,
  translate,
  write,
  type Caption,
  type Captions,
  type ErrorCode,
  type LoadEvent,
} from "../dist/package/musicap.js";

function describe(event: LoadEvent): string {
  switch (event.type) {
    case "download":
      return event.total === null ? event.file : `${event.file} ${event.loaded / event.total}`;
    case "cached":
      return `${event.file} ${event.size}`;
    case "load":
    case "ready":
      return event.type;
    default: {
      const none: never = event;
      return none;
    }
  }
}

export async function everything(file: File, folder: FileList, audio: AudioBuffer): Promise<string> {
  await init();
  await init({ wasm: new URL("https://example.org/musicap_wasm_bg.wasm"), worker: () => new Worker("worker.js") });
  const controller = new AbortController();
  const captioner = await Captioner.embedded({ progress: (event) => console.log(describe(event)), precision: "int8", workers: 2 });
  await Captioner.fromFiles([...folder], { name: "mine" });
  await Captioner.fromFiles({ config: { d_model: 768 }, weights: file, tokenizer: "{}", merges: file });
  await Captioner.fromPretrained("owner/name@v2", { progress: describe, fetch, cache: await caches.open("models") });

  const run = captioner.caption(file, {
    signal: controller.signal,
    onProgress: ({ captioned_s, duration_s }) => console.log(captioned_s / (duration_s ?? Infinity)),
    generation: { num_beams: 5 },
  });
  const seen: Caption[] = [];
  for await (const caption of run) seen.push(caption);
  const captions: Captions = await run.result;
  captions.summary = await summarize(captions, { length: "short", style: "lines" });
  const [{ code }]: Language[] = await languages();
  const german: Captions = await translate(captions, "de");
  german.summary = await summarize(captions, { language: code });
  const sections: Section[] = german.sections ?? (await findSections(captions, "Deutsch"));
  console.log(german.language, sections[0].title, await write(german, "chapters"));

  const live = captioner.live({ sampleRate: audio.sampleRate, overlap: 5, skip: true, generation: { num_beams: 1 } });
  live.push(new Float32Array(128));
  live.end();
  for await (const event of live) {
    if (event.type === "caption") seen.push(event.caption);
    else if (event.type === "skipped") console.log(event.end_s - event.start_s);
    else console.log(event.code, event.message);
  }
  for await (const { mel, bands, frames } of captioner.logMel(audio)) console.log(mel.length === bands * frames);
  await captioner.caption(new Int16Array(1), { sampleRate: 16_000, batchSize: 2 }).result;
  await captioner.caption([0.5], { sampleRate: 16_000 }).result;
  await logMel({ samples: [new Float32Array(1)], sampleRate: 16_000 }, { audio: { n_mels: 64 } }).result;

  try {
    await captioner.caption(new Uint8Array(3)).result;
  } catch (error) {
    const code: ErrorCode | undefined = error instanceof MusicapError ? error.code : undefined;
    console.log(code === "UnknownFormat", (await captioner.memory()) / captioner.workers);
  } finally {
    captioner.dispose();
  }

  // @ts-expect-error no such format
  await write(captions, "pdf");
  // @ts-expect-error no such option
  captioner.caption(file, { beams: 3 });
  // @ts-expect-error not a recording
  captioner.caption({ data: "song.mp3" });
  return write(captions, "vtt");
}
