"""Composes clips on recorded samples of free libraries and on soundfonts, as shards like
musicap-train's.

    sample_clips.py --sources DIR --out DIR --clips N --seed S [--kinds]

A clip is one to five instruments and perhaps drums, each note a sample, in a scale and a beat; in
some, a synthesized voice sings. Records hold what training reads: families and their names,
drums, tempo, lead. captions.py writes captions from them.
"""

import argparse
import json
import math
import random
import re
import sys
import types
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import fftconvolve, lfilter, resample_poly

import captions

# It plays to a sound card, too, with a package that is not needed here.
sys.modules.setdefault("pyaudio", types.ModuleType("pyaudio"))
import tinysoundfont  # noqa: E402

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
    ("reeds", PH, r"/oboe/.*_(05|1|15)_.*_normal", "held", False, "oboe"),
    ("reeds", PH, r"/(bass )?clarinet/.*_(05|1|15)_.*_normal", "held", False, "clarinet"),
    ("reeds", PH, r"/(contra)?bassoon/.*_(05|1|15)_.*_normal", "held", False, "bassoon"),
    ("reeds", PH, r"/cor anglais/.*_(05|1|15)_.*_normal", "held", False, "English horn"),
    ("trumpet", PH, r"trumpet/.*_(05|1|15)_.*_normal", "held", False),
    ("brass", PH, r"trombone/.*_(05|1|15)_.*_normal", "held", False, "trombone"),
    ("brass", PH, r"french horn/.*_(05|1|15)_.*_normal", "held", False, "French horn"),
    ("brass", "karoryfer.war-tuba", r"_(s|ss)_vl", "held", False, "tuba"),
    ("brass", VPO, r"all-brass-SEC-sustain", "held", True, "brass section"),
    ("violin", PH, r"(violin|viola)/.*_(05|1|15)_.*arco-normal", "held", False),
    ("violin", VPO, r"all-strings-SOLO-sustain/[4-6]_", "held", False),
    ("cello", PH, r"/cello/.*_(05|1|15)_.*arco-normal", "held", False),
    ("strings", VPO, r"(1st-violin|2nd-violin|viola|cello|all-strings)-SEC-(sustain|tremolo)", "held", True),
    ("pizzicato", VPO, r"(1st-violin|2nd-violin|viola|cello)-SEC-pizzicato", "struck", True),
    ("pizzicato", BANK, r"Pizzicato Strings/", "struck", True),
    ("harp", "vcsl_hise", r"Folk Harp/", "struck", True),
    ("harp", VPO, r"harp-sustain", "struck", True),
    ("choir", VPO, r"choir-(FEMALE|MALE|MIXED)", "held", True),
    ("bells", VPO, r"celesta/", "struck", True, "celesta"),
    ("bells", VPO, r"glockenspiel/", "struck", True, "glockenspiel"),
    ("bells", VPO, r"tubular-bells/", "struck", True, "tubular bells"),
    ("mallets", VPO, r"xylophone/", "struck", True, "xylophone"),
    ("mallets", VPO, r"vibraphone-open/", "struck", True, "vibraphone"),
    ("acoustic_guitar", PH, r"/guitar/.*_normal", "struck", True),
    ("acoustic_guitar", "karoryfer.shinyguitar", r"acoustic/[a-g]b?\d_vl", "struck", True),
    ("electric_guitar", "karoryfer.emilyguitar", r"notes/", "struck", True),
    ("electric_guitar", "karoryfer.shinyguitar", r"electric/[a-g]b?\d_vl", "struck", True),
    ("electric_guitar", "karoryfer.black-and-green-guitars", r"(black|green)/ord/", "struck", True),
    ("distorted_guitar", "karoryfer.emilyguitar", r"notes/", "distorted", True),
    ("distorted_guitar", "karoryfer.black-and-green-guitars", r"(black|green)/ord/", "distorted", True),
    ("bass", "dsmolken.double-bass", r"pizz/pizz_[a-g]", "struck", False, "double bass"),
    ("bass", "karoryfer.meatbass", r"Samples/pizz/", "struck", False, "double bass"),
    ("bass", "karoryfer.growlybass", r"sustain/", "struck", False, "bass guitar"),
    ("bass", "karoryfer.swagbass", r"notes/", "struck", False, "bass guitar"),
    ("bass", PH, r"double bass/.*_(05|1|15)_.*arco-normal", "held", False),
    ("folk_strings", "ganjo", r"Banjo_Common", "struck", True, "banjo"),
    ("folk_strings", PH, r"banjo/.*_normal", "struck", True, "banjo"),
    ("folk_strings", PH, r"mandolin/.*_normal", "struck", True),
    ("folk_strings", BANK, r"Sitar/", "struck", True, "sitar"),
]
# Soundfonts that Debian packages, and the families of General MIDI programs, from 0, as family.rs
# has them: programs, whether held, whether chords, lowest and highest key.
FONTS = ["FluidR3_GM.sf2", "MuseScore_General_Full.sf2", "sf_GMbank.sf2"]
TEST_FONTS = ["TimGM6mb.sf2"]
PROGRAMS = {
    "piano": ([0, 1, 2, 3], False, True, 40, 96), "electric_piano": ([4, 5], False, True, 40, 88),
    "harpsichord": ([6], False, True, 40, 84), "mallets": ([11, 12, 13], False, True, 52, 88),
    "bells": ([8, 9, 10, 14], False, True, 60, 96), "organ": ([16, 17, 18, 19, 20], True, True, 40, 88),
    "accordion": ([21, 23], True, True, 48, 84), "acoustic_guitar": ([24, 25], False, True, 40, 80),
    "electric_guitar": ([26, 27, 28], False, True, 40, 80), "distorted_guitar": ([29, 30], True, True, 40, 79),
    "bass": ([32, 33, 34, 35, 36, 38, 39], False, False, 26, 50), "violin": ([40, 40, 41], True, False, 55, 91),
    "cello": ([42], True, False, 36, 69), "strings": ([48, 49, 44, 50], True, True, 40, 88),
    "pizzicato": ([45], False, True, 43, 84), "harp": ([46], False, True, 40, 90),
    "choir": ([52, 53, 54], True, True, 45, 80), "trumpet": ([56, 56, 59], True, False, 54, 84),
    "brass": ([57, 60, 61, 58], True, True, 36, 76), "saxophone": ([64, 65, 66, 67], True, False, 44, 80),
    "reeds": ([68, 69, 70, 71], True, False, 46, 84), "flute": ([73, 72, 74, 75], True, False, 60, 93),
    "synth_lead": ([80, 81, 84, 87], True, False, 48, 86), "synth_pad": ([88, 89, 90, 91, 92, 94, 95], True, True, 45, 80),
    "folk_strings": ([104, 105, 106, 107], False, True, 50, 84),
}  # fmt: skip
FONT_KITS = {0: ["rock", "ballad", "march"], 16: ["rock", "funk"], 25: ["dance"], 40: ["swing", "latin"]}
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


