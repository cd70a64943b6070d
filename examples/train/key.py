#!/usr/bin/env python3
"""Trains the network that finds the key (musicap-core/src/facts/key_network.rs).

    key.py features CLIPS.pcm SECONDS OUT.npy       chroma of clips, as facts/key.rs computes it
    key.py render NOTES.jsonl FONT.sf2 OUT.pcm      12 s excerpts of key_harmony.py, with fluidsynth
    key.py train --composed DIR... --harmony NAME... --out FIRST.pt
    key.py refit FIRST.pt --composed DIR... --harmony NAME... --out RUN.pt
    key.py export RUN.pt --held-out DIR --weights key.weights

`train` fits all three layers, the last two on the means of the first one's outputs alone. `refit` keeps the
first layer and fits larger last ones on means and root mean squares. `--composed` and `--held-out` are folders of `musicap-train compose-and-render --audio` with the chroma in
DIR/chroma.npy; `--harmony` names pairs NAME.jsonl and NAME.npy. `export` rounds the weights to 8 bits
and fits the calibration of the confidence (Platt scaling) on held-out clips.

Examples without a key are clips without music and clips whose pitch classes are permuted: their target is
the uniform distribution.
"""

import argparse
import json
import struct
import subprocess
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

TONICS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
RATE, FRAME, BLOCK = 16_000, 4096, 39
LOWEST_HZ, HIGHEST_HZ = 55, 1760
PROMINENCE, AROUND = 1.5, 10
BAND_STARTS = [0, 48, 60, 72]
BANDS, CONTEXT, FRAME_SUM = 4, 2, 24
EXCERPT_S, GAP_S, EXCERPTS = 12, 2.5, 60


