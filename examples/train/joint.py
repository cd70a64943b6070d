"""Trains encoder, tag head and decoder together on rendered clips, real clips and mixtures of them.

    joint.py train  --start MODEL_FOLDER|RUN/last.pt --tokenizer tokenizer.json --data DIR... --real FILE
                    --run DIR --minutes M [--scattered DIR]
    joint.py export --start MODEL_FOLDER --runs DIR... --share 0.8 --out MODEL_FOLDER

`--real` is what real_clips.py or pseudo_labels.py writes. The clock sets the schedule; a run interrupted
goes on from its last checkpoint. `export` writes a model folder: a share of the mean of the runs' averages,
the rest the weights of the model that they began from. It also has last.pt with its tag head, so that the
folder is both `--model` and `--run` of calibrate.py, which must follow.
"""

import argparse
import hashlib
import json
import math
import random
import re
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save
from tokenizers import Tokenizer

import export_tags
import nouns
from calibrate import model_of_run
from captioner import PAD, START, exported
from clips import CLASSES, FAMILIES, FLOOR_DB, FRAMES, MELS, STEP_DB, TAG_SIZES, TAUGHT
from clips import Clips, mixed, treated, warp
from decoder import UNKNOWN, head_loss
from export_tags import TAGS
from load_folder import load_folder, unfold_scale
from pretrain import VERSION, stored, teacher_loss
from wordings import Wordings, taken_apart

TAG_WEIGHT = 0.5  # of the tag head's loss beside the captions'
HEAD_STEPS, HEAD_RATE = 60, 1e-3  # a model folder's tag head has not all tags: it learns alone at first
TAGS_ALONE = 0.35  # of the batches: their rendered clips are mixed and have no captions
DRUM_DRAWS, DRUM_MIXES = 2, 2.5  # how much oftener stems of drums are drawn than other solos
VOICES = {"voice", "choir"}
SPOKEN = re.compile("raps|speak")
WORN = 0.5  # of the clips that are not rendered music
UNSAID = 0.4  # of the visits to a singer of known sex, in which it need not be said
MORE = {"violin", "cello", "organ", "accordion", "choir", "harp", "harpsichord"}  # drawn twice as often
BEL = 10 / math.log(10)


# Log-mels and tags


def decibels(spectrum):
    return torch.from_numpy(np.array(spectrum)).float() * STEP_DB + FLOOR_DB


def level(db):
    return db.amax(0).mean().item()


def added(db, other, gain):
    """Two clips that sound together, the other one by so many decibels louder than it is."""
    return BEL * torch.logaddexp(db / BEL, (other + gain) / BEL)


def shifted(db, down=0.25):
    """A clip up to three semitones (`down`: octaves) and 8 % of speed away, from another place on: more
    than clips.moved, as nothing is said of tempo."""
    low, share = warp(random.uniform(-down, 0.25))
    db = torch.lerp(db[low], db[low + 1], share)
    places = torch.arange(FRAMES) * 2 ** random.uniform(-0.12, 0.12)
    low = places.floor().long()
    db = torch.lerp(db[:, low % FRAMES], db[:, (low + 1) % FRAMES], places - low)
    return db.roll(random.randrange(FRAMES), 1)


def worn(db):
    """A clip as a poor recording of it in another room: noise, a narrow band, reverberation, larger gaps."""
    db = db.clone()
    if random.random() < 0.3:
        fall = torch.arange(FRAMES) * random.uniform(0.6, 2.5)
        db = torch.maximum(db, (db + fall).cummax(1).values - fall - random.uniform(3, 12))
    if random.random() < 0.4:
        curve = F.interpolate(torch.randn(1, 1, 5) * 8, MELS, mode="linear", align_corners=True)[0, 0, :, None]
        # Powers of noise in bands that are wide, relative to the resolution, at high frequencies.
        spread = torch.linspace(5, 1.5, MELS)[:, None] * torch.randn(MELS, FRAMES)
        db = added(db, curve + spread, level(db) - random.uniform(8, 40) - curve.max().item())
    if random.random() < 0.2:
        bands = torch.arange(MELS)
        low, high = random.randrange(2, 30), random.randrange(60, 110)
        outside = (low - bands).clamp(min=0) + (bands - high).clamp(min=0)
        db = db - outside[:, None] * random.uniform(1, 4)
    for size, most in ((MELS, 22), (FRAMES, 45)):
        if random.random() < 0.4:
            start, width = random.randrange(size - most), random.randrange(5, most)
            part = db[start : start + width] if size == MELS else db[:, start : start + width]
            part.fill_(db.mean())
    return db.clamp(min=FLOOR_DB)


