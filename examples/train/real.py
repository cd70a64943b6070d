"""Ten-second clips of real recordings, with what is known of them, for training.

    real.py MUSICAP_TRAIN OUT ROOT [recordings.csv]

The rows of recordings.csv say which files under ROOT (Debian packages unpacked with `dpkg -x`,
checkouts) are learnt from, with licence and credit; files whose licence is not in LICENCES are
refused. Writes a shard: 0-of-1.mel, .jsonl, .pcm.
"""

import csv
import json
import random
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

RATE = 16_000
CLIP = 10 * RATE
LICENCES = {"public domain", "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "MIT", "Philharmonia"}


def decode(path):
    run = ["ffmpeg", "-loglevel", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(run, capture_output=True, check=True).stdout, np.int16)


def pieces(samples, hop):
    """Clips of ten seconds; a recording that is shorter than that is repeated."""
    if len(samples) < RATE // 2:
        return
    if len(samples) < CLIP:
        yield np.resize(samples, CLIP)
        return
    for at in range(0, len(samples) - CLIP + 1, int(hop * RATE)):
        yield samples[at : at + CLIP]


def main():
    train, out, root = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    table = Path(sys.argv[4]) if len(sys.argv) > 4 else Path(__file__).with_name("recordings.csv")
    out.mkdir(parents=True, exist_ok=True)
    clips, records = [], []
    for row in csv.DictReader(open(table)):
        if row["licence"] not in LICENCES:
            raise SystemExit(f"{row['files']}: licence {row['licence']!r} is not one of {sorted(LICENCES)}")
        paths = sorted(root.glob(row["files"]))
        if not paths:
            print(f"{row['files']}: no such files under {root}", file=sys.stderr)
        random.Random(18).shuffle(paths)
        for path in paths[: int(row["most"] or len(paths))]:
            for clip in pieces(decode(path), float(row["hop_s"] or 10)):
                if np.abs(clip.astype(np.int32)).max() < 300:
                    continue
                record = {"index": len(records), "kind": "music", "real": True, "source": row["name"]}
                record["file"] = str(path.relative_to(root))
                for name in ("families", "absent"):
                    record[name] = row[name].split("|") if row[name] else []
                record["all_families"] = row["all_families"] == "yes"
                for name in ("drums", "vocals"):
                    record[name] = {"yes": 1, "no": 0}.get(row[name])
                for name in ("sex", "lead"):
                    if row[name]:
                        record[name] = row[name]
                clips.append(clip)
                records.append(record)
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for index, clip in enumerate(clips):
            names.append(f"{folder}/{index:06}.wav")
            with wave.open(names[-1], "wb") as sound:
                sound.setparams((1, 2, RATE, 0, "NONE", ""))
                sound.writeframes(clip.tobytes())
        mel = b""
        for at in range(0, len(names), 500):
            part = Path(folder) / "part.mel"
            subprocess.run([train, "mel", "--out", str(part), *names[at : at + 500]], check=True)
            mel += part.read_bytes()
    (out / "0-of-1.mel").write_bytes(mel)
    (out / "0-of-1.pcm").write_bytes(b"".join(clip.tobytes() for clip in clips))
    (out / "0-of-1.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    print(f"{len(records)} clips")


if __name__ == "__main__":
    main()
