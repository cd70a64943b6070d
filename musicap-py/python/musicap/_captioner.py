"""Captioners: loaded models."""

from __future__ import annotations

import json
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Literal, Mapping, NoReturn, Union

from musicap import _musicap
from musicap._generation import DOCS, KINDS, Generation, Unpack
from musicap._live import Live
from musicap._many import Results, expand
from musicap._options import (
    Kind,
    check_device,
    check_names,
    check_unknown,
    choice,
    encode,
    integer,
    number,
    warn_without_effect,
)
from musicap._progress import make_bar
from musicap._results import Caption, Captions, Gap, SoundChange
from musicap._sources import Recording, Source, located, resolve
from musicap._summaries import caption_language, check_summary, summarize
from musicap.errors import InvalidOptionError, MusicapError

if TYPE_CHECKING:
    from typing_extensions import Self, TypeAlias
else:
    # Python 3.10 has none, and annotations that are resolved need a name.
    from typing import Any as Self
    from typing import Any as TypeAlias

Progress: TypeAlias = Union[bool, Callable[[float, Union[float, None]], object]]
"""True for a progress bar, False for none, or a function that is called with the seconds that are
captioned and the recording's length in seconds (None if unknown)."""

Precision: TypeAlias = Literal["f32", "f16", "int8"]