def tensors(tags):
    return {name: torch.as_tensor(value) for name, value in tags.items()}


UNTAUGHT = torch.full((TAUGHT,), math.nan)


def tags_of(labels, taught=UNTAUGHT):
    """Labels (1, 0, NaN) of export_tags.TAGS and teachers' embeddings as the tags of a clip."""
    known = {name: -1.0 if value != value else value for name, value in zip(TAGS, labels.tolist())}
    tags = {"families": torch.tensor([known[family] for family in FAMILIES])}
    tags |= {"programs": torch.full((128,), -1.0)}
    tags |= {name: torch.tensor([known[name]]) for name in ("drums", "vocals")}
    tags |= {name: torch.tensor(-100) for name in CLASSES} | {"kind": torch.tensor(0), "taught": taught}
    for name, sex, value in (("vocals", "none", 0), ("woman", "woman", 1), ("man", "man", 1)):
        if known[name] == value:
            tags["sex"] = torch.tensor(CLASSES["sex"].index(sex))
    return tags


def union(tags, others):
    """What is heard of a real clip that is added to a rendered one: known if it is known of both."""
    tags = tags | {"taught": UNTAUGHT}
    for name in ("families", "drums", "vocals"):
        both = torch.maximum(tags[name], others[name])
        tags[name] = both.masked_fill(torch.minimum(tags[name], others[name]) < 0, -1)
    sexes = tags["sex"].item(), others["sex"].item()
    tags["sex"] = torch.tensor(max(sexes) if min(sexes) == 0 else -100)
    return tags


# Where clips come from, each as decibels, tags and a caption ("" if it has none)


