"""Log-mel spectrograms, and conversion of checkpoints."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from musicap import _musicap
from musicap._options import INTEGER, NUMBER, Kind, check_unknown, choice, encode, integer, number
from musicap._sources import Recording, resolve

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


def log_mel(
    recording: Recording,
    *,
    sample_rate: int | None = None,
    model_sample_rate: int = 16_000,
    n_fft: int = 1024,
    hop_length: int = 160,
    n_mels: int = 128,
    f_min: float = 0.0,
    f_max: float | None = None,
    mel_scale: Literal["htk", "slaney"] = "htk",
    power: Literal["real", "power", "amplitude", 1, 2] = "real",
    whole: bool = False,
    chunk_seconds: float = 10.0,
    pad: Literal["zero", "repeat"] = "zero",
    overlap: float = 0.0,
    tail: Literal["keep", "drop"] = "keep",
    threads: int | None = None,
    **unknown: NoReturn,
) -> NDArray[numpy.float32]:
    """The log-mel spectrogram of a recording in decibels, float32.

    Its shape is ``[chunks, n_mels, frames]``, or ``[n_mels, frames]`` with ``whole=True``. The
    defaults are the front end of LP-MusicCaps: chunks of 10 s at 16 kHz, HTK mel bands without
    normalisation as in torchaudio, ``10·log10(max(x, 1e-10))``. The GIL is released while spectrograms
    are computed. An array must not be changed before the function returns.

    Args:
        recording: A path, the bytes of a file, a binary file object, samples ``[n]`` or
            ``[channels, n]``, ``(samples, sample_rate)`` or ``{"array": …, "sampling_rate": …}``.
            Samples are floats within ±1 or integers at full scale.
        sample_rate: For samples: their rate in hertz.
        model_sample_rate: The rate that the recording is resampled to, in hertz.
        n_fft: Length of the FFT and of its periodic Hann window, in samples.
        hop_length: Samples between frames.
        n_mels: Number of mel bands.
        f_min: Lower edge of the lowest band in hertz.
        f_max: Upper edge of the highest band in hertz; None is half the rate.
        mel_scale: ``"htk"`` bands have height 1, torchaudio's default; ``"slaney"`` bands have equal
            area, librosa's default.
        power: ``"real"`` squares the real part of the spectrum, as LP-MusicCaps does;
            ``"power"`` or 2 is the power spectrogram ``|X|²``, as is usual; ``"amplitude"`` or 1 is
            the magnitude ``|X|``, with the decibels ``20·log10(max(x, 1e-5))``.
        whole: Whether the recording is one piece, ``1 + samples // hop_length`` frames with the tail,
            instead of chunks. ``chunk_seconds``, ``pad``, ``overlap`` and ``tail`` have no effect then,
            and all samples are in memory.
        chunk_seconds: Length of a chunk in seconds.
        pad: Padding of the last chunk: ``"zero"``, or ``"repeat"`` for the chunk itself again.
        overlap: Overlap of successive chunks in seconds.
        tail: ``"keep"`` keeps the audio after the last whole chunk if it is at least 2 s long,
            ``"drop"`` ignores it.
        threads: Number of threads; None is one for each core, at most 512.

    Raises:
        MusicapError: If the recording cannot be decoded or an option is invalid.
        OSError: If the file cannot be opened.
    """
    check_unknown("log_mel", log_mel, unknown)
    model_sample_rate = integer("model_sample_rate", model_sample_rate, 1)
    front_end: dict[str, Any] = {
        "sample_rate": model_sample_rate,
        "n_fft": n_fft,
        "hop_length": hop_length,
        "n_mels": n_mels,
        "f_min": f_min,
        "f_max": model_sample_rate / 2 if f_max is None else f_max,
        "power": _POWERS.get(power, power),
        "chunk_seconds": chunk_seconds,
        "pad": pad,
    }
    if mel_scale != "htk":
        front_end["mel_scale"] = mel_scale
    choice("tail", tail, ("keep", "drop"))
    resolved, rate = resolve(recording, sample_rate)
    rate = integer("sample_rate", rate, 1)
    encoded = encode("log_mel", front_end, _KINDS)
    threads = integer("threads", threads, 1, _musicap.MAX_THREADS)
    chunks = None if whole else (number("overlap", overlap), tail)
    return _musicap.log_mel(resolved, rate, encoded, chunks, threads)


# The exponents that librosa and torchaudio have for a spectrogram.
_POWERS: dict[Any, str] = {1: "amplitude", 2: "power"}

_KINDS: dict[str, Kind] = {
    "sample_rate": INTEGER,
    "n_fft": INTEGER,
    "hop_length": INTEGER,
    "n_mels": INTEGER,
    "f_min": NUMBER,
    "f_max": NUMBER,
    "power": ("real", "power", "amplitude"),
    "mel_scale": ("htk", "slaney"),
    "chunk_seconds": NUMBER,
    "pad": ("zero", "repeat"),
}


def convert(
    checkpoint: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    precision: Literal["f32", "f16", "int8"] = "f32",
) -> None:
    """Writes a checkpoint as a model folder.

    Args:
        checkpoint: A ``.pth`` of LP-MusicCaps, a model folder or a hub id.
        folder: The folder to write: ``config.json``, ``model.safetensors``, ``tokenizer.json``.
        precision: Precision of the weights: ``"int8"`` makes 150 MB of LP-MusicCaps.

    Raises:
        MusicapError: If the checkpoint cannot be read.
        OSError: If the folder cannot be written.
    """
    _musicap.convert(os.fspath(checkpoint), os.fspath(folder), precision)