class Captioner:
    """A loaded model. It can be shared by threads, works in forked processes and can be pickled.

    >>> with musicap.Captioner() as captioner:  # doctest: +SKIP
    ...     for caption in captioner.captions("song.mp3"):
    ...         print(caption)

    Args:
        model: A model folder, a ``.safetensors`` or ``.pth`` file of LP-MusicCaps, or a hub id such
            as ``"seungheondoh/lp-music-caps"``, which is downloaded once; None or ``"embedded"`` is
            the small model that comes with the package.
        device: ``"cpu"``, ``"gpu"``, ``"cuda"`` or ``"auto"``; ``"gpu:1"`` is the second adapter
            that ``musicap devices`` lists. GPUs need a wheel that is built for them (see
            docs/gpu.md). ``"auto"`` is a GPU if there is one, otherwise the CPU.
        precision: Precision of the weights in memory; None is that of the files, at most
            ``"f32"``. ``"int8"`` takes a quarter of the memory and is the fastest on CPUs.
        threads: Number of CPU threads; None is one for each core, at most 512.
        progress: True for a progress bar of downloads, False for none, or a function that is called
            with the bytes that are downloaded, the size in bytes (0 if unknown) and the file's name.

    Raises:
        ModelNotFoundError, HubError: If there is no such model, or it cannot be downloaded.
        MusicapError: If the model's files are invalid, or an option is.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        device: str = "cpu",
        precision: Precision | None = None,
        threads: int | None = None,
        progress: bool | Callable[[int, int, str], object] = True,
        **unknown: NoReturn,
    ) -> None:
        check_unknown("Captioner", Captioner.__init__, unknown)
        check_device(device)
        if precision is not None:
            choice("precision", precision, ("f32", "f16", "int8"))
        name = None if model is None else os.fspath(model)
        if name == "embedded" and not os.path.exists(name):
            name = None
        if name is not None and os.path.isfile(name):
            extension = os.path.splitext(name)[1][1:].lower()
            if extension in _musicap.audio_extensions():
                expected = "a model folder, a .pth file or a hub id; recordings are passed to caption()"
                raise InvalidOptionError(f"model is {name!r}, but must be {expected}")
        # An absolute path, for processes with another working directory.
        path = os.path.abspath(name) if name is not None and os.path.exists(name) else name
        self._arguments = (path, device, precision, threads)
        with _download_bar(progress) as on_download:
            self._loaded: _musicap.Captioner | None = _musicap.Captioner.load(
                name,
                device,
                precision or "f32",
                integer("threads", threads, 1, _musicap.MAX_THREADS),
                on_download,
            )
        if self._loaded.note is not None:
            warnings.warn(self._loaded.note, UserWarning, stacklevel=2)
        stored = self._loaded.stored_precision
        if precision is not None and stored == "int8" and precision != "int8":
            text = f"precision={precision!r} has no effect: the model is stored as int8"
            warnings.warn(text, UserWarning, stacklevel=2)

    @classmethod
    def from_pretrained(
        cls,
        model: str | os.PathLike[str] | None = None,
        *,
        device: str = "cpu",
        precision: Precision | None = None,
        threads: int | None = None,
        progress: bool | Callable[[int, int, str], object] = True,
        **unknown: NoReturn,
    ) -> Self:
        """The same as ``Captioner(model, …)``, under the name that other libraries have for it."""
        check_unknown("Captioner.from_pretrained", Captioner.__init__, unknown)
        return cls(model, device=device, precision=precision, threads=threads, progress=progress)

    @property
    def _captioner(self) -> _musicap.Captioner:
        if self._loaded is None:
            raise ValueError("the captioner has been closed")
        return self._loaded

    def close(self) -> None:
        """Frees the model, as soon as iterators that use it have ended."""
        self._loaded = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process loads the model by its name.
        return (_reload, (type(self), *self._arguments))

    def __repr__(self) -> str:
        if self._loaded is None:
            return "<musicap.Captioner, closed>"
        return f"<musicap.Captioner {self.name!r}, {self.device}, {self.threads} threads>"

    @property
    def name(self) -> str:
        """The model's name: the argument that it was loaded by."""
        return self._captioner.name

    @property
    def device(self) -> str:
        """The device that the model runs on; never ``"auto"``."""
        return self._captioner.device

    @property
    def config(self) -> dict[str, Any]:
        """The model's ``config.json``."""
        config: dict[str, Any] = json.loads(self._captioner.config)
        return config

    @property
    def threads(self) -> int:
        """Number of CPU threads."""
        return self._captioner.threads

    def captions(
        self,
        recording: Recording,
        *,
        sample_rate: int | None = None,
        tail: Literal["keep", "drop"] = "keep",
        overlap: float = 0.0,
        batch_size: int | None = None,
        facts: bool | Literal["beats"] = False,
        **generation: Unpack[Generation],
    ) -> Iterator[Caption]:
        """Captions a recording lazily: each caption is available as soon as it is done.

        Args:
            recording: A path, the bytes of a file, a binary file object, samples ``[n]`` or
                ``[channels, n]``, a tuple ``(samples, sample_rate)``, or a dictionary
                ``{"array": samples, "sampling_rate": …}``. Samples are floats within ±1 or integers
                at full scale, as an array of numpy, PyTorch or another library.
            sample_rate: For samples: their rate in hertz.
            tail: ``"keep"`` captions the audio after the last whole chunk if it is at least 2 s
                long, ``"drop"`` ignores it as LP-MusicCaps does.
            overlap: Overlap of successive chunks in seconds.
            batch_size: Chunks in one batch, which the captions do not depend on. None chooses: the
                first chunk alone, so that its caption is available soon, then as many as are
                fastest, up to 24 that take at most 512 MiB besides the weights, or on a GPU as many
                as fit its memory.
            facts: Adds what is known as data, with confidences, to captions and the recording:
                instruments, voices, drums, tempo, key, loudness and more; see docs/label.md.
                ``"beats"`` adds the times of beats too.
{generation}

        Generation settings that are not given are the model's own.

        Raises:
            MusicapError: If the recording cannot be decoded or an option is invalid.
            OSError: If the file cannot be opened.
        """
        options = self._options("captions", tail, overlap, batch_size, facts, generation)
        stream = self._stream(recording, sample_rate, True, options)
        return (_caption(row) for row in stream)

    def _options(
        self,
        function: str,
        tail: str,
        overlap: float,
        batch_size: int | None,
        facts: bool | Literal["beats"],
        generation: Mapping[str, Any],
    ) -> tuple[str, float, int | None, str, str]:
        """Options of captioning, checked."""
        encoded = encode(function, generation, {**_OTHER_OPTIONS[function], **KINDS})
        warn_without_effect(generation, self.config)
        batch_size = integer("batch_size", batch_size, 1, 1024)
        choice("tail", tail, ("keep", "drop"))
        mode = facts if isinstance(facts, str) else "on" if facts else "off"
        if mode not in ("off", "on", "beats"):
            raise InvalidOptionError(f"facts is {facts!r}, but must be True, False or 'beats'")
        checked = (tail, number("overlap", overlap), batch_size, mode, encoded)
        self._captioner.check(*checked)
        return checked

    def _stream(
        self,
        recording: Recording,
        sample_rate: int | None,
        low_latency: bool,
        options: tuple[Any, ...],
    ) -> _musicap.CaptionStream:
        resolved, rate = resolve(recording, sample_rate)
        rate = integer("sample_rate", rate, 1)
        return self._captioner.captions(resolved, rate, low_latency, *options)

    def caption(
        self,
        recording: Recording,
        *,
        sample_rate: int | None = None,
        summary: Literal["local", "openai"] | None = "local",
        language: str = "English",
        progress: Progress = True,
        tail: Literal["keep", "drop"] = "keep",
        overlap: float = 0.0,
        batch_size: int | None = None,
        facts: bool | Literal["beats"] = False,
        **generation: Unpack[Generation],
    ) -> Captions:
        """Captions a whole recording and summarises it.

        Args:
            recording: As for :meth:`captions`.
            sample_rate: For samples: their rate in hertz.
            summary: ``"local"`` needs no network, ``"openai"`` uses a language model (with the key
                of the environment variable ``OPENAI_API_KEY``), None omits the summary.
                :func:`musicap.summarize` has more options.
            language: The language of captions, summary and section titles, by code or name:
                English, German, French, Spanish, Italian, Portuguese, Japanese, Korean, Chinese or
                Hindi; see :meth:`Captions.translated`. ``"openai"`` writes summaries in any language,
                beside English captions where it is not one of these.
            progress: True for a progress bar, False for none, or a function that is called with
                the seconds that are captioned and the length in seconds (None if unknown).
            tail: ``"keep"`` captions the audio after the last whole chunk if it is at least 2 s
                long, ``"drop"`` ignores it.
            overlap: Overlap of successive chunks in seconds.
            batch_size: Chunks in one batch, which the captions do not depend on. None chooses as
                many as are fastest, up to 24 that take at most 512 MiB besides the weights, or on a
                GPU as many as fit its memory.
            facts: Adds what is known as data, with confidences, to captions and the recording:
                instruments, voices, drums, tempo, key, loudness and more; see docs/label.md.
                ``"beats"`` adds the times of beats too.
{generation}

        Generation settings that are not given are the model's own. All options are checked before
        the recording is read.

        An error or Ctrl-C in the middle has the captions until then in its attribute ``captions``.
        If only the summary fails, the captions are returned without one and a warning says why.

        Raises:
            MusicapError: If the recording cannot be decoded or an option is invalid.
            OSError: If the file cannot be opened.
        """
        options = self._options("caption", tail, overlap, batch_size, facts, generation)
        check_summary(summary, language)
        _check_progress(progress)
        stream = self._stream(recording, sample_rate, False, options)
        captions: list[Caption] = []
        try:
            with _bar(progress, stream.duration_s, recording) as advance:
                for row in stream:
                    captions.append(_caption(row))
                    advance(captions[-1].end_s)
                result = _result(stream.finish(), captions, recording, sample_rate)
                advance(result.duration_s)
        except BaseException as error:
            error.captions = tuple(captions)  # type: ignore[attr-defined]
            raise
        return _summarized(result, summary, language)

    def caption_many(
        self,
        recordings: str | os.PathLike[str] | Iterable[Recording],
        *,
        sample_rate: int | None = None,
        summary: Literal["local", "openai"] | None = "local",
        language: str = "English",
        progress: bool | Callable[[int, Union[int, None]], object] = True,
        tail: Literal["keep", "drop"] = "keep",
        overlap: float = 0.0,
        batch_size: int | None = None,
        facts: bool | Literal["beats"] = False,
        **generation: Unpack[Generation],
    ) -> Results:
        """Captions many recordings lazily: an iterator of :class:`Captions` in order.

        Chunks of different recordings share batches, so that many short recordings take no longer
        than a long one; the captions are those that each recording has alone. The iterator reads
        ahead as far as a batch needs. A recording that fails does not stop the others: it is listed in ``results.failures``.

        >>> results = captioner.caption_many("music/")  # doctest: +SKIP
        >>> table = results.to_pandas()  # a row for each caption  # doctest: +SKIP
        >>> results.failures  # doctest: +SKIP

        Args:
            recordings: A folder, whose audio files are taken with those in its subfolders; a pattern
                such as ``"music/**/*.mp3"``; or an iterable of recordings of any kind that
                :meth:`captions` takes, such as a list of paths, a stack of samples
                ``[recordings, n]``, or a column of a data set.
            sample_rate: For samples: their rate in hertz.
            summary: As for :meth:`caption`.
            language: As for :meth:`caption`.
            progress: True for a progress bar, False for none, or a function that is called with
                the number of recordings that are done and their number in all (None if unknown).
            tail: As for :meth:`caption`.
            overlap: As for :meth:`caption`.
            batch_size: As for :meth:`caption`.
            facts: As for :meth:`caption`.
{generation}

        Generation settings that are not given are the model's own. All options are checked before
        the first recording is read.

        Raises:
            MusicapError: If an option is invalid.
            FileNotFoundError: If there is no such folder, or no file that matches the pattern.
        """
        options = self._options("caption_many", tail, overlap, batch_size, facts, generation)
        check_summary(summary, language)
        _check_progress(progress)
        integer("sample_rate", sample_rate, 1)

        captioner = self._captioner

        def caption(recordings: Iterable[Recording]) -> Iterator[tuple[Any, Captions | Exception]]:
            waiting: dict[int, Any] = {}
            sources = _sources(recordings, sample_rate, waiting)
            for number, rows, known, error in captioner.caption_many(sources, *options):
                recording = waiting.pop(number)
                captions = [_caption(row) for row in rows]
                if error is None:
                    result = _result(known, captions, recording, sample_rate)
                    yield recording, _summarized(result, summary, language)
                elif isinstance(error, _FAILURES):
                    error.captions = tuple(captions)  # type: ignore[union-attr]
                    yield recording, error
                else:
                    raise error

        return Results(expand(recordings), caption, progress)

    def live(
        self,
        *,
        sample_rate: int,
        channels: int = 1,
        overlap: float = 0.0,
        queue: int | None = 6,
        **generation: Unpack[Generation],
    ) -> Live:
        """Captions a stream while it plays; see :class:`Live`.

        Args:
            sample_rate: Sample rate in hertz.
            channels: Number of channels.
            overlap: Overlap of successive chunks in seconds: with 5 there is a caption every 5 s.
            queue: Chunks that may wait when captioning falls behind; then the oldest are skipped.
                None keeps only the newest.
{generation}

        Generation settings that are not given are the model's own.

        Raises:
            InvalidOptionError: If an option is invalid.
        """
        encoded = encode("live", generation, {**_OTHER_OPTIONS["live"], **KINDS})
        warn_without_effect(generation, self.config)
        sample_rate = integer("sample_rate", sample_rate, 1)
        channels = integer("channels", channels, 1)
        queue = integer("queue", queue, 1)
        overlap = number("overlap", overlap)
        stream = self._captioner.live(sample_rate, channels, overlap, queue, encoded)
        return Live(stream, channels)


