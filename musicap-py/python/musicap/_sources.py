"""The kinds of recordings, and access to a recording after it has been captioned."""

from __future__ import annotations

import base64
import mimetypes
import os
import weakref
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol, Union

from musicap import _musicap
from musicap.errors import MusicapError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from typing_extensions import TypeAlias

    class BinaryFile(Protocol):
        """An object that bytes can be read from."""

        def read(self, size: int = ..., /) -> bytes: ...

    Recording: TypeAlias = Union[
        str,
        os.PathLike[str],
        bytes,
        bytearray,
        memoryview,
        BinaryFile,
        ArrayLike,
        tuple[ArrayLike, int],
        Mapping[str, Any],
    ]
    """A path, the bytes of a file, a binary file object, samples ``[n]`` or ``[channels, n]``, a
    tuple ``(samples, sample_rate)``, or a dictionary: ``{"array": …, "sampling_rate": …}`` or
    ``{"path": …, "bytes": …}`` as datasets has them, ``{"raw": …, "sampling_rate": …}`` as
    transformers does, or ``{"waveform": …, "sample_rate": …}`` as pyannote does."""
else:
    Recording = Any


def located(recording: Any, sample_rate: int | None) -> tuple[Any, int | None]:
    """The file or the samples in what a recording is passed as, and the rate of samples."""
    recording = _file_of(recording)
    samples, own_rate = _with_rate(recording)
    if own_rate is None:
        return recording, sample_rate
    if sample_rate is not None and sample_rate != own_rate:
        raise TypeError(f"sample_rate is {sample_rate}, but the recording says {own_rate}")
    return samples, own_rate


def resolve(recording: Any, sample_rate: int | None) -> tuple[Any, int | None]:
    """The recording in one of the forms that the compiled part takes, and its rate if it consists of
    samples."""
    recording, sample_rate = located(recording, sample_rate)
    if isinstance(recording, str) and "://" in recording:
        reason = "URLs are not fetched; download the file, or pass its bytes"
        raise FileNotFoundError(2, reason, recording)
    if isinstance(recording, str) and any(wildcard in recording for wildcard in "*?["):
        if not os.path.exists(recording):
            reason = "No such file; caption_many() takes patterns"
            raise FileNotFoundError(2, reason, recording)
    paths = (str, os.PathLike)
    if isinstance(recording, (list, tuple)) and any(isinstance(it, paths) for it in recording[:1]):
        raise TypeError(
            f"a {type(recording).__name__} of {len(recording)} paths: caption several recordings with "
            "caption_many()"
        )
    if isinstance(recording, (list, tuple)) and any(_is_array(item) for item in recording[:1]):
        raise TypeError(
            f"a list of {len(recording)} arrays: caption several recordings with caption_many(), or "
            "pass the channels of one recording as one array, numpy.stack(channels)"
        )
    return _as_numpy(recording), sample_rate


# Samples and their rate in dictionaries of datasets, transformers and pyannote.
_KEYS = [("array", "sampling_rate"), ("raw", "sampling_rate"), ("waveform", "sample_rate")]


def _file_of(recording: Any) -> Any:
    """The file in a dictionary of datasets, if its samples have not been decoded."""
    if not isinstance(recording, Mapping) or any(key in recording for key, _ in _KEYS):
        return recording
    for key in ("bytes", "path"):
        if recording.get(key) is not None:
            return recording[key]
    found = ", ".join(map(repr, recording)) or "nothing"
    keys = ", ".join(f"{samples!r} with {rate!r}" for samples, rate in _KEYS)
    raise TypeError(f"the dictionary has {found}, but must have {keys}, or 'path' or 'bytes'")


