"""Composes clips on recorded samples of free libraries, as shards like musicap-train's.

    sample_clips.py --sources DIR --out DIR --clips N --seed S [--kinds]

A clip is one to five instruments and perhaps drums, each note a recording, in a scale and a beat.
Records hold what training reads: families, drums, tempo, lead. They hold no caption.
"""

import argparse
import json
import math
import random
import re
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import fftconvolve, resample_poly

RATE, SECONDS, N_FFT, HOP, MELS = 16000, 10, 1024, 640, 128
LENGTH = RATE * SECONDS

# Family, library (a folder of --sources), pattern of files, how it sounds ("held" or "struck"),
# and whether it can play chords. A pattern is a regular expression on the path.
PH, VPO = "philharmonia-samples", "VirtualPlayingOrchestra"
BANK = "Discord-SFZ-GM-Bank"
INSTRUMENTS = [
    ("piano", "SplendidGrandPiano", r"Samples/(PP|MP|Mp|MF|Mf|FF) ", "struck", True),
    ("piano", "BengtNilsson.HeadroomPiano", r"LEVEL[1-5] (CLOSE|DECCA)", "struck", True),
    ("electric_piano", "GregSullivan.E-Pianos", r"Wurlitzer EP200/Samples/[a-g]", "struck", True),
    ("electric_piano", BANK, r"Electric Piano 1/", "struck", True),
    ("saxophone", "MTG.SoloSax", r"Samples/(sop|alt|ten|bar)_[fpb]_", "held", False),
    ("saxophone", "karoryfer.bear-sax", r"_vl\d_rr", "held", False),
    ("saxophone", "karoryfer.weresax", r"alto/.*_dnm", "held", False),
    ("saxophone", PH, r"saxophone/.*_(05|1|15)_.*_normal", "held", False),
    ("flute", "Ixox.Flute", r"Samples/(nor|det)_", "held", False),
    ("flute", PH, r"/flute/.*_(05|1|15)_.*_normal", "held", False),
    ("flute", VPO, r"piccolo-SOLO-(sustain|staccato)", "held", False),
    ("reeds", PH, r"(oboe|clarinet|bassoon|cor anglais)/.*_(05|1|15)_.*_normal", "held", False),
    ("trumpet", PH, r"trumpet/.*_(05|1|15)_.*_normal", "held", False),
    ("brass", PH, r"(trombone|french horn)/.*_(05|1|15)_.*_normal", "held", False),
    ("brass", PH, r"tuba/.*_(05|1|15)_.*_normal", "held", False),
    ("brass", "karoryfer.war-tuba", r"_(s|ss)_vl", "held", False),
    ("brass", VPO, r"all-brass-SEC-sustain", "held", True),
    ("violin", PH, r"(violin|viola)/.*_(05|1|15)_.*arco-normal", "held", False),
    ("violin", VPO, r"all-strings-SOLO-sustain/[4-6]_", "held", False),
    ("cello", PH, r"/cello/.*_(05|1|15)_.*arco-normal", "held", False),
    ("strings", VPO, r"(1st-violin|2nd-violin|viola|cello|all-strings)-SEC-(sustain|tremolo)", "held", True),
    ("pizzicato", VPO, r"(1st-violin|2nd-violin|viola|cello)-SEC-pizzicato", "struck", True),
    ("pizzicato", BANK, r"Pizzicato Strings/", "struck", True),
    ("harp", "vcsl_hise", r"Folk Harp/", "struck", True),
    ("harp", VPO, r"harp-sustain", "struck", True),
    ("choir", VPO, r"choir-(FEMALE|MALE|MIXED)", "held", True),
    ("bells", VPO, r"(celesta|glockenspiel|tubular-bells)/", "struck", True),
    ("mallets", VPO, r"(xylophone|vibraphone-open)/", "struck", True),
    ("acoustic_guitar", PH, r"/guitar/.*_normal", "struck", True),
    ("acoustic_guitar", "karoryfer.shinyguitar", r"acoustic/[a-g]b?\d_vl", "struck", True),
    ("electric_guitar", "karoryfer.emilyguitar", r"notes/", "struck", True),
    ("electric_guitar", "karoryfer.shinyguitar", r"electric/[a-g]b?\d_vl", "struck", True),
    ("electric_guitar", "karoryfer.black-and-green-guitars", r"(black|green)/ord/", "struck", True),
    ("distorted_guitar", "karoryfer.emilyguitar", r"notes/", "distorted", True),
    ("distorted_guitar", "karoryfer.black-and-green-guitars", r"(black|green)/ord/", "distorted", True),
    ("bass", "dsmolken.double-bass", r"pizz/pizz_[a-g]", "struck", False),
    ("bass", "karoryfer.meatbass", r"Samples/pizz/", "struck", False),
    ("bass", "karoryfer.growlybass", r"sustain/", "struck", False),
    ("bass", "karoryfer.swagbass", r"notes/", "struck", False),
    ("bass", PH, r"double bass/.*_(05|1|15)_.*arco-normal", "held", False),
    ("folk_strings", "ganjo", r"Banjo_Common", "struck", True),
    ("folk_strings", PH, r"(banjo|mandolin)/.*_normal", "struck", True),
    ("folk_strings", BANK, r"Sitar/", "struck", True),
]
KITS = {
    "muldjord": ("DrumGizmo.MuldjordKit", [r"KdrumL/.*-(KdrumL|OHL)\.", r"Snare/.*-(Snare_top|OHL)\.",
                 r"HihatClosed/.*-(Hihat|OHL)\.", r"(Crash|Ride)./.*-OHL\.", r"Tom(\d)/.*-(Tom\1|OHL)\."]),
    "gogodze": ("karoryfer.gogodze-phu-vol-i", [r"bobobo_bass|bobobo", r"cajon_s", r"cajon_[rs]l", r"bobobo", r"cajon"]),
    "hands": ("karoryfer.gogodze-phu-vol-ii", [r"Samples/"] * 5),
    "bank": (BANK, [r"001-Standard Kit/.*([Kk]ick|low)", r"001-Standard Kit/.*[Ss]nare", r"001-Standard Kit/.*([Hh]at|Closed)",
             r"001-Standard Kit/.*([Cc]rash|[Rr]ide)", r"001-Standard Kit/.*[Tt]om"]),
}  # fmt: skip
GROOVES = {"muldjord": ["rock", "funk", "ballad"], "bank": ["rock", "dance", "ballad"],
           "gogodze": ["hand_percussion"], "hands": ["hand_percussion"]}  # fmt: skip
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
NOTE = re.compile(r"(?:^|[^a-z])([a-g])(#|s|b)?(-?\d)(?=$|[^0-9])", re.I)
TEMPI = {"slow": (46, 74), "medium": (88, 114), "fast": (134, 184)}
SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9]]


