"""Descriptions of whole recordings."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Literal, NoReturn

from musicap import _musicap
from musicap._options import check_unknown
from musicap.errors import InvalidOptionError

if TYPE_CHECKING:
    from musicap._results import Captions


LANGUAGES: dict[str, str] = {code: name for code, name, _ in _musicap.languages()}
"""The languages of captions and local summaries: the English name of each by its ISO 639-1 code."""


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
    **unknown: NoReturn,
) -> str:
    """Summarises the captions of a recording.

    Args:
        captions: The result of :func:`musicap.caption`.
        backend: ``"local"`` states what the captions agree on and needs no network; ``"openai"``
            uses a language model at a server with OpenAI's chat completions API.
        language: The language to write in, by name or code; ``"local"`` writes those of
            ``musicap.LANGUAGES``.
        length: At most 30, 80 or 160 words.
        style: ``"prose"``, ``"lines"``, or for ``"openai"`` a style in your own words.
        model: The language model's name at the server.
        base_url: The server's URL: by default OpenAI's; ``http://localhost:11434/v1`` for Ollama.
        api_key: The key; None takes that of the environment variable ``OPENAI_API_KEY``.
        timeout: Time limit of a request in seconds.
        retries: How often a failed request is sent again, each time with a warning.

    Raises:
        SummaryError: If there is no summary; its attribute ``problem`` says why.
        InvalidOptionError: If an option is invalid or not supported by the backend.
    """
    check_unknown("summarize", summarize, unknown)
    if not hasattr(captions, "to_dict"):
        raise TypeError(
            f"captions must be Captions, not {type(captions).__name__}; Captions.load(path) and "
            "Captions.from_dict(data) make them"
        )
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


def check_summary(backend: str | None, language: str) -> None:
    """Raises what :func:`summarize` would raise for these options, before there are captions."""
    if backend is not None and not isinstance(backend, str):
        raise InvalidOptionError(f"summary is {backend!r}, but must be 'local', 'openai' or None")
    if not isinstance(language, str):
        raise InvalidOptionError(f"language is {language!r}, but must be a name or code such as 'de'")
    if backend is not None:
        _musicap.check_summary(backend, language)
    if backend != "openai":
        _musicap.find_language(language)


def caption_language(backend: str | None, language: str) -> str:
    """The language of captions and sections. A language model writes others: there they stay
    English."""
    try:
        return _musicap.find_language(language)
    except InvalidOptionError:
        if backend != "openai":
            raise
        return "en"
