#!/usr/bin/env python3
"""How right facts are: tempo, key and time signature on rendered clips, whose scores know them, and
loudness against ffmpeg's ebur128.

    cargo build --profile dist --bin musicap --bin musicap-train
    python3 benches/facts.py --musicap target/dist/musicap --train target/dist/musicap-train

Beats are compared with those of the score by the F-measure with a tolerance of 70 ms, and so are
librosa's. Each run renders 40 clips of ten seconds for each seed with `compose-and-render --listen` and captions
them with `--facts`. With librosa installed its beat tracker is measured on the same clips. A tempo is
right within 4 %; "octaves" allows half, double, a third and three times. The MIREX score gives a key
0.5 for a fifth, 0.3 for the relative and 0.2 for the parallel key.
"""

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

TONICS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]


def is_right(found, true):
    return found is not None and abs(found / true - 1) <= 0.04


def is_right_in_octaves(found, true):
    return found is not None and any(is_right(found * f, true) for f in (1, 2, 0.5, 3, 1 / 3))


def mirex(true, found):
    if found is None:
        return 0.0
    (tonic, mode), (other, other_mode) = true.split(), found.split()
    up = (TONICS.index(other) - TONICS.index(tonic)) % 12
    if mode == other_mode:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(up, 0.0)
    relative = 9 if mode == "major" else 3
    return {0: 0.2, relative: 0.3}.get(up, 0.0)


def loudness(path):
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.search(r"I:\s+(-?[\d.]+) LUFS", log[log.rindex("Summary:") :])[1])


def baseline(path):
    try:
        import librosa
    except ImportError:
        return None
    samples, rate = librosa.load(path, sr=None)
    bpm, beats = librosa.beat.beat_track(y=samples, sr=rate, units="time")
    return float(bpm.item()), beats.tolist()


def f_measure(found, true, tolerance=0.07):
    """Dixon, JNMR 2007; each beat counts once."""
    left, hits = sorted(found), 0
    for beat in true:
        near = [at for at in left if abs(at - beat) <= tolerance]
        if near:
            hits += 1
            left.remove(min(near, key=lambda at: abs(at - beat)))
    return 2 * hits / max(len(found) + len(true), 1)


def beats_of(record, duration_s):
    """The beats of the score within the clip, in seconds."""
    beats, at = [], record["first_beat_s"]
    while at < duration_s:
        beats.append(at)
        at += 60 / record["bpm"]
    return beats


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--musicap", required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[5001, 5002, 5003, 5004, 5005])
    parser.add_argument("--fonts", default="test")
    parser.add_argument("--save", type=Path, help="a JSON file of confidences, for facts_calibration.py")
    options = parser.parse_args()
    clips = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            command = [options.train, "compose-and-render", "--out", folder / "shards"]
            command += ["--listen", folder / "wav", "--clips", "40", "--seed", str(seed)]
            command += ["--without-music", "0", "--fonts", options.fonts]
            subprocess.run(command, check=True, capture_output=True)
            [records] = (folder / "shards").glob("*.jsonl")
            records = [json.loads(line) for line in records.read_text().splitlines()]
            command = [options.musicap, "-q", "--facts=beats", "--format", "json", folder / "wav"]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found = {
                int(Path(one["file"]).stem): one["facts"] | {"duration_s": one["duration_s"]} for one in json.loads(out)
            }
            for record in records:
                if record["families"] or record["drums"]:
                    path = folder / "wav" / f"{record['index']}.wav"
                    facts = found[record["index"]]
                    clips.append((record, facts, baseline(path), loudness(path)))
    for name, wanted in (("with drums", True), ("without drums", False)):
        chosen = [(r, f.get("tempo", {}).get("bpm"), l and l[0]) for r, f, l, _ in clips if r["drums"] == wanted]
        true = [beats_of(r, f["duration_s"]) for r, f, _, _ in clips]
        rows = [(c[1].get("beats", []), c[2] and c[2][1], t) for c, t in zip(clips, true) if c[0]["drums"] == wanted]
        ours = sum(f_measure(found, t) for found, _, t in rows) / len(rows)
        theirs = sum(f_measure(l or [], t) for _, l, t in rows) / len(rows)
        print(f"beats {name}: musicap {ours:.3f}, librosa {theirs:.3f}")
        share = lambda test, of: sum(test(of(c), c[0]["bpm"]) for c in chosen) / len(chosen)
        for who, of in (("musicap", lambda c: c[1]), ("librosa", lambda c: c[2])):
            exact, octaves = share(is_right, of), share(is_right_in_octaves, of)
            print(f"tempo {name}, {len(chosen)} clips, {who}: {exact:.3f}, with octaves {octaves:.3f}")
    keyed = [(r["key"], f.get("key")) for r, f, _, _ in clips if r["families"]]
    named = [(true, key and f"{key['tonic']} {key['mode']}") for true, key in keyed]
    exact = sum(true == found for true, found in named) / len(named)
    print(f"key, {len(named)} clips: {exact:.3f}, MIREX {sum(mirex(*k) for k in named) / len(named):.3f}")
    meters = [(r["beats_per_bar"], f["time_signature"]) for r, f, _, _ in clips if "time_signature" in f]
    right = sum(true == found["beats_per_bar"] for true, found in meters) / max(len(meters), 1)
    print(f"time signature: stated for {len(meters)} of {len(clips)}, right {right:.3f}")
    saved = {}
    pairs = [("tempo", lambda r, f: is_right(f["bpm"], r["bpm"]))]
    pairs += [("key", lambda r, f: f"{f['tonic']} {f['mode']}" == r["key"])]
    for name, test in pairs:
        rows = [(f[name]["confidence"], test(r, f[name])) for r, f, _, _ in clips if name in f]
        saved[name] = rows
        for low, high in ((0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
            part = [row for row in rows if low <= row[0] < high]
            if part:
                mean, right = (sum(x) / len(part) for x in zip(*part))
                print(f"confidence of {name} {low} to {min(high, 1)}: {len(part)} clips, "
                      f"mean {mean:.2f}, right {right:.2f}")
    if options.save:
        options.save.write_text(json.dumps(saved))
    errors = [abs(f["loudness"]["integrated_lufs"] - true) for _, f, _, true in clips if "loudness" in f]
    print(f"loudness, {len(errors)} clips: greatest difference from ffmpeg {max(errors):.2f} LU")


if __name__ == "__main__":
    main()
