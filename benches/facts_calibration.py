#!/usr/bin/env python3
"""Plots how often tempo and key are right against their confidence.

    python3 benches/facts.py … --save rendered.json
    python3 benches/key_corpus.py … --save corpus.json
    python3 benches/facts_calibration.py rendered.json corpus.json docs/facts-reliability.svg

Facts are sorted by confidence and put into bins of equal size; a bin's mark is at its mean confidence,
its line a 95 % interval (Wilson). Prints the expected calibration error of each series.
"""

import json
import sys
from pathlib import Path

BINS = 6
SIZE, LEFT, BOTTOM = 360, 46, 314


def wilson(share, n, z=1.96):
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    return middle - half, middle + half


def bins(rows):
    rows = sorted(rows)
    edges = [round(len(rows) * n / BINS) for n in range(BINS + 1)]
    for low, high in zip(edges, edges[1:]):
        part = rows[low:high]
        yield len(part), *(sum(column) / len(part) for column in zip(*part))


def x(value):
    return LEFT + value * (SIZE - 2 * LEFT)


def y(value):
    return BOTTOM - value * (SIZE - 2 * LEFT)


def plot(series):
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" font-family="sans-serif" font-size="11">',
        f'<rect width="{SIZE}" height="{SIZE}" fill="white"/>',
        f'<path d="M{x(0)} {y(0)}H{x(1)}V{y(1)}H{x(0)}Z" fill="none" stroke="#999"/>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#bbb" stroke-dasharray="4 3"/>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        lines.append(f'<text x="{x(tick)}" y="{y(0) + 15}" text-anchor="middle">{tick:g}</text>')
        lines.append(f'<text x="{x(0) - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    lines.append(f'<text x="{SIZE / 2}" y="{SIZE - 8}" text-anchor="middle">confidence</text>')
    lines.append(f'<text transform="translate(12 {SIZE / 2}) rotate(-90)" text-anchor="middle">right</text>')
    for place, (label, colour, rows) in enumerate(series):
        for n, confidence, share in bins(rows):
            low, high = wilson(share, n)
            at = x(confidence) + 2 * place
            lines.append(f'<path d="M{at:.1f} {y(low):.1f}V{y(high):.1f}" stroke="{colour}" stroke-width="1.5"/>')
            lines.append(f'<circle cx="{at:.1f}" cy="{y(share):.1f}" r="3.5" fill="{colour}"/>')
        lines.append(f'<circle cx="{x(0) + 12}" cy="{y(1) + 14 + 15 * place}" r="3.5" fill="{colour}"/>')
        lines.append(f'<text x="{x(0) + 20}" y="{y(1) + 18 + 15 * place}">{label}, {len(rows)}</text>')
    return "\n".join(lines) + "\n</svg>\n"


def main():
    rendered, corpus, out = map(Path, sys.argv[1:])
    rendered, corpus = json.loads(rendered.read_text()), json.loads(corpus.read_text())
    # Group, seconds, true key, found key, confidence.
    keys = [(row[4], row[2] == row[3]) for row in corpus if row[3]]
    series = [
        ("tempo of rendered clips", "#0b6e99", rendered["tempo"]),
        ("key of rendered clips", "#c2571a", rendered["key"]),
        ("key of other composers' pieces", "#3a7d34", keys),
    ]
    for label, _, rows in series:
        error = sum(n * abs(share - mean) for n, mean, share in bins(rows)) / len(rows)
        print(f"{label}: {len(rows)}, expected calibration error {error:.3f}")
    out.write_text(plot(series))


if __name__ == "__main__":
    main()