def _with_rate(recording: Any) -> tuple[Any, int | None]:
    """Samples and rate of a tuple or a dictionary that has both."""
    if isinstance(recording, tuple) and len(recording) == 2:
        first, second = recording
        # torchaudio, librosa and soundfile give (samples, rate), scipy and Gradio (rate, samples).
        for samples, rate in [(first, second), (second, first)]:
            if _is_rate(rate) and _is_array(samples):
                return samples, int(rate)
    if isinstance(recording, Mapping):
        samples, key = next((recording[name], rate) for name, rate in _KEYS if name in recording)
        found: Any = recording.get(key)
        if not _is_rate(found):
            raise TypeError(f"the dictionary has samples, but no number as {key}")
        return samples, int(found)
    return recording, None


def _is_rate(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and float(value).is_integer()


def _is_array(value: Any) -> bool:
    # numpy's scalars have the methods of arrays.
    return isinstance(value, list) or (hasattr(value, "__array__") and getattr(value, "ndim", 1) > 0)


def _as_numpy(recording: Any) -> Any:
    """A tensor that numpy cannot read by itself as one that it can."""
    if hasattr(recording, "detach") and hasattr(recording, "cpu"):
        # PyTorch: numpy reads neither tensors that require gradients nor those on a GPU, and it has
        # no bfloat16.
        recording = recording.detach().cpu()
        return recording.float() if str(recording.dtype) == "torch.bfloat16" else recording
    if str(getattr(recording, "dtype", "")) == "bfloat16":  # JAX
        return recording.astype("float32")
    return recording


class Source:
    """A recording that has been captioned, for players and plots.

    What can be is referenced weakly, arrays, tensors and file objects among them: captions do not
    keep them in memory.
    """

    def __init__(self, recording: Any, sample_rate: int | None) -> None:
        self.sample_rate = sample_rate
        self._strong: Any = None
        self._weak: weakref.ref[Any] | None = None
        try:
            is_path = isinstance(recording, os.PathLike)
            self._weak = None if is_path else weakref.ref(recording)
        except TypeError:
            pass
        if self._weak is None:
            self._strong = recording

    @property
    def recording(self) -> Any:
        """The recording, or None if it is gone."""
        return self._weak() if self._weak is not None else self._strong

    def reopen(self) -> Any:
        """The recording in a form that can be read again, or None if that is impossible.

        A file object is read to its end, and its position is restored.
        """
        recording = self.recording
        if not hasattr(recording, "read"):
            return _as_numpy(recording)
        try:
            position = recording.tell()
            recording.seek(0)
            data = recording.read()
            recording.seek(position)
        except (AttributeError, OSError, ValueError):
            return None
        return data

    def data_url(self, limit: int) -> str | None:
        """A URL that contains the recording, or None if it is gone or too long.

        A file of at most a quarter of ``limit`` bytes is taken as it is. Everything else is encoded
        as Opus, mono at 64 kbit/s: half a megabyte a minute.
        """
        recording = self.reopen()
        if recording is None:
            return None
        kind, data = ("", None) if self.sample_rate is not None else _small_file(recording, limit // 4)
        if data is None:
            try:
                kind, data = "audio/ogg", _musicap.encode_opus(recording, self.sample_rate, limit)
            except (MusicapError, OSError):
                return None
        if data is None:
            return None
        return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _small_file(recording: Any, most: int) -> tuple[str, bytes | None]:
    """The type and the bytes of a file, if it has no more than ``most`` bytes and browsers play it."""
    if isinstance(recording, (bytes, bytearray, memoryview)):
        data = bytes(recording) if len(recording) <= most else b""
        name = ""
    else:
        name = os.fspath(recording)
        try:
            if os.path.getsize(recording) > most:
                return "", None
            with open(recording, "rb") as file:
                data = file.read()
        except OSError:
            return "", None
    kind = _musicap.audio_type(data[:16]) or mimetypes.guess_type(name)[0]
    return (kind, data) if kind in _PLAYABLE and data else ("", None)


# Types that all browsers play.
_PLAYABLE = frozenset(
    ["audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4", "video/mp4", "audio/aac"]
    + ["audio/webm", "video/webm"]
)
