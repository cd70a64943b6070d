#!/usr/bin/env python3
"""What loudness does to captions, and what amplifying quiet recordings changes.

    benches/loudness.py MUSICAP FILE...

Captions the first minute of each file as it is and made quieter, by 16-bit WAV files that ffmpeg
writes. `musicap caption` amplifies recordings that are far too quiet, `musicap live` does not. Prints
for each level how many captions stay as they were, and how many of their words.
"""

import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS, RATE = 60, 16_000
LEVELS = [0, 10, 20, 25, 30, 35, 40, 45, 50, 60]


def decoded(file, decibels):
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-i", file, "-t", str(SECONDS), "-ac", "1", "-ar", str(RATE)]
        + ["-af", f"volume=-{decibels}dB", "-c:a", "pcm_s16le", "-f", "s16le", "-"],
        capture_output=True, check=True,
    ).stdout


def wav(samples):
    size = len(samples).to_bytes(4, "little")
    head = b"RIFF" + (len(samples) + 36).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\1\0"
    return head + RATE.to_bytes(4, "little") + (2 * RATE).to_bytes(4, "little") + b"\2\0\x10\0data" + size + samples


def amplified(musicap, samples):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quiet.wav"
        path.write_bytes(wav(samples))
        run = subprocess.run([musicap, "caption", "--format", "json", path], capture_output=True, check=True)
    found = json.loads(run.stdout)
    found = found[0] if isinstance(found, list) else found
    return [caption["text"] for caption in found["captions"]], bool(found.get("notes"))


def as_it_is(musicap, samples):
    run = subprocess.run(
        [musicap, "live", "--rate", str(RATE), "--queue", "100", "--quiet"], input=samples, capture_output=True, check=True
    )
    events = [json.loads(line) for line in run.stdout.splitlines()]
    return [(event.get("caption") or event)["text"] for event in events if "text" in (event.get("caption") or event)]


def shared(ours, theirs):
    """The part of `theirs`' words that `ours` has."""
    ours, theirs = (collections.Counter(text.lower().split()) for text in (ours, theirs))
    return (ours & theirs).total() / max(theirs.total(), 1)


musicap, *files = sys.argv[1:]
truth = {file: as_it_is(musicap, decoded(file, 0)) for file in files}
print("| quieter by | as they were, amplified | words | as they were, as it is | words |")
print("|---|---|---|---|---|")
for level in LEVELS:
    row, notes = [], 0
    for caption in (amplified, as_it_is):
        same, words, count = 0, [], 0
        for file in files:
            found = caption(musicap, decoded(file, level))
            if caption is amplified:
                found, note = found
                notes += note
            same += sum(a == b for a, b in zip(found, truth[file]))
            words += [shared(a, b) for a, b in zip(found, truth[file])]
            count += len(truth[file])
        row += [f"{same} of {count}", f"{sum(words) / max(len(words), 1):.2f}"]
    print(f"| {level} dB ({notes} of {len(files)} amplified) | {' | '.join(row)} |", flush=True)
