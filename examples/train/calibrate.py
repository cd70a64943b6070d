"""Calibrates a model's tag head and writes it into a model folder.

    calibrate.py --model FOLDER --run DIR --dev truth.csv... --mels DIR... --held-out DIR... --wording DIR...
                 --out FOLDER

Platt scaling with one slope for all families and an offset for each, drawn to zero; one threshold
for all families. Captions may have only the words of rendered clips' captions and of names. Real clips
count more than rendered ones. Figures on the real clips are cross-validated: a clip's captions use the
calibration of the folds that its recording is not in.
"""

import argparse
import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save
from tokenizers import Tokenizer

import export_tags
import nouns
import reliability
from captioner import BOS, EOS, START, Captioner
from clips import FAMILIES, FLOOR_DB, FRAMES, GENRES, KINDS, MELS, QUALITIES, STEP_DB, TAG_SIZES, kind_of, sex_of
from export_tags import GROUPS, TAGS

REAL_WEIGHT = 4.0
FOLDS = 6
# What a probability must be for a word to be said; that of families is chosen.
THRESHOLDS = {"drums": 0.5, "no_drums": 0.6, "no_music": 0.5, "music": 0.0, "vocals": 0.4, "man": 0.7, "woman": 0.7}
THRESHOLDS |= dict.fromkeys(KINDS, 0.5) | dict.fromkeys(QUALITIES, 0.8) | dict.fromkeys(GENRES, 0.6)


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def real_clips(path, mels):
    """Decibels of real clips, labels by tag (NaN where unknown), and the rows."""
    rows = list(csv.DictReader(open(path)))
    db = torch.from_numpy(np.stack([np.load(Path(mels) / f"{r['id']}.npy")[0] for r in rows]))
    labels = np.full((len(rows), len(TAGS)), np.nan, np.float32)
    for label, row in zip(labels, rows):
        may = [snake(name) for name in row["may_be_named"].split("|") if name]
        # Where other families may sound, none is known not to.
        label[: len(FAMILIES)] = np.nan if row.get("complete") == "no" else 0
        for name in may:
            if name != "drums":
                # Of a long list not all need to sound.
                label[FAMILIES.index(name)] = 1 if len(may) <= 3 else np.nan
        if row["drums"]:
            label[TAGS.index("drums")] = row["drums"] == "yes"
        if row["vocals"]:
            label[TAGS.index("vocals")] = row["vocals"] != "no"
            for sex, word in (("man", "male"), ("woman", "female")):
                if row["vocals"] != "yes":
                    label[TAGS.index(sex)] = row["vocals"] == word
        label[TAGS.index("music")] = 1
        for kind in KINDS:
            label[TAGS.index(kind)] = 0
    return db, labels, rows


def rendered_clips(folder, most=400):
    records, spectra = [], []
    for path in sorted(Path(folder).glob("*.jsonl")):
        lines = [json.loads(line) for line in open(path)]
        mel = np.fromfile(path.with_suffix(".mel"), np.uint8).reshape(-1, MELS, FRAMES)
        records += lines[: len(mel)]
        spectra.append(mel[: len(lines)])
    db = torch.from_numpy(np.concatenate(spectra)[:most]).float() * STEP_DB + FLOOR_DB
    records = records[:most]
    labels = np.zeros((len(records), len(TAGS)), np.float32)
    for label, record in zip(labels, records):
        label_record(label, record)
    return db, labels, records


def captions_of(folders):
    """All captions of rendered clips."""
    found = set()
    for path in (path for folder in folders for path in Path(folder).glob("*.jsonl")):
        for line in open(path, encoding="utf-8"):
            record = json.loads(line)
            found |= {record["caption"], *record.get("taught", ())}
    return found


def label_record(label, record):
    """Sets what a record says of each tag; what it does not know is NaN."""
    kind = kind_of(record)
    music = kind == "music"
    for family in record["families"]:
        label[FAMILIES.index(family)] = 1
    label[TAGS.index("drums")] = record["drums"]
    label[TAGS.index(kind)] = 1
    label[TAGS.index("vocals")] = music and bool({"voice", "choir"} & set(record["families"]))
    sex = sex_of(record)
    for name in ("man", "woman"):
        label[TAGS.index(name)] = np.nan if sex is None else sex == name
    quality = record.get("quality") if music else None
    for name in QUALITIES:
        label[TAGS.index(name)] = np.nan if quality is None else quality == name
    for name in GENRES:
        known = music and "genre" in record and record["families"]
        label[TAGS.index(name)] = record["genre"] == name if known else np.nan


