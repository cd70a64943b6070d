"""Options on their way to the compiled part."""

from __future__ import annotations

import json
import math
from typing import Any, Mapping

from musicap.errors import InvalidOptionError


def encoded(options: Mapping[str, Any]) -> str:
    """Options as JSON; numpy's numbers are numbers, too."""
    plain = {key: value.item() if hasattr(value, "item") else value for key, value in options.items()}
    for key, value in plain.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidOptionError(f"{key} is {value}, but must be a finite number")
    return json.dumps(plain)
