"""Errors.

All errors of musicap are :class:`MusicapError`. Errors of the operating system are Python's own,
such as ``FileNotFoundError`` and ``PermissionError``. Messages are one line that says what failed,
where, and what to do.
"""

from __future__ import annotations


class MusicapError(Exception):
    """Base class of all errors of musicap."""


class UnknownFormatError(MusicapError, ValueError):
    """The file is not in a supported audio format."""


class DamagedAudioError(MusicapError, ValueError):
    """The file is damaged: its format is recognised, but its content is invalid."""


class NoAudioTrackError(MusicapError, ValueError):
    """The file has no audio track."""


class UnsupportedCodecError(MusicapError, ValueError):
    """The codec of the audio is not supported."""


class NoSamplesError(MusicapError, ValueError):
    """The file contains no samples that can be decoded."""


class AudioReadError(MusicapError, OSError):
    """Reading failed while the audio was decoded."""


class AudioLimitError(MusicapError, ValueError):
    """The audio is too long, has too many channels or an unusual sample rate."""


class InvalidSamplesError(MusicapError, ValueError):
    """Samples are NaN, infinite or out of range."""


class InvalidOptionError(MusicapError, ValueError):
    """The value of an option is invalid."""


class DeviceUnavailableError(MusicapError, RuntimeError):
    """The device is not supported by this build or does not exist on this machine."""


class IncompleteModelError(MusicapError, ValueError):
    """A required file of a model folder is missing."""


class ModelNotFoundError(MusicapError, FileNotFoundError):
    """There is no model with this name or path."""


class InvalidConfigError(MusicapError, ValueError):
    """``config.json`` is invalid or describes a model that is not supported."""


class InvalidCheckpointError(MusicapError, ValueError):
    """A checkpoint file cannot be read."""


class MissingTensorError(MusicapError, ValueError):
    """A tensor is missing in the checkpoint."""


class UnexpectedTensorsError(MusicapError, ValueError):
    """The checkpoint contains tensors that are not part of the model."""


class WrongShapeError(MusicapError, ValueError):
    """The shape of a tensor does not match the configuration."""


class InvalidTokenizerError(MusicapError, ValueError):
    """The tokenizer cannot be read."""


class NotFiniteError(MusicapError, ArithmeticError):
    """The model's logits are not finite: its weights may be damaged."""


class BackendError(MusicapError, RuntimeError):
    """The device failed while computing."""


class InvalidCaptionsError(MusicapError, ValueError):
    """A text does not contain captions in JSON."""


class SummaryError(MusicapError, RuntimeError):
    """A summary could not be made.

    ``problem`` is ``"auth"``, ``"quota"``, ``"rate_limit"``, ``"content"``, ``"too_long"``,
    ``"request"``, ``"network"``, ``"timeout"``, ``"server"``, ``"reply"`` or ``"cancelled"``.
    """

    problem: str = "other"


class HubError(MusicapError, RuntimeError):
    """A file could not be downloaded from the hub.

    ``problem`` is ``"not_found"``, ``"denied"``, ``"unreachable"``, ``"offline"``, ``"server"`` or
    ``"damaged"``.
    """

    problem: str = "other"


class TrainingError(MusicapError, RuntimeError):
    """Fine-tuning could not start or continue."""
