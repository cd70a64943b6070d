"""Captions of a stream while it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Union

from musicap._results import Caption

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from typing_extensions import TypeAlias

    from musicap import _musicap

    Row: TypeAlias = tuple[int, float, float, str, float]
    LiveEvent: TypeAlias = Union["LiveCaption", "Skipped"]


@dataclass(frozen=True)
class LiveCaption(Caption):
    """A caption of a stream. Times count from the stream's start."""

    behind_s: float
    """Audio that had come since the chunk's end, in seconds: how far captioning is behind."""


@dataclass(frozen=True)
class Skipped:
    """Chunks that were skipped, because captioning was behind."""

    start_s: float
    """Where what was skipped begins, in seconds from the stream's start."""
    end_s: float
    """Where it ends."""
    behind_s: float
    """How far captioning was behind, in seconds."""


class Live:
    """A stream in the making: samples go in with :meth:`push`, captions come out.

    In one thread, push and poll in turn:

    >>> with captioner.live(sample_rate=48_000) as live:  # doctest: +SKIP
    ...     for block in blocks:
    ...         live.push(block)
    ...         for event in live.poll():
    ...             print(event)

    With an audio library that calls back, let the callback push, and iterate elsewhere: the loop
    waits for captions and ends when the stream is closed.
    """

    def __init__(self, stream: _musicap.LiveStream, channels: int) -> None:
        self._stream = stream
        self._channels = channels

    def push(self, block: ArrayLike | bytes | bytearray | memoryview) -> None:
        """Takes the next samples and never waits for the model.

        Args:
            block: ``[n]`` with interleaved channels, or ``[n, channels]`` as sounddevice gives it;
                floats within ±1, integers at full scale, or the bytes of 16-bit integers.

        Raises:
            ValueError: If the shape is another, a sample is no finite number, or the stream is
                closed.
        """
        import numpy

        array: Any = block
        if not hasattr(array, "__array__") and not isinstance(array, (list, tuple)):
            # Bytes, and buffers of audio libraries that do not say what they hold, are 16 bits.
            view = memoryview(array)
            if view.format in ("B", "b", "c"):
                if view.nbytes % 2:
                    raise ValueError(f"a block of {view.nbytes} bytes, but must be 16-bit integers")
                array = numpy.frombuffer(view, "<i2")
            else:
                array = view
        array = numpy.asarray(array)
        if array.ndim == 2 and array.shape[1] == self._channels:
            array = array.reshape(-1)
        elif array.ndim != 1:
            raise ValueError(
                f"a block of shape {list(array.shape)}, but must be [n] or [n, {self._channels}]"
            )
        self._stream.push(array)

    def poll(self) -> list[LiveEvent]:
        """Captions what is waiting, without waiting for more audio."""
        events = []
        while not isinstance(event := self._stream.wait(0.0), bool):
            events.append(_event(event))
        return events

    def close(self) -> None:
        """Ends the stream. What has come by then is still captioned by those who iterate."""
        self._stream.close()

    @property
    def closed(self) -> bool:
        """Whether the stream has been closed."""
        return self._stream.closed

    @property
    def behind_s(self) -> float:
        """Audio that has come and is not captioned or skipped, in seconds."""
        return self._stream.behind_s

    def __iter__(self) -> Iterator[LiveEvent]:
        return self

    def __next__(self) -> LiveEvent:
        event = self._stream.wait(None)
        if isinstance(event, bool):
            raise StopIteration
        return _event(event)

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _event(event: tuple[Row | None, float, float, float]) -> LiveEvent:
    row, start_s, end_s, behind_s = event
    if row is None:
        return Skipped(start_s, end_s, behind_s)
    index, start_s, end_s, text, score = row
    return LiveCaption(index, start_s, end_s, text, score, behind_s)
