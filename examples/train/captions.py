"""Captions of records, written anew at every visit: some families by name, others by what is still
true of them, others not at all. What a caption may leave out at training, the search can leave
out where the tag head is not sure.

The words follow from the leading family and what is said, so that the same sound is described
in the same words.
"""

import random
import zlib

from nouns import NOUNS

# General Midi programs, from 0, with a name of their own.
PROGRAMS = {
    8: "celesta", 9: "glockenspiel", 11: "vibraphone", 12: "marimba", 13: "xylophone",
    14: "tubular bells", 19: "church organ", 32: "double bass", 33: "bass guitar", 34: "bass guitar",
    35: "bass guitar", 36: "bass guitar", 38: "synth bass", 39: "synth bass", 41: "viola", 57: "trombone",
    58: "tuba", 60: "French horn", 61: "brass section", 68: "oboe", 69: "English horn",
    70: "bassoon", 71: "clarinet", 72: "piccolo", 74: "recorder", 75: "pan flute", 104: "sitar",
    105: "banjo", 106: "shamisen", 107: "koto",
}  # fmt: skip
# What is still true of a family whose name is in doubt.
GENERAL = {
    "piano": "keyboard instrument", "electric_piano": "keyboard instrument",
    "harpsichord": "keyboard instrument", "organ": "keyboard instrument",
    "accordion": "keyboard instrument", "mallets": "struck instrument", "bells": "struck instrument",
    "acoustic_guitar": "plucked instrument", "electric_guitar": "guitar", "distorted_guitar": "guitar",
    "bass": "low instrument", "violin": "bowed instrument", "cello": "bowed instrument",
    "strings": "bowed instrument", "pizzicato": "plucked instrument", "harp": "plucked instrument",
    "folk_strings": "plucked instrument", "choir": "vocals", "voice": "vocals",
    "trumpet": "wind instrument", "brass": "wind instrument", "saxophone": "wind instrument",
    "reeds": "wind instrument", "flute": "wind instrument", "synth_lead": "synthesizer",
    "synth_pad": "synthesizer",
}  # fmt: skip
PLURAL = {"bells", "tubular bells", "strings", "pizzicato strings", "plucked strings", "voices", "vocals"}
TEMPO = {
    "slow": ["slow", "unhurried", "slow-paced"],
    "medium": ["mid-tempo", "medium-paced", "moderately paced"],
    "fast": ["fast", "quick", "fast-paced"],
}
MOOD = {
    ("slow", "quiet"): ["calm", "peaceful", "gentle", "tender"],
    ("slow", "moderate"): ["relaxed", "mellow", "reflective"],
    ("slow", "loud"): ["grand", "majestic", "powerful"],
    ("medium", "quiet"): ["gentle", "easygoing", "soft"],
    ("medium", "moderate"): ["steady", "warm", "flowing"],
    ("medium", "loud"): ["bold", "driving", "confident"],
    ("fast", "quiet"): ["light", "playful", "nimble"],
    ("fast", "moderate"): ["lively", "bouncy", "spirited"],
    ("fast", "loud"): ["energetic", "exciting", "intense"],
}
DRUMS = {
    "rock": "a rock drum beat", "dance": "an electronic dance beat", "swing": "swinging jazz drums",
    "funk": "a funky drum beat", "ballad": "a simple drum beat", "march": "a marching drum beat",
    "latin": "Latin percussion", "hand_percussion": "hand drums", "waltz": "a waltz drum beat",
}  # fmt: skip
KINDS = {
    "noise": "This is noise, without any music.",
    "tone": "This is a plain tone, without any music.",
    "silence": "This is silence.",
    "applause": "This is applause, without any music.",
    "speech": "This is speech, without any music.",
}


def article(text):
    return ("an " if text[0].lower() in "aeiou" else "a ") + text


def noun_of(family, program, plain=False):
    if not plain and program in PROGRAMS:
        return PROGRAMS[program]
    return NOUNS[family][0]


def with_article(noun):
    return noun if noun in PLURAL else article(noun)


