"""How often an output layer that is screened in int8 would have to be computed in float32.

    python benches/screening.py FOLDER MEL.npy [--chunks 4] [--beams 5] [--tokens 20] [--scale 1]

Needs torch and transformers. FOLDER is a float32 model folder, MEL.npy what `musicap mel` writes.

Each step multiplies all logits in int8 (a row of the table and a row of hidden states with a scale
each) and computes in float32 only the tokens that may be among the 2K likeliest of their row. The
error of every other logit is bounded by Cauchy and Schwarz, |dh·w| + |h·dw|; that of the logarithm
of the summed exponentials in two ways:

- "per token": every logit off by its bound, in the same direction;
- "spectral": |sum p_j e_j| <= |p| |e|, where |e| <= sqrt(dh' W'W dh) + sqrt(h' dW'dW h) for the
  whole vector of errors, and a bound of the second order;
- "true": the error itself, for comparison, which a program could not know.

A decision is the set of the K best continuations of a chunk. It is settled if no rival comes within
the bounds of all rows in which the two hypotheses differ; if not, those rows are computed in full.
`--scale` multiplies the table, which turns the flat distributions of random weights into peaked
ones, as trained weights have them.
"""

import argparse
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import BartConfig, BartForConditionalGeneration

BOUNDS = ["per token", "spectral", "true"]


def load(folder):
    keys = json.loads((folder / "config.json").read_text())
    tensors = {}
    stored = load_file(folder / "model.safetensors")
    for name, tensor in stored.items():
        if not name.endswith(".scale"):
            scale = stored.get(f"{name}.scale")
            tensor = tensor.float()
            shape = [-1] + [1] * (tensor.dim() - 1)
            tensors[name] = tensor if scale is None else tensor * scale.reshape(shape)
    names = set(BartConfig().to_dict())
    model = BartForConditionalGeneration(BartConfig(**{k: keys[k] for k in keys if k in names}))
    bart = {k.removeprefix("bart."): v for k, v in tensors.items() if k.startswith("bart.")}
    shared = bart["model.shared.weight"]
    for tied in ["model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"]:
        bart[f"{tied}.weight"] = shared
    model.load_state_dict(bart, strict=False)
    prefix = "audio_encoder."
    audio = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    return model.eval(), audio, keys


def encode(model, audio, mel):
    x = F.gelu(F.conv1d(mel, audio["conv1.weight"], audio["conv1.bias"], padding=1))
    i = 0
    while f"conv_stack.{i}.weight" in audio:
        weight, bias = (audio[f"conv_stack.{i}.{part}"] for part in ["weight", "bias"])
        x = F.gelu(F.conv1d(x, weight, bias, stride=2, padding=1))
        i += 1
    x = x.transpose(1, 2) + audio["positional_embedding"]
    return model.model.encoder(inputs_embeds=x).last_hidden_state


def rounded(rows):
    scale = rows.abs().amax(1, keepdim=True).clamp(min=1e-30) / 127
    return torch.round(rows / scale) * scale


class Table:
    def __init__(self, table, bias):
        self.exact, self.bias = table, bias
        self.int8 = rounded(table)
        rest = table - self.int8
        self.norms, self.rest_norms = table.norm(dim=1), rest.norm(dim=1)
        self.gram = table.double().T @ table.double()
        self.rest_gram = rest.double().T @ rest.double()

    def screen(self, hidden, listed):
        """Of each row: exact logits, their log-sum, bounds, tokens listed, bounds of the log-sum."""
        exact = (hidden @ self.exact.T + self.bias).double()
        hidden_int8 = rounded(hidden)
        rest = hidden - hidden_int8
        int8 = (hidden_int8 @ self.int8.T + self.bias).double()
        bound = rest.norm(dim=1)[:, None] * self.norms
        bound = (bound + hidden_int8.norm(dim=1)[:, None] * self.rest_norms).double()
        assert bool(((int8 - exact).abs() <= bound + 1e-4).all()), "a bound is not one"
        floor = torch.topk(int8 - bound, listed, dim=1).values[:, -1:]
        in_list = int8 + bound >= floor
        mixed = torch.where(in_list, exact, int8)
        left = torch.where(in_list, torch.zeros_like(bound), bound)
        log_sum = torch.logsumexp(mixed, 1)
        above = torch.logsumexp(mixed + left, 1) - log_sum
        below = log_sum - torch.logsumexp(mixed - left, 1)
        p = torch.where(in_list, torch.zeros_like(mixed), torch.exp(mixed - log_sum[:, None]))
        quadratic = lambda x, gram: (x.double() @ gram * x.double()).sum(1).clamp(min=0).sqrt()
        error = quadratic(rest, self.gram) + quadratic(hidden_int8, self.rest_gram)
        second = 0.5 * p.amax(1) * error**2 * left.amax(1).exp()
        share = p.norm(dim=1) * error + second
        true = torch.logsumexp(exact, 1)
        radii = {
            "per token": torch.maximum(above, below),
            "spectral": -torch.log1p(-share.clamp(max=0.999)),
            "true": (log_sum - true).abs(),
        }
        return exact, true, bound, in_list.sum(1), p.sum(1), radii


