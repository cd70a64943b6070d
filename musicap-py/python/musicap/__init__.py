"""Time-stamped English captions for music, on any CPU.

>>> import musicap
>>> result = musicap.caption("song.mp3")  # doctest: +SKIP
>>> for caption in result:  # doctest: +SKIP
...     print(caption.start_s, caption.end_s, caption.text)
>>> result.summary  # doctest: +SKIP

======================  ====================================================================
:func:`caption`         captions a recording with the embedded model
:class:`Captioner`      a model of one's own, lazy captions, live streams
:class:`Captions`       what comes out: text, JSON, subtitles, a table, a plot
:func:`summarize`       one description of the whole
:func:`log_mel`         log-mel spectrograms
:func:`finetune`        training on one's own pairs of audio and caption
:func:`convert`         checkpoints of LP-MusicCaps as model folders
:mod:`musicap.errors`   what can go wrong
======================  ====================================================================
"""

from musicap import errors
from musicap._captioner import Captioner, Generation, caption
from musicap._features import convert, log_mel
from musicap._live import Live, LiveCaption, Skipped
from musicap._musicap import VERSION as __version__
from musicap._results import Caption, Captions, Gap
from musicap._summaries import summarize
from musicap._training import finetune
from musicap.errors import MusicapError

__all__ = [
    "Caption",
    "Captioner",
    "Captions",
    "Gap",
    "Generation",
    "Live",
    "LiveCaption",
    "MusicapError",
    "Skipped",
    "__version__",
    "caption",
    "convert",
    "errors",
    "finetune",
    "log_mel",
    "summarize",
]
