"""Clips of a lone singer of WAV files named man-*.wav and woman-*.wav, as real.py writes clips.

    voices.py MUSICAP_TRAIN OUT FOLDER...

Training mixes them with other clips (clips.mixed), so that they are heard over real accompaniments too.
"""

import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

RATE = 16_000
# Seconds into a file of 12 s at which clips start.
STARTS = [0.0, 0.9, 1.8]


def main():
    train, out = sys.argv[1], Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    paths = sorted(path for folder in sys.argv[3:] for path in Path(folder).glob("*.wav"))
    records, samples = [], []
    for path, start in ((path, start) for path in paths for start in STARTS):
        with wave.open(str(path)) as sound:
            found = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
        samples.append(np.resize(found[int(start * RATE) :], 10 * RATE))
        sex = path.name.split("-")[0]
        records.append(
            {"index": len(records), "kind": "music", "real": True, "source": path.parent.name, "file": path.name,
             "families": ["voice"], "all_families": True, "drums": 0, "vocals": 1, "sex": sex, "lead": "voice"}
        )  # fmt: skip
    mel = b""
    with tempfile.TemporaryDirectory() as folder:
        for at in range(0, len(samples), 500):
            names = []
            for index, clip in enumerate(samples[at : at + 500]):
                names.append(f"{folder}/{index:06}.wav")
                with wave.open(names[-1], "wb") as sound:
                    sound.setparams((1, 2, RATE, 0, "NONE", ""))
                    sound.writeframes(clip.tobytes())
            subprocess.run([train, "mel", "--out", f"{folder}/part.mel", *names], check=True)
            mel += Path(f"{folder}/part.mel").read_bytes()
    (out / "voices.pcm").write_bytes(np.concatenate(samples).tobytes())
    (out / "voices.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (out / "voices.mel").write_bytes(mel)
    print(len(records), "clips", len(mel) // (128 * 251))


main()
