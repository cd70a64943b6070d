"""Trains the decoder and the tag head alone, on what a frozen encoder makes of the clips.

    decoder.py --start MODEL_FOLDER --data DIR... --tokenizer tokenizer.json --run DIR --minutes 8

The encoder's output is computed once for each clip, so that a step costs a tenth of a whole one.
"""

import argparse
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from captioner import PAD, START, TagHead
from clips import TAG_SIZES, Clips
from load_folder import load_folder
from pretrain import tag_loss


# Tags of which a clip has one class.
EACH = ("kind", "sex", "quality", "genre")


@torch.inference_mode()
def remembered(model, clips, order):
    """The encoder's output of clips in half precision, and their tags."""
    memory, tags = [], []
    for at in range(0, len(order), 64):
        db, found, _ = clips.batch(order[at : at + 64])
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
    x = torch.cat([memory.float().mean(1), memory.float().amax(1)], -1)
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
    taught = [clips.records[i][1] for i in order]
    captioned = [row for row, texts in enumerate(taught) if texts]
    print(f"{len(order)} clips encoded in {time.time() - begun:.0f} s", flush=True)
    train_head(model, memory, tags)
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
        texts = [random.choice(taught[i]) for i in rows]
        encoded = [e.ids for e in tokenizer.encode_batch(texts)]
        width = max(map(len, encoded))
        ids = torch.tensor([e + [PAD] * (width - len(e)) for e in encoded])
        rate = a.rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * elapsed / total)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        starts = torch.full_like(ids[:, :1], START)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model.decode(torch.cat([starts, ids[:, :-1]], 1), memory[rows].float())
            loss = F.cross_entropy(logits.float().flatten(0, 1), ids.flatten(), ignore_index=PAD, label_smoothing=0.02)
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
