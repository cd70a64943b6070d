"""Embeddings of a teacher for clips whose samples were kept (`compose-and-render --audio`, real.py).

    teacher.py embed YAMNET.tflite DIR...     # k-of-n.pcm -> k-of-n.yamnet.npy
    teacher.py reduce DIR...                  # all k-of-n.yamnet.npy -> k-of-n.taught.npy

The teacher is YAMNet (Apache-2.0). `embed` writes the mean of the 1,024 values over ten seconds;
`reduce` keeps the TAUGHT principal components over all folders, each of unit size. Nothing of the
teacher's weights gets into the model: an auxiliary head learns to predict these values.
"""

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
            rows = [teacher(clip / 32768)[0].astype(np.float16) for clip in clips[len(done) :]]
            if rows:
                np.save(out, np.concatenate([done, np.stack(rows)]))
            print(path, len(clips), flush=True)


def reduce(folders):
    paths = sorted(path for folder in folders for path in Path(folder).glob("*.yamnet.npy"))
    rows = [np.load(path).astype(np.float32) for path in paths]
    every = np.concatenate(rows)
    mean = every.mean(0)
    values, vectors = np.linalg.eigh(np.cov((every - mean).T))
    values, vectors = values[::-1][:TAUGHT], vectors[:, ::-1][:, :TAUGHT]
    # Small components are mostly noise: they are kept smaller.
    scale = 1 / np.sqrt(values + 0.02 * values[0])
    for path, some in zip(paths, rows):
        taught = (some - mean) @ vectors * scale
        np.save(path.with_name(path.name.replace(".yamnet.", ".taught.")), taught.astype(np.float16))
    print(f"{len(every)} clips, {values.sum() / np.trace(np.cov((every - mean).T)):.3f} of the variance")


if __name__ == "__main__":
    embed(sys.argv[2], sys.argv[3:]) if sys.argv[1] == "embed" else reduce(sys.argv[2:])