class Synth:
    """A soundfont, note by note."""

    def __init__(self, name):
        self.path, self.synth = f"/usr/share/sounds/sf2/{name}", None

    def note(self, drum, program, key):
        if self.synth is None:
            self.synth = tinysoundfont.Synth(samplerate=RATE, gain=-10)
            self.font = self.synth.sfload(self.path)
        synth, channel = self.synth, 9 if drum else 0
        synth.program_select(channel, self.font, 128 if drum else 0, program, drum)
        synth.noteon(channel, key, 60 + (key * 37 + program * 11) % 60)
        sound = np.frombuffer(bytes(synth.generate(int(3.4 * RATE))), np.float32).copy()
        synth.noteoff(channel, key)
        rest = np.frombuffer(bytes(synth.generate(int(0.6 * RATE))), np.float32).copy()
        synth.sounds_off(channel)
        synth.generate(RATE // 10)
        sound = np.concatenate([sound, rest])
        return sound.reshape(-1, 2).mean(1)


# Formants of sung vowels, hertz, of a man (Peterson and Barney, 1952, rounded).
VOWELS = [(730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240), (660, 1720, 2410)]


def sung(song, rng):
    """A synthesized voice: pulses of the glottis through the resonances of vowels."""
    man = rng.random() < 0.5
    size = rng.uniform(0.92, 1.05) if man else rng.uniform(1.12, 1.25)
    out, beat, scale = np.zeros(LENGTH, np.float32), song["beat"], song["scale"]
    noise = np.random.default_rng(rng.randrange(2**32))
    centre = rng.uniform(45, 55) if man else rng.uniform(57, 68)
    depth, rate, breath, tilt = rng.uniform(0, 0.5), rng.uniform(4.5, 6.5), rng.uniform(0.005, 0.06), rng.uniform(0.9, 0.98)
    time, place = song["wait"], rng.randrange(len(scale))
    while time < SECONDS:
        beats = rng.choice([0.5, 0.5, 1, 1, 1, 2, 3])
        if rng.random() < 0.12:
            time += beats * beat
            continue
        place = min(max(place + rng.choice([-2, -1, -1, 0, 1, 1, 2]), -3), 8)
        key = song["root"] + scale[place % len(scale)] + 12 * (place // len(scale))
        key += 12 * round((centre - key) / 12)
        n = int(beats * beat * RATE * rng.uniform(0.85, 1.0))
        t = np.arange(n) / RATE
        bend = rng.uniform(-1, 0.5) * np.exp(-t / 0.06) + depth * np.sin(2 * np.pi * rate * t) * np.minimum(1, t / 0.4)
        hertz = 440 * 2 ** ((key + bend + 0.05 * noise.standard_normal() - 69) / 12)
        phase = np.cumsum(hertz) / RATE
        # A saw of as many partials as fit, rounded off by a one-pole filter: the glottis.
        pulse = 2 * (phase % 1) - 1
        pulse = lfilter([1 - tilt], [1, -tilt], np.diff(pulse, prepend=0)) + breath * noise.standard_normal(n)
        sound = np.zeros(n)
        for formant, gain, width in zip(rng.choice(VOWELS), (1, 0.6, 0.3), (80, 100, 140)):
            r = math.exp(-math.pi * width / RATE)
            w = 2 * math.pi * min(formant * size, 7000) / RATE
            sound += gain * lfilter([1 - r], [1, -2 * r * math.cos(w), r * r], pulse)
        attack = np.minimum(1, t / rng.uniform(0.02, 0.12)) * np.minimum(1, (t[-1] - t) / 0.05 if n else 1)
        if rng.random() < 0.3 and n > 800:
            consonant = noise.standard_normal(800) * np.hanning(800) * 0.05 * np.abs(sound).max()
            sound[:800] += np.diff(consonant, prepend=0)
        at = int(time * RATE)
        end = min(LENGTH, at + n)
        out[at:end] += (sound * attack)[: end - at]
        time += beats * beat
    return out, man


class Library:
    """Files of the sources by instrument, decoded when they are first needed."""

    def __init__(self, sources, fonts=FONTS, samples=True):
        self.sources, self.cache = Path(sources), {}
        self.synths = {name: Synth(name) for name in fonts}
        listed = {}
        for folder in {row[1] for row in INSTRUMENTS} | {kit[0] for kit in KITS.values()}:
            root = self.sources / folder
            files = [p for p in root.rglob("*") if p.suffix in (".wav", ".flac", ".mp3", ".aif")]
            listed[folder] = sorted(str(p) for p in files)
        self.instruments = []
        for family, folder, pattern, manner, chords, *noun in INSTRUMENTS if samples else []:
            # A hundred files a library: more are more of the same velocity layers.
            files = [f for f in listed[folder] if re.search(pattern, f)]
            files = random.Random(folder + pattern).sample(files, min(100, len(files)))
            if files:
                noun = noun[0] if noun else None
                self.instruments.append([family, folder, sorted(files), manner, chords, None, noun])
        self.recorded = len(self.instruments)
        for name in fonts:
            for family, (programs, held, chords, low, high) in PROGRAMS.items():
                for program in sorted(set(programs)):
                    keys = [(key, f"font:{name}:{program}:{key}") for key in range(low, high, 3)]
                    manner, noun = "held" if held else "struck", captions.PROGRAMS.get(program)
                    self.instruments.append([family, name, [], manner, chords, keys, noun])
        self.by_family = {}
        for instrument in self.instruments:
            self.by_family.setdefault(instrument[0], []).append(instrument)
        self.speech = sorted(str(p) for p in (self.sources / "speech").glob("*.wav"))
        self.kits = {}
        self.grooves = dict(GROOVES)
        for name in fonts:
            for bank, grooves in FONT_KITS.items():
                kit = f"{name}:{bank}"
                keys = [[35, 36], [38, 40], [42, 44, 46], [49, 51, 53], [45, 47, 48, 50]]
                self.kits[kit] = [[f"kit:{name}:{bank}:{key}" for key in piece] for piece in keys]
                self.grooves[kit] = grooves
        for name, (folder, patterns) in KITS.items() if samples else []:
            pieces = [[f for f in listed[folder] if re.search(p, f)] for p in patterns]
            pieces = [random.Random(name).sample(p, min(40, len(p))) for p in pieces]
            if all(pieces[:3]):
                self.kits[name] = pieces

    def sound(self, path):
        if path not in self.cache:
            try:
                if path.startswith(("font:", "kit:")):
                    source, name, program, key = path.split(":")
                    sound = self.synths[name].note(source == "kit", int(program), int(key))
                else:
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
    if 0 <= at < end and len(sound):
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
    names = rng.sample(sorted(library.by_family), count)
    if count and rng.random() < 0.1:
        names[0 if rng.random() < 0.8 else -1] = "voice"
    mix, families, roles, nouns = np.zeros(LENGTH, np.float32), [], [], []
    # A clip on one soundfont, or each part on whatever has it, recorded as often as not.
    font = rng.choice([*library.synths, None, None, None]) if library.synths else None
    sex = None
    for i, name in enumerate(names):
        if name == "voice":
            sound, man = sung(song, rng)
            sex = "male" if man else "female"
            mix += level(rooms.place(sound, rng), -20 - (0 if not families else rng.uniform(0, 5)))
            families.append(name)
            roles.append("melody")
            nouns.append(None)
            continue
        able = [row for row in library.by_family[name] if font in (None, row[1])]
        recorded = [row for row in able if row[5] is None or not row[5][0][1].startswith("font:")]
        if font is None and recorded and rng.random() < 0.7:
            able = recorded
        instrument = rng.choice(able or library.by_family[name])
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
        nouns.append(instrument[6])
    groove = None
    if with_drums or not families:
        kit = rng.choice([kit for kit in sorted(library.kits) if font is None or kit.startswith(font)])
        sound = drums(library, kit, song, rng)
        if np.sqrt(np.mean(sound**2)) > 1e-4:
            mix += level(rooms.place(sound, rng), -20 - (rng.uniform(-1, 8) if families else 0))
            groove = rng.choice(library.grooves[kit])
    dynamics = rng.choice(["quiet", "moderate", "loud"])
    target = {"quiet": (-45, -32), "moderate": (-28, -22), "loud": (-19, -12)}[dynamics]
    mix = level(mix, rng.uniform(*target))
    sounding = len(families) + (groove is not None)
    return np.clip(mix, -1, 1), dict(
        bpm=bpm, tempo=tempo, dynamics=dynamics, groove=groove, drums=groove is not None,
        texture="solo" if sounding <= 1 else "small" if sounding <= 3 else "full",
        families=families, lead=families[0] if families else None, programs=[],
        silent=sounding == 0, style="free", roles=roles, nouns=nouns, sex=sex, fonts=["samples"], caption="",
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
    p.add_argument("--fonts", choices=["train", "test", "none"], default="train")
    p.add_argument("--wav", type=int, default=0, help="keep the first clips as WAV files, too")
    a = p.parse_args()
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    fonts = {"train": FONTS, "test": TEST_FONTS, "none": []}[a.fonts]
    library, rooms = Library(a.sources, fonts, a.fonts != "test"), Rooms(a.sources)
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
