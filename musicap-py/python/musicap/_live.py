"""Captions of a stream while it plays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Union

from musicap._results import Caption

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from typing_extensions import TypeAlias

    from musicap import _musicap

    Row: TypeAlias = tuple[int, float, float, str, float, float | None, str | None]
    LiveEvent: TypeAlias = Union["LiveCaption", "Skipped"]


@dataclass(frozen=True)
class LiveCaption(Caption):
    """A caption of a stream. Times count from the stream's start."""

    behind_s: float = 0.0
    """Seconds of audio received since the chunk's end: how far captioning is behind."""


@dataclass(frozen=True)
class Skipped:
    """A span that was skipped because captioning fell behind."""

    start_s: float
    """Start in seconds from the stream's start."""
    end_s: float
    """End in seconds from the stream's start."""
    behind_s: float
    """How far captioning was behind, in seconds."""


class Live:
    """A live stream: samples are added with :meth:`push`, and iterating gives captions.

    In one thread, call push and poll in turn:

    >>> with captioner.live(sample_rate=48_000) as live:  # doctest: +SKIP
    ...     for block in blocks:
    ...         live.push(block)
    ...         for event in live.poll():
    ...             print(event)

    With an audio library that calls a function for each block, push in that function and iterate in
    another thread: the loop waits for captions and ends when the stream is closed.

    An error of the model does not end the stream: iterate again to continue.
    """

    def __init__(self, stream: _musicap.LiveStream, channels: int) -> None:
        self._stream = stream
        self._channels = channels
        self._error: Exception | None = None

    def push(self, block: ArrayLike | bytes | bytearray | memoryview) -> None:
        """Adds the next samples. It never waits for the model.

        Args:
            block: ``[n]`` with interleaved channels, or ``[n, channels]`` as sounddevice gives it;
                floats within ±1, integers at full scale, or the bytes of 16-bit integers.

        Raises:
            ValueError: If the shape is another, a sample is not a finite number, or the stream is
                closed.
        """
        import numpy

        array: Any = block
        if not hasattr(array, "__array__") and not isinstance(array, (list, tuple)):
            # Bytes, and buffers of audio libraries without a type, are taken as 16-bit integers.
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
        """Captions the audio received so far, without waiting for more.

        An error that comes after captions is raised by the next call.
        """
        self._raise_kept()
        events: list[LiveEvent] = []
        try:
            while not isinstance(event := self._stream.wait(0.0), bool):
                events.append(_event(event))
        except Exception as error:
            if not events:
                raise
            self._error = error
        return events

    def _raise_kept(self) -> None:
        """Raises the error that came after captions."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def close(self) -> None:
        """Ends the stream. Iterating still gives the captions of the audio received before."""
        self._stream.close()

    @property
    def closed(self) -> bool:
        """Whether the stream has been closed."""
        return self._stream.closed

    @property
    def behind_s(self) -> float:
        """Seconds of audio that are neither captioned nor skipped yet."""
        return self._stream.behind_s

    def __iter__(self) -> Iterator[LiveEvent]:
        return self

    def __next__(self) -> LiveEvent:
        self._raise_kept()
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
    index, start_s, end_s, text, score, confidence, _ = row
    return LiveCaption(index, start_s, end_s, text, score, confidence, behind_s=behind_s)
