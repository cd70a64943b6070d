"""Options on their way to the compiled part."""

from __future__ import annotations

import json
import math
import operator
from typing import Any, Mapping, TypeVar

from musicap.errors import InvalidOptionError


Whole = TypeVar("Whole", int, "int | None")


def whole(name: str, value: Whole, least: int, most: int = 2**31) -> Whole:
    """A whole number in its range, or None."""
    if value is None:
        return value
    given: Any = value
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    try:
        number = operator.index(given)
    except TypeError:
        raise InvalidOptionError(f"{name} is {value!r}, but must be a whole number") from None
    if not least <= number <= most:
        raise InvalidOptionError(f"{name} is {number}, but must be {least} to {most}")
    return number


def encoded(options: Mapping[str, Any]) -> str:
    """Options as JSON; numpy's numbers are numbers, too."""
    plain = {key: value.item() if hasattr(value, "item") else value for key, value in options.items()}
    for key, value in plain.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidOptionError(f"{key} is {value}, but must be a finite number")
    return json.dumps(plain)
