"""Compares the speed of log-mel spectrograms with librosa and torchaudio, if they are installed.

    python -m musicap.bench [--seconds 180] [--threads 1] [--rounds 9]

All libraries compute the same: 128 HTK mel bands at 16 kHz, n_fft 1024, hop 160, in decibels. Runs
alternate, and medians are printed with the mean difference of the results.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from typing import Any, Callable

import numpy

import musicap

_RATE, _N_FFT, _HOP, _N_MELS = 16_000, 1024, 160, 128
_FLOOR = 1e-10


def main() -> None:
    """Runs the benchmark and prints a table."""
    parser = argparse.ArgumentParser(
        prog="python -m musicap.bench", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--seconds", type=int, default=180, help="length of the audio")
    parser.add_argument("--threads", type=int, default=1, help="threads of each library")
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    rng = numpy.random.default_rng(1)
    samples = rng.uniform(-0.5, 0.5, args.seconds * _RATE).astype("float32")
    libraries = _libraries(args.threads)
    results = {name: compute(samples) for name, compute in libraries.items()}
    times: dict[str, list[float]] = {name: [] for name in libraries}
    for _ in range(args.rounds):
        for name, compute in libraries.items():
            began = time.perf_counter()
            compute(samples)
            times[name].append(time.perf_counter() - began)
    ours = statistics.median(times["musicap"])
    print(f"{args.seconds} s of audio, {args.threads} thread(s), medians of {args.rounds} runs")
    for name, taken in times.items():
        median = statistics.median(taken)
        difference = numpy.abs(results[name] - results["musicap"]).mean()
        print(
            f"{name:12} {1e3 * median:8.1f} ms   {median / ours:5.2f} x musicap's time   "
            f"mean difference {difference:.5f} dB"
        )
    missing = {"librosa", "torchaudio"} - set(libraries)
    if missing:
        print(f"not installed: {', '.join(sorted(missing))}")


def _libraries(threads: int) -> dict[str, Callable[[Any], Any]]:
    def with_musicap(samples: Any) -> Any:
        return musicap.log_mel(
            samples, sample_rate=_RATE, power="power", whole=True, threads=threads
        )

    libraries: dict[str, Callable[[Any], Any]] = {"musicap": with_musicap}
    # numba's and the FFT's threads, where librosa uses any; read when they are imported.
    for variable in ["NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
        os.environ.setdefault(variable, str(threads))
    try:
        import librosa

        def with_librosa(samples: Any) -> Any:
            power = librosa.feature.melspectrogram(
                y=samples,
                sr=_RATE,
                n_fft=_N_FFT,
                hop_length=_HOP,
                n_mels=_N_MELS,
                htk=True,
                norm=None,
                pad_mode="reflect",
            )
            return 10.0 * numpy.log10(numpy.maximum(power, _FLOOR))

        libraries["librosa"] = with_librosa
    except ImportError:
        pass
    try:
        import torch
        import torchaudio

        torch.set_num_threads(threads)
        mel = torchaudio.transforms.MelSpectrogram(
            _RATE, n_fft=_N_FFT, hop_length=_HOP, n_mels=_N_MELS
        )

        def with_torchaudio(samples: Any) -> Any:
            power = mel(torch.from_numpy(samples))
            return (10.0 * torch.log10(torch.clamp(power, min=_FLOOR))).numpy()

        libraries["torchaudio"] = with_torchaudio
    except ImportError:
        pass
    return libraries


if __name__ == "__main__":
    main()
