"""Ratios of medians, ours over theirs, beside the bars that were set; as Markdown."""

import datetime
import os
import pathlib
import statistics
import subprocess

import prepare

# What is divided by what: work, ours, theirs, figure, bar. Without a bar it is for information.
RATIOS = [
    ("18 chunks × 5 beams", "caption18", "ours f32", "transformers f32", "wall_s", 0.35),
    ("1 chunk × 5 beams", "caption1", "ours f32", "transformers f32", "wall_s", 0.40),
    ("18 chunks × 5 beams", "caption18", "ours int8", "CTranslate2 int8", "wall_s", 0.55),
    ("1 chunk × 5 beams", "caption1", "ours int8", "CTranslate2 int8", "wall_s", 0.50),
    ("18 chunks × 5 beams", "caption18", "ours int8", "transformers bf16", "wall_s", 0.35),
    ("18 chunks × 5 beams", "caption18", "ours f32", "CTranslate2 f32", "wall_s", None),
    ("1 chunk × 5 beams", "caption1", "ours f32", "CTranslate2 f32", "wall_s", None),
    ("1 chunk × 5 beams", "caption1", "ours int8", "transformers bf16", "wall_s", None),
    ("log-mel of 180 s, 2 threads", "mel", "ours, 2", "torchaudio, 2", "wall_s", 0.25),
    ("log-mel of 180 s, 1 thread", "mel", "ours, 1", "torchaudio, 1", "wall_s", 0.25),
    ("log-mel of 180 s, 2 threads", "mel", "ours, 2", "librosa, 2", "wall_s", None),
    ("log-mel of 180 s, 1 thread", "mel", "ours, 1", "librosa, 1", "wall_s", None),
    ("convolutions + encoder, 180 s", "encode", "ours f32", "PyTorch f32", "wall_s", 0.50),
    ("convolutions + encoder, 180 s", "encode", "ours int8", "PyTorch bf16", "wall_s", None),
    ("decode + resample 180 s of MP3, CPU", "decode", "ours", "ffmpeg", "cpu_s", 1.0),
]

# What stands by itself: what it is, work, engine, figure, divisor, unit, bar.
FIGURES = [
    ("start to first caption, 10 s", "first", "ours 10 s", "first_s", 1, "s", 1.0),
    ("start to first caption, 180 s", "first", "ours 180 s", "first_s", 1, "s", None),
    ("peak memory, 18 × 5, f32", "memory", "ours f32", "peak_kib", 1e6 / 1024, "MB", 1000),
    ("peak memory, 18 × 5, int8", "memory", "ours int8", "peak_kib", 1e6 / 1024, "MB", 400),
]


def machine(prepared):
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    fields = dict(map(str.strip, line.split(":", 1)) for line in cpuinfo if ":" in line)
    wide = {"avx512f", "avx512_vnni", "avx512_bf16", "avx2"} & set(fields.get("flags", "").split())
    git = ["git", "-C", prepare.REPOSITORY, "describe", "--always", "--dirty"]
    return {
        "date": datetime.date.today().isoformat(),
        "processor": fields.get("model name", "unknown"),
        "cores": os.cpu_count(),
        "threads": prepared.threads,
        "extensions": sorted(wide),
        "commit": subprocess.run(git, capture_output=True, text=True).stdout.strip(),
    }


def median(results, work, engine, figure):
    runs = results["works"].get(work, {}).get("engines", {}).get(engine, {}).get(figure)
    return statistics.median(runs) if runs else None


def verdict(value, bar):
    return "" if bar is None else f"{bar:g} {'✓' if value <= bar else '✗'}"


def ratios(results):
    for label, work, ours, theirs, figure, bar in RATIOS:
        mine, other = (median(results, work, name, figure) for name in [ours, theirs])
        if mine and other:
            yield label, ours, theirs, mine, other, mine / other, bar


def figures(results):
    for label, work, engine, figure, divisor, unit, bar in FIGURES:
        value = median(results, work, engine, figure)
        if value:
            yield label, value / divisor, unit, bar
    for engine in ["int8", "embedded"]:
        sizes = [median(results, "growth", f"{m} min {engine}", "peak_kib") for m in [1, 60]]
        if all(sizes):
            more = (sizes[1] - sizes[0]) * 1024 / 1e6
            yield f"memory of one hour over one minute, {engine}", more, "MB", 50


def markdown(results):
    lines = ["| work | ours | theirs | ratio | bar |", "|---|---|---|---|---|"]
    for label, ours, theirs, mine, other, ratio, bar in ratios(results):
        name = ours.removeprefix("ours").strip(" ,")
        mine = f"{name}: {mine:.3g} s" if name and not name.isdigit() else f"{mine:.3g} s"
        theirs = theirs.split(",")[0]
        lines.append(
            f"| {label} | {mine} | {theirs}: {other:.3g} s | {ratio:.2f} | {verdict(ratio, bar)} |"
        )
    lines += ["", "| what | figure | bar |", "|---|---|---|"]
    for label, value, unit, bar in figures(results):
        lines.append(f"| {label} | {value:.3g} {unit} | {verdict(value, bar)} |")
    for work in ["caption18", "caption1"]:
        if same := results["works"].get(work, {}).get("same_tokens"):
            lines += ["", f"{work}: {same[0]} of {same[1]} captions have transformers' tokens."]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return "\n".join([*lines, "", f"Peers: {versions}.", ""])
