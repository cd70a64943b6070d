"""Generation settings, with the names of transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from musicap._options import BOOLEAN, INTEGER, NUMBER, Kind

if TYPE_CHECKING:
    from typing_extensions import Unpack as Unpack
else:
    # Python 3.10 has no Unpack, and annotations that are resolved need a name.
    from typing import Optional as Unpack


class Generation(TypedDict, total=False):
    """Generation settings, with the names of transformers. Settings that are not given are the
    model's own."""

    num_beams: int
    """Number of beams, 1 to 64; 1 is greedy search."""
    max_length: int
    """Maximum length of a caption in tokens, including the start and end tokens."""
    min_length: int
    """Minimum length of a caption in tokens."""
    no_repeat_ngram_size: int
    """No n-gram of this length occurs twice in a caption; 0 disables this."""
    repetition_penalty: float
    """Penalty for tokens that have occurred; 1 disables it."""
    length_penalty: float
    """The score of a beam is its log-probability divided by its length to this power."""
    early_stopping: bool
    """Whether beam search ends as soon as it has ``num_beams`` finished beams."""
    do_sample: bool
    """Whether to sample tokens instead of searching for the likeliest caption."""
    temperature: float
    """Sampling: divides the logits."""
    top_k: int
    """Sampling: only this many of the likeliest tokens are considered; 0 disables this."""
    top_p: float
    """Sampling: only the likeliest tokens with this total probability are considered."""
    seed: int
    """Sampling: the same seed gives the same captions."""
    repetition_retries: int
    """How often a caption that repeats itself is generated again, by sampling."""


KINDS: dict[str, Kind] = {
    "num_beams": INTEGER,
    "max_length": INTEGER,
    "min_length": INTEGER,
    "no_repeat_ngram_size": INTEGER,
    "repetition_penalty": NUMBER,
    "length_penalty": NUMBER,
    "early_stopping": BOOLEAN,
    "do_sample": BOOLEAN,
    "temperature": NUMBER,
    "top_k": INTEGER,
    "top_p": NUMBER,
    "seed": INTEGER,
    "repetition_retries": INTEGER,
}

DOCS = """\
            num_beams: Number of beams, 1 to 64; 1 is greedy search.
            max_length: Maximum length of a caption in tokens, including start and end.
            min_length: Minimum length of a caption in tokens.
            no_repeat_ngram_size: No n-gram of this length occurs twice; 0 disables this.
            repetition_penalty: Penalty for tokens that have occurred; 1 disables it.
            length_penalty: Beams are scored by log-probability / length ** length_penalty.
            early_stopping: Whether beam search ends once it has ``num_beams`` finished beams.
            do_sample: Whether to sample tokens instead of searching.
            temperature, top_k, top_p, seed: For sampling; as in transformers.
            repetition_retries: How often a caption that repeats itself is generated again."""
