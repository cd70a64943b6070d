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
# How captions tell a singer or a speaker over music, and the sex where they tell it.
VOICES = {
    "woman sings": "woman", "female vocals": "woman", "female singer": "woman", "woman raps": "woman",
    "woman speaks over": "woman", "man sings": "man", "male vocals": "man", "male singer": "man",
    "man raps": "man", "man speaks over": "man", "someone raps": None, "someone speaks over": None,
}  # fmt: skip
# The names of classes, and the families whose captions may use them.
CLASSES = {
    "guitar": ["acoustic_guitar", "electric_guitar", "distorted_guitar"],
    "plucked instrument": ["pizzicato", "harp", "folk_strings"],
    "keyboard": ["piano", "electric_piano", "organ", "accordion", "harpsichord"],
    "chiming instrument": ["mallets", "bells"],
    "bowed strings": ["violin", "cello", "strings"],
    "wind instrument": ["trumpet", "brass"],
    "woodwind": ["saxophone", "reeds", "flute"],
    "synthesizers": ["synth_lead", "synth_pad"],
    "vocals": ["choir"],
}
# Names that are plural, and so may begin a sentence.
PLURAL = {
    "bells", "tubular bells", "strings", "pizzicato strings", "plucked strings", "voices", "vocals",
    "bowed strings", "synthesizers",
}  # fmt: skip
_MEANING = {noun.lower(): family for family, nouns in NOUNS.items() for noun in nouns}
_MEANING |= {name: "voice" for name in VOICES} | {"sustained strings": "strings"}
_MEANING |= {name: None for name in CLASSES} | {"kalimba": None, "bagpipe": None, "steelpan": None}
_SPELT = {noun.lower(): noun for nouns in NOUNS.values() for noun in nouns} | {"sustained strings": "string ensemble"}
_PATTERN = re.compile(
    r"\b(" + "|".join(re.escape(name) for name in sorted(_MEANING, key=len, reverse=True)) + r")\b", re.I
)
_NO_DRUMS = re.compile(r"no drums or percussion|no drums|no percussion|without (any )?(drums|percussion)")
_DRUMS = re.compile(r"\b(drums?|percussion|dance beat)\b")


def names(caption):
    """The families that a caption names, in the order of their first names, and these names as NOUNS
    and VOICES spell them."""
    found = {}
    for match in _PATTERN.finditer(caption):
        family = _MEANING[match[0].lower()]
        if family is not None:
            found.setdefault(family, _SPELT.get(match[0].lower(), match[0].lower()))
    return found


def families(caption):
    """Families that a caption names, in the order of their first names."""
    return list(names(caption))


def drums(caption):
    return bool(_DRUMS.search(_NO_DRUMS.sub("", caption.lower())))


def sung(caption):
    return any(f in ("voice", "choir") for f in families(caption)) or bool(re.search(r"\bvocals\b", caption, re.I))


def sex(caption):
    """"man" or "woman" where a caption says who sings or speaks."""
    words = set(re.findall(r"\w+", caption.lower()))
    female, male = bool(words & {"woman", "female"}), bool(words & {"man", "male"})
    return "woman" if female and not male else "man" if male and not female else None
