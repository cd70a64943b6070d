"""How fast PyTorch takes the steps that `musicap-train finetune` takes: the same network, batch,
threads, loss, clipping and AdamW, in float32, on random clips with captions of one length.

    venv/bin/python finetune_speed.py MODEL_FOLDER [--batch 8 --threads 2 --tokens 32 --steps 20]

MODEL_FOLDER holds config.json with model.safetensors (musicap-core/embedded), or transfer.pth
(benches/random_checkpoint.py), which has bart-base's shape.
"""

import argparse
import json
import pathlib
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from finetune_oracle import Network


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--tokens", type=int, default=32)
    p.add_argument("--steps", type=int, default=20)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    config = a.folder / "config.json"
    config = json.loads(config.read_text()) if config.exists() else {}
    weights = a.folder / "model.safetensors"
    if weights.exists():
        state = load_file(weights)
    else:
        state = torch.load(a.folder / "transfer.pth", weights_only=False)["state_dict"]
    network = Network({n: t.float() for n, t in state.items()}, config.get("decoder_attention_heads", 12))
    del state
    audio = config.get("audio", {})
    frames = 160_000 // audio.get("hop_length", 160) + 1
    trained = [t for n, t in network.p.items() if t.requires_grad and "embed_positions" not in n]
    optimizer = torch.optim.AdamW(trained, lr=1e-5, betas=(0.9, 0.98))
    vocabulary = len(network.p["bart.model.shared.weight"])
    begun = None
    for step in range(a.steps + 2):
        if step == 2:  # the first two lay out memory
            begun = time.time()
        mel = torch.rand(a.batch, 128, frames) * 60 - 40
        tokens = torch.randint(vocabulary, (a.batch, a.tokens + 1))
        logits = network.logits(mel, tokens[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
    seconds = (time.time() - begun) / a.steps
    print(f"{seconds:.2f} s a step, {a.batch / seconds:.1f} clips/s")


if __name__ == "__main__":
    main()
