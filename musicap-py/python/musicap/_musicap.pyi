# Written by musicap-py/stubs.py from the compiled library.
import collections.abc
import typing

import numpy
import numpy.typing

"""
The compiled part of musicap. Use the package `musicap` instead.
"""

from _typeshed import SupportsGetItem
from typing import Final, final

__all__ = ["VERSION", "CaptionStream", "Captioner", "LiveStream", "convert", "finetune", "log_mel", "read_captions", "run_command", "summarize", "write_captions"]

VERSION: Final[str]
"""
The version of the package.
"""

@final
class CaptionStream:
    """
    The captions of a recording in the making.
    """
    def __iter__(self, /) -> CaptionStream: ...
    def __next__(self, /) -> tuple[int, float, float, str, float]: ...
    @property
    def duration_s(self, /) -> float | None:
        """
        The recording's length in seconds, if it is known from the start.
        """
    def finish(self, /) -> str:
        """
        What is known at the end: JSON of the recording with no captions. The stream is over then.
        """

@final
class Captioner:
    """
    A model that is ready to caption.
    """
    def captions(self, /, source: object, sample_rate: int | None, tail: str, overlap: float, batch_size: int | None, generation: str) -> CaptionStream:
        """
        The captions of a recording as an iterator of rows.
        """
    @property
    def config(self, /) -> str:
        """
        The model's configuration as JSON.
        """
    @property
    def device(self, /) -> str:
        """
        What the model runs on.
        """
    def live(self, /, sample_rate: int, channels: int, overlap: float, queue: int | None, generation: str) -> LiveStream:
        """
        Captions of a stream while it plays.
        """
    @staticmethod
    def load(name: str | None, device: str, precision: str, threads: int | None, on_download: collections.abc.Callable[[int, int, str], object] | None) -> Captioner:
        """
        Loads the model `name`, or the embedded one. `on_download` is called with the bytes done,
        the bytes in all (0 if unknown) and the file's name.
        """
    @property
    def name(self, /) -> str:
        """
        What the model was asked for by.
        """
    @property
    def threads(self, /) -> int:
        """
        Threads that compute.
        """

@final
class LiveStream:
    """
    A stream in the making: samples in, captions out.
    """
    @property
    def behind_s(self, /) -> float:
        """
        Audio that has come and is not captioned or skipped, in seconds.
        """
    def close(self, /) -> None:
        """
        Ends the stream; what has come by then is still captioned.
        """
    @property
    def closed(self, /) -> bool:
        """
        Whether the stream has been closed.
        """
    def push(self, /, samples: numpy.typing.NDArray[typing.Any]) -> None:
        """
        Takes the next samples, a one-dimensional array. Never waits for the model.
        """
    def wait(self, /, timeout: float | None) -> tuple[tuple[int, float, float, str, float] | None, float, float, float] | bool:
        """
        Waits for the next event, at most `timeout` seconds or, with None, until the stream ends.
        The answer is an event, or whether there can be more.
        """

def audio_type(start: bytes) -> str | None:
    """
    The MIME type of an audio file that starts with these bytes.
    """

def convert(checkpoint: str, folder: str, precision: str) -> None:
    """
    Writes a checkpoint as a model folder.
    """

def finetune(data: str, output: str, options: dict[str, typing.Any], watch: collections.abc.Callable[[dict[str, typing.Any]], object] | None) -> str:
    """
    Fine-tunes a model and gives the report as JSON. `watch` is called with a dictionary after each
    step.
    """

def log_mel(source: object, sample_rate: int | None, front_end: str, overlap: float, tail: str, threads: int | None) -> numpy.typing.NDArray[numpy.float32]:
    """
    The log-mel spectrogram of a recording, float32 [chunks, n_mels, frames] in decibels, with the
    front end of LP-MusicCaps but for the changes of a JSON object.
    """

def read_captions(origin: str, captions: str) -> str:
    """
    JSON of captions as an array of recordings, checked.
    """

def run_command(arguments: SupportsGetItem[int, str]) -> int:
    """
    Runs the command `musicap` with these arguments, the program's name first, and gives its exit
    code.
    """

def summarize(captions: str, backend: str, language: str, length: str, style: str, model: str | None, base_url: str | None, api_key: str | None, timeout: float | None, retries: int | None, on_event: collections.abc.Callable[[str], object] | None) -> str:
    """
    One description of the whole recording whose captions are given as JSON.
    """

def write_captions(captions: str, form: str) -> str:
    """
    Captions, given as JSON, in another form.
    """