def caption(
    recording: Recording,
    *,
    model: str | os.PathLike[str] | Captioner | None = None,
    device: str = "cpu",
    precision: Precision | None = None,
    threads: int | None = None,
    sample_rate: int | None = None,
    summary: Literal["local", "openai"] | None = "local",
    language: str = "English",
    progress: Progress = True,
    tail: Literal["keep", "drop"] = "keep",
    overlap: float = 0.0,
    batch_size: int | None = None,
    facts: bool | Literal["beats"] = False,
    **generation: Unpack[Generation],
) -> Captions:
    """Captions a recording with the embedded model, or with another, and summarises it.

    The last model that was loaded by this function is kept for further calls.

    >>> result = musicap.caption("song.mp3")  # doctest: +SKIP
    >>> print(result)  # doctest: +SKIP
    0:00–0:10 A slow, quiet piece of music with a piano melody.

    Args:
        recording: A path, the bytes of a file, a binary file object, samples ``[n]`` or
            ``[channels, n]``, a tuple ``(samples, sample_rate)``, or a dictionary
            ``{"array": samples, "sampling_rate": …}``. Samples are floats within ±1 or integers at
            full scale, as an array of numpy, PyTorch or another library.
        model: A model folder, file or hub id as for :class:`Captioner`, or a captioner.
        device: As for :class:`Captioner`.
        precision: As for :class:`Captioner`.
        threads: As for :class:`Captioner`.
        sample_rate: For samples: their rate in hertz.
        summary: ``"local"`` needs no network, ``"openai"`` uses a language model (with the key of
            the environment variable ``OPENAI_API_KEY``), None omits the summary.
        language: The language of captions, summary and section titles, by code or name: English,
            German, French, Spanish, Italian, Portuguese, Japanese, Korean, Chinese or Hindi; see
            :meth:`Captions.translated`. ``"openai"`` writes summaries in any language, beside English
            captions where it is not one of these.
        progress: True for a progress bar, False for none, or a function that is called with the
            seconds that are captioned and the length in seconds (None if unknown).
        tail: ``"keep"`` captions the audio after the last whole chunk if it is at least 2 s long,
            ``"drop"`` ignores it.
        overlap: Overlap of successive chunks in seconds.
        batch_size: Chunks in one batch; None chooses as for :meth:`Captioner.caption`.
        facts: As for :meth:`Captioner.caption`.
{generation}

    Generation settings that are not given are the model's own. Errors and warnings are those of
    :meth:`Captioner.caption`.
    """
    result: Captions = _with_captioner(
        "caption",
        recording,
        (model, device, precision, threads),
        generation,
        sample_rate=sample_rate,
        summary=summary,
        language=language,
        progress=progress,
        tail=tail,
        overlap=overlap,
        batch_size=batch_size,
        facts=facts,
    )
    return result


