"""What more cores would do, from each stage's time on one thread and on two (Amdahl's law).

    python3 benches/cores.py ROUNDS "musicap [OPTION...] RECORDING"

Runs the command, on minutes of audio, with `--timings --threads 1` and `--threads 2` in turn, on an idle
machine, and takes medians. A stage that takes T1 and T2 has the serial share s with T2 = T1 (s + (1 - s) / 2),
so n cores take T1 (s + (1 - s) / n): a forecast, not a measurement. It takes for granted that memory is
as fast for each core, and that there are n pieces of work."""

import re
import shlex
import statistics
import subprocess
import sys

CORES = (4, 16)


def stages(command, threads):
    """Seconds by stage."""
    command = [*shlex.split(command), "--quiet", "--timings", "--threads", str(threads)]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"benches/cores.py: {error}")
    found = {name: float(s) for name, s in re.findall(r"(?m)^(\S.*?)  +([\d.]+) s  ", done.stderr)}
    if done.returncode != 0 or not found:
        sys.exit(f"benches/cores.py: no times of stages from {shlex.join(command)} ({done.returncode}):\n{done.stderr}")
    return found


def main():
    if len(sys.argv) != 3 or not sys.argv[1].isdigit() or int(sys.argv[1]) == 0:
        sys.exit(__doc__)
    rounds, command = int(sys.argv[1]), sys.argv[2]
    runs = [(stages(command, 1), stages(command, 2)) for _ in range(rounds)]
    print("| stage | 1 core | 2 cores | serial share | " + " | ".join(f"{n} cores" for n in CORES) + " |")
    print("|---|---|---|---|" + "---|" * len(CORES))
    total = [0.0] * (2 + len(CORES))
    for name in runs[0][0]:
        one, two = (statistics.median(run[i][name] for run in runs) for i in (0, 1))
        # Threads that disturb each other may take longer than one.
        serial = min(max(2 * two / one - 1, 0.0), 1.0) if one else 0.0
        row = [one, two, *(one * (serial + (1 - serial) / n) for n in CORES)]
        total = [a + b for a, b in zip(total, row)]
        print(f"| {name} | {one:.3f} s | {two:.3f} s | {serial:.2f} | " + " | ".join(f"{s:.3f} s" for s in row[2:]) + " |")
    shares = [f"{s:.2f} s ({s / total[0]:.2f})" for s in total]
    print(f"| all | {shares[0]} | {shares[1]} | | " + " | ".join(shares[2:]) + " |")


if __name__ == "__main__":
    main()
