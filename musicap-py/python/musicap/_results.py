"""Captions as plain data, and the forms they are written in."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Iterator, Mapping, overload

from musicap import _musicap

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas

    from musicap._sources import Heard

__all__ = ["Caption", "Captions", "Gap"]


@dataclass(frozen=True)
class Caption:
    """What is heard in one stretch of a recording."""

    index: int
    """The chunk's number, from 0."""
    start_s: float
    """Where the stretch starts, in seconds."""
    end_s: float
    """Where it ends, in seconds."""
    text: str
    """The caption."""
    score: float
    """How sure the model is: the mean log-probability of the caption's tokens, at most 0."""

    def __str__(self) -> str:
        return f"{_clock(self.start_s)}–{_clock(self.end_s)} {self.text}"


@dataclass(frozen=True)
class Gap:
    """A stretch that no caption speaks of, because it could not be decoded."""

    start_s: float
    """Where it starts, in seconds."""
    end_s: float
    """Where it ends, in seconds."""
    reason: str
    """Why, and what is in its place."""


@dataclass(frozen=True)
class Captions:
    """The captions of one recording, in the order of time.

    It is a sequence of :class:`Caption`: ``len(result)``, ``result[0]``, ``for c in result``. In a
    notebook it shows a player with the captions below, of which the current one is lit.
    """

    file: str | None
    """The recording's file, if it has one."""
    duration_s: float
    """The recording's length in seconds."""
    model: str
    """The model that wrote the captions."""
    captions: tuple[Caption, ...]
    """The captions."""
    summary: str | None = None
    """One description of the whole, if one has been made."""
    gaps: tuple[Gap, ...] = ()
    """Stretches that could not be decoded."""
    notes: tuple[str, ...] = ()
    """What was done to the sound that its user should know of."""

    def __len__(self) -> int:
        return len(self.captions)

    def __iter__(self) -> Iterator[Caption]:
        return iter(self.captions)

    @overload
    def __getitem__(self, index: int) -> Caption: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Caption, ...]: ...
    def __getitem__(self, index: int | slice) -> Caption | tuple[Caption, ...]:
        return self.captions[index]

    def __str__(self) -> str:
        return self.to_text().rstrip("\n")

    def __getstate__(self) -> dict[str, Any]:
        # What was heard may be an open file or a gigabyte of samples.
        return {key: value for key, value in self.__dict__.items() if key != "_heard"}

    def to_dict(self) -> dict[str, Any]:
        """The keys and values that ``musicap --format json`` writes."""
        data: dict[str, Any] = {
            "file": self.file,
            "duration_s": self.duration_s,
            "model": self.model,
            "captions": [asdict(caption) for caption in self.captions],
            "summary": self.summary,
        }
        if self.gaps:
            data["gaps"] = [asdict(gap) for gap in self.gaps]
        if self.notes:
            data["notes"] = list(self.notes)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Captions:
        """The opposite of :meth:`to_dict`.

        Raises :class:`musicap.errors.InvalidCaptionsError` if a key is missing or of another type.
        """
        return cls.from_json(json.dumps(dict(data)))

    @classmethod
    def from_json(cls, text: str) -> Captions:
        """Reads what :meth:`to_json` or ``musicap --format json`` wrote for one recording."""
        recordings = json.loads(_musicap.read_captions("captions", text))
        if len(recordings) != 1:
            raise ValueError(f"{len(recordings)} recordings; read them one by one with from_dict")
        [one] = recordings
        return cls(
            file=one["file"],
            duration_s=one["duration_s"],
            model=one["model"],
            captions=tuple(Caption(**caption) for caption in one["captions"]),
            summary=one["summary"],
            gaps=tuple(Gap(**gap) for gap in one.get("gaps", ())),
            notes=tuple(one.get("notes", ())),
        )

    def to_json(self) -> str:
        """JSON, as the command line writes it."""
        return self._write("json")

    def to_text(self) -> str:
        """A line for each caption: ``0:10–0:20 A solo violin plays…``, then the summary."""
        return self._write("text")

    def to_srt(self) -> str:
        """SubRip subtitles."""
        return self._write("srt")

    def to_vtt(self) -> str:
        """WebVTT subtitles."""
        return self._write("vtt")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file in the form that its ending names: .txt, .json, .srt or .vtt."""
        ending = os.path.splitext(os.fspath(path))[1].lower()
        form = {".txt": "text", ".json": "json", ".srt": "srt", ".vtt": "vtt"}.get(ending)
        if form is None:
            raise ValueError(f"{path}: name a file that ends in .txt, .json, .srt or .vtt")
        text = self._write(form)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)

    def to_pandas(self) -> pandas.DataFrame:
        """A row for each caption. Needs pandas: ``pip install musicap[pandas]``."""
        import pandas

        columns = ["index", "start_s", "end_s", "text", "score"]
        rows = [asdict(caption) for caption in self.captions]
        table: pandas.DataFrame = pandas.DataFrame(rows, columns=columns).set_index("index")
        return table

    def with_summary(self, summary: str | None) -> Captions:
        """The same captions with another summary."""
        return replace(self, summary=summary)._of(self._heard)

    @property
    def _heard(self) -> Heard | None:
        """The recording, if it is at hand. No field: it is not compared, copied or pickled."""
        heard: Heard | None = self.__dict__.get("_heard")
        return heard

    def _of(self, heard: Heard | None) -> Captions:
        """These captions, of that recording."""
        self.__dict__["_heard"] = heard
        return self

    def plot(self) -> matplotlib.figure.Figure:
        """The log-mel spectrogram with the captions below it, each under its own stretch.

        The recording is heard again for that: its file must still be there, and of samples or a
        file object a reference must have been kept. In a notebook the figure is shown; elsewhere
        save it with ``savefig``. Needs matplotlib: ``pip install musicap[plot]``.
        """
        from musicap import _plot

        return _plot.plot(self)

    def _repr_html_(self) -> str:
        from musicap import _html

        return _html.show(self)

    def _write(self, form: str) -> str:
        return _musicap.write_captions(json.dumps(self.to_dict()), form)


def _clock(seconds: float) -> str:
    total = int(max(seconds, 0.0) + 0.5)
    hours, minutes, seconds_left = total // 3600, total // 60 % 60, total % 60
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"