def caption_many(
    recordings: str | os.PathLike[str] | Iterable[Recording],
    *,
    model: str | os.PathLike[str] | Captioner | None = None,
    device: str = "cpu",
    precision: Precision | None = None,
    threads: int | None = None,
    sample_rate: int | None = None,
    summary: Literal["local", "openai"] | None = "local",
    language: str = "English",
    progress: bool | Callable[[int, Union[int, None]], object] = True,
    tail: Literal["keep", "drop"] = "keep",
    overlap: float = 0.0,
    batch_size: int | None = None,
    facts: bool | Literal["beats"] = False,
    **generation: Unpack[Generation],
) -> Results:
    """Captions many recordings lazily: an iterator of :class:`Captions` in order.

    >>> table = musicap.caption_many("music/").to_pandas()  # doctest: +SKIP

    The options are those of :meth:`Captioner.caption_many`, and ``model``, ``device``, ``precision``
    and ``threads`` as for :func:`caption`.
    """
    result: Results = _with_captioner(
        "caption_many",
        recordings,
        (model, device, precision, threads),
        generation,
        sample_rate=sample_rate,
        summary=summary,
        language=language,
        progress=progress,
        tail=tail,
        overlap=overlap,
        batch_size=batch_size,
        facts=facts,
    )
    return result