def repeats(tokens):
    """Tokens that would complete a trigram that has occurred."""
    return [tokens[i + 2] for i in range(len(tokens) - 2) if tokens[i : i + 2] == tokens[-2:]]


class Count:
    """Rows that one kind of bound has made exact, and decisions that it left open."""

    def __init__(self):
        self.radius, self.full, self.open = {}, set(), 0

    def settle(self, candidates, beams):
        need = set()
        for inside in candidates[:beams]:
            for outside in candidates[beams:]:
                rows = (set(inside[3]) ^ set(outside[3])) - self.full
                if inside[0] - outside[0] <= sum(self.radius[row] for row in rows):
                    need |= rows
        self.open += bool(need)
        self.full |= need


@torch.inference_mode()
def simulate(options):
    model, audio, keys = load(options.folder)
    mel = torch.from_numpy(np.load(options.mel)[: options.chunks])
    encoded = encode(model, audio, mel)
    table = Table(model.lm_head.weight.detach() * options.scale, model.final_logits_bias[0])
    end, wanted = keys["eos_token_id"], 2 * options.beams
    prefix = [keys["decoder_start_token_id"], keys["forced_bos_token_id"]]
    running = {chunk: [(0.0, prefix, ())] for chunk in range(len(mel))}
    counts = {name: Count() for name in BOUNDS}
    seen = {name: [] for name in ["bound / std", "listed", "mass outside", *BOUNDS]}
    rows = decisions = 0
    for _ in range(options.tokens - len(prefix)):
        beams = [(chunk, *beam) for chunk, beams in running.items() for beam in beams]
        if not beams:
            break
        tokens = torch.tensor([tokens for _, _, tokens, _ in beams])
        memory = encoded[torch.tensor([chunk for chunk, *_ in beams])]
        hidden = model.model.decoder(input_ids=tokens, encoder_hidden_states=memory)
        hidden = hidden.last_hidden_state[:, -1]
        logits, log_sums, bound, listed, mass, radii = table.screen(hidden, wanted)
        seen["bound / std"] += (bound.mean(1) / logits.std(dim=1)).tolist()
        seen["listed"] += listed.tolist()
        seen["mass outside"] += mass.tolist()
        candidates = {chunk: [] for chunk in running}
        for i, (chunk, score, tokens, path) in enumerate(beams):
            for name, count in counts.items():
                count.radius[rows + i] = float(radii[name][i])
                seen[name].append(float(radii[name][i]))
            scores = logits[i] - log_sums[i]
            scores[repeats(tokens)] = -torch.inf
            if options.no_end:
                scores[end] = -torch.inf
            for value, token in zip(*(best.tolist() for best in torch.topk(scores, wanted + 1))):
                candidates[chunk].append((score + value, tokens, token, (*path, rows + i)))
        rows += len(beams)
        for chunk, found in candidates.items():
            found = sorted(found, reverse=True)[: wanted + 1]
            decisions += 1
            for count in counts.values():
                count.settle(found, options.beams)
            next_beams = [(s, [*t, token], path) for s, t, token, path in found if token != end]
            running[chunk] = next_beams[: options.beams]
            if found[0][2] == end:
                del running[chunk]
    report(options, table, seen, counts, rows, decisions)


def report(options, table, seen, counts, rows, decisions):
    def spread(values):
        middle, high, most = np.quantile(values, [0.5, 0.9, 1])
        return f"median {middle:.3g}, 90 % below {high:.3g}, at most {most:.3g}"

    vocab_size, d_model = table.exact.shape
    print(f"{options.folder}, table [{vocab_size}, {d_model}] times {options.scale:g}")
    print(f"{rows} rows, {decisions} decisions")
    print(f"bound of a logit / standard deviation of its row: {spread(seen['bound / std'])}")
    print(f"tokens listed of a row: {spread(seen['listed'])}")
    print(f"probability outside the list: {spread(seen['mass outside'])}")
    for name, count in counts.items():
        open_share, full_share = count.open / decisions, len(count.full) / rows
        print(f"log-sum, {name}: {spread(seen[name])};", end=" ")
        print(f"decisions open {open_share:.1%}, rows in float32 {full_share:.1%}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("mel", type=pathlib.Path)
    p.add_argument("--chunks", type=int, default=4)
    p.add_argument("--beams", type=int, default=5)
    p.add_argument("--tokens", type=int, default=20)
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--no-end", action="store_true", help="captions have as many tokens as --tokens")
    torch.set_num_threads(1)
    simulate(p.parse_args())


if __name__ == "__main__":
    main()
