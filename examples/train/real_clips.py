"""Real clips whose instruments are known, as joint.py learns from them: log-mels, labels, captions.

    real_clips.py --model MODEL_FOLDER --music DIR --samples DIR --wording DIR... --out FILE

The folders are what `real.py clips` writes: `--music` of real-music.csv, `--samples` of recordings.csv, of
which phrases and notes of the Philharmonia's players and guitar stems are taken. A label is 1, 0 or NaN (not
known); labels that rest on a roster or a title have a weight below one. Captions are the model's own: its
search, where only names that are true of the clip may be used. Those with a wrong lead, with a low score, or
with pairs of words that no caption of `--wording` (folders of rendered clips) has, are left out. Of a roster a
second caption names the families that the model hears most.
"""

import argparse
import fnmatch
import json
import math
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

import nouns
import real
from calibrate import Names, captions_of, encoded, pooled, search
from clips import FAMILIES, FLOOR_DB, FRAMES, KINDS, MELS, STEP_DB, solo_noun, treated
from export_tags import TAGS
from load_folder import load_folder
from wordings import Cast, Wordings

PHRASES, NOTES, STEMS = 18, 10, 6  # of an instrument, of one or of a kind of percussion, of a song
# What electronic music may have, and what may accompany a singer on an old record.
ELECTRONIC = (
    "synth_lead synth_pad bass electric_piano piano organ mallets bells distorted_guitar electric_guitar"
    " voice choir"
).split()
ORCHESTRAL = "strings brass reeds flute violin cello piano harp bass pizzicato trumpet".split()
# By how names begin: families that may sound besides those of the table's `may`, and those that are taken to
# sound, with the weight of that. Everything else does not sound.
DOUBTS = {
    # Concertos, known by their titles and scorings: the orchestra mostly plays, the soloist in some windows.
    "egg_oboe": (["pizzicato"], {"strings": 0.5, "reeds": 0.3}),
    "egg_vc2": (["pizzicato"], {"strings": 0.5, "violin": 0.3}),
    "egg_pc17": (["pizzicato"], {"strings": 0.5}),
    # Orchestras, known by their scorings.
    "ball_orpheus": ([], {"strings": 0.5}),
    "ball_carmen": ([], {"strings": 0.5}),
    # A choir with a band; which of its instruments are to be heard is not known.
    "sergeants": (FAMILIES, {"choir": 1}),
    # By its file name a piano trio: one of the three may rest, two bowed strings may sound like more.
    "egg_trio": (["strings"], {"violin": 0.5, "cello": 0.5, "piano": 0.5}),
    # Bands, known by their rosters: brass mostly plays, the others now and then.
    "navy": ([], {"brass": 0.5, "trumpet": 0.15, "reeds": 0.1, "flute": 0.1}),
    "ball_rockies": ([], {"brass": 0.5, "trumpet": 0.15, "reeds": 0.1, "flute": 0.1}),
    "airmen": (["reeds"], {"brass": 0.5, "trumpet": 0.15, "saxophone": 0.3}),
    # The guitar of a rock band (distorted or clean is not said, low strings may be a bass), and the band.
    "sectoid_g": (["electric_guitar", "bass"], {"distorted_guitar": 0.5}),
    "sectoid_m": ([*ELECTRONIC, "strings"], {"distorted_guitar": 0.5}),
    # Singers on old records: which instruments of the orchestra are to be heard is not known.
    "soul_caruso": (ORCHESTRAL, {"voice": 1}),
    "gcw_caruso": (ORCHESTRAL, {"voice": 1}),
    "soul_heink": (ORCHESTRAL, {"voice": 1}),
    # The roster of a mariachi: more may sound.
    "gcw_mariachi": (FAMILIES, {"acoustic_guitar": 0.5, "trumpet": 0.5, "violin": 0.5}),
    # A nocturne by Chopin, a work for piano alone; the table does not call it whole.
    "digabi": ([], {"piano": 1}),
}
# A family of a clip of many is named if its probability is this, a general word if none of its families' is.
HEARD = 0.25
SURE, MOST = 0.4, 3  # what a family of a roster must have to be told, how many are
# Names of families whose first name in nouns.NOUNS is too general to be taught: general words, or none.
TOLD = {"brass": "brass section", "reeds": "woodwind", "mallets": None, "folk_strings": None}
LEAST_SCORE = -0.75
# General words that are true of more families than those whose captions use them (nouns.CLASSES).
WIDER = {
    "plucked instrument": {"acoustic_guitar", "electric_guitar", "harpsichord"},
    "wind instrument": {"saxophone", "reeds", "flute"},
}