def _with_captioner(
    method: str,
    recordings: Any,
    captioner: tuple[Any, Any, Any, Any],
    generation: Mapping[str, Any],
    **options: Any,
) -> Any:
    """Calls a method of the captioner with these arguments. What can be checked without a model is
    checked before it is loaded."""
    check_names(method, generation, [*_OTHER_OPTIONS["musicap.caption"], *KINDS])
    check_summary(options["summary"], options["language"])
    loaded = _captioner_for(*captioner, options["progress"])
    return getattr(loaded, method)(recordings, **options, **generation)


# Named arguments, for suggestions.
_COMMON = ["sample_rate", "tail", "overlap", "batch_size", "facts"]
_OTHER_OPTIONS: dict[str, dict[str, Kind]] = {
    "captions": dict.fromkeys(_COMMON, ""),
    "caption": dict.fromkeys([*_COMMON, "summary", "language", "progress"], ""),
    "caption_many": dict.fromkeys([*_COMMON, "summary", "language", "progress"], ""),
    "live": dict.fromkeys(["sample_rate", "channels", "overlap", "queue"], ""),
}
_OTHER_OPTIONS["musicap.caption"] = {
    **_OTHER_OPTIONS["caption"],
    **dict.fromkeys(["model", "device", "precision", "threads"], ""),
}


def _document(*functions: Any) -> None:
    """Completes docstrings with the generation settings, indented as the docstring is."""
    for function in functions:
        if function.__doc__ is None:  # python -OO
            continue
        indent = "            " if "\n            recording" in function.__doc__ else "        "
        lines = [indent + line.strip() for line in DOCS.splitlines()]
        function.__doc__ = function.__doc__.replace("{generation}", "\n".join(lines))


_document(Captioner.captions, Captioner.caption, Captioner.caption_many, Captioner.live, caption)

_last: tuple[tuple[Any, ...], Captioner] | None = None


def _captioner_for(
    model: str | os.PathLike[str] | Captioner | None,
    device: str,
    precision: Precision | None,
    threads: int | None,
    progress: Any,
) -> Captioner:
    """The captioner for these arguments: the last one if they are the same."""
    global _last
    if isinstance(model, Captioner):
        if (device, precision, threads) != ("cpu", None, None):
            text = "device, precision and threads are those of the captioner that is passed as model"
            raise InvalidOptionError(text)
        return model
    key = (None if model is None else os.fspath(model), device, precision, threads)
    # Read once: another thread may replace it at any time.
    last = _last
    if last is not None and last[0] == key:
        return last[1]
    captioner = Captioner(
        model, device=device, precision=precision, threads=threads, progress=bool(progress)
    )
    _last = (key, captioner)
    return captioner


