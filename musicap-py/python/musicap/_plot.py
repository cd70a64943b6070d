"""A recording's log-mel spectrogram with its captions."""

from __future__ import annotations

import io
import os
import textwrap
from typing import TYPE_CHECKING

import numpy

from musicap._features import log_mel
from musicap._results import _clock

if TYPE_CHECKING:
    import matplotlib.figure
    from numpy.typing import NDArray

    from musicap._results import Captions

_INCHES_PER_CHUNK = 1.5
_MAX_COLUMNS = 4_000


def plot(result: Captions) -> matplotlib.figure.Figure:
    """See :meth:`musicap.Captions.plot`."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter
    except ImportError as error:
        raise ImportError("plot() needs matplotlib: pip install 'musicap[plot]'") from error

    class InlineFigure(Figure):
        """A figure that notebooks show without pyplot."""

        def _repr_png_(self) -> bytes:
            picture = io.BytesIO()
            self.savefig(picture, format="png", dpi=100)
            return picture.getvalue()

    sample_rate = None
    recording = result.file if result.file is not None and os.path.exists(result.file) else None
    if result._source is not None:
        recording, sample_rate = result._source.reopen(), result._source.sample_rate
    if recording is None:
        raise ValueError(
            "the recording is not available any more: keep a reference to the samples or the open "
            "file, or caption a path"
        )
    decibels = log_mel(recording, sample_rate=sample_rate, power="power", whole=True)
    duration = max(result.duration_s, 1e-3)
    # The last frame is centred on the end.
    decibels = decibels[:, : max(1, round(duration * 100))]
    seconds = duration
    step = -(-decibels.shape[1] // _MAX_COLUMNS)
    if step > 1:
        whole = decibels.shape[1] // step * step
        seconds *= whole / decibels.shape[1]
        decibels = decibels[:, :whole].reshape(len(decibels), -1, step).mean(axis=2)
    top = float(numpy.max(decibels))

    # Captions are columns below the spectrogram if these are wide enough, otherwise a list.
    starts = [caption.start_s for caption in result.captions]
    apart = min((b - a for a, b in zip(starts, starts[1:])), default=duration)
    width = float(min(max(8.0, duration / apart * _INCHES_PER_CHUNK), 24.0))
    inches = min(width * apart / duration, width - 1.5)
    in_columns = inches >= 1.3
    lines = [
        textwrap.wrap(c.text, max(12, int(inches * 11)))
        if in_columns
        else textwrap.wrap(f"{_clock(c.start_s)}–{_clock(c.end_s)}  {c.text}", int(width * 11))
        for c in result.captions
    ]
    counts = [len(each) for each in lines]
    rows = max(counts, default=1) if in_columns else sum(counts)
    text_inches = 0.2 * rows + 0.2
    figure = InlineFigure(figsize=(width, 2.6 + text_inches), layout="constrained")
    picture, words = figure.subplots(
        2, 1, height_ratios=[2.4, text_inches], sharex=in_columns, squeeze=True
    )
    picture.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        extent=(0.0, seconds, 0.0, float(decibels.shape[0])),
        vmin=top - 80.0,
        vmax=top,
        cmap="magma",
    )
    picture.set_ylabel("mel band")
    picture.set_xlim(0.0, duration)
    picture.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _clock(at)))
    picture.tick_params(labelbottom=True)
    if in_columns:
        picture.set_xticks(starts)
    for caption in result.captions:
        picture.axvline(caption.start_s, color="white", alpha=0.4, linewidth=0.8)
    name = os.path.basename(result.file) if result.file else result.model
    title = name if not result.summary else "\n".join(
        [name, *textwrap.wrap(result.summary, int(width * 12))]
    )
    picture.set_title(title, loc="left", fontsize=9, parse_math=False)
    words.set_axis_off()
    above = 0
    for caption, wrapped in zip(result.captions, lines):
        if in_columns:
            words.text(
                caption.start_s, 1.0, "\n".join(wrapped), va="top", fontsize=8,
                transform=words.get_xaxis_transform(), clip_on=False, parse_math=False,
            )
        else:
            height = 1.0 - above / max(rows, 1)
            words.text(0.0, height, "\n".join(wrapped), va="top", fontsize=8,
                       transform=words.transAxes, parse_math=False)
            above += len(wrapped)
    return figure
