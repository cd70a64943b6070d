"""Trains the embedded captioner on rendered clips: tags first, then captions with the tags kept.

    pretrain.py train   --data DIR… --tokenizer tokenizer.json --run DIR --minutes 45
    pretrain.py export  --run DIR --tokenizer tokenizer.json --out MODEL_FOLDER
    pretrain.py caption --run DIR --tokenizer tokenizer.json --data DIR|FILE.mel > captions.jsonl

The clock sets the schedule, so that a run ends in time whatever else the machine does. A run
interrupted goes on from its last checkpoint.
"""

import argparse
import hashlib
import json
import math
import os
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from safetensors.torch import save
from tokenizers import Tokenizer

from captioner import PAD, START, Captioner, exported
from clips import FRAMES, MELS, FLOOR_DB, STEP_DB, TAG_SIZES, TAUGHT, Clips, mixed
from load_folder import load_folder, unfold_scale
from muon import Muon

VERSION = "0.8.0"
SHAPE = dict(
    d_model=192, heads=4, ffn=768, encoder_layers=4, decoder_layers=2, n_mels=MELS,
    conv_layers=4, audio_frames=32, max_positions=128, dropout=0.0,
)  # fmt: skip
MIXED_SHARE = 0.3  # of the clips, until then
WEIGHTS = dict(
    families=5.0, programs=3.0, drums=0.8, vocals=1.0, tempo=0.5, texture=0.4, dynamics=0.3, groove=0.2,
    lead=0.6, kind=0.4, sex=0.5, quality=0.2, genre=0.3,
)  # fmt: skip

TEACHER_WEIGHT = 3.0
MOST_UNKNOWN = 3.0  # families of a clip of which none is known


def tag_loss(logits, tags):
    total = 0.0
    for name, weight in WEIGHTS.items():
        if name not in tags:
            continue
        if name in ("families", "programs", "drums", "vocals"):
            known = (tags[name] >= 0).float()
            loss = F.binary_cross_entropy_with_logits(
                logits[name], tags[name].clamp(min=0), weight=known, reduction="sum"
            )
            total = total + weight * loss / known.sum().clamp(min=1)
            if name == "families":
                # No more families than clips have are likely where they are not known.
                told = (logits[name].sigmoid() * (1 - known)).sum(1)
                total = total + 0.1 * F.relu(told - MOST_UNKNOWN).mean()
        elif (tags[name] >= 0).any():
            total = total + weight * F.cross_entropy(logits[name], tags[name], ignore_index=-100)
    return total


def teacher_loss(model, memory, target):
    """Mean squared error of the teacher's embedding where it is known."""
    known = ~target.isnan().any(1)
    if model.teach is None or not known.any():
        return 0.0
    pooled = torch.cat([memory.mean(1), memory.amax(1)], -1)[known]
    return F.mse_loss(model.teach(pooled).float(), target[known])


def losses(model, batch, captions):
    db, tags, ids = batch
    heard, memory = model.encode(db)
    tag = tag_loss(model.tags(memory), tags) + 0.5 * tag_loss(model.early_tags(heard), tags)
    tag = tag + TEACHER_WEIGHT * teacher_loss(model, memory, tags["taught"])
    if not captions:
        return tag, tag
    starts = torch.full_like(ids[:, :1], START)
    logits = model.decode(torch.cat([starts, ids[:, :-1]], 1), memory)
    said = F.cross_entropy(
        logits.float().flatten(0, 1), ids.flatten(), ignore_index=PAD, label_smoothing=0.02
    )
    return said + 0.5 * tag, said