# What makes a recording fail and does not stop the others.
_FAILURES = (MusicapError, OSError, TypeError, ValueError)


def _sources(
    recordings: Iterable[Recording], sample_rate: int | None, waiting: dict[int, Any]
) -> Iterator[tuple[Any, int | None] | BaseException]:
    """The recordings as the compiled part takes them, which are kept in ``waiting`` by number."""
    for number, recording in enumerate(recordings):
        waiting[number] = recording
        source: tuple[Any, int | None] | BaseException
        try:
            resolved, rate = resolve(recording, sample_rate)
            source = (resolved, integer("sample_rate", rate, 1))
        except _FAILURES as error:
            source = error
        yield source


def _summarized(
    result: Captions, summary: Literal["local", "openai"] | None, language: str
) -> Captions:
    """The captions with a summary and sections, or a warning why there are none, translated."""
    own = caption_language(summary, language)
    if summary is not None:
        try:
            result = result.with_summary(summarize(result, backend=summary, language=language))
            result = result._with_sections(own)
        except MusicapError as error:
            warnings.warn(f"there is no summary: {error}", UserWarning, stacklevel=3)
    return result.translated(own)


def _caption(row: tuple[int, float, float, str, float, float | None, str | None]) -> Caption:
    index, start_s, end_s, text, score, confidence, facts = row
    known = None if facts is None else json.loads(facts)
    return Caption(index, start_s, end_s, text, score, confidence, known)


def _result(
    finished: str,
    captions: list[Caption],
    recording: Recording,
    sample_rate: int | None,
) -> Captions:
    known = json.loads(finished)
    result = Captions(
        file=_file_name(recording),
        duration_s=known["duration_s"],
        model=known["model"],
        captions=tuple(captions),
        gaps=tuple(Gap(**gap) for gap in known.get("gaps", ())),
        notes=tuple(known.get("notes", ())),
        changes=tuple(SoundChange(**change) for change in known.get("changes", ())),
        facts=known.get("facts"),
    )
    for remark in [*(gap.reason for gap in result.gaps), *result.notes]:
        warnings.warn(f"{result.file or 'the recording'}: {remark}", UserWarning, stacklevel=4)
    return result._with_source(Source(*located(recording, sample_rate)))


def _file_name(recording: Any) -> str | None:
    """The recording's file, if it has one: file objects do, except those in memory."""
    if isinstance(recording, (str, os.PathLike)):
        return os.fsdecode(recording)
    if isinstance(recording, Mapping):
        path = recording.get("path")
        return path if isinstance(path, str) else None
    name = getattr(recording, "name", None)
    return name if isinstance(name, str) else None


def _reload(
    cls: type[Captioner],
    model: str | None,
    device: str,
    precision: Precision | None,
    threads: int | None,
) -> Captioner:
    return cls(model, device=device, precision=precision, threads=threads, progress=False)


def _check_progress(progress: Any) -> None:
    if not isinstance(progress, bool) and not callable(progress):
        text = f"progress is {progress!r}, but must be True, False or a function"
        raise InvalidOptionError(text)


@contextmanager
def _bar(
    progress: Progress, duration_s: float | None, recording: Any
) -> Iterator[Callable[[float], object]]:
    """The function to call with the seconds that are captioned."""
    if callable(progress):
        yield lambda seconds: progress(seconds, duration_s)
    elif progress:
        named = isinstance(recording, (str, os.PathLike))
        name = os.path.basename(os.fspath(recording)) if named else "captions"
        total = None if duration_s is None else round(duration_s, 1)
        style = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s of audio, {remaining} left"
        with make_bar(
            total=total, desc=name, unit="s", bar_format=style if total else None, leave=False
        ) as bar:
            yield lambda seconds: bar.update(min(seconds, total or seconds) - bar.n)
    else:
        yield lambda seconds: None


@contextmanager
def _download_bar(
    progress: bool | Callable[[int, int, str], object],
) -> Iterator[Callable[[int, int, str], object] | None]:
    """The function to call with the bytes that are downloaded. A bar appears at its first call."""
    if not progress or callable(progress):
        yield progress or None
        return
    bars: dict[str, Any] = {}

    def on_download(done: int, total: int, file: str) -> None:
        if file not in bars:
            bars[file] = make_bar(desc=file, unit="B", unit_scale=True, unit_divisor=1000)
        bars[file].total = total or None
        bars[file].update(done - bars[file].n)

    try:
        yield on_download
    finally:
        for bar in bars.values():
            bar.close()