def listed(items):
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def write(record, hide=frozenset(), general=frozenset(), say_drums=True, say_tempo=True):
    """The caption of a record that leaves out the families of `hide` and names those of
    `general` by a general word."""
    kind = record.get("kind") or ("silence" if record["silent"] else "music")
    if kind != "music":
        return KINDS["noise" if kind.endswith("_noise") else kind]
    tempo, dynamics, groove = record["tempo"], record["dynamics"], record["groove"]
    lead = record["lead"]
    key = f"{lead} {groove if lead is None else ''}"

    def pick(options, salt):
        return options[zlib.crc32(f"{key} {salt}".encode()) % len(options)]

    pace = pick(TEMPO[tempo], tempo)
    mood = pick(MOOD[tempo, dynamics], tempo + dynamics)
    names, seen = [], set()
    for i, family in enumerate(record["families"]):
        if family in hide and family != lead:
            continue
        if family in general or family in hide:
            name = GENERAL[family]
        else:
            own = record.get("nouns") or []
            program = record["programs"][i] if i < len(record["programs"]) else None
            name = own[i] if i < len(own) and own[i] else noun_of(family, program)
        if name not in seen:
            seen.add(name)
            names.append(name)
    beat = DRUMS.get(groove, "a drum beat") if record["drums"] and say_drums else None
    if not names:
        # Drums alone.
        beat = DRUMS.get(groove, "a drum beat")
        verb = "play" if beat.endswith("drums") else "plays"
        text = beat[0].upper() + beat[1:] + f" {verb} alone."
        return text + (f" The tempo is {tempo_word(tempo)} and the feel is {mood}." if say_tempo else "")
    first, others = names[0], names[1:]
    piece = "song" if {"voice", "choir"} & set(record["families"]) and first not in PLURAL else "piece"
    adjectives = f"{pace}, {mood}" if say_tempo else mood
    verb = "sings" if record["lead"] == "voice" and first != "vocals" else "plays"
    if first in PLURAL:
        verb = "play" if first != "vocals" and first != "voices" else "carry"
    alone = not others and beat is None and len(record["families"]) == 1
    if alone:
        text = pick(
            [
                f"A solo {first} {verb} {article(adjectives)} melody",
                f"{with_article(first)} {verb} {article(adjectives)} melody alone",
                f"This is {article(adjectives)} piece for {first} alone",
            ][first in PLURAL :],
            "solo",
        )
    elif others:
        text = pick(
            [
                f"{with_article(first)} {verb} {article(adjectives)} melody over {listed([*map(with_article, others)])}",
                f"{with_article(first)} {verb} {article(adjectives)} melody, accompanied by "
                f"{listed([*map(with_article, others)])}",
                f"{with_article(first)} leads {article(adjectives)} {piece} with {listed([*map(with_article, others)])}"
                if first not in PLURAL
                else f"{with_article(first)} lead {article(adjectives)} {piece} with {listed([*map(with_article, others)])}",
            ],
            "band",
        )
    else:
        text = f"{with_article(first)} {verb} {article(adjectives)} melody"
    text = text[0].upper() + text[1:] + "."
    if beat:
        keep = "keep" if beat.endswith("drums") else "keeps"
        text += pick(
            [f" {beat[0].upper() + beat[1:]} {keep} the time.", f" The rhythm comes from {beat}."], "drums"
        )
    elif pick([True, False], "none") and say_drums and not record["drums"]:
        text += " There are no drums."
    if not say_tempo:
        return text
    return text


def tempo_word(tempo):
    return {"slow": "slow", "medium": "moderate", "fast": "fast"}[tempo]


def varied(record, rng=random):
    """A caption for training: half of them say all, the others less."""
    families = record["families"]
    hide, general = set(), set()
    if rng.random() < 0.4:
        for family in families:
            chance = rng.random()
            if chance < 0.35:
                (general if rng.random() < 0.6 or family == record["lead"] else hide).add(family)
    return write(record, frozenset(hide), frozenset(general))
