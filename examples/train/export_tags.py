"""The key `tags` of a model's config.json: tags, calibration, the token sequences that name them."""

import numpy as np

import captions
from clips import FAMILIES
from nouns import NOUNS

# In the order of the rows of tag_head.weight.
TAGS = [*FAMILIES, "drums", *captions.KINDS]
DRUM_WORDS = ["drums", "drum", "percussion", "dance beat"]
NO_DRUMS = ["no drums", "no percussion"]
# Names that begin like words which captions need anyway.
LEFT_OUT = {"music box", "lead synthesizer"}


def token_ids(tokenizer, text):
    """Tokens of a name within a sentence, or at its start where it is capitalised."""
    if text[0].isupper() and text.split()[0] not in ("French", "English"):
        return tokenizer.encode(text).ids[1:-1]
    return tokenizer.encode("x " + text).ids[2:-1]


def words(tokenizer, thresholds):
    """Rows of `tags.words`; `thresholds` has one for each of TAGS, and "no_drums"."""
    rows, seen = [], set()

    def add(text, tag=None, absent=False, threshold=0.0):
        ids = token_ids(tokenizer, text)
        if tuple(ids) in seen:
            return
        seen.add(tuple(ids))
        row = {"tokens": ids}
        if tag is not None:
            row |= {"tag": TAGS.index(tag), "threshold": round(float(threshold), 4)}
        if absent:
            row["absent"] = True
        rows.append(row)

    for family, nouns in NOUNS.items():
        for noun in nouns:
            if noun in LEFT_OUT:
                continue
            add(noun, family, threshold=thresholds[family])
            if noun in captions.PLURAL:
                add(noun[0].upper() + noun[1:], family, threshold=thresholds[family])
    for text in DRUM_WORDS:
        add(text, "drums", threshold=thresholds["drums"])
    for text in NO_DRUMS:
        add(text, "drums", absent=True, threshold=thresholds["no_drums"])
    # "This is applause" is decided after " is", or " is a": what else begins so may follow.
    for text in ("is", "is a"):
        add(text)
    for kind, sentence in captions.KINDS.items():
        ids = tokenizer.encode("x " + sentence.split(" ", 1)[1]).ids[2:-1]
        length = 3 if sentence.startswith(("This is a ", "This is ap")) else 2
        row = {"tokens": ids[:length], "tag": TAGS.index(kind), "threshold": round(float(thresholds[kind]), 4)}
        rows.append(row)
    for text in sorted(set(captions.GENERAL.values())):
        # A general word stands for names that are in doubt, not for those that are sure.
        members = [family for family in FAMILIES if captions.GENERAL[family] == text]
        count = len(rows)
        add(text)
        if text == "low instrument":
            # Its first token is a space, with which other words begin.
            continue
        for row in rows[count:]:
            row["unless"] = [TAGS.index(family) for family in members]
            row["threshold"] = round(float(max(thresholds[family] for family in members)), 4)
    return rows


def head(model):
    """Weight and bias of the rows of TAGS in the order of the model's tag head."""
    names = list(model.tags.sizes)
    starts = dict(zip(names, np.cumsum([0, *model.tags.sizes.values()])))
    rows = [*range(starts["families"], starts["families"] + len(FAMILIES)), starts["drums"]]
    weight = model.tags.out.weight.detach()
    bias = model.tags.out.bias.detach()
    kinds = starts["kind"]
    # A softmax of kinds as one logit each: against music, the commonest.
    weights = [weight[rows]] + [weight[kinds + 1 + i : kinds + 2 + i] - weight[kinds] for i in range(len(captions.KINDS))]
    biases = [bias[rows]] + [bias[kinds + 1 + i : kinds + 2 + i] - bias[kinds] for i in range(len(captions.KINDS))]
    import torch

    return torch.cat(weights), torch.cat(biases)