@torch.inference_mode()
def tag_figures(model, clips):
    """Share of right classes and micro-F1 of families on held-out clips."""
    model.eval()
    right, hits = {}, np.zeros(3)
    for at in range(0, len(clips), 50):
        db, tags, _ = clips.batch(range(at, min(at + 50, len(clips))), treat=False)
        logits = model.tags(model.encode(db)[1])
        for name in ("tempo", "texture", "dynamics", "lead", "kind", "sex", "quality", "genre"):
            known = tags[name] >= 0
            right.setdefault(name, []).append((logits[name].argmax(-1) == tags[name])[known])
        right.setdefault("drums", []).append((logits["drums"] > 0) == (tags["drums"] > 0.5))
        told, played = logits["families"] > -0.4, tags["families"] > 0.5
        hits += [(told & played).sum(), told.sum(), played.sum()]
    model.train()
    shares = {name: torch.cat([r.flatten() for r in rows]).float().mean().item() for name, rows in right.items()}
    return {"families": 2 * hits[0] / (hits[1] + hits[2])} | shares


def optimizers_of(model, rate):
    """Muon for the matrices of layers; Adam for embeddings, heads, norms and biases."""
    matrices, others = [], []
    for name, p in model.named_parameters():
        layer = "layers." in name or "conv" in name
        (matrices if layer and p.ndim > 1 else others).append(p)
    yield Muon(matrices, lr=rate, weight_decay=0.02)
    yield torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)


def average_gradients(model, world):
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    at = 0
    for g in gradients:
        g.copy_(flat[at : at + g.numel()].view_as(g)).div_(world)
        at += g.numel()


