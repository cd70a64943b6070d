"""Trains the decoder and the tag head alone, on what a frozen encoder makes of the clips.

    decoder.py --start MODEL_FOLDER --data DIR... --tokenizer tokenizer.json --run DIR --minutes 8

The encoder's output is computed once for each clip, so that a step costs a tenth of a whole one.
Clips of random notes, and real clips of one instrument, teach what plays: their captions' words for
tempo and mood are left out of the loss. A real clip's captions are those of rendered solos of its
instrument.
"""

import argparse
import math
import random
import re
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from captioner import PAD, START, TagHead
from clips import FAMILIES, TAG_SIZES, Clips, mixed
from load_folder import load_folder
from pretrain import tag_loss


# Words of captions for tempo and mood, as words.rs has them, with an article before them.
UNKNOWN = re.compile(
    r"\b((an? )?(slow-paced|slow|unhurried|mid-tempo|medium-paced|moderately paced|fast-paced|fast|up-tempo|quick|medium"
    r"|moderate|lively|calm|peaceful|gentle|soothing|dreamy|tender|relaxing|relaxed|mellow|reflective|grand|majestic"
    r"|powerful|solemn|dramatic|easygoing|soft|laid-back|steady|warm|flowing|bold|driving|strong|confident|light|playful"
    r"|nimble|delicate|bouncy|spirited|energetic|exciting|intense))\b",
    re.I,
)
# How often a clip without tempo is drawn beside one with it; of real clips, and of lone singers.
DOUBTFUL_DRAWS, SOLO_DRAWS = 1, 2


def solos(clips):
    """First sentences of the captions of rendered solos, by the name that their fullest caption has."""
    found = {}
    voice, choir = FAMILIES.index("voice"), FAMILIES.index("choir")
    for tags, texts, doubtful in clips.records:
        texts = texts or doubtful
        if not isinstance(texts, list) or not texts or tags["kind"] != 0:
            continue
        played, drums = int((tags["families"] > 0).sum()), tags["drums"][0] > 0
        firsts = [text.split(". ")[0].rstrip(".") + "." for text in texts]
        if played == 0 and drums and doubtful:
            found.setdefault("drums", []).extend(firsts)
        elif played == 1 and not drums and not tags["families"][choir]:
            if tags["families"][voice] and tags["sex"] <= 0:
                continue
            for noun in {match[0] for text in firsts for match in SOLO.finditer(text)}:
                same = [text for text in firsts if noun not in GENERAL or noun in SOLO.findall(text)]
                found.setdefault(noun, []).extend(same)
    return found


SOLO = re.compile(
    r"(?:wo)?man sings|plucked instrument|clarinet|bassoon|English horn|oboe|cello|\bbass\b(?! line| guitar)|flute"
    r"|French horn|trombone|saxophone|acoustic guitar|banjo|(?<=A )guitar|(?<=solo )guitar"
)
# Names of classes: a caption with another name of the same clip is no caption of these.
GENERAL = ("guitar", "plucked instrument")


# Tags of which a clip has one class.
EACH = ("kind", "sex", "quality", "genre")


@torch.inference_mode()
def remembered(model, clips, order, mix=0.0):
    """The encoder's output of clips in half precision, and their tags; `mix`: a share of them mixed."""
    memory, tags = [], []
    for at in range(0, len(order), 64):
        db, found, _ = clips.batch(order[at : at + 64])
        if mix:
            db, found = mixed(db, found, mix)
        memory.append(model.encode(db)[1].half())
        tags.append(found)
    return torch.cat(memory), {name: torch.cat([t[name] for t in tags]) for name in TAG_SIZES}


def head_loss(logits, tags):
    """The loss of the tag head that is shipped: each class against all others, as its probabilities
    are calibrated and used one by one."""
    known = {name: t for name, t in tags.items() if name not in EACH}
    total = tag_loss(logits, known)
    for name in EACH:
        rows = tags[name] >= 0
        if rows.any():
            classes = F.one_hot(tags[name][rows], logits[name].shape[1]).float()
            total = total + 2 * F.binary_cross_entropy_with_logits(logits[name][rows], classes)
    return total


