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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "train"))

from reliability import plot  # noqa: E402

BINS = 6


def bins(rows):
    rows = sorted(rows)
    edges = [round(len(rows) * n / BINS) for n in range(BINS + 1)]
    for low, high in zip(edges, edges[1:]):
        part = rows[low:high]
        yield len(part), *(sum(column) / len(part) for column in zip(*part))


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
    binned = [(f"{label}, {len(rows)}", colour, bins(rows)) for label, colour, rows in series]
    out.write_text(plot(binned, "right"))


if __name__ == "__main__":
    main()
