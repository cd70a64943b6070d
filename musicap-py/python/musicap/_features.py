"""Log-mel spectrograms, converted checkpoints."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from musicap import _musicap
from musicap._options import encoded, whole
from musicap._sources import Recording

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
    f_max: float = 8_000.0,
    power: Literal["real", "magnitude"] = "real",
    chunk_seconds: float = 10.0,
    pad: Literal["zero", "repeat"] = "zero",
    overlap: float = 0.0,
    tail: Literal["keep", "drop"] = "keep",
    threads: int | None = None,
) -> NDArray[numpy.float32]:
    """The log-mel spectrogram of a recording, ``[chunks, n_mels, frames]`` in decibels, float32.

    The defaults are the front end of LP-MusicCaps: chunks of 10 s at 16 kHz, torchaudio's HTK mel
    bands without normalisation, ``10·log10(max(x, 1e-10))``. Float32 samples that lie in one piece
    are read where they are, and Python goes on meanwhile.

    Args:
        recording: A path, the bytes of a file, a binary file object, or samples ``[n]`` or
            ``[channels, n]``, floats within ±1 or integers at full scale.
        sample_rate: For samples: their rate in hertz.
        model_sample_rate: The rate that the recording is brought to.
        n_fft: Length of the Fourier transform and of its periodic Hann window, in samples.
        hop_length: Samples between frames.
        n_mels: Mel bands.
        f_min: Lower edge of the lowest band, in hertz.
        f_max: Upper edge of the highest band, in hertz.
        power: What of a spectrum's bin is squared: its ``"real"`` part, as LP-MusicCaps does, or its
            ``"magnitude"``, as everybody else does.
        chunk_seconds: Length of a chunk in seconds.
        pad: What fills up the last chunk: silence, or the chunk itself again.
        overlap: Seconds that neighbouring chunks share.
        tail: Whether what is left after the last whole chunk is kept if it is 2 s or longer.
        threads: Threads to compute with; None takes one for each core.

    Raises:
        MusicapError: If the recording cannot be read or an option is out of range.
    """
    front_end: dict[str, Any] = {
        "sample_rate": model_sample_rate,
        "n_fft": n_fft,
        "hop_length": hop_length,
        "n_mels": n_mels,
        "f_min": f_min,
        "f_max": f_max,
        "power": power,
        "chunk_seconds": chunk_seconds,
        "pad": pad,
    }
    sample_rate = whole("sample_rate", sample_rate, 1)
    threads = whole("threads", threads, 1, 1024)
    return _musicap.log_mel(recording, sample_rate, encoded(front_end), overlap, tail, threads)


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
        precision: ``"int8"`` makes the reference model 150 MB.
    """
    _musicap.convert(os.fspath(checkpoint), os.fspath(folder), precision)
