"""Captions as plain data, and the formats they are written in."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field, fields, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Literal, Mapping, overload

from musicap import _musicap
from musicap._options import choice
from musicap.errors import InvalidCaptionsError, InvalidOptionError

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas

    from musicap._sources import Source

__all__ = ["Caption", "Captions", "Gap", "Section", "SoundChange"]


@dataclass(frozen=True)
class Caption:
    """The description of one span of a recording."""

    index: int
    """The chunk's number, from 0."""
    start_s: float
    """Start of the span in seconds."""
    end_s: float
    """End of the span in seconds."""
    text: str
    """The caption."""
    score: float
    """The mean log-probability of the caption's tokens, at most 0: ``exp(score)`` is the geometric
    mean of their probabilities. It says how sure the model is of its words, not how well they fit the
    music, and compares captions of the same model and generation settings only."""
    confidence: float | None = None
    """The probability, 0 to 1, that all of the caption is true; None if the model states none."""
    facts: dict[str, Any] | None = field(default=None, hash=False)
    """What is known of the span as data, if facts were asked for: instruments, voices and more, with
    confidences. What is absent is not known."""

    def __str__(self) -> str:
        return f"{_clock(self.start_s)}–{_clock(self.end_s)} {self.text}"

    def translated(self, language: str) -> Caption:
        """An English caption in another language; see :meth:`Captions.translated`."""
        return replace(self, text=_musicap.translate_text(self.text, language))


@dataclass(frozen=True)
class Section:
    """A section of a recording in which the music stays alike."""

    start_s: float
    """Start in seconds."""
    end_s: float
    """End in seconds."""
    title: str
    """What it is, in a few words: "Piano alone"."""


@dataclass(frozen=True)
class SoundChange:
    """A time at which the sound of a recording changes."""

    at_s: float
    """When, in seconds, to the second."""
    strength: float
    """How much, 0 to 1: how alike the sound is within the eight seconds before and within those
    after, and how little the ones are like the others."""


@dataclass(frozen=True)
class Gap:
    """A span that could not be decoded or captioned."""

    start_s: float
    """Start in seconds."""
    end_s: float
    """End in seconds."""
    reason: str
    """Why, and what replaces it."""


