"""What musicnn makes of clips whose samples were kept (`compose-and-render --audio`, real.py).

    teacher_musicnn.py DIR...     # k-of-n.pcm -> k-of-n.musicnn.npy

A row is the mean over windows of what MTT_musicnn's last hidden layer reads, that layer, and the logarithm
of the 50 tags' probabilities (mean and largest). musicnn (Pons and Serra, 2019; ISC; trained on
MagnaTagATune) and its weights come from PyPI, and run in a virtual environment of their own:

    python3.11 -m venv musicnn && musicnn/bin/pip install 'tensorflow-cpu==2.15.1' 'numpy<2' librosa
    musicnn/bin/pip install --no-deps musicnn==0.1.0

It teaches; nothing of its weights gets into the model.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import librosa
import musicnn
import numpy as np
import tensorflow as tf
from musicnn import configuration, models

tf.compat.v1.disable_eager_execution()
MODEL = "MTT_musicnn"
RATE = configuration.SR
CLIP = 10 * RATE
WINDOW = 187  # frames, three seconds: what the model was trained on
STARTS = [0, 219, 438]
TOGETHER = 16  # clips that are in memory at once


class Tagger:
    def __init__(self):
        self.input = tf.compat.v1.placeholder(tf.float32, [None, WINDOW, configuration.N_MELS])
        self.training = tf.compat.v1.placeholder(tf.bool)
        with tf.name_scope("model"):
            logits, *_, mean, largest, hidden = models.define_model(self.input, self.training, MODEL, 50)
        self.outputs = [mean, largest, hidden, tf.nn.sigmoid(logits)]
        self.session = tf.compat.v1.Session()
        tf.compat.v1.train.Saver().restore(self.session, f"{Path(musicnn.__file__).parent / MODEL}/")

    def __call__(self, clips):
        """A row for each of these clips [clips, samples] of 16 bits."""
        windows = np.stack([spectra(clip / np.float32(32768)) for clip in clips])
        flat = windows.reshape(-1, *windows.shape[2:])
        found = self.session.run(self.outputs, {self.input: flat, self.training: False})
        mean, largest, hidden, tags = (x.reshape(len(clips), len(STARTS), -1) for x in found)
        kept = [mean.mean(1), largest.mean(1), hidden.mean(1)]
        kept += [np.log(tags.mean(1) + 1e-4), np.log(tags.max(1) + 1e-4)]
        return np.concatenate(kept, 1).astype(np.float16)


def spectra(samples):
    """Windows of the log-mel spectrogram of ten seconds, as musicnn computes it, which rounds the powers to
    16 bits; the logarithm is taken in 32, for in 16 loud ones overflow."""
    found = librosa.feature.melspectrogram(
        y=samples, sr=RATE, hop_length=configuration.FFT_HOP, n_fft=configuration.FFT_SIZE,
        n_mels=configuration.N_MELS,
    )  # fmt: skip
    found = np.log10(10_000 * found.T.astype(np.float16).astype(np.float32) + 1)
    return np.stack([found[start : start + WINDOW] for start in STARTS])


def main(folders):
    tagger = Tagger()
    for path in sorted(path for folder in folders for path in Path(folder).glob("*.pcm")):
        clips = np.memmap(path, np.int16, "r")
        clips = clips[: len(clips) // CLIP * CLIP].reshape(-1, CLIP)
        found = [tagger(clips[at : at + TOGETHER]) for at in range(0, len(clips), TOGETHER)]
        np.save(path.with_suffix(".musicnn.npy"), np.concatenate(found))
        print(path, len(clips), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