class Real:
    """Real clips, alone and mixed; `rendered` are the clips that they are mixed with."""

    def __init__(self, path, wordings, rendered, without=(), pseudo_share=0.0, teachers=False):
        self.wordings, self.rendered = wordings, rendered
        data = torch.load(path, weights_only=False)
        pseudo = data.get("pseudo", [False] * len(data["db"]))
        kept = [i for i, group in enumerate(data["groups"]) if group not in without]
        self.db, self.labels, self.weights = (data[name][kept] for name in ("db", "labels", "weights"))
        groups, self.casts, self.texts = ([data[name][i] for i in kept] for name in ("groups", "casts", "texts"))
        if teachers and "taught" not in data:
            raise SystemExit(f"{path} has no teachers' embeddings; pseudo_labels.py writes them")
        self.taught = data["taught"][kept] if teachers else UNTAUGHT.expand(len(kept), -1)
        self.alone = [i for i, cast in enumerate(self.casts) if cast and cast.alone]
        size = Counter(groups)
        size = np.array([size[group] for group in groups])
        drums = np.array([cast is not None and not cast.families for cast in self.casts])
        pseudo = np.array([pseudo[i] for i in kept])
        draws = size**-0.5 * np.where(drums, DRUM_DRAWS, 1)
        share = pseudo_share if pseudo.any() else 0
        self.draws = self._shares(draws * ~pseudo) * (1 - share)
        if share:
            self.draws += self._shares(draws * pseudo) * share
        often = Counter(self.casts[i].families for i in self.alone)
        often = np.array([often[self.casts[i].families] for i in self.alone])
        drums = np.where(drums[self.alone], DRUM_MIXES, 1)
        self.alone_draws = self._shares((size[self.alone] * often) ** -0.5 * drums)
        self.few = [i for i, (tags, texts, _) in enumerate(rendered.records) if self._few(tags, texts)]

    @staticmethod
    def _shares(weights):
        return weights / weights.sum()

    @staticmethod
    def _few(tags, texts):
        return texts and tags["kind"] == 0 and (tags["families"] > 0).sum() <= 3

    def _solo(self):
        return np.random.choice(self.alone, p=self.alone_draws)

    def _sound(self, i):
        """A clip moved; drums alone also to where deep ones are."""
        cast = self.casts[i]
        return shifted(self.db[i].float(), 1 if cast and not cast.families else 0.25)

    def clip(self):
        i = np.random.choice(len(self.db), p=self.draws)
        cast, text = self.casts[i], ""
        if cast and cast.names is not None and random.random() < 0.5:
            text = self.wordings.caption(cast.names, cast.drums)
        if not text and self.texts[i]:
            text = random.choice(self.texts[i])
        db = self._sound(i) if random.random() < 0.5 else self.db[i].float()
        # Labels with a weight below one are unknown in that share of the visits.
        doubtful = torch.rand(len(TAGS)) > self.weights[i]
        return db, tags_of(self.labels[i].masked_fill(doubtful, math.nan), self.taught[i].float()), text

    def mixture(self):
        """Two or three solos, or a solo over or under a rendered clip."""
        i = self._solo()
        db = self._sound(i)
        return self._of_solos(i, db) if random.random() < 0.55 else self._with_rendered(i, db)

    def _of_solos(self, i, db):
        labels, cast = self.labels[i], self.casts[i]
        others = random.choice([1, 1, 2])
        # The first solo leads where the others are quieter.
        quiet = random.uniform(0, 9) if random.random() < 0.7 else 0
        for _ in range(others):
            j = self._partner(cast)
            x = self._sound(j)
            below = quiet + random.uniform(-1, 3) if self.casts[j].families else random.uniform(-3, 6)
            db = added(db, x, level(db) - level(x) - below)
            unknown = labels.isnan() | self.labels[j].isnan()
            labels = torch.maximum(labels, self.labels[j]).masked_fill(unknown, math.nan)
            cast = cast.joined(self.casts[j])
        known = quiet > 1 and cast.names is not None
        return db, tags_of(labels), self.wordings.caption(cast.names, cast.drums) if known else ""

    def _partner(self, cast, tries=20):
        """Another solo, of a family that does not sound yet, no second singer, no second drums."""
        for _ in range(tries):
            j = self._solo()
            other = self.casts[j].families
            voices = VOICES & set(cast.families) and VOICES & set(other)
            if not set(other) & set(cast.families) and not voices and (other or not cast.drums):
                break
        return j

    def _with_rendered(self, i, db, tries=20):
        cast = self.casts[i]
        for _ in range(tries):
            j = random.choice(self.few)
            tags, texts, _ = self.rendered.records[j]
            same = (tags["families"][[FAMILIES.index(family) for family in cast.families]] > 0).any()
            voices = VOICES & set(cast.families) and tags["vocals"][0] > 0
            if not same and not voices and (cast.families or tags["drums"][0] == 0):
                break
        x = decibels(self.rendered.spectra[j])
        below = random.uniform(-6, 9)
        db = added(db, x, level(db) - level(x) - below)
        text = self._led(cast, tags, texts, below) if not same and not voices else ""
        return db, union(tags_of(self.labels[i]), tensors(tags)), text

    def _led(self, cast, tags, texts, below):
        """A caption of a solo and a rendered clip so much quieter; "" if none of them leads clearly."""
        count = (tags["families"] > 0).sum()
        full = [text for text in texts if len(nouns.names(text)) == count and not SPOKEN.search(text)]
        if cast.names is None or not full:
            return ""
        opening, names = taken_apart(random.choice(full))
        drums = cast.drums or tags["drums"][0] > 0
        if not cast.families or below < -2:
            names, opening = (*names, *cast.names), opening if len(names) > 1 else None
        elif below > 2:
            names, opening = (*cast.names, *names), None
        else:
            return ""
        return self.wordings.caption(names, drums, opening)


def drawn(clips):
    """Indices of an epoch; some families are rare in rendered music."""
    more = [FAMILIES.index(family) for family in MORE]
    order = clips.draws() + [i for i, (tags, *_) in enumerate(clips.records) if tags["families"][more].any()]
    random.shuffle(order)
    return order


class Scattered:
    """Rendered clips of random notes; `share` of those drawn are drums alone."""

    def __init__(self, folder, share):
        self.clips, self.share = Clips([folder]), share
        records = self.clips.records
        drums = [tags["drums"][0] > 0 and not (tags["families"] > 0).any() for tags, _, _ in records]
        self.drums = [i for i, alone in enumerate(drums) if alone]
        self.others = [i for i, alone in enumerate(drums) if not alone and records[i][2]]

    def clip(self):
        alone = random.random() < self.share
        i = random.choice(self.drums if alone else self.others)
        tags, _, texts = self.clips.records[i]
        db = decibels(self.clips.spectra[i])
        text = random.choice(texts) if texts else ""
        tags = tensors(tags) | {"taught": UNTAUGHT}
        return shifted(db, 1 if alone else 0.25) if random.random() < 0.5 else db, tags, text


