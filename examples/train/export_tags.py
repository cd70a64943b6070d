"""The key `tags` of a model's config.json: tags, calibration, the token sequences that name them."""

import numpy as np
import torch

import nouns
from clips import FAMILIES, GENRES, KINDS, QUALITIES
from nouns import NOUNS

# In the order of the rows of tag_head.weight.
TAGS = [*FAMILIES, "drums", "vocals", "music", *KINDS, "man", "woman", *QUALITIES, *GENRES]
# Which share a slope of their calibration.
GROUPS = [
    *[0] * len(FAMILIES), 1, 0, 2, *[2] * len(KINDS), 3, 3, *[4] * len(QUALITIES), *[5] * len(GENRES),
]  # fmt: skip
DRUM_WORDS = [
    "drums", "drum", "percussion", "dance beat",
    # These begin like genres.
    "rock drum", "rock drums", "electronic dance beat", "jazz drums", "Latin percussion", "Latin drums",
]  # fmt: skip
# Whole sentences: what begins one must be able to end it.
ABSENT = {"There are no drums": "drums", "There is no percussion": "drums", "There is no music": "music"}
# Beginnings of sentences of clips that are not music, and of those about the recording.
SENTENCES = {
    "noise": ["White noise", "Pink noise", "Low, rumbling"],
    "tone": ["A single electronic"],
    "silence": ["Silence"],
    "applause": ["Applause"],
    "speech": ["Speech", "x is speaking"],
    "vinyl": ["It crackles"],
    "tape": ["The recording has"],
    "hum": ["There is a"],
    "phone": ["It sounds like a phone"],
    "telephone": ["It sounds like a telephone"],
    "clipped": ["The recording is"],
    "crushed": ["The sound is"],
}


def token_ids(tokenizer, text):
    """Tokens of a name within a sentence, or at its start where it is capitalised."""
    if text.startswith("x "):
        return tokenizer.encode(text).ids[2:-1]
    if text[0].isupper() and text.split()[0] not in ("French", "English", "Latin"):
        return tokenizer.encode(text).ids[1:-1]
    return tokenizer.encode("x " + text).ids[2:-1]


def words(tokenizer, thresholds, corpus):
    """Rows of `tags.words`; `thresholds` has one for each of TAGS, "no_drums" and "no_music". `corpus` has the
    tokens of many captions: beginnings of names that they use for other words stay free."""
    rows, seen = [], set()

    def add(text, tag=None, absent=False, threshold=None):
        ids = token_ids(tokenizer, text)
        if tuple(ids) in seen:
            return
        seen.add(tuple(ids))
        row = {"tokens": ids}
        if tag is not None:
            threshold = thresholds[tag] if threshold is None else threshold
            row |= {"tag": TAGS.index(tag), "threshold": round(float(threshold), 4)}
        if absent:
            row["absent"] = True
        rows.append(row)

    def add_name(noun, tag):
        add(noun, tag)
        if noun in nouns.PLURAL:
            add(noun[0].upper() + noun[1:], tag)

    for family, names in NOUNS.items():
        for noun in names:
            add_name(noun, family)
    add("sustained strings", "strings")
    for name, sex in nouns.VOICES.items():
        add(name, sex or "voice")
    for text in DRUM_WORDS:
        add(text, "drums")
    for text, tag in ABSENT.items():
        for form in (text, "x " + text):
            add(form, tag, absent=True, threshold=thresholds["no_" + tag])
    for genre in GENRES:
        add(genre, genre)
    for tag, beginnings in SENTENCES.items():
        for text in beginnings:
            add(text, tag)
            if text[:2] != "x " and len(rows) > 1:
                # A sentence that is not the first begins with a blank.
                add("x " + text, tag)
    for sex in ("man", "woman"):
        add(sex + " is speaking", sex)
    add_name("vocals", "vocals")
    for text, families in nouns.CLASSES.items():
        if text == "vocals":
            continue
        # A class stands for names that are in doubt, not for those that are sure.
        count = len(rows)
        add_name(text, None)
        for row in rows[count:]:
            row["unless"] = [TAGS.index(family) for family in families]
            row["threshold"] = round(float(max(thresholds[family] for family in families)), 4)
    # What a bass plays is no second bass.
    add("bass line")
    return rows + [{"tokens": list(tokens), "after": after} for tokens, after in other_uses(rows, corpus)]


def other_uses(rows, corpus):
    """Beginnings of the rows' token sequences after which captions go on differently, and the tokens that they
    follow there."""
    names = {tuple(row["tokens"]) for row in rows}
    beginnings = {name[:length] for name in names for length in range(1, len(name) + 1)}
    found = {}
    for tokens in corpus:
        for start in range(1, len(tokens)):
            length = 0
            while tuple(tokens[start : start + length + 1]) in beginnings and start + length < len(tokens):
                length += 1
            if length and tuple(tokens[start : start + length]) not in names:
                # What is left of a name after the last whole name that it holds.
                found.setdefault(tuple(tokens[start : start + length]), set()).add(tokens[start - 1])
    return [(tokens, sorted(after)) for tokens, after in sorted(found.items())]


def word_lists(texts, tokenizer):
    """The key `wording`: all words that captions begin with, and those that follow others."""
    first, following = set(), set()
    for text in texts:
        for place, word in enumerate(text.split(" ")):
            bare = word.rstrip(".,")
            ids = tokenizer.encode(f"x {bare}").ids[2:-1] if place else tokenizer.encode(bare).ids[1:-1]
            (following if place else first).add(tuple(ids))
    # Names that only put-together captions have (wordings.py).
    named = [name for names in NOUNS.values() for name in names] + [*nouns.CLASSES, "singer", "a", "an"]
    words = {word for name in named for word in name.split(" ")}
    following |= {tuple(tokenizer.encode("x " + word).ids[2:-1]) for word in words}
    following |= {tuple(tokenizer.encode(mark).ids[1:-1]) for mark in ".,"}
    return {"first": sorted(map(list, first)), "next": sorted(map(list, following))}


def head(model):
    """Weight and bias of the rows of TAGS in the order of the model's tag head."""
    sizes = model.tags.sizes
    starts = dict(zip(sizes, np.cumsum([0, *sizes.values()])))
    weight, bias = model.tags.out.weight.detach(), model.tags.out.bias.detach()

    def plain(name):
        rows = slice(starts[name], starts[name] + sizes[name])
        return weight[rows], bias[rows]

    def but_first(name):
        w, b = plain(name)
        return w[1:], b[1:]

    parts = [*map(plain, ("families", "drums", "vocals", "kind"))]
    parts += map(but_first, ("sex", "quality", "genre"))
    return torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])
