#!/usr/bin/env python3
"""Measures musicap on a GPU beside transformers on the same card, and prints a table.

    python3 benches/peers/gpu/run.py                          an NVIDIA card, through Vulkan
    python3 benches/peers/gpu/run.py --device cuda --features cuda
    python3 benches/peers/gpu/run.py --embedded --device gpu:0 --batches 1,2 --tokens 8 --rounds 1
                                                              whether the script works, on any adapter

The parity kit's tokens on the card come first (unless --built). Needs cargo (or --built), and for the peer a Python (--python) that has torch with CUDA and transformers. The
weights are random, at LP-MusicCaps' full size (--embedded: the small model that comes along), five
beams, no trigram twice, the captions' length forced. A step's time is what --tokens tokens take
longer than a quarter of them, over the tokens between, so that the encoder is left out; medians of
--rounds rounds after one that is not counted. Memory is what nvidia-smi says the card has in use
beyond what it had before, at most. Starts are from the process to its first caption of ten
seconds: cold with an empty cache of tuned kernels, warm with that of the cold one.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "benches/peers"))
from engines import Line, once  # noqa: E402

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "musicap"
SONG = REPOSITORY / "examples/songs/three-scenes.ogg"
BEAMS = 5


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--device", default="gpu", help="as for musicap (default: %(default)s)")
    p.add_argument("--features", default="wgpu", help="of the build: wgpu, cuda or both")
    p.add_argument("--profile", default="release", help="cargo's (default: %(default)s)")
    p.add_argument("--built", type=pathlib.Path, help="a folder with our programs, built already")
    p.add_argument("--batches", default="18,72", help="chunks together (default: %(default)s)")
    p.add_argument("--precisions", default="f32,f16", help="default: %(default)s")
    p.add_argument("--tokens", type=int, default=64, help="of a caption (default: %(default)s)")
    p.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    p.add_argument("--embedded", action="store_true", help="the small model; there is no peer")
    p.add_argument("--no-peer", action="store_true", help="only ours")
    p.add_argument("--python", default=sys.executable, help="the peer's (default: this one)")
    p.add_argument("--full", type=pathlib.Path, default=CACHE / "full", help="the full-size model")
    options = p.parse_args()
    options.batches = [int(chunks) for chunks in options.batches.split(",")]
    options.precisions = options.precisions.split(",")
    options.no_peer |= options.embedded
    return options


def run(*command, **more):
    print("run.py:", *command, file=sys.stderr)
    subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr, **more)


def build(options):
    if options.built:
        return options.built / "stages", options.built / "musicap"
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or CACHE / "target")
    features = options.features.split(",")
    named = [f"{package}/{feature}" for package in ["musicap-bench", "musicap-cli"] for feature in features]
    command = ["cargo", "build", "--locked", "--profile", options.profile]
    command += ["-p", "musicap-bench", "-p", "musicap-cli", "--features", ",".join(named)]
    environment = os.environ | {"CARGO_TARGET_DIR": str(target)}
    run(*command, cwd=REPOSITORY, env=environment)
    test = ["cargo", "test", "--locked", "--profile", options.profile, "-p", "musicap-core"]
    test += ["--features", options.features, "--test", "parity"]
    # The name of the first of its kind has a number.
    device = options.device if ":" in options.device else options.device + ":0"
    run(*test, cwd=REPOSITORY, env=environment | {"MUSICAP_TEST_DEVICE": device})
    folder = target / ("debug" if options.profile == "dev" else options.profile)
    return folder / "stages", folder / "musicap"


def model_folder(options, musicap):
    """The folder of the full-size model; nothing stands for the embedded one."""
    if options.embedded:
        return None
    checkpoint, folder = options.full / "transfer.pth", options.full / "f32"
    if not checkpoint.is_file():
        run(options.python, REPOSITORY / "benches/random_checkpoint.py", options.full)
    if not (folder / "model.safetensors").is_file():
        run(musicap, "convert", checkpoint, folder)
    return folder


def used_mib():
    """Memory in use on all cards, in MiB, where nvidia-smi is there to ask."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        return sum(int(line) for line in told.split())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


@contextlib.contextmanager
def watched_memory():
    """A list that at the end holds the most memory in use beyond what was, if it is known."""
    before, peaks, over = used_mib(), [], threading.Event()
    watched = []

    def watch():
        while not over.wait(0.1):
            peaks.append(used_mib())

    if before is None:
        yield watched
        return
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield watched
    finally:
        over.set()
        thread.join()
        watched.append(max([peak for peak in peaks if peak is not None], default=before) - before)