def chroma(samples):
    """Samples [clips, n] -> [clips, frames, bands, 12], in the tuning of each clip."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
    hz = RATE / FRAME
    first, last = int(LOWEST_HZ / hz), int(HIGHEST_HZ / hz) + 1
    frames = samples.shape[1] // FRAME
    out = np.zeros((len(samples), frames, BANDS, 12), np.float32)
    for number, clip in enumerate(samples):
        pieces = clip[: frames * FRAME].reshape(frames, FRAME).astype(np.float32) / 32768
        magnitudes = np.abs(np.fft.rfft(pieces * window))[:, first - AROUND - 1 : last + AROUND + 2].astype(np.float32)
        sums = np.cumsum(np.pad(magnitudes, ((0, 0), (1, 0))), 1)
        around = ((sums[:, 2 * AROUND + 1 :] - sums[:, : -2 * AROUND - 1]) / (2 * AROUND + 1))[:, 1:-1]
        near = magnitudes[:, AROUND:-AROUND]
        before, peak, after = near[:, :-2], near[:, 1:-1], near[:, 2:]
        found = np.nonzero((peak > before) & (peak >= after) & (peak > 1e-6) & (peak > PROMINENCE * around))
        a, b, c = (np.log(x[found] + 1e-9) for x in (before, peak, after))
        shift = np.clip(0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9), -0.5, 0.5)
        pitch = 12 * np.log2((found[1] + first + shift) * hz / 440) + 69
        weight = np.sqrt(peak[found] - around[found])
        pitch -= np.angle((weight * np.exp(2j * np.pi * pitch)).sum()) / (2 * np.pi)
        key = np.round(pitch)
        weight *= np.cos(np.pi * (pitch - key)) ** 2
        band = np.searchsorted(BAND_STARTS, key, side="right") - 1
        place = (found[0] * BANDS + band) * 12 + key.astype(int) % 12
        out[number] = np.bincount(place, weight, minlength=out[number].size).reshape(out[number].shape)
    return out


def variable_length(value):
    digits = [value & 127]
    while value := value >> 7:
        digits.insert(0, value & 127 | 128)
    return bytes(digits)


def midi(excerpts):
    """A MIDI file of excerpts one after another, with a millisecond a tick."""
    events = []
    for place, excerpt in enumerate(excerpts):
        start = place * (EXCERPT_S + GAP_S) + 0.1
        channels = {}
        for at, length, key, program, velocity in excerpt["notes"]:
            free = [channel for channel in range(16) if channel != 9][min(len(channels), 14)]
            channel = 9 if program == -1 else channels.setdefault(program, free)
            end = min(at + length, EXCERPT_S)
            events.append((start + at, 1, bytes([0x90 | channel, key, velocity])))
            events.append((start + end, 0, bytes([0x80 | channel, key, 0])))
        for program, channel in channels.items():
            events.append((start - 0.05, -1, bytes([0xC0 | channel, program])))
        for channel in range(16):
            events.append((start - 0.08, -2, bytes([0xB0 | channel, 120, 0])))
    data, last = b"\x00\xff\x51\x03\x0f\x42\x40", 0
    for at, _, message in sorted(events, key=lambda event: (round(event[0] * 1000), event[1])):
        at = max(0, round(at * 1000))
        data += variable_length(at - last) + message
        last = at
    data += variable_length(3000) + b"\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1000)
    return header + b"MTrk" + struct.pack(">I", len(data)) + data


def render(notes, font, out):
    """Excerpts as 16-bit PCM, 12 s each."""
    excerpts = [json.loads(line) for line in open(notes)]
    song, wave = Path(out).with_suffix(".mid"), Path(out).with_suffix(".wav")
    with open(out, "wb") as pcm:
        for first in range(0, len(excerpts), EXCERPTS):
            some = excerpts[first : first + EXCERPTS]
            song.write_bytes(midi(some))
            command = ["fluidsynth", "-ni", "-q", "-r", "32000", "-g", "0.5", "-T", "wav", "-F", wave, font, song]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            command = ["ffmpeg", "-v", "error", "-i", wave, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
            samples = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.int16)
            for place in range(len(some)):
                start = int((place * (EXCERPT_S + GAP_S) + 0.1) * RATE)
                excerpt = samples[start : start + EXCERPT_S * RATE]
                pcm.write(np.pad(excerpt, (0, EXCERPT_S * RATE - len(excerpt))).tobytes())
    song.unlink()
    wave.unlink()


ROTATIONS = (torch.arange(12)[:, None] + torch.arange(12)[None]) % 12


def circular(x, weights, biases):
    """[n, inputs, 12] -> [n, outputs, 12]."""
    turned = x[:, :, ROTATIONS].permute(0, 2, 1, 3).reshape(len(x) * 12, -1)
    y = turned @ weights.reshape(len(weights), -1).T + biases
    return y.reshape(len(x), 12, -1).transpose(1, 2)


class Network(torch.nn.Module):
    """Three circular convolutions; the second one has the first one's outputs pooled over time."""

    def __init__(self, hidden, squares):
        super().__init__()
        self.squares = squares
        shapes = [(BANDS * CONTEXT, 16), (16 * (1 + squares), hidden), (hidden, 2)]
        self.weights, self.biases = torch.nn.ParameterList(), torch.nn.ParameterList()
        for number, (inputs, outputs) in enumerate(shapes):
            deviation = ((1 if number == 2 else 2) / (12 * inputs)) ** 0.5
            self.weights.append(torch.randn(outputs, inputs, 12) * deviation)
            self.biases.append(torch.zeros(outputs))
        self.dropout = torch.nn.Dropout(0.1)

    def pooled(self, x):
        """Chroma [clips, frames, bands, 12] -> [clips, 16 or 32, 12]."""
        level = x.sum((2, 3)).mean(1).clamp_min(1e-6)
        x = torch.log1p(x / level[:, None, None, None] * FRAME_SUM)
        pairs = torch.cat([x[:, :-1], x[:, 1:]], 2)
        shape = pairs.shape
        x = torch.relu(circular(pairs.reshape(-1, *shape[2:]), self.weights[0], self.biases[0]))
        x = x.reshape(*shape[:2], -1, 12)
        means = x.mean(1)
        return torch.cat([means, (x**2).mean(1).sqrt()], 1) if self.squares else means

    def scores(self, pooled):
        """[clips, 24]: major from C, then minor."""
        x = torch.relu(circular(self.dropout(pooled), self.weights[1], self.biases[1]))
        return circular(self.dropout(x), self.weights[2], self.biases[2]).reshape(len(x), 24)

    def forward(self, x):
        return self.scores(self.pooled(x))


