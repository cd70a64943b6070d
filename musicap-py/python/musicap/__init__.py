"""Time-stamped English captions for music, on any CPU.

>>> import musicap
>>> result = musicap.caption("song.mp3")  # doctest: +SKIP
>>> for caption in result:  # doctest: +SKIP
...     print(caption.start_s, caption.end_s, caption.text)
>>> result.summary  # doctest: +SKIP

======================  ====================================================================
:func:`caption`         captions a recording with the embedded model
:func:`caption_many`    captions many recordings
:class:`Captioner`      a loaded model: lazy captions, live streams
:class:`Captions`       the result: text, JSON, subtitles, a table, a plot
:func:`summarize`       a summary of a recording
:func:`label`           labels of a folder of tracks, for trainers
:func:`log_mel`         log-mel spectrograms
:func:`finetune`        fine-tuning on pairs of audio and caption
:func:`convert`         checkpoints of LP-MusicCaps as model folders
:mod:`musicap.errors`   errors
======================  ====================================================================
"""

from musicap import errors
from musicap._captioner import Captioner, caption, caption_many
from musicap._features import convert, log_mel
from musicap._generation import Generation
from musicap._labels import label
from musicap._live import Live, LiveCaption, Skipped
from musicap._many import Failure, Results
from musicap._musicap import VERSION as __version__
from musicap._results import Caption, Captions, Gap, Section, SoundChange
from musicap._summaries import LANGUAGES, summarize
from musicap._training import finetune
from musicap.errors import MusicapError

__all__ = [
    "Caption",
    "Captioner",
    "Captions",
    "Failure",
    "Gap",
    "Generation",
    "LANGUAGES",
    "Live",
    "LiveCaption",
    "MusicapError",
    "Results",
    "Section",
    "SoundChange",
    "Skipped",
    "__version__",
    "caption",
    "caption_many",
    "convert",
    "errors",
    "finetune",
    "label",
    "log_mel",
    "summarize",
]
