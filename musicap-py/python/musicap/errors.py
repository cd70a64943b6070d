"""What can go wrong.

Every error of musicap's own is a :class:`MusicapError`, so one ``except`` catches them all. What the
operating system refuses is raised as Python's own ``FileNotFoundError``, ``PermissionError`` and so
on. The text is one line that says what happened, where, and what can be done.
"""

from __future__ import annotations


class MusicapError(Exception):
    """The parent of all errors that musicap raises."""


class UnknownFormatError(MusicapError, ValueError):
    """The bytes are in no sound format that can be read."""


class DamagedAudioError(MusicapError, ValueError):
    """The format was recognised, but what is in it breaks its own rules."""


class NoAudioTrackError(MusicapError, ValueError):
    """The file holds no sound: only pictures, text or video."""


class UnsupportedCodecError(MusicapError, ValueError):
    """The file's sound is coded in a way that cannot be decoded."""


class NoSamplesError(MusicapError, ValueError):
    """The file can be opened, but not one sample comes out of it."""


class AudioReadError(MusicapError, OSError):
    """Reading failed while the sound was being decoded."""


class AudioLimitError(MusicapError, ValueError):
    """The sound is too long, or has too many channels or too odd a sample rate."""


class InvalidSamplesError(MusicapError, ValueError):
    """Samples that were handed over are not a sound: not a number, or infinite."""


class InvalidOptionError(MusicapError, ValueError):
    """An option is outside what it may be."""


class DeviceUnavailableError(MusicapError, RuntimeError):
    """The device is not part of this build or not present on this machine."""


class IncompleteModelError(MusicapError, ValueError):
    """A model folder lacks a file that it must have."""


class ModelNotFoundError(MusicapError, LookupError):
    """No model is known by this name, as a path or otherwise."""


class InvalidConfigError(MusicapError, ValueError):
    """``config.json`` does not describe a model that can be built."""


class InvalidCheckpointError(MusicapError, ValueError):
    """A checkpoint file cannot be understood."""


class MissingTensorError(MusicapError, ValueError):
    """A tensor that the model needs is not in the checkpoint."""


class UnexpectedTensorsError(MusicapError, ValueError):
    """The checkpoint holds tensors that the model has no place for."""


class WrongShapeError(MusicapError, ValueError):
    """A tensor's shape is not what the configuration says."""


class InvalidTokenizerError(MusicapError, ValueError):
    """The vocabulary cannot be read."""


class NotFiniteError(MusicapError, ArithmeticError):
    """The model's logits are no finite numbers: its weights may be damaged."""


class BackendError(MusicapError, RuntimeError):
    """The backend failed while computing."""


class InvalidCaptionsError(MusicapError, ValueError):
    """A text does not hold captions in JSON."""


class SummaryError(MusicapError, RuntimeError):
    """A summary could not be had.

    ``problem`` is ``"auth"``, ``"quota"``, ``"rate_limit"``, ``"content"``, ``"too_long"``,
    ``"request"``, ``"network"``, ``"timeout"``, ``"server"``, ``"reply"`` or ``"cancelled"``.
    """

    problem: str = "other"


class HubError(MusicapError, RuntimeError):
    """A file could not be fetched from the hub.

    ``problem`` is ``"not_found"``, ``"denied"``, ``"unreachable"``, ``"offline"``, ``"server"`` or
    ``"damaged"``.
    """

    problem: str = "other"


class TrainingError(MusicapError, RuntimeError):
    """Fine-tuning could not begin or go on."""
