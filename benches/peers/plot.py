"""Draws how cost grows with the length of a recording: plot.py peers.json cost.svg"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "musicap"  # the same figures give the same file
import matplotlib.pyplot as plt


def main():
    results, plot = map(pathlib.Path, sys.argv[1:])
    engines = json.loads(results.read_text())["works"]["growth"]["engines"]
    figure, (time, memory) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    for model in ["int8", "embedded"]:
        runs = {name: run for name, run in engines.items() if name.endswith(model)}
        minutes = [int(name.split()[0]) for name in runs]
        cpu = [run["cpu_s"][0] for run in runs.values()]
        peak = [run["peak_kib"][0] * 1024 / 1e6 for run in runs.values()]
        label = {"int8": "full size, int8", "embedded": "embedded model"}[model]
        time.plot(minutes, cpu, "o-", label=label)
        memory.plot(minutes, peak, "o-", label=label)
    time.set(xlabel="minutes of audio", ylabel="seconds of CPU", ylim=0)
    memory.set(xlabel="minutes of audio", ylabel="peak memory in MB", ylim=0)
    time.legend(frameon=False)
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main()
