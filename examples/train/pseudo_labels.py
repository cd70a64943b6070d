"""Pseudo-labels: what two listeners agree on in real music of which nothing is known.

    pseudo_labels.py --model MODEL_FOLDER --real FILE --music DIR --samples DIR --unlabelled DIR...
                     --wording DIR... --out FILE

The first is the model's tag head. The second is a small network on two teachers' embeddings and scores of
a clip (YAMNet's by `teacher.py embed`, musicnn's by `teacher_musicnn.py`, in every folder), which learns
from the real clips whose instruments are known. They err differently, so that the mean of their
probabilities is better than either (README.md has figures). It is what a clip of `--unlabelled` (folders of
`real.py clips`) is labelled with; clips of `--real` (what real_clips.py wrote, of `--music` and `--samples`)
get it where they have no label. Captions are the model's own, steered by these probabilities, and ones that
name what is most probable. Writes a file for `joint.py --real`, with the teachers' embeddings for `joint.py
--teachers`. Nothing of the teachers' weights gets into the model.
"""

import argparse
import json
import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

import nouns
from calibrate import Names, encoded, pooled, search
from clips import FAMILIES, FLOOR_DB, KINDS, STEP_DB
from export_tags import TAGS
from load_folder import load_folder
from real_clips import chosen_samples, may_be_learnt, shard, tag_head, told_names, wording
from teacher import principal
from wordings import Wordings

LABELLED = [*FAMILIES, "drums", "vocals", "man", "woman"]
ROWS = [TAGS.index(name) for name in LABELLED]
NETWORKS, EPOCHS, HIDDEN, MIXUP = 5, 150, 256, 0.4
# A family that may be named in a caption, and one that is named in a caption of what is most probable.
MAY_BE_NAMED, NAMED = 0.5, 0.6
SURE = 0.05  # what is this close to 0 or 1 is taken for it


def heard_by_teachers(folder, indices=None):
    """What the teachers make of clips: embeddings and logarithms of scores."""
    (path,) = Path(folder).glob("*.jsonl")
    names = ("yamnet", "scores", "musicnn")
    embedding, scores, tagger = (np.load(path.with_suffix(f".{name}.npy")).astype(np.float32) for name in names)
    x = np.concatenate([embedding, np.log(scores + 1e-4), tagger], 1)
    return x if indices is None else x[indices]


class Listener:
    """Networks with one hidden layer, trained on mixed features of labelled clips (mixup)."""

    def __init__(self, x, labels, weights, groups):
        self.mean, self.std = x.mean(0), x.std(0) + 1e-3
        size = Counter(groups)
        share = torch.tensor([size[group] ** -0.5 for group in groups])
        self.known = ~labels.isnan() * weights * (share / share.mean())[:, None]
        self.labels, self.x = labels.nan_to_num(), self._scaled(x)
        self.networks = [self._trained(seed) for seed in range(NETWORKS)]

    def _scaled(self, x):
        return torch.from_numpy((x - self.mean) / self.std)

    def _trained(self, seed):
        torch.manual_seed(seed)
        network = torch.nn.Sequential(
            torch.nn.Dropout(0.2), torch.nn.Linear(self.x.shape[1], HIDDEN), torch.nn.GELU(),
            torch.nn.Dropout(0.5), torch.nn.Linear(HIDDEN, self.labels.shape[1]),
        )  # fmt: skip
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.1)
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(self.x)).split(64):
                share, others = random.betavariate(MIXUP, MIXUP), rows[torch.randperm(len(rows))]
                logits = network(share * self.x[rows] + (1 - share) * self.x[others])
                loss = share * self._loss(logits, rows) + (1 - share) * self._loss(logits, others)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return network.eval()

    def _loss(self, logits, rows):
        loss = F.binary_cross_entropy_with_logits(logits, self.labels[rows], reduction="none")
        return (loss * self.known[rows]).sum(1).mean()

    @torch.inference_mode()
    def __call__(self, x):
        return sum(network(self._scaled(x)).sigmoid() for network in self.networks) / NETWORKS


def components(x):
    """What the teachers make of clips as TAUGHT values each."""
    x = (x - x.mean(0)) / (x.std(0) + 1e-3)
    mean, vectors, scale = principal(x)
    return torch.from_numpy(((x - mean) @ vectors * scale).astype(np.float16))


def rounded(p):
    """Probabilities as labels."""
    return p.masked_fill(p < SURE, 0).masked_fill(p > 1 - SURE, 1)


