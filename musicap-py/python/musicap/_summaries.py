"""One description of a whole recording."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Literal

from musicap import _musicap

if TYPE_CHECKING:
    from musicap._results import Captions


def summarize(
    captions: Captions,
    *,
    backend: Literal["local", "openai"] = "local",
    language: str = "English",
    length: Literal["short", "medium", "long"] = "medium",
    style: str = "prose",
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout: float | None = None,
    retries: int | None = None,
) -> str:
    """Describes a recording from its captions.

    Args:
        captions: What :func:`musicap.caption` gave.
        backend: ``"local"`` counts what the captions agree on and needs no network; ``"openai"``
            asks a server that speaks OpenAI's chat completions.
        language: The language to write in, by name or code; ``"local"`` writes English, German, French,
            Spanish, Italian, Portuguese, Japanese, Korean, Chinese and Hindi.
        length: At most 30, 80 or 160 words.
        style: ``"prose"``, ``"lines"``, or for ``"openai"`` any words of your own.
        model: The language model, as its server knows it.
        base_url: The server: OpenAI by default, or ``http://localhost:11434/v1`` for Ollama.
        api_key: The key; None takes the environment's ``OPENAI_API_KEY``.
        timeout: Seconds that one request may take.
        retries: How often a request that failed is sent again; a warning tells of each.

    Raises:
        SummaryError: If no summary can be had; ``problem`` says why.
        InvalidOptionError: If an option does not suit the backend.
    """
    return _musicap.summarize(
        json.dumps(captions.to_dict()),
        backend,
        language,
        length,
        style,
        model,
        base_url,
        api_key,
        timeout,
        retries,
        lambda event: warnings.warn(f"summary: {event}", stacklevel=2),
    )
