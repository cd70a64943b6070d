"""Embeddings of a teacher for clips whose samples were kept (`compose-and-render --audio`, real.py).

    teacher.py embed YAMNET.tflite DIR...     # k-of-n.pcm -> k-of-n.yamnet.npy
    teacher.py label yamnet_class_map.csv DIR...  # voices and drums of real clips, where the teacher is sure
    teacher.py reduce BASIS.npz DIR...        # all k-of-n.yamnet.npy -> k-of-n.taught.npy

The teacher is YAMNet (Apache-2.0). `embed` writes the mean of the 1,024 values over ten seconds, and
the mean of the 521 scores (k-of-n.scores.npy). `reduce` keeps the TAUGHT principal components, each of
about unit variance; they are computed over all folders if BASIS.npz does not exist yet, so that folders
can be added while a run uses the others. Nothing of the teacher's weights gets into the model: an
auxiliary head learns to predict these values.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np

from clips import TAUGHT

RATE, WINDOW, HOP = 16_000, 15_600, 15_360
CLIP = 10 * RATE
EMBEDDING = 115


class Teacher:
    def __init__(self, path):
        from ai_edge_litert.interpreter import Interpreter

        self.net = Interpreter(str(path), num_threads=1, experimental_preserve_all_tensors=True)
        self.net.allocate_tensors()
        self.input = self.net.get_input_details()[0]
        self.output = self.net.get_output_details()[0]["index"]

    def __call__(self, samples):
        """Mean embedding [1024] and mean scores [521] of samples in -1 to 1."""
        found, scores = [], []
        for at in range(0, len(samples) - WINDOW + 1, HOP):
            window = samples[at : at + WINDOW].astype(np.float32)
            self.net.set_tensor(self.input["index"], window.reshape(self.input["shape"]))
            self.net.invoke()
            found.append(self.net.get_tensor(EMBEDDING).reshape(-1).astype(np.float32))
            scores.append(self.net.get_tensor(self.output).reshape(-1).astype(np.float32))
        return np.mean(found, 0), np.mean(scores, 0)


def embed(model, folders):
    teacher = Teacher(model)
    for folder in folders:
        for path in sorted(Path(folder).glob("*.pcm")):
            out = path.with_suffix(".yamnet.npy")
            clips = np.memmap(path, np.int16, "r")
            clips = clips[: len(clips) // CLIP * CLIP].reshape(-1, CLIP)
            done = np.load(out) if out.exists() else np.zeros((0, 1024), np.float16)
            rows = [teacher(clip / 32768) for clip in clips[len(done) :]]
            if rows:
                np.save(out, np.concatenate([done, np.stack([row[0] for row in rows]).astype(np.float16)]))
                if not len(done):
                    np.save(path.with_suffix(".scores.npy"), np.stack([row[1] for row in rows]).astype(np.float16))
            print(path, len(clips), flush=True)


# Of the mean scores: a clip whose best class of voices is below this has none (of 1,600 clips of lone
# instruments 99 % are below it); drums play above DRUMS, and do not below NO_DRUMS.
NO_VOICE, DRUMS, NO_DRUMS = 0.02, 0.1, 0.001
VOICES = "Speech,Singing,Choir,Yodeling,Chant,Mantra,Child singing,Synthetic singing,Rapping,Humming,Vocal music,A capella"
PERCUSSION = "Percussion,Drum kit,Drum machine,Drum,Snare drum,Rimshot,Drum roll,Bass drum,Tabla,Cymbal,Hi-hat,Tambourine"


def label(class_map, folders):
    names = [row["display_name"] for row in csv.DictReader(open(class_map))]
    voices, drums = ([names.index(name) for name in text.split(",")] for text in (VOICES, PERCUSSION))
    for folder in folders:
        for path in sorted(Path(folder).glob("*.scores.npy")):
            records = path.with_name(path.name.replace(".scores.npy", ".jsonl"))
            rows = [json.loads(line) for line in open(records)]
            scores = np.load(path).astype(np.float32)
            for row, score in zip(rows, scores):
                if row["vocals"] is None and score[voices].max() < NO_VOICE:
                    row["vocals"], row["sex"] = 0, "none"
                    row["absent"] = sorted({*row["absent"], "voice", "choir"})
                best = score[drums].max()
                if row["drums"] is None and not NO_DRUMS <= best <= DRUMS:
                    row["drums"] = int(best > DRUMS)
            records.write_text("".join(json.dumps(row) + "\n" for row in rows))
            print(path, len(rows))


def principal(x):
    """Mean [values], the TAUGHT principal directions [values, TAUGHT], and scales that give each about unit
    variance; small ones are mostly noise, and are kept smaller."""
    mean = x.mean(0)
    values, vectors = np.linalg.eigh(np.cov((x - mean).T))
    values, vectors = values[::-1][:TAUGHT], vectors[:, ::-1][:, :TAUGHT]
    return mean, vectors, 1 / np.sqrt(values + 0.02 * values[0])


def reduce(basis, folders):
    paths = sorted(path for folder in folders for path in Path(folder).glob("*.yamnet.npy"))
    rows = [np.load(path).astype(np.float32) for path in paths]
    if not Path(basis).exists():
        np.savez(basis, **dict(zip(("mean", "vectors", "scale"), principal(np.concatenate(rows)))))
    kept = np.load(basis)
    for path, some in zip(paths, rows):
        centred = some - kept["mean"]
        taught = centred @ kept["vectors"]
        share = (taught**2).sum() / (centred**2).sum()
        taught = (taught * kept["scale"]).astype(np.float16)
        np.save(path.with_name(path.name.replace(".yamnet.", ".taught.")), taught)
        print(f"{path}: {len(some)} clips, {share:.3f} of the variance")


if __name__ == "__main__":
    {"embed": embed, "label": label, "reduce": reduce}[sys.argv[1]](sys.argv[2], sys.argv[3:])