def labels_of(p):
    """Labels of clips of which nothing is known, by the probabilities of LABELLED."""
    y = torch.full((len(p), len(TAGS)), math.nan)
    y[:, ROWS] = rounded(p)
    y[:, TAGS.index("music")] = 1
    y[:, [TAGS.index(kind) for kind in KINDS]] = 0
    return y


class Captions:
    def __init__(self, model, tokenizer, config, folders):
        self.model, self.tokenizer, self.names = model, tokenizer, Names(config["tags"]["words"])
        self.known_pairs, self.wordings = wording(folders), Wordings(folders)

    def __call__(self, memory, p):
        """Captions of a clip by the probabilities of TAGS: the model's own, and one of what is probable."""
        steered = p.copy()
        steered[: len(FAMILIES)] *= p[: len(FAMILIES)] >= MAY_BE_NAMED
        tokens, score = search(self.model, memory[None], self.names, self.names.allowed(steered))
        text = self.tokenizer.decode(tokens, skip_special_tokens=True).strip()
        found = [text] if may_be_learnt(text, score, self.known_pairs) else []
        lead = nouns.families(text)[:1]
        probable = [family for family, sure in zip(FAMILIES, p) if sure >= NAMED]
        probable.sort(key=lambda family: (family not in lead, -p[TAGS.index(family)]))
        names, drums = told_names(probable, None), p[TAGS.index("drums")]
        if len(names) > 1 and not 0.3 < drums < 0.7:
            found.append(self.wordings.caption(names, drums > 0.5))
        return list(filter(None, found))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--model", required=True, help="folder of the model that listens")
    p.add_argument("--real", required=True, help="file that real_clips.py wrote")
    p.add_argument("--music", required=True, help="the folders that it was written from")
    p.add_argument("--samples", required=True)
    p.add_argument("--unlabelled", nargs="+", required=True)
    p.add_argument("--wording", nargs="+", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=6)
    a = p.parse_args()
    torch.set_num_threads(1)
    random.seed(a.seed)
    config = json.loads((Path(a.model) / "config.json").read_text())
    tokenizer = Tokenizer.from_file(str(Path(a.model) / "tokenizer.json"))
    model, (weight, bias) = load_folder(a.model).eval(), tag_head(a.model, config)
    state = torch.load(a.real, weights_only=False)

    x = [heard_by_teachers(a.music), heard_by_teachers(a.samples, chosen_samples(shard(a.samples)[0]))]
    x = np.concatenate(x)
    listener = Listener(x, state["labels"][:, ROWS], state["weights"][:, ROWS], state["groups"])

    def both(db, x):
        """The encoder's output, and the probabilities of TAGS by both listeners."""
        memory = encoded(model, db)
        p = torch.sigmoid(pooled(memory) @ weight.T + bias)
        p[:, ROWS] = (p[:, ROWS] + listener(x)) / 2
        return memory, p

    heard, labels = [x], state["labels"]
    filled = rounded(both(state["db"].float(), x)[1][:, ROWS])
    labels[:, ROWS] = torch.where(labels[:, ROWS].isnan(), filled, labels[:, ROWS])
    caption = Captions(model, tokenizer, config, a.wording)
    state["pseudo"] = [False] * len(labels)
    for folder in a.unlabelled:
        records, mels = shard(folder)
        chosen = [i for i, record in enumerate(records) if not record["families"] and not record["all_families"]]
        db = torch.from_numpy(np.stack([mels[i] for i in chosen])).float() * STEP_DB + FLOOR_DB
        heard.append(heard_by_teachers(folder, chosen))
        memory, found = both(db, heard[-1])
        texts = [caption(*clip) for clip in zip(memory, found.numpy())]
        some = [records[i] for i in chosen]
        state["names"] += [f"{record['file']} {record['start_s']:g}" for record in some]
        state["groups"] += [record.get("group") or record["file"] for record in some]
        state["casts"] += [None] * len(some)
        state["texts"] += texts
        state["pseudo"] += [True] * len(some)
        state["db"] = torch.cat([state["db"], db.half()])
        state["labels"] = torch.cat([state["labels"], labels_of(found[:, ROWS])])
        state["weights"] = torch.cat([state["weights"], torch.ones(len(some), len(TAGS))])
        sure = (found[:, : len(FAMILIES)] > 0.5).sum(1).float().mean()
        print(f"{folder}: {len(some)} clips, {sum(map(len, texts))} captions, {sure:.2f} families a clip", flush=True)
    state["taught"] = components(np.concatenate(heard))
    torch.save(state, a.out)


if __name__ == "__main__":
    main()
