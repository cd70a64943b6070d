#!/usr/bin/env python3
"""What Python costs: the same log-mel spectrogram through the installed package and in Rust alone.

    cargo build --release -p musicap-bench --bin stages
    python benches/python.py PATH/TO/stages        with the wheel installed

Alternating runs on 180 s of noise at 16 kHz, medians; and `import musicap` beside an empty process.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy

import musicap

ROUNDS = 15


def rust(stages, request):
    stages.stdin.write(json.dumps(request) + "\n")
    stages.stdin.flush()
    return json.loads(stages.stdout.readline())["wall_s"]


def wall(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main():
    samples = numpy.random.default_rng(1).uniform(-0.5, 0.5, 180 * 16_000)
    integers = (samples * 32_767).astype("<i2")
    samples = integers / numpy.float32(32_768)
    with tempfile.TemporaryDirectory() as folder:
        audio = Path(folder) / "noise.wav"
        with wave.open(str(audio), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(integers.tobytes())
        stages = subprocess.Popen(
            [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for threads in [1, 2]:
            request = {"work": "mel", "audio": str(audio), "chunks": 18, "threads": threads}

            def python():
                # On either side the samples have just been touched, so that caches are the same.
                fresh = samples.copy()
                fresh.sum()
                return wall(lambda: musicap.log_mel(fresh, sample_rate=16_000, threads=threads))

            rust(stages, request), python()
            pairs = [(python(), rust(stages, request)) for _ in range(ROUNDS)]
            ours, theirs = (statistics.median(side) for side in zip(*pairs))
            ratio = statistics.median(a / b for a, b in pairs)
            print(
                f"log-mel of 180 s, {threads} thread(s): Python {1e3 * ours:.1f} ms, "
                f"Rust {1e3 * theirs:.1f} ms, ratio {ratio:.3f}"
            )
        stages.stdin.close()

    def process(code):
        return wall(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    pairs = [(process("import musicap"), process("pass")) for _ in range(ROUNDS)]
    cost = statistics.median(a - b for a, b in pairs)
    print(f"import musicap: {1e3 * cost:.0f} ms above an empty process")


if __name__ == "__main__":
    main()
