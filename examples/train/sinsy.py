"""Singing of the HMM-based synthesizer Sinsy (pysinsy, voice f001 of the Nagoya Institute of Technology,
CC-BY 3.0), for the renderer's option --sung.

    python3 sinsy.py OUT [COUNT]

Writes man-*.wav and woman-*.wav at 16 kHz: random tunes with random Japanese syllables, half of them
moved to a man's range and vocal tract by the WORLD vocoder, the others by up to 8 % in vocal tract length.
"""

import random
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import pysinsy
import pyworld
from scipy.signal import resample_poly

RATE, SECONDS = 16_000, 12
SYLLABLES = list("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ")
STEPS = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9], [0, 3, 5, 7, 10]]


def note(key, duration, syllable):
    if key is None:
        return f"<note><rest/><duration>{duration}</duration></note>"
    step = STEPS[key % 12]
    alter = "<alter>1</alter>" if step[1:] else ""
    pitch = f"<pitch><step>{step[0]}</step>{alter}<octave>{key // 12 - 1}</octave></pitch>"
    lyric = f"<lyric><text>{syllable}</text></lyric>"
    return f"<note>{pitch}<duration>{duration}</duration>{lyric}</note>"


def score(rng):
    """MusicXML of a random tune: 4/4, eight divisions a bar."""
    bpm, scale, root = rng.uniform(66, 150), rng.choice(SCALES), rng.randrange(12)
    keys = [k for k in range(57, 77) if (k - root) % 12 in scale]
    at, bars = rng.randrange(len(keys)), []
    for number in range(1, 2 + int((SECONDS + 2) * bpm / 240)):
        left, notes = 8, []
        while left:
            length = min(left, rng.choice([1, 1, 2, 2, 2, 3, 4, 4, 8]))
            silent = rng.random() < 0.1 or (number == 1 and left == 8)
            notes.append(note(None if silent else keys[at], length, rng.choice(SYLLABLES)))
            at = min(len(keys) - 1, max(0, at + rng.choice([-2, -1, -1, 0, 1, 1, 2, 3, -3])))
            left -= length
        head = ""
        if number == 1:
            head = (
                "<attributes><divisions>2</divisions><key><fifths>0</fifths></key>"
                "<time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef>"
                f'</attributes><direction><sound tempo="{bpm:.0f}"/></direction>'
            )
        bars.append(f'<measure number="{number}">{head}{"".join(notes)}</measure>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="2.0"><part-list><score-part id="P1">'
        f'<part-name>v</part-name></score-part></part-list><part id="P1">{"".join(bars)}</part></score-partwise>'
    )


def sung(rng):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(score(rng))
        file.flush()
        sinsy = pysinsy.sinsy.Sinsy()
        sinsy.setLanguages("j", str(Path(pysinsy.__file__).parent / "_dic"))
        sinsy.loadVoices(str(Path(pysinsy.__file__).parent / "htsvoice/nitech_jp_song070_f001.htsvoice"))
        sinsy.loadScoreFromMusicXML(file.name)
        wav, rate = sinsy.synthesize()
    samples = resample_poly(np.asarray(wav, np.float64), RATE // 100, rate // 100)
    return samples / max(1e-6, np.abs(samples).max())


def moved(samples, sex, rng):
    f0, times = pyworld.dio(samples, RATE, frame_period=5.0)
    spectrum = pyworld.cheaptrick(samples, f0, times, RATE)
    noise = pyworld.d4c(samples, f0, times, RATE)
    stretch = rng.uniform(0.80, 0.9) if sex == "man" else rng.uniform(0.94, 1.08)
    pitch = rng.uniform(0.48, 0.62) if sex == "man" else rng.uniform(0.9, 1.1)
    places = np.clip(np.arange(spectrum.shape[1]) / stretch, 0, spectrum.shape[1] - 1)
    low = places.astype(int)
    part = places - low
    log = np.log(spectrum + 1e-12)
    envelope = log[:, low] * (1 - part) + log[:, np.minimum(low + 1, log.shape[1] - 1)] * part
    out = pyworld.synthesize(f0 * pitch, np.ascontiguousarray(np.exp(envelope)), noise, RATE, 5.0)
    return 0.7 * out / max(1e-6, np.abs(out).max())


def main():
    out, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        rng = random.Random(1000 + index)
        sex = "man" if index % 2 else "woman"
        target = out / f"{sex}-s{index:03}.wav"
        if target.exists():
            continue
        song = moved(sung(rng), sex, rng)[: SECONDS * RATE]
        with wave.open(str(target), "wb") as sound:
            sound.setparams((1, 2, RATE, 0, "NONE", ""))
            sound.writeframes((song * 32767).astype(np.int16).tobytes())


main()
