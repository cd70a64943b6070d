"""A checkpoint of LP-MusicCaps' full size with random weights: what loading and speed are
measured with where the trained one cannot be had.

    python random_checkpoint.py FOLDER        (needs torch; writes 1.78 GB)

Writes transfer.pth as the reference lays it out (278 tensors under state_dict, an optimizer's
state beside them), vocab.json and merges.txt.
"""

import itertools
import json
import pathlib
import sys
from collections import OrderedDict

import torch

D_MODEL, VOCAB, FFN, LAYERS = 768, 50_265, 3_072, 6


def state_dict():
    tensors = OrderedDict()

    def normal(name, *shape):
        tensors[name] = torch.randn(*shape) * 0.02

    def weight_and_bias(name, *shape):
        normal(f"{name}.weight", *shape)
        normal(f"{name}.bias", shape[0])

    def norm(name):
        tensors[f"{name}.weight"] = 1 + torch.randn(D_MODEL) * 0.02
        normal(f"{name}.bias", D_MODEL)

    normal("audio_encoder.positional_embedding", 32, D_MODEL)
    tensors["audio_encoder.mel_encoder.spec_fn.window"] = torch.hann_window(1024)
    tensors["audio_encoder.mel_encoder.mel_scale.fb"] = torch.rand(513, 128)
    weight_and_bias("audio_encoder.conv1", D_MODEL, 128, 3)
    for i in range(5):
        weight_and_bias(f"audio_encoder.conv_stack.{i}", D_MODEL, D_MODEL, 3)
    tensors["bart.final_logits_bias"] = torch.zeros(1, VOCAB)
    shared = torch.randn(VOCAB, D_MODEL) * 0.02
    tied = ["model.shared", "model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"]
    for name in tied:
        tensors[f"bart.{name}.weight"] = shared
    for side, attentions in [("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])]:
        root = f"bart.model.{side}"
        normal(f"{root}.embed_positions.weight", 1026, D_MODEL)
        norm(f"{root}.layernorm_embedding")
        for i in range(LAYERS):
            layer = f"{root}.layers.{i}"
            for attention in attentions:
                for projection in ["k_proj", "v_proj", "q_proj", "out_proj"]:
                    weight_and_bias(f"{layer}.{attention}.{projection}", D_MODEL, D_MODEL)
                norm(f"{layer}.{attention}_layer_norm")
            weight_and_bias(f"{layer}.fc1", FFN, D_MODEL)
            weight_and_bias(f"{layer}.fc2", D_MODEL, FFN)
            norm(f"{layer}.final_layer_norm")
    assert len(tensors) == 278
    return tensors


def optimizer_state(tensors):
    once = {tensor.data_ptr(): tensor for tensor in tensors.values()}.values()
    moments = {
        i: {"step": torch.tensor(1.0), "exp_avg": torch.randn_like(t), "exp_avg_sq": torch.rand_like(t)}
        for i, t in enumerate(once)
    }
    return {"state": moments, "param_groups": [{"lr": 1e-4}]}


def vocabulary():
    """Every byte, then made-up words, then <mask>, as many as bart-base has."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [chr(256 + n) for n in range(256 - len(printable))]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *map(chr, printable), *others]
    syllables = ["".join(s) for s in itertools.product("bdgklmnprst", "aeiou")]
    words = ("Ġ" + "".join(word) for word in itertools.product(syllables, repeat=3))
    tokens += itertools.islice(words, VOCAB - 1 - len(tokens))
    return {token: i for i, token in enumerate([*tokens, "<mask>"])}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    tensors = state_dict()
    checkpoint = {"epoch": 3, "state_dict": tensors, "optimizer": optimizer_state(tensors)}
    torch.save(checkpoint, folder / "transfer.pth")
    (folder / "vocab.json").write_text(json.dumps(vocabulary()))
    (folder / "merges.txt").write_text("#version: 0.2\n")


if __name__ == "__main__":
    main()