def named_key(path):
    """The MIDI key that a file's name states."""
    if found := NOTE.search(Path(path).stem):
        step, accidental, octave = found.groups()
        shift = {"#": 1, "s": 1, "b": -1}.get((accidental or "").lower(), 0)
        return STEPS[step.lower()] + shift + 12 * (int(octave) + 1)
    return None


def measured_key(sound):
    """The MIDI key of the strongest periodicity, by autocorrelation."""
    at = min(len(sound) // 4, RATE // 5)
    part = sound[at : at + 4096]
    if len(part) < 2048:
        part = sound[:4096]
    n = len(part)
    if n < 512:
        return None
    spectrum = np.abs(np.fft.rfft(part * np.hanning(n), 4 * n)) ** 2
    lags = np.fft.irfft(spectrum)[: n // 2]
    low = RATE // 1800
    first = np.argmax(lags < 0) if (lags < 0).any() else low
    first = max(first, low)
    lag = first + int(np.argmax(lags[first:]))
    return int(round(69 + 12 * math.log2(RATE / lag / 440)))


def decode(path, seconds=4.0):
    with sf.SoundFile(path) as file:
        sound = file.read(int(seconds * file.samplerate), dtype="float32", always_2d=True).mean(1)
        rate = file.samplerate
    sound = resample_poly(sound, RATE, rate).astype(np.float32) if rate != RATE else sound
    loud = np.flatnonzero(np.abs(sound) > 0.02 * (np.abs(sound).max() + 1e-9))
    return sound[max(0, loud[0] - 80) :] if len(loud) else sound[:0]


class Library:
    """Files of the sources by instrument, decoded when they are first needed."""

    def __init__(self, sources):
        self.sources, self.cache = Path(sources), {}
        listed = {}
        for folder in {row[1] for row in INSTRUMENTS} | {kit[0] for kit in KITS.values()}:
            root = self.sources / folder
            files = [p for p in root.rglob("*") if p.suffix in (".wav", ".flac", ".mp3", ".aif")]
            listed[folder] = sorted(str(p) for p in files)
        self.instruments = []
        for family, folder, pattern, manner, chords in INSTRUMENTS:
            # A hundred files a library: more are more of the same velocity layers.
            files = [f for f in listed[folder] if re.search(pattern, f)]
            files = random.Random(folder + pattern).sample(files, min(100, len(files)))
            if files:
                self.instruments.append([family, folder, sorted(files), manner, chords, None])
        self.speech = sorted(str(p) for p in (self.sources / "speech").glob("*.wav"))
        self.kits = {}
        for name, (folder, patterns) in KITS.items():
            pieces = [[f for f in listed[folder] if re.search(p, f)] for p in patterns]
            pieces = [random.Random(name).sample(p, min(40, len(p))) for p in pieces]
            if all(pieces[:3]):
                self.kits[name] = pieces

    def sound(self, path):
        if path not in self.cache:
            try:
                sound = decode(path)
            except Exception:
                sound = np.zeros(0, np.float32)
            peak = np.abs(sound).max() if len(sound) else 0
            self.cache[path] = (sound / peak).astype(np.float16) if peak > 1e-4 else sound[:0]
        return self.cache[path].astype(np.float32)

    def keys(self, instrument):
        """(key, path) of an instrument's samples, lowest first."""
        if instrument[5] is None:
            keys = []
            for path in instrument[2]:
                key = named_key(path)
                if key is None:
                    sound = self.sound(path)
                    key = measured_key(sound) if len(sound) > 800 else None
                if key is not None:
                    keys.append((key, path))
            instrument[5] = sorted(keys)
        return instrument[5]


def tuned(sound, semitones):
    if not semitones or not len(sound):
        return sound
    places = np.arange(0, len(sound) - 1, 2 ** (semitones / 12))
    return np.interp(places, np.arange(len(sound)), sound).astype(np.float32)


def put(out, at, sound, length, gain, manner):
    """Adds a note of so many samples, released over 60 ms (held) or 250 ms (struck)."""
    release = int(RATE * (0.06 if manner == "held" else 0.25))
    sound = sound[: length + release].copy()
    if len(sound) > length:
        tail = len(sound) - length
        sound[length:] *= np.linspace(1, 0, tail) ** 2
    end = min(len(out), at + len(sound))
    if 0 <= at < end:
        out[at:end] += gain * sound[: end - at]


def part(library, instrument, role, song, rng):
    """One instrument's part, 10 s."""
    out = np.zeros(LENGTH, np.float32)
    keys = library.keys(instrument)
    if not keys:
        return out
    manner = "held" if instrument[3] == "held" else "struck"
    beat, scale, root, chords = song["beat"], song["scale"], song["root"], song["chords"]
    low, high = keys[0][0], keys[-1][0]
    centre = {"bass": low + 7, "chords": (low + high) / 2, "pad": (low + high) / 2}.get(
        role, low + (high - low) * rng.uniform(0.4, 0.75)
    )
    centre = min(max(centre, low), high)
    layer = rng.random()

    def play(key, time, beats, gain):
        near = sorted(keys, key=lambda row: abs(row[0] - key))[:4]
        near = [row for row in near if abs(row[0] - key) <= 4] or near[:1]
        at, path = near[int(layer * len(near)) % len(near)] if rng.random() < 0.6 else rng.choice(near)
        shift = key - at
        if abs(shift) > 6:
            shift = 0
        sound = tuned(library.sound(path), shift)
        put(out, int(time * RATE), sound, int(beats * beat * RATE), gain, manner)

    def close(degree_key):
        """The octave of a pitch class next to the part's centre."""
        return degree_key % 12 + 12 * round((centre - degree_key % 12) / 12)

    time, step, place = song["wait"], 0, rng.randrange(len(scale))
    pattern = rng.choice([[1, 1, 1, 1], [2, 1, 1], [0.5, 0.5, 1, 2], [1.5, 0.5, 2], [0.5] * 8, [3, 1], [4]])
    while time < SECONDS:
        bar = int((time - song["wait"]) / (4 * beat))
        chord = chords[bar % len(chords)]
        tones = [root + scale[(chord + i) % len(scale)] for i in (0, 2, 4)]
        gain = rng.uniform(0.7, 1.0)
        if role == "melody":
            beats = pattern[step % len(pattern)]
            place = min(max(place + rng.choice([-2, -1, -1, 0, 1, 1, 2]), -4), 9)
            key = root + scale[place % len(scale)] + 12 * (place // len(scale))
            key += 12 * round((centre - root - 4) / 12)
            if rng.random() > 0.08:
                play(key, time, beats, gain)
        elif role == "bass":
            beats = rng.choice([1, 1, 2, 0.5]) if song["tempo"] != "slow" else rng.choice([2, 4, 1])
            play(close(tones[0] if rng.random() < 0.7 else rng.choice(tones)), time, beats, gain)
        elif role == "arpeggio":
            beats = 0.5
            play(close(tones[step % 3]) + 12 * (step % 4 == 3), time, 1.0, gain)
        else:
            beats = 4 if role == "pad" else rng.choice([1, 2, 2, 4])
            for tone in tones:
                play(close(tone), time + rng.uniform(0, 0.02), beats, gain)
        time, step = time + beats * beat, step + 1
    if instrument[3] == "distorted":
        peak = np.abs(out).max() + 1e-6
        out = np.tanh(out / peak * 10 ** rng.uniform(0.8, 1.6))
        out = np.convolve(out, np.hanning(7) / np.hanning(7).sum(), "same")
    return out.astype(np.float32)


def drums(library, kit, song, rng):
    out, beat = np.zeros(LENGTH, np.float32), song["beat"]
    pieces = [rng.sample(p, min(3, len(p))) if p else [] for p in library.kits[kit]]
    kicks = rng.choice([[0, 2], [0, 2, 2.5], [0, 1.5, 2], [0, 1, 2, 3], [0, 2.75]])
    snares = rng.choice([[1, 3], [1, 3], [2], [1, 2.5, 3]])
    hats = rng.choice([[i / 2 for i in range(8)], list(range(4)), [i / 4 for i in range(16)], []])
    time = song["wait"]
    while time < SECONDS:
        for piece, beats, gain in ((0, kicks, 1.0), (1, snares, 0.9), (2, hats, 0.45)):
            for place in beats:
                if rng.random() < 0.95:
                    path = rng.choice(pieces[piece])
                    at = int((time + place * beat) * RATE)
                    put(out, at, library.sound(path), RATE, gain * rng.uniform(0.7, 1), "struck")
        if pieces[4] and rng.random() < 0.3:
            for i in range(4):
                at = int((time + (3 + i / 4) * beat) * RATE)
                put(out, at, library.sound(rng.choice(pieces[4])), RATE, 0.7, "struck")
        time += 4 * beat
    return out


def level(sound, db):
    rms = math.sqrt(float(np.mean(sound**2)) + 1e-12)
    return sound * (10 ** (db / 20) / rms) if rms > 1e-5 else sound


class Rooms:
    """Impulse responses of real rooms."""

    def __init__(self, sources):
        files = [p for p in (Path(sources) / "web-audio-samples").rglob("*.wav") if "impulse" in str(p).lower()]
        self.responses = []
        for path in sorted(files):
            try:
                response = decode(path, 3.0)
            except Exception:
                continue
            if len(response) > 400:
                self.responses.append(response / (np.sqrt(np.sum(response**2)) + 1e-9))

    def place(self, sound, rng):
        if not self.responses or rng.random() < 0.45:
            return sound
        wet = fftconvolve(sound, rng.choice(self.responses))[: len(sound)].astype(np.float32)
        share = rng.uniform(0.1, 0.8)
        return (1 - share) * level(sound, -20) + share * level(wet, -20)


KINDS = ["noise", "tone", "silence", "applause", "speech"]


def no_music(library, rooms, rng):
    """Ten seconds of something that is not music, and what it is."""
    noise = np.random.default_rng(rng.randrange(2**32))
    kind = rng.choice(KINDS if library.speech else KINDS[:-1])
    seconds = np.arange(LENGTH) / RATE
    if kind == "noise":
        white = np.fft.rfft(noise.standard_normal(LENGTH))
        hertz = np.maximum(np.fft.rfftfreq(LENGTH, 1 / RATE), 20)
        tilt = rng.choice([0, 0, 0, 0.5, 1]) + rng.uniform(-0.1, 0.1)
        sound = np.fft.irfft(white / hertz**tilt)
        if rng.random() < 0.2:
            sound *= 1 + rng.uniform(0.1, 0.6) * np.sin(2 * np.pi * rng.uniform(0.1, 2) * seconds)
    elif kind == "tone":
        hertz = 2 ** rng.uniform(math.log2(60), math.log2(6000))
        if rng.random() < 0.2:
            phase = np.cumsum(hertz * 2 ** (np.linspace(0, rng.uniform(-2, 2), LENGTH))) / RATE
        else:
            phase = hertz * seconds
        sound = np.sin(2 * np.pi * phase)
        if rng.random() < 0.2:
            sound = np.sign(sound)
        sound = sound + 10 ** rng.uniform(-5, -2) * noise.standard_normal(LENGTH)
    elif kind == "silence":
        quiet = 0.0 if rng.random() < 0.4 else 10 ** (rng.uniform(-100, -66) / 20)
        return (quiet * noise.standard_normal(LENGTH)).astype(np.float32), kind
    elif kind == "applause":
        sound = np.zeros(LENGTH, np.float32)
        hands = rng.randrange(8, 80)
        for _ in range(hands):
            width, hertz = rng.randrange(60, 200), rng.uniform(700, 2500)
            n = np.arange(6 * width)
            clap = noise.standard_normal(6 * width) * np.exp(-n / width)
            clap = clap * (1 + np.cos(2 * np.pi * hertz * n / RATE))
            time, period, gain = rng.random(), rng.uniform(0.18, 0.38), rng.uniform(0.1, 1)
            while time < SECONDS:
                put(sound, int(time * RATE), clap.astype(np.float32), len(clap), gain, "held")
                time += period * rng.uniform(0.85, 1.15)
        swell = np.interp(seconds, [0, rng.uniform(0.1, 3), 10], [rng.random(), 1, rng.random()])
        sound = rooms.place(sound * swell, rng)
    else:
        sound, at = np.zeros(LENGTH, np.float32), 0
        while at < LENGTH:
            said = tuned(library.sound(rng.choice(library.speech)), rng.uniform(-2, 2))
            put(sound, at, said, len(said), rng.uniform(0.7, 1), "held")
            at += len(said) + rng.randrange(RATE)
        sound = rooms.place(sound, rng)
        if rng.random() < 0.5:
            sound = sound + 10 ** rng.uniform(-3.5, -2) * noise.standard_normal(LENGTH)
    return np.clip(level(sound, rng.uniform(-40, -12)), -1, 1).astype(np.float32), kind


def clip(library, rooms, rng):
    if rng.random() < 0.07:
        sound, kind = no_music(library, rooms, rng)
        return sound, dict(
            kind=kind, bpm=0, tempo=None, dynamics=None, groove=None, drums=False, texture=None,
            families=[], lead=None, programs=[], silent=True, style="free", roles=[],
            fonts=[], caption="",
        )  # fmt: skip
    tempo = rng.choice(list(TEMPI))
    bpm = rng.uniform(*TEMPI[tempo])
    song = dict(
        tempo=tempo, beat=60 / bpm, scale=rng.choice(SCALES), root=rng.randrange(12),
        chords=rng.choice([[0, 3, 4, 0], [0, 5, 3, 4], [0, 4, 5, 3], [0, 0, 3, 4], [0]]),
        wait=rng.choice([0, 0, rng.uniform(0, 1)]),
    )  # fmt: skip
    with_drums = rng.random() < 0.45
    count = rng.choices([0 if with_drums else 1, 1, 2, 3, 4], [0.1, 0.45, 0.2, 0.15, 0.1])[0]
    by_family = {}
    for instrument in library.instruments:
        by_family.setdefault(instrument[0], []).append(instrument)
    names = rng.sample(sorted(by_family), count)
    mix, families, roles = np.zeros(LENGTH, np.float32), [], []
    for i, name in enumerate(names):
        instrument = rng.choice(by_family[name])
        if name == "bass" and i:
            role = "bass"
        elif i == 0:
            role = "melody" if not instrument[4] else rng.choice(["melody", "melody", "chords", "arpeggio"])
        elif instrument[4]:
            role = rng.choice(["chords", "pad", "arpeggio", "melody"])
        else:
            role = rng.choice(["melody", "bass"] if instrument[3] == "held" else ["melody"])
        sound = part(library, instrument, role, song, rng)
        if i == 0 and instrument[4] and rng.random() < 0.35 and role == "melody":
            sound = sound + 0.8 * part(library, instrument, "chords", song, rng)
        if np.sqrt(np.mean(sound**2)) < 1e-4:
            continue
        mix += level(rooms.place(sound, rng), -20 - (0 if not families else rng.uniform(1, 8)))
        families.append(name)
        roles.append(role)
    groove = None
    if with_drums or not families:
        kit = rng.choice(sorted(library.kits))
        sound = drums(library, kit, song, rng)
        if np.sqrt(np.mean(sound**2)) > 1e-4:
            mix += level(rooms.place(sound, rng), -20 - (rng.uniform(-1, 8) if families else 0))
            groove = rng.choice(GROOVES[kit])
    dynamics = rng.choice(["quiet", "moderate", "loud"])
    target = {"quiet": (-45, -32), "moderate": (-28, -22), "loud": (-19, -12)}[dynamics]
    mix = level(mix, rng.uniform(*target))
    sounding = len(families) + (groove is not None)
    return np.clip(mix, -1, 1), dict(
        bpm=bpm, tempo=tempo, dynamics=dynamics, groove=groove, drums=groove is not None,
        texture="solo" if sounding <= 1 else "small" if sounding <= 3 else "full",
        families=families, lead=families[0] if families else None, programs=[],
        silent=sounding == 0, style="free", roles=roles, fonts=["samples"], caption="",
    )  # fmt: skip


def mel_filters():
    mel = lambda hertz: 2595 * math.log10(1 + hertz / 700)  # noqa: E731
    edges = 700 * (10 ** (np.linspace(0, mel(8000), MELS + 2) / 2595) - 1)
    bins = np.linspace(0, RATE / 2, N_FFT // 2 + 1)
    up = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(up, down))


FILTERS = mel_filters()
WINDOW = np.hanning(N_FFT + 1)[:-1]


def log_mel(sound):
    """Decibels [128, 251] of 10 s, as the core's front end makes them."""
    padded = np.pad(sound.astype(np.float64), N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    power = np.abs(np.fft.rfft(frames * WINDOW)) ** 2
    return 10 * np.log10(np.maximum(FILTERS @ power.T, 1e-10))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--sources", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--clips", type=int, required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--wav", type=int, default=0, help="keep the first clips as WAV files, too")
    a = p.parse_args()
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    library, rooms = Library(a.sources), Rooms(a.sources)
    path = out / f"samples-{a.seed}.jsonl"
    done = path.read_text().count("\n") if path.exists() else 0
    with open(path, "a") as records, open(path.with_suffix(".mel"), "ab") as spectra:
        for index in range(done, a.clips):
            sound, record = clip(library, rooms, random.Random(f"{a.seed}-{index}"))
            db = log_mel(sound)
            cells = np.clip(np.round((db + 100) * 255 / 150), 0, 255).astype(np.uint8)
            spectra.write(cells.tobytes())
            spectra.flush()
            records.write(json.dumps({"index": index} | record) + "\n")
            records.flush()
            if index < a.wav:
                sf.write(out / f"{index}.wav", sound, RATE)
            if index % 100 == 0:
                print(index, record["families"], record["groove"], flush=True)


if __name__ == "__main__":
    main()
