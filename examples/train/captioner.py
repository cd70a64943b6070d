"""LP-MusicCaps' network at any size, with heads for tags that only training needs.

Names follow the reference's checkpoint, so that a state dict is written out as it stands.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

PAD, BOS, EOS, START = 1, 0, 2, 2


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.q_proj = nn.Linear(d, d)
        self.out_proj = nn.Linear(d, d)

    def forward(self, x, memory, causal=False):
        def split(t):
            return t.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        # Written out: for sequences this short it is faster than torch's fused attention.
        q, k, v = split(self.q_proj(x)), split(self.k_proj(memory)), split(self.v_proj(memory))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        if causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
            scores = scores.masked_fill(later, float("-inf"))
        mixed = scores.softmax(-1).to(v.dtype) @ v
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Post-norm; with `cross`, a decoder layer."""

    def __init__(self, d, heads, ffn, cross, dropout):
        super().__init__()
        self.self_attn = Attention(d, heads)
        self.self_attn_layer_norm = nn.LayerNorm(d)
        if cross:
            self.encoder_attn = Attention(d, heads)
            self.encoder_attn_layer_norm = nn.LayerNorm(d)
        self.fc1 = nn.Linear(d, ffn)
        self.fc2 = nn.Linear(ffn, d)
        self.final_layer_norm = nn.LayerNorm(d)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, memory=None):
        causal = memory is not None
        x = self.self_attn_layer_norm(x + self.dropout(self.self_attn(x, x, causal)))
        if causal:
            x = self.encoder_attn_layer_norm(x + self.dropout(self.encoder_attn(x, memory)))
        return self.final_layer_norm(x + self.dropout(self.fc2(F.gelu(self.fc1(x)))))


class Stack(nn.Module):
    def __init__(self, c, layers, cross):
        super().__init__()
        self.embed_positions = nn.Embedding(c["max_positions"] + 2, c["d_model"])
        self.layernorm_embedding = nn.LayerNorm(c["d_model"])
        self.layers = nn.ModuleList(
            Layer(c["d_model"], c["heads"], c["ffn"], cross, c["dropout"]) for _ in range(layers)
        )
        self.dropout = nn.Dropout(c["dropout"])

    def forward(self, x, memory=None):
        positions = self.embed_positions.weight[2 : 2 + x.shape[1]]
        x = self.dropout(self.layernorm_embedding(x + positions))
        for layer in self.layers:
            x = layer(x, memory)
        return x


class AudioEncoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["d_model"]
        self.conv1 = nn.Conv1d(c["n_mels"], d, 3)
        self.conv_stack = nn.ModuleList(
            nn.Conv1d(d, d, 3, stride=2, padding=1) for _ in range(c["conv_layers"] - 1)
        )
        half = d // 2
        rate = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))
        angle = torch.arange(c["audio_frames"])[:, None] * rate
        self.register_buffer("positional_embedding", torch.cat([angle.sin(), angle.cos()], 1))
        # Each band is brought to unit size. The convolution pads the raw decibels with zeros,
        # so this folds exactly into its weight and bias (see `exported`).
        self.register_buffer("mean_db", torch.zeros(c["n_mels"], 1))
        self.register_buffer("std_db", torch.ones(c["n_mels"], 1))

    @torch.no_grad()
    def calibrate(self, db):
        """Sets the bands' scale, and each convolution's, so that a batch has unit size all the
        way up: else the positions drown the audio at first (Salimans and Kingma, 2016)."""
        self.mean_db.copy_(db.mean((0, 2))[:, None])
        self.std_db.copy_(db.std((0, 2))[:, None])
        x = (F.pad(db, (1, 1)) - self.mean_db) / self.std_db
        for conv in [self.conv1, *self.conv_stack]:
            out = conv(x)
            mean, std = out.mean((0, 2)), out.std((0, 2))
            conv.weight /= std[:, None, None]
            conv.bias.copy_((conv.bias - mean) / std)
            x = F.gelu(conv(x))

    def forward(self, db):
        x = (F.pad(db, (1, 1)) - self.mean_db) / self.std_db
        x = F.gelu(self.conv1(x))
        for conv in self.conv_stack:
            x = F.gelu(conv(x))
        return x.transpose(1, 2) + self.positional_embedding


class Bart(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.model = nn.Module()
        self.model.shared = nn.Embedding(c["vocab_size"], c["d_model"])
        self.model.encoder = Stack(c, c["encoder_layers"], cross=False)
        self.model.decoder = Stack(c, c["decoder_layers"], cross=True)
        self.register_buffer("final_logits_bias", torch.zeros(1, c["vocab_size"]))


class TagHead(nn.Module):
    """Reads tags off a sequence of frames by its mean and its maximum."""

    def __init__(self, d, sizes):
        super().__init__()
        self.sizes = sizes
        self.out = nn.Linear(2 * d, sum(sizes.values()))

    def forward(self, frames):
        logits = self.out(torch.cat([frames.mean(1), frames.amax(1)], -1)).float()
        return dict(zip(self.sizes, logits.split(list(self.sizes.values()), -1)))


class Captioner(nn.Module):
    def __init__(self, c, tag_sizes):
        super().__init__()
        self.config = c
        self.audio_encoder = AudioEncoder(c)
        self.bart = Bart(c)
        # One reads the convolutions, so that they learn at once, the other the encoder.
        self.early_tags = TagHead(c["d_model"], tag_sizes)
        self.tags = TagHead(c["d_model"], tag_sizes)
        # Predicts a teacher's embedding from the encoder's output; not exported.
        self.teach = nn.Linear(2 * c["d_model"], c["taught"]) if c.get("taught") else None
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.06)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def encode(self, db):
        heard = self.audio_encoder(db)
        return heard, self.bart.model.encoder(heard)

    def decode(self, ids, memory):
        shared = self.bart.model.shared
        hidden = self.bart.model.decoder(shared(ids), memory)
        return hidden @ shared.weight.T + self.bart.final_logits_bias

    @torch.inference_mode()
    def caption(self, db, max_length=80):
        """Greedy token ids of a batch, start token left out."""
        _, memory = self.encode(db)
        ids = torch.full((len(db), 1), START)
        open_ = torch.ones(len(db), dtype=torch.bool)
        while open_.any() and ids.shape[1] < max_length:
            if ids.shape[1] == 1:
                following = torch.full((len(db),), BOS)
            else:
                following = self.decode(ids, memory)[:, -1].argmax(-1)
            following = torch.where(open_, following, PAD)
            ids = torch.cat([ids, following[:, None]], 1)
            open_ &= following != EOS
        return ids[:, 1:]


def exported(state):
    """The tensors of a model folder: heads left out, the decibel scale folded into conv1."""
    tensors = {
        name: tensor.float().clone()
        for name, tensor in state.items()
        if name.startswith(("audio_encoder.", "bart."))
    }
    mean, std = (tensors.pop(f"audio_encoder.{name}_db") for name in ("mean", "std"))
    weight = tensors["audio_encoder.conv1.weight"] / std
    tensors["audio_encoder.conv1.weight"] = weight
    tensors["audio_encoder.conv1.bias"] -= (weight * mean).sum((1, 2))
    return tensors
