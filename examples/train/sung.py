"""Speech turned into singing by the WORLD vocoder (pyworld), for the renderer's option --sung.

    python3 sung.py SPEECH OUT [COUNT]

SPEECH is what speech.py wrote. Writes man-*.wav and woman-*.wav at 16 kHz: every syllable becomes a
note of a random tune, held, gliding, with or without vibrato, so that pitch and length are a singer's
and the timbre is the speaker's.
"""

import random
import sys
import wave
from pathlib import Path

import numpy as np
import pyworld
from scipy.signal import resample_poly

RATE, HOP_MS = 16_000, 5.0
# Comfortable notes, MIDI keys.
RANGES = {"man": (45, 66), "woman": (57, 77)}
SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9], [0, 3, 5, 7, 10]]


def read(path):
    with wave.open(str(path)) as sound:
        rate = sound.getframerate()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).astype(np.float64)
    return resample_poly(samples, RATE // 100, rate // 100) / 32768


def voiced_runs(f0, shortest=8):
    """Starts and ends of voiced stretches, long ones cut into syllables."""
    edges = np.flatnonzero(np.diff(np.r_[0, f0 > 0, 0]))
    runs = []
    for start, end in zip(edges[::2], edges[1::2]):
        count = max(1, round((end - start) / 32))
        cuts = np.linspace(start, end, count + 1).astype(int)
        runs += [(a, b) for a, b in zip(cuts, cuts[1:]) if b - a >= shortest]
    return runs


def tune(low, high, rng):
    """Keys of an endless melody."""
    scale, root = rng.choice(SCALES), rng.randrange(12)
    keys = [k for k in range(low, high + 1) if (k - root) % 12 in scale]
    at = rng.randrange(len(keys))
    while True:
        yield keys[at]
        at = min(len(keys) - 1, max(0, at + rng.choice([-2, -1, -1, -1, 0, 1, 1, 1, 2, 3, -3])))


def sing(samples, sex, rng, seconds=12.0):
    f0, times = pyworld.dio(samples, RATE, frame_period=HOP_MS)
    spectrum = pyworld.cheaptrick(samples, f0, times, RATE)
    noise = pyworld.d4c(samples, f0, times, RATE)
    beat = rng.uniform(0.28, 0.75)
    vibrato = rng.choice([0.0, 0.2, 0.4, 0.7]), rng.uniform(4.8, 6.5)
    melody, glide = tune(*RANGES[sex], rng), rng.choice([4, 8, 16])
    source, pitch, done = [], [], 0
    runs = voiced_runs(f0)
    for start, end in runs:
        if len(source) * HOP_MS / 1000 > seconds:
            break
        # What is not voiced between two syllables keeps its speed.
        gap = np.arange(done, start)[-50:]
        source += list(gap)
        pitch += [0.0] * len(gap)
        length = int(beat * rng.choice([0.5, 1, 1, 1, 2, 2, 3]) * 1000 / HOP_MS)
        length = max(length, end - start)
        # A note begins and ends as the syllable does; its middle is stretched.
        places = np.interp(np.linspace(0, 1, length), [0, min(0.3, 12 / length), max(0.7, 1 - 12 / length), 1], [0, 0.3, 0.7, 1])
        source += list(start + places * (end - start - 1))
        ages = np.arange(length) * HOP_MS / 1000
        wobble = vibrato[0] * np.clip((ages - 0.25) / 0.3, 0, 1) * np.sin(2 * np.pi * vibrato[1] * ages)
        pitch += list(next(melody) + wobble)
        done = end
    source, pitch = np.array(source), np.array(pitch)
    voiced = pitch > 0
    filled = np.interp(np.arange(len(pitch)), np.flatnonzero(voiced), pitch[voiced])
    smooth = np.convolve(np.pad(filled, glide, mode="edge"), np.ones(2 * glide + 1) / (2 * glide + 1), "valid")
    new_f0 = np.where(voiced, 440 * 2 ** ((smooth - 69) / 12), 0.0)
    low = source.astype(int)
    share = (source - low)[:, None]
    high = np.minimum(low + 1, len(spectrum) - 1)
    log = np.log(spectrum + 1e-12)
    envelope = log[low] * (1 - share) + log[high] * share
    # Another head: all formants higher or lower.
    bins = np.arange(envelope.shape[1]) / rng.uniform(0.9, 1.12)
    bins = np.clip(bins, 0, envelope.shape[1] - 1)
    b = bins.astype(int)
    part = bins - b
    envelope = envelope[:, b] * (1 - part) + envelope[:, np.minimum(b + 1, envelope.shape[1] - 1)] * part
    breath = np.clip(noise[low] * rng.choice([0.6, 1.0, 1.4]), 1e-4, 1)
    out = pyworld.synthesize(np.ascontiguousarray(new_f0), np.ascontiguousarray(np.exp(envelope)), np.ascontiguousarray(breath), RATE, HOP_MS)
    return 0.7 * out / max(1e-6, np.abs(out).max())


def main():
    speech, out = Path(sys.argv[1]), Path(sys.argv[2])
    files = sorted(speech.glob("*.wav"))
    random.Random(0).shuffle(files)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else len(files)
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        path = files[index % len(files)]
        rng = random.Random(index)
        target = out / f"{path.name.split('-')[0]}-{index:03}.wav"
        if target.exists():
            continue
        song = sing(read(path), path.name.split("-")[0], rng)
        with wave.open(str(target), "wb") as sound:
            sound.setparams((1, 2, RATE, 0, "NONE", ""))
            sound.writeframes((song * 32767).astype(np.int16).tobytes())


main()
