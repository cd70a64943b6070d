"""A model that captions."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator, Literal, Mapping, TypedDict, Union

from musicap import _musicap
from musicap._live import Live
from musicap._options import encoded, whole
from musicap._results import Caption, Captions, Gap
from musicap._sources import Heard, Recording
from musicap._summaries import summarize

if TYPE_CHECKING:
    from typing_extensions import TypeAlias, Unpack
else:
    # Python 3.10 has none, and whoever resolves annotations wants a name.
    from typing import Optional as Unpack
    from typing import Any as TypeAlias

Progress: TypeAlias = Union[bool, Callable[[float, Union[float, None]], object]]
"""True for a bar, False for none, or a function that is called with the seconds done and the
seconds in all (None if unknown)."""


class Generation(TypedDict, total=False):
    """How captions are generated, by the names that transformers has for it.

    What is not given is the model's own setting.
    """

    num_beams: int
    """Hypotheses followed at once, 1 to 64; 1 is greedy search."""
    max_length: int
    """Longest caption in tokens, start and end included."""
    min_length: int
    """Shortest caption in tokens."""
    no_repeat_ngram_size: int
    """No n-gram of this length occurs twice; 0 lets all pass."""
    repetition_penalty: float
    """Divides what speaks for tokens that have occurred; 1 changes nothing."""
    length_penalty: float
    """A hypothesis' score is its log-probability over its length to this power."""
    early_stopping: bool
    """Whether beam search ends as soon as it has ``num_beams`` finished hypotheses."""
    do_sample: bool
    """Whether tokens are drawn at random instead of searched for."""
    temperature: float
    """Sampling: logits are divided by this."""
    top_k: int
    """Sampling: only this many of the likeliest tokens are drawn from; 0 lets all pass."""
    top_p: float
    """Sampling: only the likeliest tokens that together reach this probability."""
    seed: int
    """Sampling: captions are the same for the same seed."""
    repetition_retries: int
    """How often a caption that repeats itself is sampled again."""