def train(rank, a):
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(a.port)}
    dist.init_process_group("gloo", rank=rank, world_size=a.processes)
    torch.set_num_threads(a.threads)
    tokenizer = Tokenizer.from_file(a.tokenizer)
    shape = SHAPE | {"vocab_size": tokenizer.get_vocab_size()} | ({"taught": TAUGHT} if a.teacher else {})
    torch.manual_seed(a.seed)
    model = Captioner(shape, TAG_SIZES)
    average = {name: t.clone() for name, t in model.state_dict().items()}
    optimizers = [*optimizers_of(model, a.rate)]
    checkpoint, elapsed, step, seen = Path(a.run) / "last.pt", 0.0, 0, 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        average, elapsed, step, seen = saved["average"], saved["elapsed"], saved["step"], saved["seen"]
    elif a.start and Path(a.start).is_dir():
        model = load_folder(a.start, taught=shape.get("taught"))
        average = {name: t.clone() for name, t in model.state_dict().items()}
        optimizers = [*optimizers_of(model, a.rate)]
    elif a.start:
        # The head for a teacher's embeddings may be new.
        missing, unexpected = model.load_state_dict(torch.load(a.start)["average"], strict=False)
        unknown = [name for name in missing + unexpected if not name.startswith("teach.")]
        if unknown:
            raise ValueError(f"{a.start}: {unknown}")
        average = {name: t.clone() for name, t in model.state_dict().items()}
    clips = Clips(a.data, tokenizer)
    if step == 0 and a.start and Path(a.start).is_dir():
        unfold_scale(model, clips.batch(range(0, min(len(clips), 1024), 2), treat=False)[0])
        average = {name: t.clone() for name, t in model.state_dict().items()}
    if step == 0 and not a.start:
        # The same clips in every process, so that all begin alike.
        random.seed(a.seed)
        torch.manual_seed(a.seed)
        model.audio_encoder.calibrate(clips.batch(range(0, min(len(clips), 512), 2))[0])
        average = {name: t.clone() for name, t in model.state_dict().items()}
    random.seed(a.seed * 1000 + rank + step)
    torch.manual_seed(a.seed * 1000 + rank + step)
    held_out = [Clips([folder]) for folder in a.held_out] if rank == 0 else []
    total = a.minutes * 60
    begun, told, saved_at, speed_from = time.time() - elapsed, 0.0, time.time(), (time.time(), seen)
    order = []
    while True:
        # The first process's clock counts, so that all take the same turn.
        clock = torch.tensor([time.time() - begun])
        dist.broadcast(clock, 0)
        elapsed = clock.item()
        if elapsed >= total:
            break
        done = elapsed / total
        captions = done > a.tag_share
        if len(order) < a.batch:
            clips.refresh()
            order = clips.draws()
            if a.processes > 1:
                order = order[: len(order) // a.processes]
        batch = clips.batch([order.pop() for _ in range(a.batch)])
        heads_only = step < a.head_steps
        rate = a.rate * min(1.0, (step + 1) / 300) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        if heads_only:
            captions = False
        if not captions:
            batch = (*mixed(*batch[:2], MIXED_SHARE), batch[2])
        with torch.autocast("cpu", torch.bfloat16, enabled=a.bfloat16):
            loss, shown = losses(model, batch, captions)
        model.zero_grad()
        loss.backward()
        if a.processes > 1:
            average_gradients(model, a.processes)
        if heads_only:
            # New heads on an encoder that is trained already: their first gradients are noise.
            for name, p in model.named_parameters():
                if not name.startswith(("tags.", "early_tags.", "teach.")):
                    p.grad = None
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step, seen = step + 1, seen + a.batch * a.processes
        keep = min(0.998, step / (step + 100))
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                average[name].lerp_(tensor, 1 - keep)
        if rank:
            continue
        if step % 50 == 0:
            now = time.time()
            speed = (seen - speed_from[1]) / (now - speed_from[0])
            speed_from = (now, seen)
            kind = "captions" if captions else "tags"
            print(
                f"step {step}  {kind} {shown.item():.3f}  {speed:.0f} clips/s of {len(clips)}"
                f"  {(total - elapsed) / 60:.1f} min left",
                flush=True,
            )
        if time.time() - saved_at > a.save_seconds or told == 0.0:
            save_checkpoint(a, model, optimizers, average, elapsed, step, seen)
            saved_at = time.time()
        if elapsed - told > a.measure_seconds:
            told = elapsed
            measured = Captioner(shape, TAG_SIZES)
            measured.load_state_dict(average)
            for folder, held in zip(a.held_out, held_out):
                figures = "  ".join(f"{k} {v:.3f}" for k, v in tag_figures(measured, held).items())
                print(f"  {Path(folder).name}: {figures}", flush=True)
    if rank == 0:
        save_checkpoint(a, model, optimizers, average, elapsed, step, seen)
        print(f"done: {step} steps, {seen} clips seen")
    dist.destroy_process_group()


def save_checkpoint(a, model, optimizers, average, elapsed, step, seen):
    run = Path(a.run)
    run.mkdir(parents=True, exist_ok=True)
    state = dict(
        model=model.state_dict(), optimizers=[o.state_dict() for o in optimizers], average=average,
        elapsed=elapsed, step=step, seen=seen, shape=model.config,
        recipe={k: v for k, v in vars(a).items() if k in ("seed", "rate", "batch", "minutes")},
    )  # fmt: skip
    torch.save(state, run / "new.pt")
    (run / "new.pt").replace(run / "last.pt")


def load(run):
    saved = torch.load(Path(run) / "last.pt")
    model = Captioner(saved["shape"], TAG_SIZES)
    model.load_state_dict(saved["average"])
    return model.eval(), saved


def stored(name, tensor):
    """A tensor as it is shipped: matrices in whole numbers with a scale for each row, as
    `musicap convert --precision int8` stores them, so that every precision starts from the same
    values; the rest in half precision."""
    kept = "embed_positions." in name or "audio_encoder.conv1." in name
    if tensor.ndim < 2 or not name.endswith(".weight") or kept:
        return {name: tensor.half().contiguous()}
    rows = tensor.flatten(1)
    scale = rows.abs().amax(1) / 127
    scale[scale == 0] = 1
    whole = (rows / scale[:, None]).round().to(torch.int8)
    return {name: whole.reshape(tensor.shape).contiguous(), name + ".scale": scale}


def export(a):
    model, saved = load(a.run)
    c, out = saved["shape"], Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, tensor in exported(model.state_dict()).items():
        tensors |= stored(name, tensor)
    weights = save(tensors, metadata={"format": "pt"})
    tokenizer = json.loads(Path(a.tokenizer).read_text())
    config = {
        "model_type": "bart",
        "vocab_size": c["vocab_size"],
        "d_model": c["d_model"],
        "encoder_layers": c["encoder_layers"],
        "decoder_layers": c["decoder_layers"],
        "encoder_attention_heads": c["heads"],
        "decoder_attention_heads": c["heads"],
        "encoder_ffn_dim": c["ffn"],
        "decoder_ffn_dim": c["ffn"],
        "max_position_embeddings": c["max_positions"],
        "activation_function": "gelu",
        "scale_embedding": False,
        "dropout": c["dropout"],
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "decoder_start_token_id": 2,
        "forced_bos_token_id": 0,
        "forced_eos_token_id": 2,
        "num_beams": 4,
        "max_length": 80,
        "min_length": 2,
        "no_repeat_ngram_size": 3,
        "early_stopping": True,
        "length_penalty": 1.0,
        "audio": {
            "sample_rate": 16000,
            "n_fft": 1024,
            "hop_length": 640,
            "n_mels": 128,
            "f_min": 0.0,
            "f_max": 8000.0,
            "power": "magnitude",
            "chunk_seconds": 10.0,
            "conv_layers": 4,
            "pad": "repeat",
        },
        "musicap": {
            "version": VERSION,
            "recipe": saved["recipe"] | {"steps": saved["step"], "clips_seen": saved["seen"]},
            "sha256": hashlib.sha256(weights).hexdigest(),
        },
    }
    (out / "model.safetensors").write_bytes(weights)
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")))
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    size = sum(path.stat().st_size for path in out.iterdir())
    count = sum(t.numel() for name, t in tensors.items() if not name.endswith(".scale"))
    print(f"{out}: {count} parameters, {size} bytes, step {saved['step']}", file=sys.stderr)


def caption(a):
    torch.set_num_threads(a.threads)
    model, _ = load(a.run)
    tokenizer = Tokenizer.from_file(a.tokenizer)
    source = Path(a.data[0])
    files = [source] if source.is_file() else sorted(source.glob("*.mel"))
    for file in files:
        spectra = np.fromfile(file, np.uint8).reshape(-1, MELS, FRAMES)
        for at in range(0, len(spectra), 50):
            db = torch.from_numpy(spectra[at : at + 50]).float() * STEP_DB + FLOOR_DB
            for ids in model.caption(db).tolist():
                print(json.dumps(tokenizer.decode(ids)))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("command", choices=["train", "export", "caption"])
    p.add_argument("--data", nargs="+", default=[])
    p.add_argument("--held-out", nargs="*", default=[])
    p.add_argument("--tokenizer", required=True)
    p.add_argument("--run", required=True)
    p.add_argument("--out")
    p.add_argument("--start", help="checkpoint, or model folder, to begin from")
    p.add_argument("--teacher", action="store_true", help="learn a teacher's embeddings too (teacher.py)")
    p.add_argument("--head-steps", type=int, default=0, help="first steps that train heads alone")
    p.add_argument("--tag-share", type=float, default=0.55, help="of the time, before captions")
    p.add_argument("--minutes", type=float, default=45)
    p.add_argument("--batch", type=int, default=64, help="clips a step and process")
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--rate", type=float, default=2.5e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--port", type=int, default=29517)
    p.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    p.add_argument("--save-seconds", type=float, default=90)
    p.add_argument("--measure-seconds", type=float, default=180)
    a = p.parse_args()
    if a.command == "train":
        mp.spawn(train, (a,), nprocs=a.processes)
    else:
        {"export": export, "caption": caption}[a.command](a)


if __name__ == "__main__":
    main()