# Training


def token_ids(tokenizer, texts, masked):
    """Tokens of captions, and what is to be learnt of them: where tempo and mood are not known
    (`masked`), not the words for these."""
    encodings = tokenizer.encode_batch(texts)
    width = -(-max(len(e.ids) for e in encodings) // 8) * 8
    ids = torch.tensor([e.ids + [PAD] * (width - len(e.ids)) for e in encodings])
    targets = ids.clone()
    for target, text, encoding, unknown in zip(targets, texts, encodings, masked):
        spans = [match.span() for match in UNKNOWN.finditer(text)] if unknown else []
        for at, (start, end) in enumerate(encoding.offsets):
            if end > start and any(start < b and a < end for a, b in spans):
                target[at] = PAD
    return ids, targets


def caption_loss(model, tokenizer, memory, texts, masked):
    rows = [row for row, text in enumerate(texts) if text]
    ids, targets = token_ids(tokenizer, [texts[row] for row in rows], [masked[row] for row in rows])
    starts = torch.full_like(ids[:, :1], START)
    logits = model.decode(torch.cat([starts, ids[:, :-1]], 1), memory[rows])
    return F.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=PAD, label_smoothing=0.02
    )


def caption_of(tags, texts):
    """One of a rendered clip's captions ("" if it has none)."""
    if tags["kind"] == 0 and tags["sex"] > 0 and random.random() > UNSAID:
        texts = [text for text in texts if nouns.sex(text)] or texts
    return random.choice(texts or [""])


def batch_of(clips, indices, more):
    """Rendered clips and others as decibels, tags, captions, and whose tempo and mood is unknown."""
    db, tags, _ = clips.batch(indices)
    tags["taught"] = UNTAUGHT.expand(len(indices), -1)  # of another basis, if it is known
    texts = [caption_of(*clips.records[i][:2]) for i in indices]
    if random.random() < TAGS_ALONE:
        db, tags = mixed(db, tags, 0.4)
        texts = [""] * len(indices)
    masked = [False] * len(indices) + [True] * len(more)
    more_db = [worn(x) if random.random() < WORN else x.clone() for x, _, _ in more]
    db = torch.cat([db, *(treated(x[None]) for x in more_db)])
    names = (*TAG_SIZES, "taught")
    tags = {name: torch.cat([tags[name], torch.stack([t[name] for _, t, _ in more])]) for name in names}
    return db, tags, texts + [text for _, _, text in more], masked


@torch.no_grad()
def started(start, clips, taught):
    """A model folder's model with its tag head, or the average of a run."""
    if not Path(start).is_dir():
        model = model_of_run(Path(start).parent)[0].train()
        if taught and model.teach is None:
            raise SystemExit(f"--teachers needs a model folder, or a run with it, to start from, not {start}")
        return model
    model = load_folder(start, taught=taught)
    unfold_scale(model, clips.batch(range(0, min(len(clips), 2048), 2), treat=False)[0])
    model.tags.out.weight.mul_(0.1)
    set_head(model, *(floats(start)[f"tag_head.{part}"] for part in ("weight", "bias")))
    return model


def head_rows(model):
    """Rows of the model's tag head in the order of export_tags.TAGS."""
    numbers = torch.arange(len(model.tags.out.bias))
    tags = SimpleNamespace(sizes=model.tags.sizes, out=SimpleNamespace(weight=numbers[:, None], bias=numbers))
    return export_tags.head(SimpleNamespace(tags=tags))[1]


@torch.no_grad()
def set_head(model, weight, bias):
    rows = head_rows(model)
    model.tags.out.weight[rows], model.tags.out.bias[rows] = weight, bias


def save_checkpoint(a, model, optimizer, average, elapsed, step, seen):
    run = Path(a.run)
    run.mkdir(parents=True, exist_ok=True)
    state = dict(
        model=model.state_dict(), optimizer=optimizer.state_dict(), average=average, shape=model.config,
        elapsed=elapsed, step=step, seen=seen,
        recipe={name: vars(a)[name] for name in ("start", "seed", "rate", "batch", "minutes", "teachers")},
    )  # fmt: skip
    torch.save(state, run / "new.pt")
    (run / "new.pt").replace(run / "last.pt")


