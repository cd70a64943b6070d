"""What the tests of fine-tuning are held to: the loss of the parity kit's models, how long their
gradients are, and the loss after some steps of AdamW, from PyTorch.

    venv/bin/python finetune_oracle.py ../../musicap-core/tests/data/parity

The network is written down here once more, from the shapes in transfer.pth, and checked against
the kit's own logits (transformers 4.26.1) before anything is printed.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

# The caption's tokens as the decoder is taught them; the second chunk's is shorter.
TARGETS = [[0, 10, 20, 30, 40, 2], [0, 50, 60, 2]]
SMOOTHING = 0.1


class Network:
    def __init__(self, tensors, heads):
        self.heads = heads
        names = [n for n in tensors if not n.startswith("audio_encoder.mel_encoder")]
        tied = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"]
        names = [n for n in names if not any(n.endswith(t) for t in tied)]
        constant = ["audio_encoder.positional_embedding", "bart.final_logits_bias"]
        self.p = {n: tensors[n].clone().requires_grad_(n not in constant) for n in names}

    def linear(self, name, x):
        return F.linear(x, self.p[f"{name}.weight"], self.p[f"{name}.bias"])

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.p[f"{name}.weight"], self.p[f"{name}.bias"])

    def attend(self, name, x, memory, mask=None):
        def split(t):
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        q, k, v = (split(self.linear(f"{name}.{p}_proj", t)) for p, t in zip("qkv", (x, memory, memory)))
        scores = q @ k.transpose(2, 3) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(mask, -torch.inf)
        return self.linear(f"{name}.out_proj", (scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

    def layer(self, name, x, memory=None, mask=None):
        x = self.norm(f"{name}.self_attn_layer_norm", x + self.attend(f"{name}.self_attn", x, x, mask))
        if memory is not None:
            heard = self.attend(f"{name}.encoder_attn", x, memory)
            x = self.norm(f"{name}.encoder_attn_layer_norm", x + heard)
        inner = self.linear(f"{name}.fc2", F.gelu(self.linear(f"{name}.fc1", x)))
        return self.norm(f"{name}.final_layer_norm", x + inner)

    def stack(self, side, x, **more):
        root = f"bart.model.{side}"
        positions = self.p[f"{root}.embed_positions.weight"][2 : 2 + x.shape[1]]
        x = self.norm(f"{root}.layernorm_embedding", x + positions)
        layers = sum(n.startswith(f"{root}.layers") and n.endswith("fc1.bias") for n in self.p)
        for i in range(layers):
            x = self.layer(f"{root}.layers.{i}", x, **more)
        return x

    def logits(self, mel, tokens):
        x = mel
        convs = [n[: -len(".weight")] for n in self.p if n.startswith("audio_encoder.conv") and "weight" in n]
        for conv in sorted(convs):
            stride = 1 if conv.endswith("conv1") else 2
            x = F.gelu(F.conv1d(x, self.p[f"{conv}.weight"], self.p[f"{conv}.bias"], stride, 1))
        x = x.transpose(1, 2) + self.p["audio_encoder.positional_embedding"]
        memory = self.stack("encoder", x)
        shared = self.p["bart.model.shared.weight"]
        length = tokens.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        x = self.stack("decoder", shared[tokens], memory=memory, mask=mask)
        return x @ shared.T + self.p["bart.final_logits_bias"]

    def loss(self, mel, smoothing):
        longest = max(map(len, TARGETS))
        targets = torch.tensor([t + [-100] * (longest - len(t)) for t in TARGETS])
        inputs = torch.tensor([[2] + t[:-1] + [1] * (longest - len(t)) for t in TARGETS])
        logits = self.logits(mel, inputs)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=smoothing)


def main():
    kit = pathlib.Path(sys.argv[1])
    mel = torch.from_numpy(np.load(kit / "mel-chunk0.npy"))[None]
    for model in ["model-a", "model-b"]:
        state = torch.load(kit / model / "transfer.pth", weights_only=False)["state_dict"]
        heads = json.loads((kit / model / "config.json").read_text())["decoder_attention_heads"]
        network = Network(state, heads)
        expected = np.load(kit / model / "expected-logits-2-0-10-20.npy")[0]
        found = network.logits(mel, torch.tensor([[2, 0, 10, 20]]))[0].detach().numpy()
        assert np.abs(found - expected).max() < 2e-3, np.abs(found - expected).max()

        # The second chunk is the first, softer.
        mels = torch.cat([mel, mel - 6])
        plain, loss = network.loss(mels, 0.0), network.loss(mels, SMOOTHING)
        loss.backward()
        norms = {
            part: sum(t.grad.square().sum() for n, t in network.p.items() if n.startswith(part) and t.grad is not None)
            .sqrt().item()
            for part in ["", "audio_encoder", "bart.model.encoder", "bart.model.decoder", "bart.model.shared"]
        }  # fmt: skip

        trained = Network(state, heads)
        decayed = [t for n, t in trained.p.items() if n.endswith("weight") and "norm" not in n]
        others = [t for n, t in trained.p.items() if not (n.endswith("weight") and "norm" not in n)]
        others = [t for t in others if t.requires_grad]
        groups = [dict(params=decayed, weight_decay=0.01), dict(params=others, weight_decay=0.0)]
        optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), eps=1e-8)
        for _ in range(5):
            optimizer.zero_grad()
            trained.loss(mels, SMOOTHING).backward()
            torch.nn.utils.clip_grad_norm_([p for p in trained.p.values() if p.requires_grad], 1.0)
            optimizer.step()
        after = trained.loss(mels, 0.0).item()
        print(json.dumps({"model": model, "plain": plain.item(), "smoothed": loss.item(), "norms": norms, "after": after}))


if __name__ == "__main__":
    main()
