"""Checks of options, before they are passed to the compiled part."""

from __future__ import annotations

import difflib
import json
import math
import operator
import warnings
from typing import Any, Iterable, Mapping, TypeVar, Union

from musicap.errors import InvalidOptionError

Int = TypeVar("Int", int, "int | None")

# Names in other libraries that a difference of letters would not lead to.
_SYNONYMS = {
    "sr": "sample_rate",
    "rate": "sample_rate",
    "lang": "language",
    "sampling_rate": "sample_rate",
    "beam_size": "num_beams",
    "beams": "num_beams",
    "max_new_tokens": "max_length",
    "max_tokens": "max_length",
    "min_new_tokens": "min_length",
    "compute_type": "precision",
    "dtype": "precision",
    "num_threads": "threads",
    "cpu_threads": "threads",
    "n_jobs": "threads",
    "fmin": "f_min",
    "fmax": "f_max",
}

INTEGER, NUMBER, BOOLEAN = "a non-negative integer", "a finite number", "True or False"

Kind = Union[str, "tuple[str, ...]"]
"""One of those above, or the strings that are allowed."""


def integer(name: str, value: Int, least: int, most: int = 2**31) -> Int:
    """``value`` as an integer within its range, or None."""
    if value is None:
        return value
    if isinstance(value, int) and value < 0:
        raise InvalidOptionError(f"{name} is {value}, but must be {least} to {most}")
    number: int = _converted(name, value, INTEGER)
    if not least <= number <= most:
        raise InvalidOptionError(f"{name} is {number}, but must be {least} to {most}")
    return number


def number(name: str, value: float) -> float:
    """``value`` as a finite number."""
    converted: float = _converted(name, value, NUMBER)
    return converted


def choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raises unless ``value`` is one of those that are allowed."""
    _converted(name, value, allowed)


def check_device(device: str) -> None:
    """Raises unless ``device`` is a name; which names there are is known where they are opened."""
    if not isinstance(device, str):
        raise InvalidOptionError(f"device is {device!r}, but must be a name such as 'cpu' or 'gpu:0'")


def encode(function: str, options: Mapping[str, Any], kinds: Mapping[str, Kind]) -> str:
    """Options as JSON. ``kinds`` says which there are and what each must be."""
    check_names(function, options, kinds)
    return json.dumps({name: _converted(name, options[name], kinds[name]) for name in options})


def check_names(function: str, options: Iterable[str], known: Iterable[str]) -> None:
    """Raises a TypeError as Python does for unknown arguments, with a suggestion."""
    known = list(known)
    for name in options:
        if name in known:
            continue
        close = [_SYNONYMS[name]] if _SYNONYMS.get(name) in known else []
        close = close or difflib.get_close_matches(name, known, 1, 0.65)
        hint = f"; did you mean {close[0]!r}?" if close else f"; the options are {', '.join(known)}"
        raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")


def check_unknown(name: str, function: Any, unknown: Iterable[str]) -> None:
    """:func:`check_names` for a function that takes ``**unknown`` besides its named arguments."""
    known = [argument for argument in function.__annotations__ if argument not in ("unknown", "return")]
    check_names(name, unknown, known)


def _converted(name: str, value: Any, kind: Kind) -> Any:
    """``value`` as a plain Python value of ``kind``. numpy's scalars are converted."""
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    is_bool = isinstance(plain, bool)
    if kind == BOOLEAN and is_bool:
        return plain
    if isinstance(kind, tuple):
        if plain in kind:
            return plain
        allowed = " or ".join(repr(each) for each in kind)
        raise InvalidOptionError(f"{name} is {_shown(value)}, but must be {allowed}")
    if kind == NUMBER and isinstance(plain, (int, float)) and not is_bool and math.isfinite(plain):
        return float(plain)
    if kind == INTEGER and not is_bool:
        if isinstance(plain, float) and plain.is_integer():
            plain = int(plain)
        try:
            number = operator.index(plain)
        except TypeError:
            number = -1
        if number >= 0:
            return number
    raise InvalidOptionError(f"{name} is {_shown(value)}, but must be {kind}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"of type {type(value).__name__}"


def warn_without_effect(options: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Warns of sampling options where nothing is sampled. ``settings`` are the model's own."""
    effective = {**settings, **options}
    if effective.get("do_sample") or effective.get(RETRIES):
        return
    unused = [name for name in ("temperature", "top_k", "top_p", "seed") if name in options]
    if unused:
        names = ", ".join(unused)
        text = f"{names} {'has' if len(unused) == 1 else 'have'} no effect without do_sample=True"
        warnings.warn(text, UserWarning, stacklevel=5)


RETRIES = "repetition_retries"