@torch.inference_mode()
def encoded(model, db):
    return torch.cat([model.encode(part)[1] for part in db.split(32)])


def pooled(memory):
    return torch.cat([memory.mean(1), memory.amax(1)], -1)


def fit(logits, labels, weights):
    """Scales and offsets [tags, 2]."""
    z, y = torch.from_numpy(logits), torch.from_numpy(labels)
    known = ~torch.isnan(y)
    w = torch.from_numpy(weights)[:, None] * known
    y = torch.nan_to_num(y)
    groups = torch.tensor(GROUPS)
    slope = torch.ones(max(GROUPS) + 1, requires_grad=True)
    common = torch.zeros(max(GROUPS) + 1, requires_grad=True)
    offset = torch.zeros(len(TAGS), requires_grad=True)
    optimizer = torch.optim.LBFGS([slope, common, offset], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        p = slope[groups] * z + common[groups] + offset
        loss = (F.binary_cross_entropy_with_logits(p, y, reduction="none") * w).sum()
        loss = loss + 4.0 * (offset**2).sum() + 2.0 * ((slope - 1) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return torch.stack([slope[groups], common[groups] + offset], 1).detach().numpy()


class Names:
    """musicap-core's tags.rs in Python: which tokens may follow, and what a caption states."""

    def __init__(self, words):
        self.words, self.children, self.word = words, [{}], [None]
        for index, word in enumerate(words):
            at = 0
            for token in word["tokens"]:
                if token not in self.children[at]:
                    self.children[at][token] = len(self.children)
                    self.children.append({})
                    self.word.append(None)
                at = self.children[at][token]
            if self.word[at] is None:
                self.word[at] = index
        self.longest = max(len(word["tokens"]) for word in words)

    def allowed(self, p):
        """For each word whether it may be used where the tags have these probabilities."""
        found = []
        for word in self.words:
            q = 1.0
            if "tag" in word:
                q = 1 - p[word["tag"]] if word.get("absent") else p[word["tag"]]
            sure = any(p[tag] >= word["threshold"] for tag in word.get("unless", ()))
            found.append(q >= word.get("threshold", 0.0) and not sure)
        return found

    def is_open(self, node, allowed, said, before):
        word = self.word[node]
        if word is not None and allowed[word] and not self.repeats(said, word):
            if not (after := self.words[word].get("after")) or before in after:
                return True
        return any(self.is_open(child, allowed, said, before) for child in self.children[node].values())

    def repeats(self, said, word):
        tag = self.words[word].get("tag")
        if tag is not None:
            return any(self.words[other].get("tag") == tag for other in said)
        return bool(self.words[word].get("unless")) and word in said

    def banned(self, allowed, history):
        decided, banned = set(), []
        for start in range(max(0, len(history) - self.longest + 1), len(history) + 1):
            node = 0
            for token in history[start:]:
                node = self.children[node].get(token)
                if node is None:
                    break
            if node is None:
                continue
            said = self.words_of(history[:start])
            for token, child in self.children[node].items():
                if token not in decided:
                    decided.add(token)
                    if not self.is_open(child, allowed, said, history[start - 1] if start else None):
                        banned.append(token)
        return banned

    def words_of(self, tokens):
        found, at = [], 0
        while at < len(tokens):
            node, word, length = 0, None, 0
            for place, token in enumerate(tokens[at:]):
                node = self.children[node].get(token)
                if node is None:
                    break
                if self.word[node] is not None:
                    word, length = self.word[node], place + 1
            if word is not None:
                found.append(word)
            at += max(1, length)
        return found

    def stated(self, tokens):
        stated = {}
        for word in self.words_of(tokens):
            if "tag" in self.words[word]:
                stated.setdefault(self.words[word]["tag"], bool(self.words[word].get("absent")))
        return stated


@torch.inference_mode()
def search(model, memory, names, allowed, beams=4, longest=80, ngram=3):
    """Tokens and score of one clip `[1, frames, d]`: beam search as musicap-core's."""
    open_, done = [([START, BOS], 0.0)], []
    while True:
        ids = torch.tensor([tokens for tokens, _ in open_])
        hidden = model.decode(ids, memory.expand(len(ids), -1, -1))[:, -1].float()
        rows, candidates = hidden.log_softmax(-1), []
        for i, (tokens, score) in enumerate(open_):
            row = rows[i].clone()
            before = tokens[-(ngram - 1) :]
            for k in range(len(tokens) - ngram + 1):
                if tokens[k : k + ngram - 1] == before:
                    row[tokens[k + ngram - 1]] = -torch.inf
            if names is not None and (banned := names.banned(allowed, tokens)):
                row[banned] = -torch.inf
            value, index = row.topk(2 * beams)
            candidates += [(score + float(v), i, int(t)) for v, t in zip(value, index)]
        candidates.sort(key=lambda c: -c[0])
        following = []
        for rank, (score, i, token) in enumerate(candidates[: 2 * beams]):
            if token == EOS:
                if rank < beams:
                    done.append((score / len(open_[i][0]), open_[i][0] + [EOS]))
            else:
                following.append((open_[i][0] + [token], score))
            if len(following) == beams:
                break
        open_ = following
        if len(done) >= beams or not open_ or len(open_[0][0]) >= longest - 1:
            break
    done = done or [(score / len(tokens), tokens) for tokens, score in open_]
    return max(done)[::-1]


def judged_real(row, caption):
    """Named families, those of them that are true, whether all of the caption is true."""
    named = nouns.families(caption)
    may = named if row.get("complete") == "no" else {snake(name) for name in row["may_be_named"].split("|")}
    true = [family for family in named if family in may]
    drums = nouns.drums(caption)
    sung = nouns.sung(caption)
    kind = "no music" in caption
    right = len(true) == len(named) and not kind
    right &= not (row["drums"] == "no" and drums) and not (row["drums"] == "yes" and not drums)
    right &= not (row["vocals"] == "no" and sung)
    right &= not (row["vocals"] in ("yes", "male", "female") and not sung)
    sex = {"man": "male", "woman": "female"}.get(nouns.sex(caption))
    right &= not (row["vocals"] in ("male", "female") and sex not in (None, row["vocals"]))
    lead = snake(row["lead"]) if row["lead"] else None
    led = (named[0] == lead if named else lead == "drums" and drums) if lead else None
    return dict(named=len(named), true=len(true), right=right, lead=led, drums=drums, sung=sung)


def judged_rendered(record, caption):
    named = nouns.families(caption)
    true = [family for family in named if family in record["families"]]
    drums = nouns.drums(caption)
    right = len(true) == len(named) and drums == record["drums"]
    kind = kind_of(record)
    if kind != "music":
        right = any(text.removeprefix("x ") in caption for text in export_tags.SENTENCES[kind])
    else:
        right &= "no music" not in caption
    sex = nouns.sex(caption)
    right &= sex is None or sex_of(record) in (None, sex)
    return dict(named=len(named), true=len(true), right=right, played=len(record["families"]))


def figures(rows, judged):
    mean = lambda xs: float(np.mean(xs)) if len(xs) else float("nan")  # noqa: E731
    return dict(
        lead=mean([j["lead"] for j in judged if j["lead"] is not None]),
        true_share=sum(j["true"] for j in judged) / max(1, sum(j["named"] for j in judged)),
        true_a_clip=mean([j["true"] for j in judged]),
        clean=mean([j["named"] == j["true"] for j in judged]),
        all_true=mean([j["right"] for j in judged]),
        drums_told=mean([j["drums"] for r, j in zip(rows, judged) if r["drums"] == "yes"]),
        drums_invented=mean([j["drums"] for r, j in zip(rows, judged) if r["drums"] == "no"]),
        voices_told=mean([j["sung"] for r, j in zip(rows, judged) if r["vocals"] not in ("", "no")]),
        voices_invented=mean([j["sung"] for r, j in zip(rows, judged) if r["vocals"] == "no"]),
    )


def thresholds(families):
    return dict.fromkeys(FAMILIES, families) | THRESHOLDS


def features(names, p, tokens, score):
    stated = names.stated(tokens)
    evidence = sum(np.log(max(1e-30, 1 - p[t] if absent else p[t])) for t, absent in stated.items())
    return [1.0, score, evidence, float(len(stated))]


def fit_confidence(x, right, weights):
    x, y = torch.tensor(x, dtype=torch.float64), torch.tensor(right, dtype=torch.float64)
    w = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    sample = torch.tensor(weights, dtype=torch.float64)
    optimizer = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (F.binary_cross_entropy_with_logits(x @ w, y, reduction="none") * sample).sum()
        loss = loss + 0.5 * (w[1:] ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach().numpy()


def model_of_run(path, which="average"):
    saved = torch.load(Path(path) / "last.pt", weights_only=False)
    model = Captioner(saved["shape"], TAG_SIZES)
    model.load_state_dict(saved[which])
    return model.eval(), saved


def bins(p, right, count=5):
    """Bins of equally many captions: their number, mean confidence and share of true ones."""
    for part in np.array_split(np.argsort(p), count):
        yield len(part), float(p[part].mean()), float(right[part].mean())


def calibration_error(p, right):
    return sum(n * abs(mean - share) for n, mean, share in bins(p, right)) / len(p)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    a.add_argument("--model", required=True, help="folder that export wrote, for its int8 weights")
    a.add_argument("--run", required=True)
    a.add_argument("--dev", required=True, nargs="+", help="tables of real clips that were not trained on")
    a.add_argument("--mels", required=True, nargs="+", help="a folder of log-mels for each of them")
    a.add_argument("--held-out", nargs="+", required=True)
    a.add_argument("--wording", nargs="+", required=True, help="folders of the clips whose captions were learnt")
    a.add_argument("--thresholds", nargs="+", type=float, default=[0.3, 0.4, 0.5, 0.6])
    a.add_argument("--choose", type=float)
    a.add_argument("--out")
    a.add_argument("--plot", help="SVG file of the reliability plot")
    a = a.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(Path(a.model) / "tokenizer.json"))
    from load_folder import load_folder

    model = load_folder(a.model).eval()
    trained, saved = model_of_run(a.run)
    weight, bias = export_tags.head(trained)
    # As it is stored.
    scale = weight.abs().amax(1) / 127
    stored = (weight / scale[:, None]).round().to(torch.int8)
    weight = stored.float() * scale[:, None]

    def logits(memory):
        return (pooled(memory) @ weight.T + bias).numpy()

    sets = [real_clips(*pair) for pair in zip(a.dev, a.mels, strict=True)]
    real = encoded(model, torch.cat([db for db, *_ in sets]))
    real_labels = np.concatenate([labels for _, labels, _ in sets])
    rows = [row for *_, some in sets for row in some]
    real_z = logits(real)
    held, held_z, held_labels, records = [], [], [], []
    for folder in a.held_out:
        db, labels, some = rendered_clips(folder)
        memory = encoded(model, db)
        held.append(memory)
        held_z.append(logits(memory))
        held_labels.append(labels)
        records += some
    held, held_z, held_labels = torch.cat(held), np.concatenate(held_z), np.concatenate(held_labels)
    # Windows of one recording, whose ids end in where they start, are in one fold, and together weigh less.
    recordings = [re.sub(r"_[\d.]+$", "", row["id"]) for row in rows]
    fold = np.array([hash_of(recording) % FOLDS for recording in recordings])
    windows = Counter(recordings)
    real_weights = np.array([REAL_WEIGHT * windows[recording] ** -0.5 for recording in recordings])

    def calibrated(mask):
        z = np.concatenate([real_z[mask], held_z])
        y = np.concatenate([real_labels[mask], held_labels])
        w = np.concatenate([real_weights[mask], np.ones(len(held_z))])
        return fit(z, y, w.astype(np.float32))

    def probabilities(z, calibration):
        return 1 / (1 + np.exp(-(calibration[:, 0] * z + calibration[:, 1])))

    texts = sorted(captions_of(a.held_out) | captions_of(a.wording))
    corpus = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    names = Names(export_tags.words(tokenizer, thresholds(0.5), corpus))
    for record in records[:300]:
        # No rule may stand in the way of a caption that is true.
        p = np.zeros(len(TAGS), np.float32)
        label_record(p, record)
        p = np.nan_to_num(p)
        allowed = names.allowed(p)
        for caption in [record["caption"]] if "taught" in record else []:
            tokens = tokenizer.encode(caption).ids
            for at in range(1, len(tokens)):
                if tokens[at] in names.banned(allowed, [START, *tokens[:at]]):
                    word = tokenizer.decode(tokens[at : at + 1])
                    raise SystemExit(f"{caption}: {word!r} is banned after {tokenizer.decode(tokens[:at])}")

    folds = [calibrated(fold != k) for k in range(FOLDS)]
    whole = calibrated(np.ones(len(rows), bool))
    real_p = np.stack([probabilities(z, folds[k]) for z, k in zip(real_z, fold)])

    def captions(memory, p, names):
        found = []
        for m, q in zip(memory, p):
            allowed = names.allowed(q) if names else None
            tokens, score = search(model, m[None], names, allowed)
            found.append((tokens, score, tokenizer.decode(tokens)))
        return found

    plain = captions(real, real_p, None)
    print("no steering", json.dumps(figures(rows, [judged_real(r, c[2]) for r, c in zip(rows, plain)])))
    for threshold in a.thresholds:
        names = Names(export_tags.words(tokenizer, thresholds(threshold), corpus))
        found = captions(real, real_p, names)
        print(threshold, json.dumps(figures(rows, [judged_real(r, c[2]) for r, c in zip(rows, found)])), flush=True)
    if a.choose is None:
        return
    words = export_tags.words(tokenizer, thresholds(a.choose), corpus)
    names = Names(words)
    found = captions(real, real_p, names)
    judged = [judged_real(row, c[2]) for row, c in zip(rows, found)]
    for row, c, j in zip(rows, found, judged):
        print(row["id"], "|", c[2], "" if j["right"] else "***")
    some = range(0, len(held), max(1, len(held) // 240))
    held_p = probabilities(held_z, whole)
    held_found = captions(held[list(some)], held_p[list(some)], names)
    held_judged = [judged_rendered(records[i], c[2]) for i, c in zip(some, held_found)]
    tp, named, played = (sum(j[k] for j in held_judged) for k in ("true", "named", "played"))
    print("held out", len(held_judged), "micro-F1", 2 * tp / (named + played), "all true", np.mean([j["right"] for j in held_judged]))
    x = [features(names, p, c[0], c[1]) for p, c in zip(real_p, found)]
    right = [j["right"] for j in judged]
    held_x = [features(names, held_p[i], c[0], c[1]) for i, c in zip(some, held_found)]
    held_right = [j["right"] for j in held_judged]

    def confidence(mask):
        use = np.flatnonzero(mask)
        return fit_confidence(
            [x[i] for i in use] + held_x, [right[i] for i in use] + held_right,
            [*real_weights[use], *[0.5] * len(held_x)],
        )  # fmt: skip

    by_fold = [confidence(fold != k) for k in range(FOLDS)]
    p = np.array([1 / (1 + np.exp(-np.dot(by_fold[k], row))) for row, k in zip(x, fold)])
    print("confidence, cross-validated: mean", p.mean(), "true", np.mean(right), "calibration error", calibration_error(p, np.array(right, float)))
    weights = confidence(np.ones(len(rows), bool))
    print("weights", weights)
    if a.plot:
        # Halves of the rendered clips calibrate each other.
        halves = np.arange(len(held_x)) % 2
        q = np.zeros(len(held_x))
        for half in (0, 1):
            use = np.flatnonzero(halves != half)
            w = fit_confidence(
                x + [held_x[i] for i in use], right + [held_right[i] for i in use],
                [*real_weights, *[1.0] * len(use)],
            )  # fmt: skip
            q[halves == half] = 1 / (1 + np.exp(-(np.array(held_x)[halves == half] @ w)))
        series = [
            (f"real clips, {len(p)}, cross-validated", "#0b6e99", bins(p, np.array(right, float))),
            (f"rendered clips, {len(q)}", "#c2571a", bins(q, np.array(held_right, float))),
        ]
        Path(a.plot).write_text(reliability.plot(series, "captions that are all true"))
        print("rendered: calibration error", calibration_error(q, np.array(held_right, float)))
    if not a.out:
        return
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = load_file(Path(a.model) / "model.safetensors")
    tensors |= {"tag_head.weight": stored.contiguous(), "tag_head.weight.scale": scale.contiguous(), "tag_head.bias": bias.half()}
    data = save(tensors, metadata={"format": "pt"})
    (out / "model.safetensors").write_bytes(data)
    (out / "tokenizer.json").write_bytes((Path(a.model) / "tokenizer.json").read_bytes())
    config = json.loads((Path(a.model) / "config.json").read_text())
    config["tags"] = {
        "names": TAGS,
        "calibration": [[round(float(v), 4) for v in row] for row in whole],
        "words": words,
        "confidence": dict(zip(("bias", "score", "evidence", "named"), (round(float(v), 4) for v in weights))),
        "wording": export_tags.word_lists(texts, tokenizer),
    }
    config["musicap"]["sha256"] = hashlib.sha256(data).hexdigest()
    text = json.dumps(config, indent=2)
    # Short lists on one line each.
    text = re.sub(r"\[\s+((?:-?[\d.]+,?\s+)+)\]", lambda m: "[" + " ".join(m[1].split()) + "]", text)
    text = re.sub(r"\{\s+(\"tokens\": [^{}]*?)\s+\}", lambda m: "{" + " ".join(m[1].split()) + "}", text)
    (out / "config.json").write_text(text + "\n")
    print(sum(f.stat().st_size for f in out.iterdir()), "bytes")


def hash_of(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


if __name__ == "__main__":
    main()
