"""Rendered clips as training batches: bytes to decibels, treated anew at every visit."""

import json
import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

MELS, FRAMES = 128, 251
FLOOR_DB, STEP_DB = -100.0, 150.0 / 255.0
# Values of a teacher's embedding that a clip may have beside it (see teacher.py).
TAUGHT = 256
FAMILIES = """piano electric_piano harpsichord mallets bells organ accordion acoustic_guitar
electric_guitar distorted_guitar bass violin cello strings pizzicato harp choir trumpet brass
saxophone reeds flute synth_lead synth_pad folk_strings voice""".split()
# What a clip is if it is not music.
KINDS = ["noise", "tone", "silence", "applause", "speech"]
QUALITIES = ["vinyl", "tape", "hum", "phone", "telephone", "clipped", "crushed"]
GENRES = [
    "rock", "hard rock", "electronic music", "electronic pop", "jazz", "Latin music",
    "orchestral music", "ambient music", "folk music", "hip hop",
]  # fmt: skip
CLASSES = {
    "tempo": ["slow", "medium", "fast"],
    "texture": ["solo", "small", "full"],
    "dynamics": ["quiet", "moderate", "loud"],
    "groove": "rock dance swing funk ballad march latin hand_percussion waltz".split(),
    "lead": FAMILIES,
    "kind": ["music", *KINDS],
    "sex": ["none", "man", "woman"],
    "quality": ["clean", *QUALITIES],
    "genre": ["none", *GENRES],
}
# Classes that random notes say nothing of.
OF_MUSIC = ("tempo", "texture", "dynamics", "groove", "lead", "genre")
TAG_SIZES = {"families": len(FAMILIES), "programs": 128, "drums": 1, "vocals": 1} | {
    name: len(names) for name, names in CLASSES.items()
}


# How often a clip is drawn beside a rendered one without a singer.
REAL_DRAWS, SUNG_DRAWS = 2, 3