def train_head(model, memory, tags, epochs=25):
    """A linear layer on the mean and the maximum of the encoder's output."""
    x = torch.cat([torch.cat([part.float().mean(1), part.float().amax(1)], -1) for part in memory.split(2048)])
    mean, std = x.mean(0), x.std(0) + 1e-5
    x = (x - mean) / std
    head = TagHead(x.shape[1] // 2, TAG_SIZES)
    torch.nn.init.zeros_(head.out.weight)
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.05)
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - epoch / epochs) + 1e-4
        for rows in torch.randperm(len(x)).split(256):
            logits = dict(zip(TAG_SIZES, head.out(x[rows]).split(list(TAG_SIZES.values()), -1)))
            loss = head_loss(logits, {name: t[rows] for name, t in tags.items()})
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        weight = head.out.weight / std
        model.tags.out.weight.copy_(weight)
        model.tags.out.bias.copy_(head.out.bias - weight @ mean)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--start", required=True)
    p.add_argument("--data", nargs="+", required=True)
    p.add_argument("--tokenizer", required=True)
    p.add_argument("--run", required=True)
    p.add_argument("--minutes", type=float, default=8)
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--clips", type=int, default=24000)
    p.add_argument("--mixed", type=int, default=12000, help="clips more for the tag head, mixed in pairs")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--batch", type=int, default=64)
    a = p.parse_args()
    torch.set_num_threads(1)
    random.seed(a.seed)
    torch.manual_seed(a.seed)
    tokenizer = Tokenizer.from_file(a.tokenizer)
    model = load_folder(a.start)
    clips = Clips(a.data)
    order = random.sample(range(len(clips)), min(a.clips, len(clips)))
    begun = time.time()
    memory, tags = remembered(model, clips, order)
    memory, tags = memory.clone(), {name: t.clone() for name, t in tags.items()}
    by_noun, rows_of = solos(clips), []
    print({noun: len(texts) for noun, texts in by_noun.items()}, flush=True)
    taught = []
    for row, i in enumerate(order):
        _, texts, doubtful = clips.records[i]
        real = not isinstance(doubtful, list)
        doubtful = by_noun.get(doubtful, []) if real else doubtful
        taught.append((texts or doubtful, not texts))
        rows_of += [row] * (1 if texts else (SOLO_DRAWS if real else DOUBTFUL_DRAWS) if doubtful else 0)
    captioned = rows_of
    print(f"{len(order)} clips encoded in {time.time() - begun:.0f} s", flush=True)
    # The head learns from mixed clips too, as the encoder did.
    more = remembered(model, clips, random.sample(order, min(a.mixed, len(order))), mix=0.7)
    train_head(model, torch.cat([memory, more[0]]), {name: torch.cat([t, more[1][name]]) for name, t in tags.items()})
    print(f"tag head after {time.time() - begun:.0f} s", flush=True)
    decoder = [*model.bart.model.decoder.parameters(), model.bart.model.shared.weight]
    optimizer = torch.optim.AdamW(decoder, lr=a.rate, betas=(0.9, 0.98), weight_decay=0.0)
    average = {name: t.clone() for name, t in model.state_dict().items()}
    begun, step, seen, total = time.time(), 0, 0, a.minutes * 60
    left = []
    while (elapsed := time.time() - begun) < total:
        if len(left) < a.batch:
            left = random.sample(captioned, len(captioned))
        rows = [left.pop() for _ in range(a.batch)]
        texts = [random.choice(taught[i][0]) for i in rows]
        encodings = tokenizer.encode_batch(texts)
        encoded = [e.ids for e in encodings]
        width = max(map(len, encoded))
        ids = torch.tensor([e + [PAD] * (width - len(e)) for e in encoded])
        targets = ids.clone()
        for target, i, text, e in zip(targets, rows, texts, encodings):
            if taught[i][1]:
                spans = [m.span() for m in UNKNOWN.finditer(text)]
                for at, (start, end) in enumerate(e.offsets):
                    if end > start and any(start < b and a < end for a, b in spans):
                        target[at] = PAD
        rate = a.rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * elapsed / total)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        starts = torch.full_like(ids[:, :1], START)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model.decode(torch.cat([starts, ids[:, :-1]], 1), memory[rows].float())
            loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=PAD, label_smoothing=0.02)
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder, 1.0)
        optimizer.step()
        step, seen = step + 1, seen + a.batch
        keep = min(0.998, step / (step + 100))
        for name, tensor in model.state_dict().items():
            if name.startswith("bart.model.decoder") or "shared" in name:
                average[name].lerp_(tensor, 1 - keep)
        if step % 50 == 0:
            print(f"step {step}  loss {loss.item():.3f}  {seen / (time.time() - begun):.0f} clips/s", flush=True)
    Path(a.run).mkdir(parents=True, exist_ok=True)
    recipe = dict(seed=a.seed, rate=a.rate, batch=a.batch, minutes=a.minutes, trained="decoder, tag head")
    state = dict(model=model.state_dict(), average=average, step=step, seen=seen, shape=model.config, recipe=recipe)
    # The tag head is no part of the average.
    for name, tensor in model.state_dict().items():
        if name.startswith("tags."):
            average[name] = tensor
    torch.save(state, Path(a.run) / "last.pt")
    print(f"done: {step} steps, {seen} clips seen")


if __name__ == "__main__":
    main()
