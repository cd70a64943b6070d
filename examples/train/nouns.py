"""The names that captions use for instrument families, as words.rs has them, and how to read them
back. Both must change together."""

import re

NOUNS = {
    "piano": ["piano"],
    "electric_piano": ["electric piano"],
    "harpsichord": ["harpsichord"],
    "mallets": ["mallet instrument", "vibraphone", "marimba", "xylophone"],
    "bells": ["bells", "bell-like instrument", "celesta", "glockenspiel", "music box", "tubular bells"],
    "organ": ["organ", "church organ", "pipe organ"],
    "accordion": ["accordion"],
    "acoustic_guitar": ["acoustic guitar"],
    "electric_guitar": ["electric guitar", "clean electric guitar"],
    "distorted_guitar": ["distorted electric guitar", "distorted guitar"],
    "bass": ["bass", "double bass", "upright bass", "bass guitar", "electric bass", "synth bass"],
    "violin": ["violin", "viola"],
    "cello": ["cello"],
    "strings": ["string ensemble", "string section", "strings", "string orchestra"],
    "pizzicato": ["pizzicato strings", "plucked strings"],
    "harp": ["harp"],
    "choir": ["choir", "voices"],
    "trumpet": ["trumpet", "muted trumpet"],
    "brass": ["brass instrument", "trombone", "tuba", "French horn", "brass section"],
    "saxophone": ["saxophone"],
    "reeds": ["woodwind instrument", "oboe", "English horn", "bassoon", "clarinet"],
    "flute": ["flute", "piccolo", "recorder", "pan flute"],
    "synth_lead": ["synth lead", "lead synthesizer"],
    "synth_pad": ["synth pad", "synthesizer pad"],
    "folk_strings": ["plucked folk instrument", "sitar", "banjo", "shamisen", "koto"],
    "voice": ["singer", "vocalist"],
}
OF_NOUN = {noun: family for family, nouns in NOUNS.items() for noun in nouns}
_PATTERN = re.compile(
    r"\b(" + "|".join(re.escape(n) for n in sorted(OF_NOUN, key=len, reverse=True)) + r")\b", re.I
)
_LOWER = {noun.lower(): family for noun, family in OF_NOUN.items()}
_NO_DRUMS = re.compile(r"no drums or percussion|no drums|no percussion|without (any )?(drums|percussion)")
_DRUMS = re.compile(r"\b(drums?|percussion|dance beat)\b")


def families(caption):
    """Families that a caption names, in the order of their first names."""
    found = []
    for match in _PATTERN.finditer(caption):
        family = _LOWER[match[0].lower()]
        if family not in found:
            found.append(family)
    return found


def drums(caption):
    return bool(_DRUMS.search(_NO_DRUMS.sub("", caption.lower())))