class Captioner:
    """A model that is ready to caption. It can be shared by threads, and goes on in forks.

    ``Captioner()`` is the small model that comes with the package; other models and the options are
    as for :meth:`from_pretrained`.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        device: str = "auto",
        precision: Literal["f32", "f16", "int8"] = "f32",
        threads: int | None = None,
        progress: bool | Callable[[int, int, str], object] = True,
    ) -> None:
        self._load(None if model is None else os.fspath(model), device, precision, threads, progress)

    @classmethod
    def from_pretrained(
        cls,
        model: str | os.PathLike[str] | None = None,
        *,
        device: str = "auto",
        precision: Literal["f32", "f16", "int8"] = "f32",
        threads: int | None = None,
        progress: bool | Callable[[int, int, str], object] = True,
    ) -> Captioner:
        """Loads a model.

        Args:
            model: A model folder, a ``.safetensors`` or ``.pth`` file of LP-MusicCaps, or a hub id
                such as ``"seungheondoh/lp-music-caps"``, which is downloaded once; None is the
                embedded model.
            device: ``"auto"``, ``"cpu"``, ``"gpu"`` or ``"cuda"``, and ``"gpu:1"`` is the second
                adapter that ``musicap devices`` lists. GPUs take a wheel that is built for them
                (see docs/gpu.md); ``"auto"`` is a GPU if there is one for this wheel, and
                otherwise the processor.
            precision: How precisely weights are kept. ``"int8"`` takes a quarter of the memory and
                is the fastest.
            threads: Threads to compute with; None takes one for each core.
            progress: Whether a bar shows a download, or a function that is called with the bytes
                done, the bytes in all (0 if unknown) and the file's name.

        Raises:
            MusicapError: :class:`~musicap.errors.ModelNotFoundError`,
                :class:`~musicap.errors.HubError`, or what is wrong with the model's files.
        """
        return cls(
            model, device=device, precision=precision, threads=threads, progress=progress
        )

    def _load(
        self,
        model: str | None,
        device: str,
        precision: str,
        threads: int | None,
        progress: bool | Callable[[int, int, str], object],
    ) -> None:
        # Where a process with another working folder finds it.
        known = os.path.abspath(model) if model is not None and os.path.exists(model) else model
        self._made_by = (known, device, precision, threads)
        with _download_bar(progress) as on_download:
            self._captioner = _musicap.Captioner.load(
                model, device, precision, whole("threads", threads, 1, 1024), on_download
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process loads the model by its name.
        model, device, precision, threads = self._made_by
        return (_reload, (type(self), model, device, precision, threads))

    def __repr__(self) -> str:
        return f"<musicap.Captioner {self.name!r}, {self.threads} threads>"

    @property
    def name(self) -> str:
        """What the model was asked for by."""
        return self._captioner.name

    @property
    def device(self) -> str:
        """What the model runs on: ``"cpu"`` where ``"auto"`` found no GPU."""
        return self._captioner.device

    @property
    def config(self) -> dict[str, Any]:
        """The model's ``config.json``."""
        config: dict[str, Any] = json.loads(self._captioner.config)
        return config

    @property
    def threads(self) -> int:
        """Threads that compute."""
        return self._captioner.threads

    def captions(
        self,
        recording: Recording,
        *,
        sample_rate: int | None = None,
        tail: Literal["keep", "drop"] = "keep",
        overlap: float = 0.0,
        batch_size: int | None = None,
        **generation: Unpack[Generation],
    ) -> Iterator[Caption]:
        """Captions a recording lazily: each caption comes as soon as it is done.

        Args:
            recording: A path, the bytes of a file, a binary file object, or samples ``[n]`` or
                ``[channels, n]``, floats within ±1 or integers at full scale.
            sample_rate: For samples: their rate in hertz.
            tail: ``"keep"`` captions what is left after the last whole chunk if it is 2 s or
                longer, ``"drop"`` leaves it out as LP-MusicCaps does.
            overlap: Seconds that neighbouring chunks share.
            batch_size: Chunks that are computed together; None is 8, or on a GPU as many as its
                memory takes. The captions do not depend on it.
            **generation: See :class:`Generation`.

        Raises:
            MusicapError: If the recording cannot be read or an option is out of range.
            OSError: If the file cannot be opened.
        """
        stream = self._stream(recording, sample_rate, tail, overlap, batch_size, generation)
        return (Caption(*row) for row in stream)

    def _stream(
        self,
        recording: Recording,
        sample_rate: int | None,
        tail: str,
        overlap: float,
        batch_size: int | None,
        generation: Mapping[str, Any],
    ) -> _musicap.CaptionStream:
        sample_rate = whole("sample_rate", sample_rate, 1)
        batch_size = whole("batch_size", batch_size, 1)
        return self._captioner.captions(
            recording, sample_rate, tail, overlap, batch_size, encoded(generation)
        )

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
        **generation: Unpack[Generation],
    ) -> Captions:
        """Captions a whole recording and describes it in a few sentences.

        Args:
            recording: As for :meth:`captions`, like the options that are not named here.
            summary: ``"local"`` needs no network, ``"openai"`` asks a language model (its key is
                the environment's ``OPENAI_API_KEY``), None leaves the summary out.
                :func:`musicap.summarize` has more options.
            language: The summary's language; other than English needs ``summary="openai"``.
            progress: True for a bar, False for none, or a function that is called with the seconds
                done and the seconds in all (None if unknown).

        Ctrl-C ends it within a chunk's time.
        """
        stream = self._stream(recording, sample_rate, tail, overlap, batch_size, generation)
        captions: list[Caption] = []
        with _bar(progress, stream.duration_s, recording) as reached:
            for row in stream:
                captions.append(Caption(*row))
                reached(captions[-1].end_s)
            known = json.loads(stream.finish())
            reached(known["duration_s"])
        result = Captions(
            file=_file(recording),
            duration_s=known["duration_s"],
            model=known["model"],
            captions=tuple(captions),
            gaps=tuple(Gap(**gap) for gap in known.get("gaps", ())),
            notes=tuple(known.get("notes", ())),
        )._of(Heard(recording, sample_rate))
        if summary is None:
            return result
        return result.with_summary(summarize(result, backend=summary, language=language))

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
            sample_rate: Samples a second and channel.
            channels: Channels of the stream.
            overlap: Seconds that neighbouring chunks share: with 5, there is a caption every 5 s.
            queue: Chunks that may wait when captioning falls behind; then the oldest are skipped.
                None keeps only the newest.
            **generation: See :class:`Generation`.
        """
        sample_rate = whole("sample_rate", sample_rate, 1)
        channels = whole("channels", channels, 1)
        queue = whole("queue", queue, 1)
        stream = self._captioner.live(
            sample_rate, channels, overlap, queue, encoded(generation)
        )
        return Live(stream, channels)


def caption(
    recording: Recording,
    *,
    model: str | os.PathLike[str] | Captioner | None = None,
    sample_rate: int | None = None,
    summary: Literal["local", "openai"] | None = "local",
    language: str = "English",
    progress: Progress = True,
    tail: Literal["keep", "drop"] = "keep",
    overlap: float = 0.0,
    batch_size: int | None = None,
    **generation: Unpack[Generation],
) -> Captions:
    """Captions a recording with the embedded model, or with ``model``.

    A model that is named is loaded anew in each call: for many recordings make one
    :class:`Captioner`. The options are those of :meth:`Captioner.caption`.

    >>> result = musicap.caption("song.mp3")  # doctest: +SKIP
    >>> print(result)  # doctest: +SKIP
    0:00–0:10 A slow, quiet piece of music with a piano melody.
    """
    if isinstance(model, Captioner):
        captioner = model
    elif model is None:
        captioner = _embedded()
    else:
        captioner = Captioner.from_pretrained(model, progress=bool(progress))
    return captioner.caption(
        recording,
        sample_rate=sample_rate,
        summary=summary,
        language=language,
        progress=progress,
        tail=tail,
        overlap=overlap,
        batch_size=batch_size,
        **generation,
    )


_shared: Captioner | None = None


def _embedded() -> Captioner:
    """The embedded model, loaded once."""
    global _shared
    if _shared is None:
        _shared = Captioner()
    return _shared


def _file(recording: Any) -> str | None:
    """The recording's file, if it has one: file objects do, but for those in memory."""
    if isinstance(recording, (str, os.PathLike)):
        return os.fsdecode(recording)
    name = getattr(recording, "name", None)
    return name if isinstance(name, str) else None