@dataclass(frozen=True)
class Captions:
    """The captions of one recording, in order of time.

    It is a sequence of :class:`Caption`: ``len(result)``, ``result[0]``, ``for c in result``; a slice
    ``result[1:3]`` is a ``Captions`` again. In a notebook it is shown as a player with a table of the
    captions, in which the current one is highlighted.
    """

    file: str | None
    """The recording's file, if it has one."""
    duration_s: float
    """The recording's length in seconds."""
    model: str
    """The name of the model."""
    captions: tuple[Caption, ...]
    """The captions."""
    summary: str | None = None
    """A description of the whole recording, if there is one."""
    gaps: tuple[Gap, ...] = ()
    """Spans that could not be decoded or captioned."""
    sections: tuple[Section, ...] = ()
    """The sections of the recording, if there is a summary; see also :meth:`find_sections`."""
    notes: tuple[str, ...] = ()
    """What was done to the audio that its user should know."""
    language: str | None = None
    """The language of the captions, as an ISO 639-1 code; None is English, which models write."""
    facts: dict[str, Any] | None = field(default=None, hash=False)
    """What is known of the recording as data, if facts were asked for: tempo, key, loudness, instruments
    and more. What is absent is not known."""
    changes: tuple[SoundChange, ...] = ()
    """Times at which the sound changes, from which sections get their boundaries."""

    def __len__(self) -> int:
        return len(self.captions)

    def __iter__(self) -> Iterator[Caption]:
        return iter(self.captions)

    @overload
    def __getitem__(self, index: int) -> Caption: ...
    @overload
    def __getitem__(self, index: slice) -> Captions: ...
    def __getitem__(self, index: int | slice) -> Caption | Captions:
        if isinstance(index, slice):
            # Summary, sections and facts are of the whole.
            captions = self.captions[index]
            part = replace(self, captions=captions, summary=None, sections=(), facts=None)
            return part._with_source(self._source)
        return self.captions[index]

    def __str__(self) -> str:
        return self.to_text().rstrip("\n")

    def __getstate__(self) -> dict[str, Any]:
        # The recording may be an open file or a gigabyte of samples.
        return {key: value for key, value in self.__dict__.items() if key != "_source"}

    @property
    def text(self) -> str:
        """The texts of the captions, one in each line."""
        return "\n".join(caption.text for caption in self.captions)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with the keys of ``musicap --format json``."""
        data: dict[str, Any] = {
            "file": self.file,
            "duration_s": self.duration_s,
            "model": self.model,
            **({} if self.language is None else {"language": self.language}),
            "captions": [_without_none(asdict(caption)) for caption in self.captions],
            "summary": self.summary,
        }
        if self.gaps:
            data["gaps"] = [asdict(gap) for gap in self.gaps]
        if self.sections:
            data["sections"] = [asdict(section) for section in self.sections]
        if self.notes:
            data["notes"] = list(self.notes)
        if self.facts is not None:
            data["facts"] = self.facts
        if self.changes:
            data["changes"] = [asdict(change) for change in self.changes]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Captions:
        """Captions from the data of :meth:`to_dict`.

        Raises:
            InvalidCaptionsError: If a key is missing or has a value of another type.
        """
        try:
            return cls.from_json(json.dumps(dict(data)))
        except InvalidCaptionsError as error:
            # There is no text that a place could be in.
            reason = re.sub(r" at line \d+ column \d+$", "", str(error))
            raise InvalidCaptionsError(reason) from None

    @classmethod
    def from_json(cls, text: str) -> Captions:
        """Captions from the text of :meth:`to_json` or ``musicap --format json``, for one recording.

        Raises:
            InvalidCaptionsError: If the text does not contain captions.
            ValueError: If it contains those of several recordings.
        """
        return cls._from_json("captions", text)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Captions:
        """Reads a JSON file that :meth:`save` or ``musicap --format json`` wrote for one recording.

        Raises:
            OSError: If the file cannot be read.
            InvalidCaptionsError: If it does not contain captions.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidCaptionsError(f"{os.fspath(path)}: not valid captions: no text") from error
        return cls._from_json(os.fspath(path), text)

    @classmethod
    def _from_json(cls, origin: str, text: str) -> Captions:
        # Rust checks the text, and Python reads it: its floats are exactly those that were written.
        # Some editors start a file with a byte-order mark.
        text = text.removeprefix("\ufeff")
        _musicap.check_captions(origin, text)
        recordings = json.loads(text)
        if isinstance(recordings, dict):
            recordings = [recordings]
        if len(recordings) != 1:
            count = len(recordings)
            raise ValueError(f"{origin}: captions of {count} recordings; use from_dict for each")
        [one] = recordings
        return cls(
            file=one.get("file"),
            duration_s=one["duration_s"],
            model=one["model"],
            captions=tuple(_from_keys(Caption, caption) for caption in one["captions"]),
            summary=one.get("summary"),
            gaps=tuple(_from_keys(Gap, gap) for gap in one.get("gaps", ())),
            sections=tuple(_from_keys(Section, section) for section in one.get("sections", ())),
            notes=tuple(one.get("notes", ())),
            language=one.get("language"),
            facts=one.get("facts"),
            changes=tuple(_from_keys(SoundChange, change) for change in one.get("changes", ())),
        )

    def to_json(self) -> str:
        """JSON, as ``musicap --format json`` writes it."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def to_text(self) -> str:
        """One line for each caption, ``0:10–0:20 A solo violin plays…``, and the summary."""
        return self._write("text")

    def to_srt(self) -> str:
        """SubRip subtitles."""
        return self._write("srt")

    def to_vtt(self) -> str:
        """WebVTT subtitles."""
        return self._write("vtt")

    def to_chapters(self) -> str:
        """WebVTT chapters: a cue for each section."""
        return self._write("chapters")

    def save(
        self,
        path: str | os.PathLike[str],
        format: Literal["text", "json", "srt", "vtt", "chapters"] | None = None,
    ) -> None:
        """Writes a file in the format of its extension: .txt, .json, .srt or .vtt.

        Args:
            path: The file, which is replaced if it exists.
            format: Another format than that of the extension: ``"chapters"`` is WebVTT chapters.

        Raises:
            ValueError: If the extension is another and no format is given.
            OSError: If the file cannot be written.
        """
        formats = {".txt": "text", ".json": "json", ".srt": "srt", ".vtt": "vtt"}
        if format is not None:
            choice("format", format, (*formats.values(), "chapters"))
        extension = os.path.splitext(os.fspath(path))[1].lower()
        name = format or formats.get(extension)
        if name is None:
            raise ValueError(f"{path}: the extension must be .txt, .json, .srt or .vtt")
        text = self.to_json() if name == "json" else self._write(name)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)

    def to_pandas(self) -> pandas.DataFrame:
        """A row for each caption, indexed by the chunk's number, with ``start_s``, ``end_s``, ``text``,
        ``score``, ``confidence`` if the model states any, and ``facts`` if they were asked for. Needs
        pandas: ``pip install musicap[pandas]``."""
        one: pandas.DataFrame = table([self]).drop(columns="file").set_index("index")
        return one

    def find_sections(self, language: str = "en") -> tuple[Section, ...]:
        """The sections of the recording: runs of captions that say alike, each with a title in
        ``language``. Captions that are not in English have none.

        Raises:
            InvalidOptionError: If there is no such language; it lists those that there are.
        """
        found = _musicap.find_sections(json.dumps(self.to_dict()), language)
        return tuple(Section(*section) for section in found)

    def translated(self, language: str) -> Captions:
        """The captions in another language, by code or name, with their sections in it: German,
        French, Spanish, Italian, Portuguese, Japanese, Korean, Chinese or Hindi.

        A caption with a word that has no translation stays English and starts with ``[en]``; those
        of the embedded model have none. A summary stays as it is: it is made from English captions.

        Raises:
            InvalidOptionError: If there is no such language; it lists those that there are.
            InvalidCaptionsError: For captions in another language than English and ``language``.
        """
        if _musicap.find_language(language) == (self.language or "en"):
            return self
        data = json.loads(_musicap.translate(json.dumps(self.to_dict()), language))
        texts = (caption["text"] for caption in data["captions"])
        return replace(
            self,
            # Only texts differ; scores keep all their digits.
            captions=tuple(replace(one, text=text) for one, text in zip(self.captions, texts)),
            sections=tuple(_from_keys(Section, section) for section in data.get("sections", ())),
            language=data["language"],
        )._with_source(self._source)

    def _with_sections(self, language: str) -> Captions:
        return replace(self, sections=self.find_sections(language))._with_source(self._source)

    def with_summary(self, summary: str | None) -> Captions:
        """The same captions with another summary."""
        return replace(self, summary=summary)._with_source(self._source)

    @property
    def _source(self) -> Source | None:
        """The recording, if it is available. It is not a field, so it is not compared or pickled."""
        source: Source | None = self.__dict__.get("_source")
        return source

    def _with_source(self, source: Source | None) -> Captions:
        self.__dict__["_source"] = source
        return self

    def plot(self) -> matplotlib.figure.Figure:
        """The log-mel spectrogram with the captions below it.

        The recording is read again: its file must still exist; of samples or a file object the
        caller must have kept a reference. In a notebook the figure is shown; elsewhere save it with
        ``savefig``. Needs matplotlib: ``pip install musicap[plot]``.

        Raises:
            ValueError: If the recording is not available any more.
        """
        from musicap import _plot

        return _plot.plot(self)

    def to_html(self, *, player_mb: float = 24.0) -> str:
        """An HTML fragment with a player and the captions, as notebooks show it.

        Args:
            player_mb: Largest size of the audio in the fragment, in megabytes; 0 omits the player.
                Files larger than a quarter of it, and samples, are encoded as Opus, at half a
                megabyte a minute.
        """
        from musicap import _html

        if not isinstance(player_mb, Real) or not 0 <= float(player_mb) <= 1e6:
            raise InvalidOptionError(f"player_mb is {player_mb!r}, but must be a number of megabytes")
        return _html.render(self, int(player_mb * 1e6))

    def _repr_html_(self) -> str:
        return self.to_html()

    def _write(self, format: str) -> str:
        return _musicap.write_captions(json.dumps(self.to_dict()), format)


def _from_keys(cls: type[Any], data: Mapping[str, Any]) -> Any:
    """An instance of a dataclass from the keys that it has. Others, of later versions, are ignored."""
    return cls(**{field.name: data[field.name] for field in fields(cls) if field.name in data})


def _without_none(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}


def table(recordings: list[Captions]) -> pandas.DataFrame:
    """A row for each caption of all recordings."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("to_pandas() needs pandas: pip install 'musicap[pandas]'") from error

    columns = ["file", "index", "start_s", "end_s", "text", "score"]
    for name in ("confidence", "facts"):
        if any(getattr(caption, name) is not None for one in recordings for caption in one):
            columns.append(name)
    rows = [{"file": one.file, **asdict(caption)} for one in recordings for caption in one]
    all_rows: pandas.DataFrame = pandas.DataFrame(rows, columns=columns)
    return all_rows


def _clock(seconds: float) -> str:
    total = int(max(seconds, 0.0) + 0.5)
    hours, minutes, seconds_left = total // 3600, total // 60 % 60, total % 60
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"
