"""Captions put together from those of rendered clips, in the one wording of each lead (wording.rs).

Captions of rendered clips are taken apart into what the lead plays, the words that lead on from it, and the
names of the others, so that any cast can be captioned. Tempo and mood are those of the clip that the opening
is of: where they are not known they are not to be learnt.
"""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import nouns

LED = re.compile(
    r"(?P<opening>.+? (?:melody|tune|bass line|line|chords|arpeggios))"
    r"(?P<link> over|, accompanied by| with|, backed by) (?P<others>[^.]*)\.(?: There (?P<none>[^.]*)\.)?"
)
# What a caption may say besides, and another clip of the same cast need not have.
BESIDES = re.compile(
    r"chords|arpeggi|bass line|held notes|funk|rock|jazz|swing|latin|waltz|march|ballad|hip hop|folk music"
    r"|hand (drum|percussion)|brush|dance|electronic|orchestral|ambient|raps|speaks|accompan|sounds like|crackl"
    r"|recording",
    re.I,
)
DRUMS = ("drums", "a drum beat", "a steady drum beat")
SECTIONS = ("ensemble", "section", "choir", "pad", "lead", "box", "singer", "vocalist", "instrument")


class Cast(NamedTuple):
    """Who is heard: families, their names with the lead's first (None if they are not known), drums."""

    families: tuple
    names: tuple | None
    drums: bool

    def joined(self, other):
        known = self.names is not None and other.names is not None
        names = self.names + other.names if known else None
        return Cast(self.families + other.families, names, self.drums or other.drums)

    @property
    def alone(self):
        return len(self.families) + self.drums == 1


def in_list(noun):
    """A name as it stands among the others: "bass", "a string ensemble"."""
    noun = "singer" if noun in nouns.VOICES else noun
    return f"a {noun}" if noun.endswith(SECTIONS) else noun


def listed(items):
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def taken_apart(text):
    """What the lead plays, and all names; None in place of the first where a caption begins otherwise."""
    led = LED.match(text)
    opening = led["opening"] if led and len(nouns.names(led["opening"])) == 1 else None
    return opening, list(nouns.names(text).values())


class Wordings:
    """Openings by the lead's name; captions of solos by name and drums; what each lead's family decides."""

    def __init__(self, folders, most=9000):
        self.openings, self.solos = {}, {}
        self.links, self.drums, self.without = {}, {}, {}
        for record in records(folders, most):
            for text in sorted(set(record.get("taught") or [])):
                named = nouns.names(text)
                if set(named) == set(record["families"]) and nouns.drums(text) == record["drums"]:
                    self._learn(text, named, record["drums"])

    def _learn(self, text, named, drums):
        if len(named) < 2:
            # Without its sentences about style and recording, if it does not still say too much.
            text = text.split(". ")[0].rstrip(".") + "."
            if not BESIDES.search(text.replace("unaccompanied", "")):
                self.solos.setdefault((*named.values(), drums), []).append(text)
            return
        opening, (lead, *_) = taken_apart(text)
        if opening is None:
            return
        led, family = LED.match(text), next(iter(named))
        self.openings.setdefault(lead, []).append(opening)
        last = re.split(r", | and ", led["others"])[-1]
        for choices, words in ((self.links, led["link"]), (self.drums, last), (self.without, led["none"])):
            if words and (choices is not self.drums or words in DRUMS):
                choices.setdefault(family, Counter())[words] += 1

    def caption(self, cast, drums, opening=None):
        """Of names, the lead's first; "" if no rendered clip is led by it."""
        if not cast or (len(cast) == 1 and not drums):
            return random.choice(self.solos.get((*cast, bool(drums)), [""]))
        opening = opening or random.choice(self.openings.get(cast[0], [""]))
        if not opening:
            return ""
        (family,) = nouns.names(cast[0])

        def mostly(choices, otherwise):
            return choices[family].most_common(1)[0][0] if family in choices else otherwise

        others = [in_list(noun) for noun in cast[1:]] + [mostly(self.drums, "drums")] * bool(drums)
        link = mostly(self.links, " with") if len(cast) > 1 else " over"
        text = f"{opening}{link} {listed(others)}."
        if len(cast) > 2 and not drums:
            text += f" There {mostly(self.without, 'are no drums')}."
        return text


def records(folders, most):
    """Music among the records of rendered clips."""
    count = 0
    for path in (path for folder in folders for path in sorted(Path(folder).glob("*.jsonl"))):
        for line in open(path, encoding="utf-8"):
            record = json.loads(line)
            if record.get("kind", "music") == "music" and not record.get("silent"):
                yield record
                count += 1
            if count == most:
                return
