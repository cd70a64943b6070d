# Written by musicap-py/stubs.py from the compiled library.
import collections.abc
import typing

import numpy
import numpy.typing

"""
The compiled part of musicap. Use the package `musicap` instead.
"""

from _typeshed import SupportsGetItem
from typing import Final, SupportsIndex, final

__all__ = ["MAX_THREADS", "VERSION", "CaptionStream", "Captioner", "LiveStream", "RecordingStream", "audio_extensions", "audio_type", "check_captions", "check_summary", "convert", "default_threads", "encode_opus", "find_language", "find_sections", "finetune", "languages", "log_mel", "run_command", "summarize", "translate", "translate_text", "write_captions"]

MAX_THREADS: Final[int]
"""
The largest number of threads of a captioner.
"""

VERSION: Final[str]
"""
The version of the package.
"""

@final
class CaptionStream:
    """
    A recording that is being captioned.
    """
    def __iter__(self, /) -> CaptionStream: ...
    def __next__(self, /) -> tuple[int, float, float, str, float, float | None, str | None]: ...
    @property
    def duration_s(self, /) -> float | None:
        """
        The recording's length in seconds, if it is known at the start.
        """
    def finish(self, /) -> str:
        """
        Ends the stream and returns JSON of the recording, without captions.
        """

@final
class Captioner:
    """
    A loaded model.
    """
    def caption_many(self, /, recordings: collections.abc.Iterator[tuple[object, int | None] | BaseException], tail: str, overlap: float, batch_size: int | None, facts: str, generation: str) -> RecordingStream:
        """
        Captions many recordings, given as an iterator of `(recording, sample_rate)` and exceptions.
        """
    def captions(self, /, source: object, sample_rate: int | None, low_latency: bool, tail: str, overlap: float, batch_size: int | None, facts: str, generation: str) -> CaptionStream:
        """
        The captions of a recording as an iterator of rows. With `low_latency`, the first chunk is
        captioned alone.
        """
    def check(self, /, tail: str, overlap: float, batch_size: int | None, facts: str, generation: str) -> None:
        """
        Checks options, before there is a recording.
        """
    @property
    def config(self, /) -> str:
        """
        The model's configuration as JSON.
        """
    @property
    def device(self, /) -> str:
        """
        The device that the model runs on.
        """
    def live(self, /, sample_rate: int, channels: int, overlap: float, queue: int | None, generation: str) -> LiveStream:
        """
        Captions of a stream while it plays.
        """
    @staticmethod
    def load(name: str | None, device: str, precision: str, threads: int | None, on_download: collections.abc.Callable[[int, int, str], object] | None) -> Captioner:
        """
        Loads the model `name`, or the embedded one. `on_download` is called with the bytes that are
        downloaded, the size in bytes (0 if unknown) and the file's name.
        """
    @property
    def name(self, /) -> str:
        """
        The name that the model was loaded by.
        """
    @property
    def note(self, /) -> str | None:
        """
        What is to be known of how the model was opened.
        """
    @property
    def stored_precision(self, /) -> str:
        """
        The precision of the matrices in the model's files: `"int8"`, `"f16"` or `"f32"`.
        """
    @property
    def threads(self, /) -> int:
        """
        Number of threads.
        """

@final
class LiveStream:
    """
    A live stream: samples in, captions out.
    """
    @property
    def behind_s(self, /) -> float:
        """
        Seconds of audio that are neither captioned nor skipped yet.
        """
    def close(self, /) -> None:
        """
        Ends the stream; audio received before is still captioned.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether the stream has been closed.
        """
    def push(self, /, samples: numpy.typing.NDArray[typing.Any]) -> None:
        """
        Adds the next samples, a one-dimensional array. Never waits for the model.
        """
    def wait(self, /, timeout: float | None) -> tuple[tuple[int, float, float, str, float, float | None, str | None] | None, float, float, float] | bool:
        """
        Waits for the next event, at most `timeout` seconds, or without a limit if it is None. Returns
        an event, or, if there is none, whether there may be more later.
        """

@final
class RecordingStream:
    """
    Recordings that are being captioned.
    """
    def __iter__(self, /) -> RecordingStream: ...
    def __next__(self, /) -> tuple[int, list[tuple[int, float, float, str, float, float | None, str | None]], str, BaseException | None]: ...

def audio_extensions() -> list[str]:
    """
    The extensions of audio files, in lower case and without a dot.
    """

def audio_type(start: bytes) -> str | None:
    """
    The MIME type of an audio file that starts with these bytes.
    """

def check_captions(origin: str, captions: str) -> None:
    """
    Checks that a JSON text contains captions, of one recording or of several.
    """

def check_summary(backend: str, language: str) -> None:
    """
    Checks the options of a summary, before there are captions.
    """

def convert(checkpoint: str, folder: str, precision: str) -> None:
    """
    Writes a checkpoint as a model folder.
    """

def default_threads(cores: SupportsIndex) -> int:
    """
    The default number of threads on a machine with this many cores.
    """

def encode_opus(source: object, sample_rate: int | None, limit: int) -> bytes | None:
    """
    A recording as Ogg Opus, mono, or None if it would have more than `limit` bytes.
    """

def find_language(language: str) -> str:
    """
    The code of a language, given by code or name.
    """

def find_sections(captions: str, language: str) -> list[tuple[float, float, str]]:
    """
    The sections of a recording, whose captions are given as JSON: start, end and title of each.
    """

def finetune(data: str, output: str, options: dict[str, typing.Any], on_step: collections.abc.Callable[[dict[str, typing.Any]], object] | None) -> str:
    """
    Fine-tunes a model and returns the report as JSON. `on_step` is called with a dictionary after
    each step.
    """

def languages() -> list[tuple[str, str, str]]:
    """
    The languages that captions can be translated to: code, English name and own name of each.
    """

def log_mel(source: object, sample_rate: int | None, front_end: str, chunks: tuple[float, str] | None, threads: int | None) -> numpy.typing.NDArray[numpy.float32]:
    """
    The log-mel spectrogram of a recording in decibels, float32. With `chunks`, their overlap in
    seconds and "keep" or "drop" for the tail, it is [chunks, n_mels, frames], else that of the
    whole recording, [n_mels, 1 + samples / hop_length]. `front_end` is a JSON object of changes to
    the front end of LP-MusicCaps.
    """

def run_command(arguments: SupportsGetItem[int, str]) -> int:
    """
    Runs the command `musicap` with these arguments, of which the first is the program's name, and
    returns its exit code.
    """

def summarize(captions: str, backend: str, language: str, length: str, style: str, model: str | None, base_url: str | None, api_key: str | None, timeout: float | None, retries: int | None, on_event: collections.abc.Callable[[str], object] | None) -> str:
    """
    A summary of a recording, whose captions are given as JSON.
    """

def translate(captions: str, language: str) -> str:
    """
    Captions, given as JSON, in another language and with their sections.
    """

def translate_text(text: str, language: str) -> str:
    """
    A caption's text in another language.
    """

def write_captions(captions: str, format: str) -> str:
    """
    Captions, given as JSON, in another format.
    """
