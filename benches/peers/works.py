"""The works: what each engine is asked for, how often, and what is kept of it."""

import subprocess
import sys

import engines

# Minutes of the recordings that show how cost grows.
MINUTES = [1, 10, 60]


def hook(command):
    if command:
        subprocess.run(command, shell=True, check=True, stdout=sys.stderr)


def alternate(options, rounds, tasks):
    """Runs all tasks in turn, `rounds` times, after once without looking at the clock."""
    for task in tasks.values():
        task(warm=True)
    measured = {name: [] for name in tasks}
    for _ in range(options.rounds or rounds):
        hook(options.before)
        for name, task in tasks.items():
            measured[name].append(task(warm=False))
            print(f"run.py:   {name} {measured[name][-1]['wall_s']:.3f} s", file=sys.stderr)
        hook(options.after)
    return measured


def seconds(measured):
    """Lists of figures by engine and figure; what is not a number belongs elsewhere."""
    keys = ["wall_s", "cpu_s", "peak_kib", "first_s", "median_difference_db"]
    keep = lambda runs, key: [run[key] for run in runs]
    return {
        engine: {key: keep(runs, key) for key in keys if runs[0].get(key) is not None}
        for engine, runs in measured.items()
    }


def ours(prepared, crew, precision, request):
    model = {"folder": str(prepared.folders[precision]), "precision": precision}
    model["threads"] = prepared.threads
    request = {"audio": str(prepared.wave), "model": model, **request}
    return lambda warm: crew[f"ours-{precision}"].ask(shorter(request, warm))


def theirs(prepared, crew, engine, precision, request):
    request = {"engine": engine, "precision": precision, "threads": prepared.threads, **request}
    return lambda warm: crew[f"{engine}-{precision}"].ask(shorter(request, warm))


def shorter(request, warm):
    return request | {"tokens": 8} if warm and "tokens" in request else request


def caption(options, prepared, crew, chunks, rounds):
    request = {"work": "caption", "chunks": chunks, "beams": 5, "tokens": options.tokens}
    tasks = {f"ours {p}": ours(prepared, crew, p, request) for p in ["f32", "int8"]}
    peers = [("transformers", "torch", "f32"), ("transformers", "torch", "bf16")]
    peers += [("CTranslate2", "ctranslate2", "f32"), ("CTranslate2", "ctranslate2", "int8")]
    for name, engine, precision in peers:
        tasks[f"{name} {precision}"] = theirs(prepared, crew, engine, precision, request)
    measured = alternate(options, rounds, tasks)
    return {"engines": seconds(measured), "same_tokens": same_tokens(measured)}


def same_tokens(measured):
    """How many captions of ours have the very tokens of transformers, both in float32."""
    ours, theirs = measured["ours f32"][0]["tokens"], measured["transformers f32"][0]["tokens"]
    return [sum(a == b for a, b in zip(ours, theirs)), len(theirs)]


def encode(options, prepared, crew):
    request = {"work": "encode", "chunks": 18}
    tasks = {f"ours {p}": ours(prepared, crew, p, request) for p in ["f32", "int8"]}
    for precision in ["f32", "bf16"]:
        name = f"PyTorch {precision}"
        tasks[name] = theirs(prepared, crew, "torch", precision, request)
    return {"engines": seconds(alternate(options, 5, tasks))}


def mel(options, prepared, crew):
    tasks = {}
    for threads in sorted({options.threads, 1}, reverse=True):
        request = {"work": "mel", "chunks": 18, "threads": threads}
        mine = {"audio": str(prepared.wave), **request}
        tasks[f"ours, {threads}"] = lambda warm, r=mine: crew["ours-mel"].ask(r)
        for engine in ["torchaudio", "librosa"]:
            r = {"engine": engine, **request}
            tasks[f"{engine}, {threads}"] = lambda warm, r=r: crew["mel"].ask(r)
    return {"engines": seconds(alternate(options, 9, tasks))}


def decode(options, prepared, crew):
    """Whole processes on either side, their start included."""
    line = f'{{"work":"decode","file":"{prepared.mp3}"}}\n'
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", prepared.mp3]
    command += ["-ac", 1, "-ar", 16_000, "-f", "f32le", "-y", "/dev/null"]
    tasks = {
        "ours": lambda warm: engines.once([prepared.stages], stdin=line),
        "ffmpeg": lambda warm: engines.once(command),
    }
    return {"engines": seconds(alternate(options, 9, tasks))}


def cli(options, prepared, precision, *arguments):
    command = [prepared.musicap, "--model", prepared.folders[precision], "--precision", precision]
    command += ["--threads", options.threads, "--quiet"]
    lengths = ["--min-length", options.tokens, "--max-length", options.tokens]
    return engines.once([*command, *lengths, *arguments])


def first(options, prepared, crew):
    """From the start of the command to the first caption: of ten seconds, and of 180 s in
    batches of 8."""
    crew.dismiss()
    run = lambda path: lambda warm: cli(options, prepared, "int8", path)
    tasks = {"ours 10 s": run(prepared.ten_seconds), "ours 180 s": run(prepared.mp3)}
    return {"engines": seconds(alternate(options, 5, tasks))}


def memory(options, prepared, crew):
    crew.dismiss()
    run = lambda precision: cli(options, prepared, precision, prepared.wave, "--batch", 18)
    return {"engines": seconds({f"ours {p}": [run(p)] for p in ["f32", "int8"]})}


def growth(options, prepared, crew):
    crew.dismiss()
    measured = {}
    for minutes in MINUTES:
        path = prepared.minutes(minutes)
        hook(options.before)
        measured[f"{minutes} min int8"] = [cli(options, prepared, "int8", path)]
        embedded = [prepared.musicap, "--threads", options.threads, "--quiet", path]
        measured[f"{minutes} min embedded"] = [engines.once(embedded)]
        hook(options.after)
    return {"engines": seconds(measured)}


ALL = {
    "caption18": lambda *a: caption(*a, chunks=18, rounds=3),
    "caption1": lambda *a: caption(*a, chunks=1, rounds=5),
    "encode": encode,
    "mel": mel,
    "decode": decode,
    "first": first,
    "memory": memory,
    "growth": growth,
}
