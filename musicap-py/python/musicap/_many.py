"""Captions of many recordings."""

from __future__ import annotations

import glob
import os
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Sized, Union

from musicap import _musicap
from musicap._progress import make_bar
from musicap._results import Captions, table

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Failure:
    """A recording that could not be captioned."""

    index: int
    """The recording's number, from 0."""
    file: str | None
    """The recording's file, if it has one."""
    error: Exception
    """What failed. Its attribute ``captions`` has the captions until then, if there are any."""


class Results:
    """Captions of many recordings, in order: an iterator of :class:`Captions`.

    The recordings are captioned as the iterator advances. ``failures`` lists those that failed so
    far; a warning at the end says how many these are.
    """

    failures: list[Failure]
    """Recordings that could not be captioned, in order."""

    def __init__(
        self,
        recordings: Iterable[Any],
        caption: Callable[[Iterable[Any]], Iterator[tuple[Any, Captions | Exception]]],
        progress: bool | Callable[[int, Union[int, None]], object],
    ) -> None:
        self.failures = []
        self._done: list[Captions] = []
        self._has_warned = False
        self._total = len(recordings) if isinstance(recordings, Sized) else None
        self._recordings = enumerate(caption(recordings))
        # Captions whose progress has been reported, but which have not been returned.
        self._ready: Captions | None = None
        self._progress = progress if callable(progress) else None
        self._bar = make_bar(total=self._total, unit="file") if progress is True else None

    def __iter__(self) -> Results:
        return self

    def __next__(self) -> Captions:
        try:
            while self._ready is None:
                self._advance()
        except BaseException as error:
            if self._bar is not None:
                self._bar.close()
            if isinstance(error, StopIteration) and self.failures and not self._has_warned:
                self._has_warned = True
                warnings.warn(self._failed(), UserWarning, stacklevel=2)
            raise
        result, self._ready = self._ready, None
        # Without the recording, which captions of bytes keep in memory.
        self._done.append(replace(result))
        return result

    def _failed(self) -> str:
        count, first = len(self.failures), self.failures[0]
        name = first.file or f"recording {first.index}"
        message = str(first.error)
        named = message if name in message else f"{name}: {message}"
        recordings = "recording" if count == 1 else "recordings"
        rest = "" if count == 1 else "; the others are in failures"
        return f"{count} {recordings} could not be captioned: {named}{rest}"

    def _advance(self) -> None:
        """Takes the next recording. An exception of the progress function costs none."""
        index, (recording, result) = next(self._recordings)
        if isinstance(result, Exception):
            self.failures.append(Failure(index, _name(recording), result))
        else:
            self._ready = result
        if self._bar is not None:
            self._bar.update(1)
        if self._progress is not None:
            self._progress(index + 1, self._total)

    def to_pandas(self) -> pandas.DataFrame:
        """Captions what is left and returns a row for each caption of all recordings.

        The columns are ``file``, ``index``, ``start_s``, ``end_s``, ``text``, ``score``,
        ``confidence`` if the model states any, and ``facts`` if they were asked for. Needs pandas: ``pip install musicap[pandas]``.
        """
        for _ in self:
            pass
        return table(self._done)


def expand(recordings: Any) -> Iterable[Any]:
    """The recordings in a folder or of a pattern; iterables as they are."""
    if isinstance(recordings, (str, os.PathLike)):
        path = os.fsdecode(recordings)
        if os.path.isdir(path):
            return _non_empty(sorted(_files_in(path)), path, "no audio files in this folder")
        if any(wildcard in path for wildcard in "*?["):
            found = [file for file in glob.glob(path, recursive=True) if os.path.isfile(file)]
            extension = os.path.splitext(path)[1]
            if not extension or any(wildcard in extension for wildcard in "*?["):
                found = [file for file in found if _is_audio(file)]
            return _non_empty(sorted(found), path, "no file matches this pattern")
        if not os.path.exists(path):
            raise FileNotFoundError(2, os.strerror(2), path)
        return [path]
    if isinstance(recordings, (bytes, bytearray, memoryview)) or not hasattr(recordings, "__iter__"):
        kind = type(recordings).__name__
        raise TypeError(f"recordings must be a folder, a pattern or an iterable, not {kind}")
    if getattr(recordings, "ndim", 2) == 1:
        raise TypeError("an array of shape [n] is one recording; many are [recordings, n]")
    return recordings  # type: ignore[no-any-return]


def _files_in(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and _is_audio(name):
                yield os.path.join(place, name)


def _is_audio(file: str) -> bool:
    return os.path.splitext(file)[1][1:].lower() in _musicap.audio_extensions()


def _non_empty(files: list[str], path: str, reason: str) -> list[str]:
    if not files:
        raise FileNotFoundError(2, reason, path)
    return files


def _name(recording: Any) -> str | None:
    if isinstance(recording, (str, os.PathLike)):
        return os.fsdecode(recording)
    name = recording.get("path") if isinstance(recording, dict) else getattr(recording, "name", None)
    return name if isinstance(name, str) else None