def shard(folder):
    """Records and decibels of a folder of one shard."""
    (path,) = Path(folder).glob("*.jsonl")
    records = [json.loads(line) for line in open(path, encoding="utf-8")]
    return records, np.memmap(path.with_suffix(".mel"), np.uint8, "r", shape=(len(records), MELS, FRAMES))


def row_of(record, rows):
    """The row of real-music.csv that a clip was made by."""
    for row in rows:
        files = [
            f"{source.split('/')[-1]}/{path.replace(':', '.d/')}"
            for source, _, pattern in real.parts(row)
            for path in real.expanded(pattern)
        ]
        windows = [float(start) for start in real.names(row["windows"])]
        here = not windows or record["start_s"] in windows
        if here and any(fnmatch.fnmatch(record["file"], file) for file in files):
            if all(record.get(name) == value for name, value in real.label(row).items()):
                return row
    raise SystemExit(f"{record['file']} at {record['start_s']} s is of no row")


def music_clip(record, row):
    """What is known of a clip of real-music.csv."""
    name, sex = row["name"], {"none": None}.get(row["sex"], row["sex"] or None)
    group = row["group"] or name
    if name.startswith("eif"):
        group = "_".join(name.split("_")[:2])
    elif name.startswith("sectoid"):
        group = song_of(record)
    clip = dict(name=f"{name}_{record['start_s']:g}", group=group, families=real.names(row["families"]))
    clip |= dict(may=real.names(row["may"]), whole=row["all_families"] == "yes", noun=None, lead=row["lead"])
    return clip | dict(sex=sex, drums=record["drums"], vocals=record["vocals"])


def song_of(record):
    return "sectoid " + record["file"].split("/")[-2]


def sample_clip(record):
    """What is known of a phrase, a note or a guitar stem."""
    clip = dict(may=[], whole=True, families=record["families"], sex=None, vocals=0, lead="")
    clip |= dict(drums=record["drums"] or 0)
    if record["source"] == "philharmonia-samples":
        instrument = record["file"].split("/")[2]
        name = f"philharmonia_{Path(record['file']).stem}"
        return clip | dict(name=name, group=f"philharmonia {instrument}", noun=solo_noun(record).lower())
    name = f"sectoid_g_{song_of(record).split(' ', 1)[1].replace(' ', '_').lower()}_{record['start_s']:g}"
    may = ["distorted_guitar", "electric_guitar"]
    return clip | dict(name=name, group=song_of(record), noun=None, families=[], may=may, whole=False)


