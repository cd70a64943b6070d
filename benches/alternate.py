"""Compares commands in alternating runs: wall time, CPU time, time to the first line, peak memory.

    python3 benches/alternate.py ROUNDS LABEL=COMMAND [LABEL=COMMAND ...]

Medians; in parentheses the ratio to the first command.
"""

import os
import shlex
import statistics
import subprocess
import sys
import time


def run(command: str) -> tuple[float, float, float, float]:
    """Seconds of the clock, of CPU and to the first line, and the peak memory in MiB."""
    began = time.perf_counter()
    process = subprocess.Popen(
        shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    process.stdout.readline()
    first = time.perf_counter() - began
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"{command}: status {status}"
    wall = time.perf_counter() - began
    return wall, usage.ru_utime + usage.ru_stime, first, usage.ru_maxrss / 1024


def main() -> None:
    rounds = int(sys.argv[1])
    commands = dict(argument.split("=", 1) for argument in sys.argv[2:])
    runs: dict[str, list[tuple[float, float, float, float]]] = {label: [] for label in commands}
    for _ in range(rounds):
        for label, command in commands.items():
            runs[label].append(run(command))
    base = None
    for label, each in runs.items():
        wall, cpu, first, peak = (statistics.median(values) for values in zip(*each))
        base = base or (wall, cpu)
        print(
            f"{label:14} wall {wall:6.2f} s ({wall / base[0]:.2f})  cpu {cpu:6.2f} s "
            f"({cpu / base[1]:.2f})  first {first:5.2f} s  peak {peak:5.0f} MiB"
        )


if __name__ == "__main__":
    main()