def beginning(a, clips, saved):
    """Model, optimizer and average, as a run begins or where its checkpoint is."""
    model = started(a.start, clips, TAUGHT if a.teachers else None)
    trained = [p for name, p in model.named_parameters() if not name.startswith("early_tags.")]
    optimizer = torch.optim.AdamW(trained, lr=a.rate, betas=(0.9, 0.98), weight_decay=0.0)
    if not saved:
        return model, optimizer, {name: t.clone() for name, t in model.state_dict().items()}
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    return model, optimizer, saved["average"]


def losses(model, tokenizer, batch, head_alone, teacher_weight):
    """The loss of the tags and, weighted, of the teachers' embeddings; that of the captions, if there are any."""
    db, tags, texts, masked = batch
    with torch.autocast("cpu", torch.bfloat16):
        memory = model.encode(db)[1]
        tag = TAG_WEIGHT * head_loss(model.tags(memory), tags)
        tag = tag + teacher_weight * teacher_loss(model, memory, tags["taught"])
        if head_alone or not any(texts):
            return tag, None
        return tag, caption_loss(model, tokenizer, memory, texts, masked)


def update(model, optimizer, loss, rate, head_alone):
    for group in optimizer.param_groups:
        group["lr"] = HEAD_RATE if head_alone else rate
    model.zero_grad()
    loss.backward()
    if head_alone:
        for name, p in model.named_parameters():
            if not name.startswith(("tags.", "teach.")):
                p.grad = None
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 1.0)
    optimizer.step()


def train(a):
    torch.set_num_threads(a.threads)
    checkpoint = Path(a.run) / "last.pt"
    saved = torch.load(checkpoint, weights_only=False) if checkpoint.exists() else None
    step, seen, elapsed = (saved[name] if saved else 0 for name in ("step", "seen", "elapsed"))
    for seed in (random.seed, torch.manual_seed, np.random.seed):
        seed(a.seed + 1000 * step)
    tokenizer, clips = Tokenizer.from_file(a.tokenizer), Clips(a.data)
    real = Real(a.real, Wordings(a.data), clips, a.without, a.pseudo_share, a.teachers)
    scattered = Scattered(a.scattered, a.drums_alone) if a.scattered else None
    alone = f"{len(real.alone)} of one instrument"
    print(f"{len(clips)} rendered clips, {len(real.db)} real ones, {alone}", flush=True)
    model, optimizer, average = beginning(a, clips, saved)
    head_steps = HEAD_STEPS if Path(a.start).is_dir() else 0
    rendered = a.batch - a.real_clips - a.mixes - (a.scattered_clips if scattered else 0)
    total, begun, saved_at, order, shown = a.minutes * 60, time.time() - elapsed, time.time(), [], []
    while (elapsed := time.time() - begun) < total:
        if len(order) < rendered:
            clips.refresh()
            order = drawn(clips)
        more = [scattered.clip() for _ in range(a.scattered_clips)] if scattered else []
        more += [real.clip() for _ in range(a.real_clips)] + [real.mixture() for _ in range(a.mixes)]
        batch = batch_of(clips, [order.pop() for _ in range(rendered)], more)
        head_alone = step < head_steps
        tag, said = losses(model, tokenizer, batch, head_alone, a.teachers)
        fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * elapsed / total))
        rate = a.rate * min(1, (step + 1) / 200) * fall
        update(model, optimizer, tag if said is None else tag + said, rate, head_alone)
        step, seen = step + 1, seen + a.batch
        keep = min(0.998, step / (step + 100))
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                average[name].lerp_(tensor, 1 - keep)
        shown.append((tag.item(), math.nan if said is None else said.item()))
        if step % 50 == 0:
            tag, said = (np.mean([x for x in part if x == x] or [math.nan]) for part in zip(*shown))
            speed, left = seen / (time.time() - begun), (total - elapsed) / 60
            print(f"step {step}  tags {tag:.3f}  captions {said:.3f}", end="  ")
            print(f"{speed:.0f} clips/s  {left:.1f} min left", flush=True)
            shown = []
        if time.time() - saved_at > a.save_seconds:
            save_checkpoint(a, model, optimizer, average, elapsed, step, seen)
            saved_at = time.time()
    save_checkpoint(a, model, optimizer, average, elapsed, step, seen)
    print(f"done: {step} steps, {seen} clips seen")


# A model folder


