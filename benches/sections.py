#!/usr/bin/env python3
"""How near to the true boundaries sections begin, of joined recordings whose boundaries are known.

    cargo build --release … --bin musicap --example states     # as in CONTRIBUTING.md
    python3 benches/sections.py target/release FOLDER

FOLDER has three recordings that librosa distributes (see scripts/summaries). Twelve files of six pieces
each are cut from them and from the example song, the same each time. Compared, with as many boundaries
as captions have sections: captions alone; the same moved to where the sound changes (what
`find_sections` does); chunks whose mean encoder states differ most; the most pronounced changes of the
sound and of the encoder's states. Needs ffmpeg and numpy.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS, FOLDER = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
SONG = ROOT / "examples/songs/three-scenes.ogg"
BRAHMS, FAIRY, TRUMPET = (
    FOLDER / f"{name}.ogg" for name in ["brahms-hungarian-dance-5", "sugar-plum-fairy", "solo-trumpet"]
)
PIECES = [(BRAHMS, 0, 46), (FAIRY, 0, 119), (SONG, 0, 15), (SONG, 15, 30), (SONG, 30, 45), (TRUMPET, 0, 5.3)]
CHUNK_S, FRAMES, HALF, REACH = 10.0, 32, 8, 4


def joined(path, rng):
    """Writes a file of six pieces and returns where the second to the last begin."""
    parts, last = [], None
    for _ in range(6):
        piece = rng.choice([one for one in PIECES if one[:2] != last])
        last, length = piece[:2], piece[2] - piece[1]
        part = min(length, rng.uniform(13, 38))
        parts.append((piece[0], piece[1] + rng.uniform(0, length - part), part))
    inputs = [word for file, start, part in parts for word in ["-ss", f"{start}", "-t", f"{part}", "-i", str(file)]]
    graph = "".join(f"[{i}:a]aformat=sample_rates=44100:channel_layouts=stereo[a{i}];" for i in range(6))
    graph += "".join(f"[a{i}]" for i in range(6)) + "concat=n=6:v=0:a=1"
    subprocess.run(["ffmpeg", "-v", "error", *inputs, "-filter_complex", graph, str(path)], check=True)
    return list(numpy.cumsum([part for *_, part in parts])[:-1])


def run(program, *arguments):
    command = [PROGRAMS / program, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def boundaries(captions, scratch):
    """Where sections begin, but the first."""
    file = scratch / "captions.json"
    file.write_text(json.dumps(captions))
    chapters = run("musicap", "summarize", file, "--format", "chapters", "--quiet")
    times = [line.split(" --> ")[0].split(":") for line in chapters.splitlines() if " --> " in line]
    return [3600 * int(h) + 60 * int(m) + float(s) for h, m, s in times][1:]


def novelty(seconds):
    """As `captioner/changes.rs` has it, of one row a second."""
    found = numpy.zeros(len(seconds))
    for at in range(1, len(seconds)):
        window = seconds[max(0, at - HALF) : at + HALF]
        unit = window - window.mean(0)
        unit /= numpy.maximum(numpy.linalg.norm(unit, axis=1, keepdims=True), 1e-6)
        x = (numpy.arange(max(0, at - HALF), max(0, at - HALF) + len(window)) - at + 0.5) / HALF
        weight = numpy.exp(-2 * x**2)
        found[at] = ((unit * (numpy.sign(x) * weight)[:, None]).sum(0) ** 2).sum() / weight.sum() ** 2
    return found


def peaks(found, most):
    near = lambda at: found[max(0, at - REACH) : at + REACH + 1]
    all_peaks = [at for at in range(1, len(found)) if found[at] >= near(at).max()]
    return sorted(all_peaks, key=lambda at: -found[at])[:most]


def main():
    rng = random.Random(5)
    totals = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for number in range(12):
            path = scratch / f"{number}.wav"
            true = joined(path, rng)
            captions = json.loads(run("musicap", path, "--format", "json", "--quiet"))
            alone = boundaries({**captions, "changes": []}, scratch)
            run("examples/states", "embedded", path, scratch / "states")
            states = numpy.fromfile(scratch / "states", numpy.float32)
            states = states.reshape(len(captions["captions"]), FRAMES, -1)
            means = states.mean(1) - states.mean((0, 1))
            means /= numpy.linalg.norm(means, axis=1, keepdims=True)
            unlike = 1 - (means[1:] * means[:-1]).sum(1)
            edges = numpy.linspace(0, FRAMES, 11).round().astype(int)
            seconds = [[chunk[a:b].mean(0) for a, b in zip(edges, edges[1:])] for chunk in states - states.mean(0)]
            loudest = sorted(captions["changes"], key=lambda one: -one["strength"])
            ways = {
                "captions": alone,
                "captions, moved to changes of the sound": boundaries(captions, scratch),
                "chunks whose encoder states differ most": [
                    CHUNK_S * (1 + at) for at in numpy.argsort(-unlike)[: len(alone)]
                ],
                "changes of the sound": [one["at_s"] for one in loudest[: len(alone)]],
                "changes of the encoder's states": peaks(novelty(numpy.concatenate(seconds)), len(alone)),
            }
            for way, found in ways.items():
                row = totals.setdefault(way, {"found": 0, "true": 0, 1: 0, 3: 0, 10: 0})
                row["found"] += len(found)
                row["true"] += len(true)
                for reach in (1, 3, 10):
                    row[reach] += sum(min(abs(at - one) for one in true) <= reach for at in found)
    print("| boundaries by | found | within 1 s of a true one | 3 s | 10 s |\n|---|---|---|---|---|")
    for way, row in totals.items():
        print(f"| {way} | {row['found']} for {row['true']} | {row[1]} | {row[3]} | {row[10]} |")


main()