def composed(folder):
    """Chroma and keys of the clips of a folder; -1 where there is no key."""
    values = np.load(Path(folder) / "chroma.npy").astype(np.float32)
    records = [json.loads(line) for path in sorted(Path(folder).glob("*.jsonl")) for line in open(path)]
    keys = []
    for record in records[: len(values)]:
        known = record["kind"] == "music" and record["families"] and not record["scattered"]
        tonic, mode = record["key"].split() if known else ("C", "major")
        keys.append(TONICS.index(tonic) + 12 * (mode == "minor") if known else -1)
    return values[: len(keys)], np.array(keys)


def harmony(name):
    values = np.load(f"{name}.npy").astype(np.float32)
    rows = [json.loads(line) for line in open(f"{name}.jsonl")]
    keys = np.array([row["tonic"] + 12 * (row["mode"] == "minor") for row in rows])
    # Two overlapping blocks of each excerpt.
    return np.concatenate([values[:, :BLOCK], values[:, 7 : 7 + BLOCK]]), np.concatenate([keys, keys])


def augmented(x, generator):
    """Bands louder and softer, and noise."""
    clips, _, bands, _ = x.shape
    x = x * torch.exp(0.35 * torch.randn(clips, 1, bands, 1, generator=generator))
    level = x.mean((1, 2, 3), keepdim=True) * 0.6 * torch.rand(clips, 1, 1, 1, generator=generator)
    return x + level * torch.rand(x.shape, generator=generator)