def floats(folder):
    """A model folder's tensors, those in whole numbers with their scales."""
    whole = load_file(Path(folder) / "model.safetensors")
    found = {name: tensor.float() for name, tensor in whole.items() if not name.endswith(".scale")}
    for name, tensor in found.items():
        if (scale := whole.get(f"{name}.scale")) is not None:
            found[name] = tensor * scale.reshape(-1, *[1] * (tensor.ndim - 1))
    return found


def mean_of_runs(runs):
    """The mean of the runs' averages, their recipes, steps and clips seen."""
    models, saved = zip(*map(model_of_run, runs))
    states = [model.state_dict() for model in models]
    names = [name for name in states[0] if not name.startswith("teach.")]
    mean = {name: sum(state[name] for state in states) / len(states) for name in names}
    models[0].load_state_dict(mean, strict=False)
    # Where a run began is a path of this machine.
    recipe = {name: [s["recipe"].get(name) for s in saved] for name in saved[0]["recipe"] if name != "start"}
    recipe |= {"steps": [s["step"] for s in saved], "clips_seen": [s["seen"] for s in saved]}
    return models[0], recipe


def export(a):
    start, out = floats(a.start), Path(a.out)
    model, recipe = mean_of_runs(a.runs)
    learnt = exported(model.state_dict())
    learnt["tag_head.weight"], learnt["tag_head.bias"] = export_tags.head(model)
    tensors = {name: (1 - a.share) * tensor + a.share * learnt[name] for name, tensor in start.items()}
    out.mkdir(parents=True, exist_ok=True)
    whole = {}
    for name, tensor in tensors.items():
        whole |= stored(name, tensor)
    weights = save(whole, metadata={"format": "pt"})
    (out / "model.safetensors").write_bytes(weights)
    (out / "tokenizer.json").write_bytes((Path(a.start) / "tokenizer.json").read_bytes())
    config = json.loads((Path(a.start) / "config.json").read_text())
    before = config["musicap"]["version"]
    recipe |= {"trained": f"encoder, tag head, decoder; {a.share:g} of the runs' mean, the rest of {before}"}
    config["musicap"] = {"version": VERSION, "recipe": recipe, "sha256": hashlib.sha256(weights).hexdigest()}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    # What calibrate.py reads of a run.
    set_head(model, tensors["tag_head.weight"], tensors["tag_head.bias"])
    torch.save(dict(shape=model.config, average=model.state_dict(), recipe=recipe), out / "last.pt")
    print(f"{out}: {config['musicap']['sha256']}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = p.add_subparsers(dest="command", required=True)
    c = commands.add_parser("train")
    c.add_argument("--start", required=True, help="model folder, or last.pt of a run for its average")
    c.add_argument("--tokenizer", required=True)
    c.add_argument("--data", nargs="+", required=True)
    c.add_argument("--real", required=True, help="file that real_clips.py or pseudo_labels.py wrote")
    c.add_argument("--pseudo-share", type=float, default=0.25, help="of the real clips: those with pseudo-labels")
    c.add_argument("--teachers", type=float, default=0,
                   help="weight of the teachers' embeddings of real clips, which are learnt too")  # fmt: skip
    c.add_argument("--without", nargs="+", default=[], help="groups of real clips that are held out")
    c.add_argument("--scattered", help="folder of clips of random notes")
    c.add_argument("--run", required=True)
    c.add_argument("--minutes", type=float, required=True)
    c.add_argument("--batch", type=int, default=64, help="clips a step, of which these are:")
    c.add_argument("--real-clips", type=int, default=8)
    c.add_argument("--mixes", type=int, default=8, help="real clips mixed with each other or rendered ones")
    c.add_argument("--scattered-clips", type=int, default=6, help="with --scattered")
    c.add_argument("--drums-alone", type=float, default=0.65, help="share of the scattered clips")
    c.add_argument("--rate", type=float, default=3e-4)
    c.add_argument("--seed", type=int, default=1)
    c.add_argument("--threads", type=int, default=1)
    c.add_argument("--save-seconds", type=float, default=120)
    c = commands.add_parser("export")
    c.add_argument("--start", required=True, help="model folder that the first run began from")
    c.add_argument("--runs", nargs="+", required=True)
    c.add_argument("--share", type=float, default=0.8, help="of the runs in the mean of weights")
    c.add_argument("--out", required=True)
    a = p.parse_args()
    {"train": train, "export": export}[a.command](a)


if __name__ == "__main__":
    main()
