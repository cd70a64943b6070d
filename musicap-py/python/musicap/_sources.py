"""What counts as a recording, and how it is heard again."""

from __future__ import annotations

import base64
import io
import mimetypes
import os
import wave
import weakref
from typing import TYPE_CHECKING, Any, Protocol, Union

from . import _musicap

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike
    from typing_extensions import TypeAlias

    class BinaryFile(Protocol):
        """Whatever gives bytes."""

        def read(self, size: int = ..., /) -> bytes: ...

    Recording: TypeAlias = Union[
        str, os.PathLike[str], bytes, bytearray, memoryview, BinaryFile, ArrayLike
    ]
    """A path, the bytes of a file, a binary file object, or samples ``[n]`` or ``[channels, n]``."""
else:
    Recording = Any

_MOST_BYTES = 24 << 20
"""A notebook that holds more than this in one cell is slow to open."""


class Heard:
    """A recording as it was handed over.

    Arrays and file objects are not kept alive by captions of them: who wants to see them again
    keeps them.
    """

    def __init__(self, recording: Any, sample_rate: int | None) -> None:
        self.sample_rate = sample_rate
        self._kept: Any = None
        self._seen: Any = None
        if isinstance(recording, (str, os.PathLike, bytes)):
            self._kept = recording
        else:
            try:
                self._seen = weakref.ref(recording)
            except TypeError:
                pass

    @property
    def recording(self) -> Any:
        """The recording, or None if it is gone."""
        return self._seen() if self._seen is not None else self._kept

    def again(self) -> Any:
        """The recording to be heard once more, or None if that cannot be.

        A file object is read to its end and left where it was.
        """
        recording = self.recording
        if not hasattr(recording, "read"):
            return recording
        try:
            place = recording.tell()
            recording.seek(0)
            data = recording.read()
            recording.seek(place)
        except (AttributeError, OSError, ValueError):
            return None
        return data

    def data_url(self) -> str | None:
        """The recording as a URL that has it all in it, or None if it is gone or too long."""
        kind, data = self._bytes()
        if data is None or len(data) > _MOST_BYTES:
            return None
        return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"

    def _bytes(self) -> tuple[str, bytes | None]:
        recording = self.again()
        if recording is None:
            return "", None
        if self.sample_rate is not None:
            return "audio/wav", _wav(recording, self.sample_rate)
        if isinstance(recording, (bytes, bytearray, memoryview)):
            return _kind(bytes(recording[:16])), bytes(recording)
        try:
            if os.path.getsize(recording) > _MOST_BYTES:
                return "", None
            with open(recording, "rb") as file:
                data = file.read()
        except OSError:
            return "", None
        return mimetypes.guess_type(os.fspath(recording))[0] or _kind(data[:16]), data


def _kind(start: bytes) -> str:
    """The type that a browser knows an audio file by, from its first bytes."""
    return _musicap.audio_type(start) or "audio/mpeg"


def _wav(samples: Any, sample_rate: int) -> bytes | None:
    """Samples as a 16-bit mono file."""
    import numpy

    array = numpy.asarray(samples)
    if array.shape[-1] * 2 > _MOST_BYTES:
        return None
    mono: numpy.ndarray[Any, Any] = array.mean(axis=0) if array.ndim == 2 else array
    if array.dtype.kind == "i":
        mono = mono / float(2 ** (8 * array.dtype.itemsize - 1))
    elif array.dtype.kind == "u":
        half = float(2 ** (8 * array.dtype.itemsize - 1))
        mono = (mono - half) / half
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes((numpy.clip(mono, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
    return file.getvalue()