class Clips:
    """All whole clips in some folders of shards; `refresh` finds those rendered since."""

    def __init__(self, folders, tokenizer=None):
        self.folders = [Path(folder) for folder in folders]
        self.tokenizer = tokenizer
        self.spectra, self.records, self.taught, self.read = [], [], [], {}
        self.refresh()

    def __len__(self):
        return len(self.records)

    def draws(self):
        """Indices of an epoch in random order: real clips and clips with a singer come more than once."""
        often = [i for i, record in enumerate(self.records) for _ in range(self._draws(record[0]))]
        random.shuffle(often)
        return often

    @staticmethod
    def _draws(tags):
        real, sung = (tags["programs"] < 0).all(), tags["families"][FAMILIES.index("voice")] > 0
        return REAL_DRAWS if real else SUNG_DRAWS if sung else 1

    def refresh(self):
        for folder in self.folders:
            for path in sorted(folder.glob("*.jsonl")):
                self._read_on(path)

    def _read_on(self, path):
        clips, at = self.read.get(path, (0, 0))
        mel_path = path.with_suffix(".mel")
        whole = mel_path.stat().st_size // (MELS * FRAMES)
        if whole <= clips:
            return
        spectra = np.memmap(mel_path, np.uint8, "r", shape=(whole, MELS, FRAMES))
        taught_path = path.with_suffix(".taught.npy")
        taught = np.load(taught_path) if taught_path.exists() else np.zeros((0, TAUGHT), np.float16)
        with open(path, "rb") as lines:
            lines.seek(at)
            while clips < whole and (line := lines.readline()).endswith(b"\n"):
                self.records.append(self._digest(json.loads(line)))
                self.spectra.append(spectra[clips])
                self.taught.append(taught[clips] if clips < len(taught) else None)
                clips, at = clips + 1, lines.tell()
        self.read[path] = (clips, at)

    def _digest(self, record):
        """Tags, captions to learn, and captions (or, of real clips, the instrument's name) of which
        tempo and mood are not known."""
        if record.get("real"):
            return real_tags(record), [], solo_noun(record)
        families = np.zeros(len(FAMILIES), np.float32)
        families[[FAMILIES.index(name) for name in record["families"]]] = 1
        programs = np.zeros(128, np.float32)
        programs[record["programs"]] = 1
        kind, voice = kind_of(record), record.get("voice_kind")
        music = kind == "music"
        vocals = voice in ("man", "woman", "choir", "rap", "speech") and music
        tags = {
            "families": families,
            "programs": programs,
            "drums": np.float32([record["drums"]]),
            "vocals": np.float32([vocals]),
        }
        for name, names in CLASSES.items():
            value = record.get(name) if music else None
            if record.get("scattered") and name in OF_MUSIC:
                value = None
            if name == "kind":
                value = kind
            elif name == "sex":
                value = sex_of(record)
            elif name == "genre" and music and not record.get("scattered"):
                value = value if record["families"] and value else "none"
            tags[name] = np.int64(names.index(value) if value in names else -100)
        texts = record.get("taught") or [record["caption"]]
        return (tags, [], texts) if record.get("scattered") else (tags, texts, [])

    def batch(self, indices, treat=True):
        db = torch.from_numpy(np.stack([self.spectra[i] for i in indices])).float()
        db = db * STEP_DB + FLOOR_DB
        tags = {
            name: torch.from_numpy(np.stack([self.records[i][0][name] for i in indices]))
            for name in TAG_SIZES
        }
        missing = np.full(TAUGHT, np.nan, np.float16)
        taught = [missing if self.taught[i] is None else self.taught[i] for i in indices]
        tags["taught"] = torch.from_numpy(np.stack(taught)).float()
        if self.tokenizer is None:
            return (treated(db) if treat else db), tags, None
        # Real recordings and random notes teach tags alone.
        texts = [random.choice(self.records[i][1] or [""]) for i in indices]
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        width = -(-max(map(len, encoded)) // 8) * 8
        ids = np.ones((len(indices), width), np.int64)
        for row, caption in zip(ids, encoded):
            row[: len(caption)] = caption
        return (treated(db) if treat else db), tags, torch.from_numpy(ids)


# What captions call the instruments of recordings.csv whose names are not theirs.
RECORDED = {
    "mandolin": "plucked instrument", "double bass": "bass", "bass clarinet": "clarinet", "contrabassoon": "bassoon",
    "cor anglais": "English horn", "french horn": "French horn", "guitar": "acoustic guitar", "guitar.ogg": "guitar",
}  # fmt: skip


def solo_noun(record):
    """What a caption calls the only instrument of a real clip; None where there are more, or it is not known."""
    if record.get("families") == ["voice"] and record.get("all_families") and record.get("sex") in ("man", "woman"):
        return record["sex"] + " sings"
    parts = record.get("file", "").split("/")
    if record["source"] == "philharmonia-samples" and len(parts) > 2:
        if parts[2] == "percussion":
            return "drums" if record.get("drums") else None
        return RECORDED.get(parts[2], parts[2])
    if record["source"] == "sonic-pi-samples":
        return "drums"
    return "guitar" if parts[-1] == "guitar.ogg" else None


def real_tags(record):
    """Tags of a recording of which only some are known: `families` that sound, and all of them where
    `all_families` is set; `drums`, `vocals`, `sex` and `genre` where they are there."""
    whole = record.get("all_families", False)
    families = np.full(len(FAMILIES), 0.0 if whole else -1.0, np.float32)
    for name in record.get("absent", ()):
        families[FAMILIES.index(name)] = 0
    for name in record.get("families", ()):
        families[FAMILIES.index(name)] = 1
    tags = {"families": families, "programs": np.full(128, -1, np.float32)}
    for name in ("drums", "vocals"):
        value = record.get(name)
        tags[name] = np.float32([-1 if value is None else value])
    for name, names in CLASSES.items():
        value = "music" if name == "kind" else record.get(name)
        tags[name] = np.int64(names.index(value) if value in names else -100)
    return tags


def kind_of(record):
    """What a clip is: "music" or one of KINDS."""
    kind = "silence" if record["silent"] else record.get("kind", "music")
    return "noise" if kind.endswith("_noise") else kind


def sex_of(record):
    """Who sings or speaks: "man", "woman" or "none"; None for a choir, or where it is not known."""
    if "voice_kind" not in record or (record["voice_kind"] is None and "voice" in record["families"]):
        return None
    voice = record["voice_kind"]
    if voice in ("rap", "speech"):
        return {True: "woman", False: "man"}.get(record.get("woman"))
    return {None: "none", "choir": None}.get(voice, voice)


def warp(octaves):
    """Neighbours and weights that move every mel band by so many octaves."""
    mel = torch.linspace(0, 2595 * math.log10(1 + 8000 / 700), MELS + 2)
    hertz = 700 * (10 ** (mel / 2595) - 1)
    places = 2595 * torch.log10(1 + hertz[1:-1] * 2**-octaves / 700) / mel[1] - 1
    places = places.clamp(0, MELS - 1)
    low = places.floor().long().clamp(max=MELS - 2)
    return low, (places - low)[:, None]


def moved(db):
    """All higher or lower by up to two semitones, and faster or slower by up to 5 %: less than
    lies between two classes of tempo."""
    low, share = warp(random.uniform(-1 / 6, 1 / 6))
    db = torch.lerp(db[:, low], db[:, low + 1], share)
    places = torch.arange(FRAMES) * 2 ** random.uniform(-0.07, 0.07)
    low = places.floor().long()
    return torch.lerp(db[:, :, low % FRAMES], db[:, :, (low + 1) % FRAMES], places - low)


def mixed(db, tags, share):
    """Adds another clip of the batch to a share of the clips: what is heard is then the union
    of both, and tempo, lead and the like are unknown."""
    gain = torch.where(torch.rand(len(db)) < share, torch.rand(len(db)) * 8 - 4, -math.inf)
    other = torch.randperm(len(db))
    bel = 10 / math.log(10)
    sum_ = bel * torch.logaddexp(db / bel, (db[other] + gain[:, None, None]) / bel)
    both = gain > -math.inf
    tags = dict(tags)
    for name, values in tags.items():
        if name == "taught":
            tags[name] = values.masked_fill(both[:, None], math.nan)
        elif values.is_floating_point():
            union = torch.maximum(values, values[other])
            # Known of both or not at all: with what is known of one alone, only positives would be.
            unknown = torch.minimum(values, values[other]) < 0
            union = union.masked_fill(unknown, -1)
            tags[name] = torch.where(both[:, None], union, values)
        else:
            tags[name] = values.masked_fill(both, -100)
    return sum_, tags


def some(n, share):
    """A random choice of a share of n clips, as a column."""
    return (torch.rand(n) < share)[:, None]


def recorded(db):
    """What recording does to a spectrum: equaliser and tilt, missing highs or lows, reverberation."""
    n = len(db)
    size = torch.where(some(n, 0.5), 2.0, torch.rand(n, 1) * 5)
    curve = F.interpolate((torch.randn(n, 6) * size)[:, None], MELS, mode="linear", align_corners=True)[:, 0]
    tilt = torch.linspace(-1, 1, MELS) * torch.randn(n, 1) * 4 * some(n, 0.4)
    band = torch.arange(MELS, dtype=torch.float32)
    slope = 1 + 5 * torch.rand(n, 1)
    highs = (band - (60 + 68 * torch.rand(n, 1))).clamp(min=0) * slope * some(n, 0.15)
    lows = ((5 + 25 * torch.rand(n, 1)) - band).clamp(min=0) * slope * some(n, 0.1)
    db = db + (curve + tilt - highs - lows + torch.randn(n, 1))[:, :, None]
    for i in torch.nonzero(torch.rand(n) < 0.12).flatten():
        # A tail that falls by 20 to 80 dB a second, some decibels below the sound.
        fall = torch.arange(FRAMES) * random.uniform(0.8, 3.2)
        tail = (db[i] + fall).cummax(1).values - fall - random.uniform(4, 15)
        db[i] = torch.maximum(db[i], tail)
    return db.clamp(min=FLOOR_DB)


def treated(db):
    """Pitch, speed, recording, gain, noise floor, shift in time, masks: cheap on log-mels."""
    n = len(db)
    if random.random() < 0.6:
        db = moved(db)
    db = recorded(db)
    floor = torch.where(torch.rand(n) < 0.4, -torch.rand(n) * 60 - 25, torch.full((n,), -100.0))
    db = torch.maximum(db, floor[:, None, None])
    for clip in db:
        if random.random() < 0.3:
            clip.copy_(clip.roll(random.randrange(FRAMES), 1))
        if random.random() < 0.3:
            start, width = random.randrange(FRAMES - 20), random.randrange(3, 20)
            clip[:, start : start + width] = clip.mean()
        if random.random() < 0.3:
            start, width = random.randrange(MELS - 12), random.randrange(2, 12)
            clip[start : start + width] = clip.mean()
    return db
