"""Progress bars."""

from __future__ import annotations

import sys
from typing import Any


def make_bar(**options: Any) -> Any:
    """A tqdm bar: a widget in notebooks, text in terminals, and nothing elsewhere, such as in log
    files."""
    from tqdm.auto import tqdm

    is_widget = any(base.__module__ == "tqdm.notebook" for base in tqdm.__mro__)
    options.setdefault("disable", not is_widget and not sys.stderr.isatty())
    return tqdm(**options)