def train(options):
    torch.manual_seed(options.seed)
    generator, rng = torch.Generator().manual_seed(options.seed), np.random.default_rng(options.seed)
    clips = [composed(folder) for folder in options.composed]
    values, keys = (np.concatenate(part) for part in zip(*clips))
    sounding = values.sum((1, 2, 3)) > 0
    without = values[(keys < 0) & sounding][:, :BLOCK]
    sets = [(values[keys >= 0][:, :BLOCK], keys[keys >= 0])]
    sets.append(tuple(np.concatenate(part) for part in zip(*map(harmony, options.harmony))))
    print(f"{len(sets[0][0])} composed clips, {len(sets[1][0])} of other harmony, {len(without)} without key")
    network = Network(24, squares=False)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=options.steps)
    for step in range(options.steps):
        inputs, targets = [], []
        for (x, y), count in zip(sets, (71, 57)):
            chosen = rng.integers(0, len(x), count)
            inputs.append(x[chosen])
            targets.append(F.one_hot(torch.tensor(y[chosen]), 24) * 0.98 + 0.02 / 24)
        inputs.append(without[rng.integers(0, len(without), 8)])
        permuted = sets[0][0][rng.integers(0, len(sets[0][0]), 8)]
        inputs.append(np.stack([x[..., rng.permutation(12)] for x in permuted]))
        targets.append(torch.full((16, 24), 1 / 24))
        frames = int(rng.integers(12, BLOCK + 1))
        start = int(rng.integers(0, BLOCK - frames + 1))
        x = torch.tensor(np.concatenate(inputs))[:, start : start + frames]
        loss = F.cross_entropy(network(augmented(x, generator)), torch.cat(targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 249:
            print(step + 1, round(loss.item(), 3), flush=True)
    torch.save(network.state_dict(), options.out)


def refit(options):
    """Copies of the clips as they are and as `augmented` changes them are pooled once."""
    torch.manual_seed(options.seed)
    network = Network(44, squares=True)
    first = torch.load(options.first, weights_only=True)
    with torch.no_grad():
        network.weights[0].copy_(first["weights.0"])
        network.biases[0].copy_(first["biases.0"])
    parts = {"composed": [], "harmony": [], "without": []}
    for copy in (0, 1):
        generator, rng = torch.Generator().manual_seed(copy), np.random.default_rng(copy)

        def pooled(x):
            if copy:
                frames = int(rng.integers(20, BLOCK + 1))
                start = int(rng.integers(0, BLOCK - frames + 1))
                x = augmented(torch.tensor(x[:, start : start + frames]), generator)
            with torch.no_grad():
                return torch.cat([network.pooled(part) for part in torch.as_tensor(x).split(200)])

        for folder in options.composed:
            x, y = composed(folder)
            x = x[:, :BLOCK]
            known = y >= 0
            parts["composed"].append((pooled(x[known]), torch.tensor(y[known])))
            permuted = x[rng.permutation(len(x))[:250]]
            permuted = np.stack([clip[..., rng.permutation(12)] for clip in permuted])
            for part in (x[~known], permuted):
                parts["without"].append((pooled(part), torch.full((len(part),), -1)))
        for name in options.harmony:
            x, y = harmony(name)
            half = len(x) // 2
            some = slice(half, None) if copy else slice(half)
            parts["harmony"].append((pooled(x[some]), torch.tensor(y[some])))
    sets = [tuple(torch.cat(column) for column in zip(*part)) for part in parts.values()]
    rng = np.random.default_rng(options.seed)
    fitted = [*network.weights[1:], *network.biases[1:]]
    optimizer = torch.optim.AdamW(fitted, lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=options.steps)
    for _ in range(options.steps):
        inputs, targets = [], []
        for (x, y), count in zip(sets, (80, 48, 16)):
            chosen = torch.tensor(rng.integers(0, len(x), count))
            inputs.append(x[chosen])
            one_hot = F.one_hot(y[chosen].clamp_min(0), 24) * 0.98 + 0.02 / 24
            targets.append(torch.where(y[chosen, None] < 0, torch.tensor(1 / 24), one_hot))
        loss = F.cross_entropy(network.scores(torch.cat(inputs)), torch.cat(targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    torch.save(network.state_dict(), options.out)


def export(options):
    network = Network(44, squares=True)
    network.load_state_dict(torch.load(options.run, weights_only=True))
    network.eval()
    blob = b""
    with torch.no_grad():
        for weights, biases in zip(network.weights, network.biases):
            for row, bias in zip(weights, biases):
                scale = max(row.abs().max().item() / 127, 1e-12)
                rounded = torch.round(row / scale)
                row.copy_(rounded * scale)
                blob += struct.pack("<ff", scale, bias) + rounded.numpy().astype(np.int8).tobytes()
    logits, right = [], []
    for values, keys in map(composed, options.held_out):
        values, keys = values[keys >= 0], keys[keys >= 0]
        with torch.no_grad():
            p = torch.softmax(network(torch.tensor(values)), 1)
        best, found = p.max(1)
        logits.append(torch.logit(best.double(), 1e-9))
        right.append(torch.tensor(found.numpy() == keys).double())
        print(f"{len(keys)} clips, {right[-1].mean():.3f} right")
    logits, right = torch.cat(logits), torch.cat(right)
    platt = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([platt], max_iter=100, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(platt[0] + platt[1] * logits, right)
        value.backward()
        return value

    optimizer.step(loss)
    print("offset and slope", [round(x, 3) for x in platt.tolist()])
    Path(options.weights).write_bytes(blob + struct.pack("<ff", *platt.tolist()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("features")
    one.add_argument("pcm")
    one.add_argument("seconds", type=float)
    one.add_argument("out")
    one = commands.add_parser("render")
    one.add_argument("notes")
    one.add_argument("font")
    one.add_argument("out")
    for name, steps in (("train", 1400), ("refit", 500)):
        one = commands.add_parser(name)
        if name == "refit":
            one.add_argument("first")
        one.add_argument("--composed", nargs="+", required=True)
        one.add_argument("--harmony", nargs="+", required=True)
        one.add_argument("--steps", type=int, default=steps)
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--out", required=True)
    one = commands.add_parser("export")
    one.add_argument("run")
    one.add_argument("--held-out", nargs="+", required=True)
    one.add_argument("--weights", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.command == "features":
        samples = np.memmap(options.pcm, np.int16).reshape(-1, int(options.seconds * RATE))
        np.save(options.out, chroma(samples).astype(np.float16))
    elif options.command == "render":
        render(options.notes, options.font, options.out)
    elif options.command == "train":
        train(options)
    elif options.command == "refit":
        refit(options)
    else:
        export(options)


if __name__ == "__main__":
    main()
