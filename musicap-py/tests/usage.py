"""What type checkers must know of the package; mypy reads this in strict mode, nobody runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy
import pandas
from matplotlib.figure import Figure
from numpy.typing import NDArray
from typing_extensions import assert_type

import musicap

result = musicap.caption("song.mp3", num_beams=3)
assert_type(result, musicap.Captions)
assert_type(result[0], musicap.Caption)
assert_type(result[1:], musicap.Captions)
assert_type(result.summary, str | None)
assert_type(result.to_pandas(), pandas.DataFrame)
assert_type(result.plot(), Figure)
assert_type([caption.text for caption in result], list[str])

captioner = musicap.Captioner.from_pretrained(Path("folder"), precision="int8", threads=2)
samples = numpy.zeros((2, 44_100), numpy.int16)
assert_type(captioner.captions(samples, sample_rate=44_100), Iterator[musicap.Caption])
assert_type(musicap.log_mel(samples, sample_rate=44_100), NDArray[numpy.float32])
assert_type(musicap.summarize(result, backend="openai", language="ja"), str)

for event in captioner.live(sample_rate=48_000):
    assert_type(event, musicap.LiveCaption | musicap.Skipped)

for each in captioner.caption_many(["a.mp3", Path("b.mp3")], num_beams=1):
    assert_type(each, musicap.Captions)
assert_type(musicap.caption_many("music/").to_pandas(), pandas.DataFrame)
with musicap.Captioner("embedded") as closing:
    assert_type(closing, musicap.Captioner)

captioner.captions(samples, num_beans=3)  # type: ignore[call-arg]
captioner.captions(samples, tail="cut")  # type: ignore[arg-type]
result.summary = "another"  # type: ignore[misc]
