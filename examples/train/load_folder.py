"""Loads a model folder (int8 with scales, or float) into captioner.py's network."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from captioner import Captioner
from clips import TAG_SIZES


@torch.no_grad()
def unfold_scale(model, db):
    """Takes the decibel scale of a batch out of conv1 again, so that its weights have the size
    that training expects: folded in, they are a twentieth of it, and a step that is small for
    other layers is large for them. The network stays the same function."""
    mean, std = db.mean((0, 2))[:, None], db.std((0, 2))[:, None]
    encoder = model.audio_encoder
    encoder.conv1.bias += (encoder.conv1.weight * mean).sum((1, 2))
    encoder.conv1.weight *= std
    encoder.mean_db.copy_(mean)
    encoder.std_db.copy_(std)


def load_folder(folder, tag_sizes=TAG_SIZES, taught=None):
    """A Captioner with the weights of `folder`; its tag heads keep their random values.

    The decibel scale is part of conv1 there, so `mean_db` is 0 and `std_db` 1.
    """
    folder = Path(folder)
    c = json.loads((folder / "config.json").read_text())
    frames = c["audio"]["sample_rate"] * c["audio"]["chunk_seconds"] / c["audio"]["hop_length"] + 1
    frames = int(frames)
    for _ in range(c["audio"]["conv_layers"] - 1):
        frames = (frames + 1) // 2
    shape = dict(
        d_model=c["d_model"], heads=c["encoder_attention_heads"], ffn=c["encoder_ffn_dim"],
        encoder_layers=c["encoder_layers"], decoder_layers=c["decoder_layers"],
        n_mels=c["audio"]["n_mels"], conv_layers=c["audio"]["conv_layers"], audio_frames=frames,
        max_positions=c["max_position_embeddings"], dropout=0.0, vocab_size=c["vocab_size"],
    )  # fmt: skip
    if taught:
        shape["taught"] = taught
    model = Captioner(shape, tag_sizes)
    stored = load_file(folder / "model.safetensors")
    state = {}
    for name, tensor in stored.items():
        if name.endswith(".scale"):
            continue
        tensor = tensor.float()
        if (scale := stored.get(name + ".scale")) is not None:
            tensor = tensor * scale.reshape(-1, *[1] * (tensor.ndim - 1))
        state[name] = tensor
    missing, unexpected = model.load_state_dict(state, strict=False)
    unexpected = [name for name in unexpected if not name.startswith("tag_head.")]
    allowed = ("tags.", "early_tags.", "teach.", "audio_encoder.mean_db", "audio_encoder.std_db")
    missing = [name for name in missing if not name.startswith(allowed)]
    if missing or unexpected:
        raise ValueError(f"{folder}: missing {missing}, unexpected {unexpected}")
    return model