def _reload(
    cls: type[Captioner], model: str | None, device: str, precision: Any, threads: int | None
) -> Captioner:
    return cls.from_pretrained(
        model, device=device, precision=precision, threads=threads, progress=False
    )


@contextmanager
def _bar(
    progress: Progress, duration_s: float | None, recording: Any
) -> Iterator[Callable[[float], object]]:
    """What to call with the seconds that are done."""
    if callable(progress):
        yield lambda seconds: progress(seconds, duration_s)
    elif progress:
        from tqdm.auto import tqdm

        named = isinstance(recording, (str, os.PathLike))
        name = os.path.basename(os.fspath(recording)) if named else "captions"
        total = None if duration_s is None else round(duration_s, 1)
        style = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s of audio, {remaining} left"
        with tqdm(
            total=total, desc=name, unit="s", bar_format=style if total else None, leave=False
        ) as bar:
            yield lambda seconds: bar.update(min(seconds, total or seconds) - bar.n)
    else:
        yield lambda seconds: None


@contextmanager
def _download_bar(
    progress: bool | Callable[[int, int, str], object],
) -> Iterator[Callable[[int, int, str], object] | None]:
    """What to call with the bytes that are done. A bar appears with the first of them."""
    if not progress or callable(progress):
        yield progress or None
        return
    bars: dict[str, Any] = {}

    def on_download(done: int, total: int, file: str) -> None:
        if file not in bars:
            from tqdm.auto import tqdm

            bars[file] = tqdm(desc=file, unit="B", unit_scale=True, unit_divisor=1000)
        bars[file].total = total or None
        bars[file].update(done - bars[file].n)

    try:
        yield on_download
    finally:
        for bar in bars.values():
            bar.close()
