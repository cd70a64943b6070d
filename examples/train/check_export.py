"""Checks that an exported folder, read as our inference reads it, gives the trainer's numbers.

    check_export.py --run DIR --model MODEL_FOLDER --data FILE.mel

Raw decibels, zero-padded, go through the folded convolution; everything after it is the same.
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from clips import FLOOR_DB, FRAMES, MELS, STEP_DB
from pretrain import load


@torch.inference_mode()
def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--run", required=True)
    p.add_argument("--model", required=True)
    p.add_argument("--data", required=True)
    a = p.parse_args()
    model, _ = load(a.run)
    stored = load_file(f"{a.model}/model.safetensors")
    tensors = {k: v.float() for k, v in stored.items() if not k.endswith(".scale")}
    for k, v in tensors.items():
        if k + ".scale" in stored:
            v *= stored[k + ".scale"].view(-1, *[1] * (v.ndim - 1))
    db = np.fromfile(a.data, np.uint8, MELS * FRAMES * 8).reshape(-1, MELS, FRAMES)
    db = torch.from_numpy(db).float() * STEP_DB + FLOOR_DB

    heard, memory = model.encode(db)
    x = F.gelu(
        F.conv1d(
            db, tensors["audio_encoder.conv1.weight"], tensors["audio_encoder.conv1.bias"], padding=1
        )
    )
    for i in range(model.config["conv_layers"] - 1):
        name = f"audio_encoder.conv_stack.{i}"
        x = F.gelu(F.conv1d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], 2, 1))
    folded = x.transpose(1, 2) + tensors["audio_encoder.positional_embedding"]
    print(f"audio encoder: off by {(folded - heard).abs().max():.4f} of {heard.abs().max():.2f}")

    state = model.state_dict()
    exact = {k: v for k, v in tensors.items() if not k.startswith("audio_encoder.conv1")}
    before = model.caption(db)
    model.load_state_dict(state | exact)
    after = model.caption(db)
    same = before.shape == after.shape and (before == after).all().item()
    print(f"captions with the stored weights: {'same' if same else 'differ'}")


if __name__ == "__main__":
    main()