def measure(ask, options, chunks):
    """Milliseconds a step, and the tokens of the captions."""
    short = max(options.tokens // 4, 3)
    spent = {}
    for tokens in [options.tokens, short]:
        ask(chunks, tokens)
        rounds = [ask(chunks, tokens) for _ in range(options.rounds)]
        spent[tokens] = statistics.median(answer["wall_s"] for answer in rounds)
        captions = rounds[0]["tokens"] if tokens == options.tokens else captions
    step_s = (spent[options.tokens] - spent[short]) / (options.tokens - short)
    return 1e3 * step_s, captions


def ours(options, stages, folder, log, precision):
    line = Line([stages], log)
    model = {"precision": precision, "device": options.device, "threads": os.cpu_count()}
    if folder:
        model["folder"] = str(folder)
    audio = {"work": "caption", "audio": str(SONG), "beams": BEAMS, "model": model}
    return line, lambda chunks, tokens: line.ask(audio | {"chunks": chunks, "tokens": tokens})


def theirs(options, mel, log, precision):
    command = [options.python, pathlib.Path(__file__).parent / "peer_gpu.py"]
    line = Line([*command, options.full / "transfer.pth", mel], log)
    greeting = line.process.stdout.readline()
    if not greeting:
        sys.exit(f"run.py: the peer did not start; see {log.name}")
    print("run.py: peer:", greeting.strip(), file=sys.stderr)
    request = {"precision": precision, "beams": BEAMS}
    return line, lambda chunks, tokens: line.ask(request | {"chunks": chunks, "tokens": tokens})


def start_of_ours(options, musicap, folder, precision):
    """Seconds from the process to its first caption, cold and warm."""
    command = [musicap, SONG, "--device", options.device, "--precision", precision, "--quiet"]
    command += ["--beams", BEAMS, "--batch", 1, "--max-length", options.tokens]
    if folder:
        command += ["--model", folder]
    kept = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["XDG_CACHE_HOME"] = empty
        try:
            return [once(command)["first_s"] for _ in range(2)]
        finally:
            os.environ.pop("XDG_CACHE_HOME")
            if kept is not None:
                os.environ["XDG_CACHE_HOME"] = kept


def start_of_theirs(options, mel, log, precision):
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        line, ask = theirs(options, mel, log, precision)
        ask(1, options.tokens)
        seconds.append(time.perf_counter() - begun)
        line.close()
    return seconds


def card(musicap, device):
    """How `musicap devices` lists what computes; without a number, what nvidia-smi lists."""
    listed = subprocess.run([str(musicap), "devices"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        if line.split(" ", 1)[0] in (device, f"{device}:0"):
            return line.split(maxsplit=1)[1]
    return device


def same(captions, others):
    return f"{sum(a == b for a, b in zip(captions, others))} of {len(captions)}"


def row(name, precision, steps, memory, starts):
    steps = [f"{step:.3g} ms" for step in steps]
    memory = f"{memory[0]} MiB" if memory else "–"
    return "| " + " | ".join([name, precision, *steps, memory, *(f"{s:.2f} s" for s in starts)]) + " |"


def main():
    options = arguments()
    if not options.built and not shutil.which("cargo"):
        sys.exit("run.py: cargo is missing; please install it")
    stages, musicap = build(options)
    folder = model_folder(options, musicap)
    work = pathlib.Path(tempfile.mkdtemp())
    mel = work / "mel.npy"
    run(musicap, "mel", SONG, "--tail", "drop", "--output", mel, "--quiet")
    columns = [f"a step, {chunks} × {BEAMS}" for chunks in options.batches]
    lines = [card(musicap, options.device), ""]
    lines += ["| engine | precision | " + " | ".join([*columns, "memory", "cold", "warm"]) + " |"]
    lines += ["|---" * (5 + len(columns)) + "|"]
    notes = []
    with open(work / "engines.log", "w") as log:
        for precision in options.precisions:
            found = {}
            engines = {"musicap": lambda: ours(options, stages, folder, log, precision)}
            if not options.no_peer:
                engines["transformers"] = lambda: theirs(options, mel, log, precision)
            for name, start in engines.items():
                with watched_memory() as memory:
                    line, ask = start()
                    measured = [measure(ask, options, chunks) for chunks in options.batches]
                    line.close()
                starts = (
                    start_of_ours(options, musicap, folder, precision)
                    if name == "musicap"
                    else start_of_theirs(options, mel, log, precision)
                )
                found[name] = measured
                lines.append(row(name, precision, [step for step, _ in measured], memory, starts))
            if len(found) == 2:
                for chunks, mine, other in zip(options.batches, *found.values()):
                    notes.append(
                        f"{precision}, {chunks} × {BEAMS}: {mine[0] / other[0]:.2f} of transformers' "
                        f"time; {same(mine[1], other[1])} captions have its tokens."
                    )
    shutil.rmtree(work)
    print("\n".join([*lines, "", *notes]))


if __name__ == "__main__":
    main()