def chosen_samples(records):
    """Indices of some phrases and notes of each instrument, of each kind of percussion, and of some
    windows of each guitar stem."""
    rng, phrases, notes, stems = random.Random(3), {}, {}, {}
    for i, record in enumerate(records):
        path = record["file"].split("/")
        if path[0] == "philharmonia-samples" and record["start_s"] == 0 and solo_noun(record):
            kind = phrases if "phrase" in path[-1] else notes
            kind.setdefault(path[-2], []).append(i)
        elif path[-1] == "guitar.ogg":
            stems.setdefault(song_of(record), []).append(i)
    found = []
    for kinds, most in ((phrases, PHRASES), (notes, NOTES)):
        found += [i for some in kinds.values() for i in rng.sample(some, min(most, len(some)))]
    for some in stems.values():
        found += some[:: -(-len(some) // STEMS)]
    return found


# Labels


def labels(clip):
    """1, 0 or NaN for each of TAGS, and the weight of each."""
    y, weights = np.full(len(TAGS), np.nan, np.float32), np.ones(len(TAGS), np.float32)
    at = TAGS.index
    doubt = next((doubt for begin, doubt in DOUBTS.items() if clip["name"].startswith(begin)), None)
    if doubt:
        unknown, sounds = {*doubt[0], *clip["may"]}, doubt[1]
    else:
        # Without knowledge of the whole, or with both in one mix, lead and pad are told apart by guess.
        unknown = set() if clip["whole"] else set(ELECTRONIC)
        guess = not clip["whole"] or {"synth_lead", "synth_pad"} <= set(clip["families"])
        sounds = {f: 0.5 if guess and f.startswith("synth") else 1 for f in clip["families"]}
    y[: len(FAMILIES)] = [math.nan if family in unknown else 0 for family in FAMILIES]
    for family, weight in sounds.items():
        y[at(family)], weights[at(family)] = 1, weight
    for name in ("drums", "vocals"):
        y[at(name)] = math.nan if clip[name] is None else clip[name]
    if clip["vocals"] == 0 or clip["sex"]:
        for sex in ("man", "woman"):
            y[at(sex)] = clip["sex"] == sex
    if clip["vocals"] == 0:
        y[[at("voice"), at("choir")]] = 0
    y[at("music")] = 1
    y[[at(kind) for kind in KINDS]] = 0
    return y, weights


def cast_of(clip, texts):
    """The whole cast of a clip, its lead first; None if it is not known. A name that is too general for
    `nouns.NOUNS` is that of the clip's caption."""
    families = clip["families"] + clip["may"]
    whole = clip["whole"] or clip["name"].startswith("digabi")
    if not whole or (len(families) > 1 and (clip["may"] or clip["drums"] is None)):
        return None
    lead = clip["lead"] or ("voice" if "voice" in families else "")
    if len(families) > 1 and lead not in families:
        return None
    families = sorted(families, key=lambda family: family != lead)
    said = nouns.names(clip["noun"] or (texts or [""])[0])
    names = [name_of(family, clip["sex"], said) for family in families]
    return Cast(tuple(families), None if None in names else tuple(names), clip["drums"] == 1)


def name_of(family, sex, said):
    if family == "voice":
        return f"{sex} sings" if sex else "vocalist"
    general = nouns.NOUNS[family][0].endswith("instrument")
    return said.get(family) if general else nouns.NOUNS[family][0]


# The model's tag head, and what it makes of the clips once it has learnt them


def tag_head(folder, config):
    """Weight and bias of a model folder's calibrated tag head."""
    stored = load_file(Path(folder) / "model.safetensors")
    weight = stored["tag_head.weight"].float() * stored["tag_head.weight.scale"][:, None]
    slope, offset = torch.tensor(config["tags"]["calibration"]).T
    return slope[:, None] * weight, slope * stored["tag_head.bias"].float() + offset


def adapted(head, x, y, weights, decay=0.3):
    """The head and a difference for families and singers, drawn to zero."""
    rows = [*range(len(FAMILIES)), *(TAGS.index(name) for name in ("vocals", "man", "woman"))]
    weight, bias = head[0].clone(), head[1].clone()
    mean, std = x.mean(0), x.std(0) + 1e-3
    start, scaled = x @ weight[rows].T + bias[rows], (x - mean) / std
    known = ~y[:, rows].isnan() * weights[:, rows]
    target = torch.nan_to_num(y[:, rows])
    change = torch.zeros(len(rows), x.shape[1], requires_grad=True)
    offset = torch.zeros(len(rows), requires_grad=True)
    optimizer = torch.optim.LBFGS([change, offset], max_iter=120, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        logits = start + scaled @ change.T + offset
        loss = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * known).sum()
        loss = loss + decay * (change**2).sum() + 0.1 * decay * (offset**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        weight[rows] += change / std
        bias[rows] += offset - (change / std) @ mean
    return weight, bias


def heard(model, head, db, memory, y, weights, groups, copies=7):
    """Probabilities of tags of the clips by a head that has learnt them, as they are and treated."""
    size = Counter(groups)
    share = torch.tensor([size[group] ** -0.5 for group in groups])
    share = (share / share.mean())[:, None] * weights / (len(db) * 5)
    x = [pooled(memory)]
    for _ in range(copies):
        x.append(pooled(encoded(model, torch.cat([treated(part.clone()) for part in db.split(16)]))))
    shares = torch.cat([2 * share, *[share] * copies])
    weight, bias = adapted(head, torch.cat(x), y.repeat(1 + copies, 1), shares)
    return torch.sigmoid(x[0] @ weight.T + bias).numpy()


# Captions


def may_be_said(clip, words, p, only=None):
    """For each of `tags.words` whether it is true of a clip; `only`: the only families that may be named."""
    true = set(clip["families"]) | set(clip["may"])
    few = clip["whole"] and len(true) <= 3 and not clip["name"].startswith(("navy", "ball_rockies", "airmen"))
    drums = {1: "yes", 0: "no"}.get(clip["drums"])

    def said(word):
        if "tag" in word:
            name = TAGS[word["tag"]]
            if name == "voice" and clip["sex"]:
                return False
            if name in FAMILIES:
                sure = few or name == "voice" or p[word["tag"]] >= HEARD
                return name in (true if only is None else only) and sure
            if name == "drums":
                return drums == ("no" if word.get("absent") else "yes")
            return {"vocals": clip["vocals"] == 1}.get(name, name in ("man", "woman") and clip["sex"] == name)
        if not word.get("unless"):
            return True
        families = {TAGS[tag] for tag in word["unless"]}
        general = next((noun for noun, some in nouns.CLASSES.items() if set(some) == families), None)
        sure = any(p[TAGS.index(family)] >= HEARD for family in families & true)
        return not few and bool((families | WIDER.get(general, set())) & true) and not sure

    return [said(word) for word in words]


def caption(model, tokenizer, names, clip, memory, p):
    """A caption and its score, steered by the truth; None if it cannot be had with the right lead."""
    lead = clip["lead"] if clip["lead"] != "drums" else ""
    for only in (None, {lead}) if lead else (None,):
        tokens, score = search(model, memory[None], names, may_be_said(clip, names.words, p, only))
        text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
        if not lead or nouns.families(text)[:1] == [lead]:
            return text, score
    return None


def told_names(families, sex):
    """What a caption calls the first of some families, without those that have no name to be taught."""
    names = [TOLD.get(family) or name_of(family, sex, {}) for family in families[:MOST]]
    return [name for name in names if name]


def roster_caption(clip, wordings, p):
    """A caption of the families of a roster that are heard most; None if there are not two."""
    true = [family for family in clip["families"] + clip["may"] if p[TAGS.index(family)] >= SURE]
    true.sort(key=lambda family: (family != clip["lead"], -p[TAGS.index(family)]))
    names = told_names(true, clip["sex"])
    if not clip["may"] or len(names) < 2:
        return None
    text = wordings.caption(names, clip["drums"] == 1)
    # It is not always known that there are no drums.
    return text if clip["drums"] == 0 else text.split(" There ")[0]


def own_caption(model, tokenizer, names, clip, memory, p):
    """The caption that users get, if it names the clip's only instrument."""
    tokens, _ = search(model, memory[None], names, names.allowed(p))
    text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
    false = nouns.drums(text) or nouns.sung(text) or "no music" in text
    return text if nouns.families(text) == clip["families"] and not false else None


def pairs_of_words(text):
    words = re.findall(r"[\w'-]+|[.,]", text.lower())
    return set(zip(["^", *words], words))


def may_be_learnt(text, score, known_pairs):
    """Whether a caption of the model's own is likely, of music, and worded as rendered clips' are."""
    return score >= LEAST_SCORE and "no music" not in text and pairs_of_words(text) <= known_pairs


def wording(folders):
    """All pairs of words that follow each other in captions of rendered clips."""
    return set().union(*map(pairs_of_words, captions_of(folders)))


def captions(model, tokenizer, config, head, clips, db, y, weights, folders):
    """For each clip a list of one caption or two, or of none."""
    names, memory, found = Names(config["tags"]["words"]), encoded(model, db), []
    known_pairs, wordings = wording(folders), Wordings(folders)
    music = [i for i, clip in enumerate(clips) if not clip["noun"]]
    groups = [clips[i]["group"] for i in music]
    p = heard(model, head, db[music], memory[music], y[music], weights[music], groups)
    learnt = dict(zip(music, p))
    own = torch.sigmoid(pooled(memory) @ head[0].T + head[1]).numpy()
    for i, clip in enumerate(clips):
        texts = []
        if clip["noun"]:
            texts = [own_caption(model, tokenizer, names, clip, memory[i], own[i])]
        elif told := caption(model, tokenizer, names, clip, memory[i], learnt[i]):
            # No viola is known to play in these.
            text = told[0].replace("viola", "violin")
            if may_be_learnt(text, told[1], known_pairs):
                texts = [text]
            texts.append(roster_caption(clip, wordings, learnt[i]))
        found.append(list(filter(None, texts)))
        if (i + 1) % 100 == 0:
            print(f"{i + 1} of {len(clips)} clips, {sum(map(len, found))} captions", flush=True)
    return found


def gather(music, samples):
    """All clips, and their decibels."""
    here = Path(__file__).parent
    rows = [row for row in real.load([here / "real-music.csv"]) if not row["held_out"]]
    records, mels = shard(music)
    clips = [music_clip(record, row_of(record, rows)) for record in records]
    some, more = shard(samples) if samples else ([], None)
    chosen = chosen_samples(some)
    clips += [sample_clip(some[i]) for i in chosen]
    spectra = np.stack([*mels, *(more[i] for i in chosen)])
    return clips, torch.from_numpy(spectra).float() * STEP_DB + FLOOR_DB


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--model", required=True, help="folder of the model whose captions and tag head are used")
    p.add_argument("--music", required=True)
    p.add_argument("--samples")
    p.add_argument("--wording", nargs="+", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=5)
    a = p.parse_args()
    torch.set_num_threads(1)
    random.seed(a.seed)
    torch.manual_seed(a.seed)
    clips, db = gather(a.music, a.samples)
    y, weights = (torch.from_numpy(np.stack(part)) for part in zip(*map(labels, clips)))
    config = json.loads((Path(a.model) / "config.json").read_text())
    tokenizer = Tokenizer.from_file(str(Path(a.model) / "tokenizer.json"))
    model, head = load_folder(a.model).eval(), tag_head(a.model, config)
    texts = captions(model, tokenizer, config, head, clips, db, y, weights, a.wording)
    state = dict(names=[clip["name"] for clip in clips], groups=[clip["group"] for clip in clips])
    state |= dict(casts=[cast_of(clip, some) for clip, some in zip(clips, texts)])
    torch.save(state | dict(db=db.half(), labels=y, weights=weights, texts=texts), a.out)
    alone = sum(cast is not None and cast.alone for cast in state["casts"])
    print(f"{a.out}: {len(clips)} clips, {sum(map(len, texts))} captions, {alone} of one instrument")


if __name__ == "__main__":
    main()
