"""Properties of what Python hands over: arrays of any layout, files altered anywhere, streams in any
pieces. `MUSICAP_EXAMPLES=20000` looks longer than CI does."""

import io
import os
import wave

import numpy
import pytest
from conftest import KIT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import musicap
from musicap import errors

EXAMPLES = int(os.environ.get("MUSICAP_EXAMPLES", "60"))
# Derandomised: a run of CI depends on the change alone.
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 1_000, database=None)
# The smallest spectrograms that differ wherever samples do.
SMALL = {"n_fft": 64, "hop_length": 16, "n_mels": 8, "whole": True}


def mel(samples, rate):
    return musicap.log_mel(samples, sample_rate=rate, model_sample_rate=rate, **SMALL)


@st.composite
def views(draw):
    """A view into an array: any type of samples, byte order, steps, turned axes, read-only or not."""
    dtype = draw(st.sampled_from("<f2 >f2 <f4 >f4 <f8 >f8 <i2 >i2 <i4 >i4 i1".split()))
    shape = draw(st.sampled_from([(900,), (2, 700), (700, 2), (1, 900), (2, 3, 400)]))
    random = numpy.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    base = random.uniform(-1, 1, shape)
    if dtype[-2] == "i":
        base *= numpy.iinfo(dtype).max
    base = numpy.array(base, dtype, order=draw(st.sampled_from("CF")))
    if base.ndim == 3:
        base = base[:, draw(st.integers(0, 2))]
    if base.shape[-1] == 2:
        base = base.T
    steps = draw(st.sampled_from([1, 2, 3, -1, -2]))
    view = base[..., ::steps]
    if view.ndim == 2 and draw(st.booleans()):
        view = view[::-1]
    view.flags.writeable = draw(st.booleans())
    return view


@SETTINGS
@given(views(), st.sampled_from([8_000, 16_000, 44_100]))
def test_only_the_samples_of_an_array_count_and_not_their_layout(view, rate):
    before = view.copy()
    contiguous = numpy.ascontiguousarray(view).astype(view.dtype.newbyteorder("="))
    assert numpy.array_equal(mel(view, rate), mel(contiguous, rate))
    assert numpy.array_equal(view, before)


@SETTINGS
@given(
    arrays.arrays(
        arrays.scalar_dtypes(),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70),
    ),
    st.one_of(st.integers(-(2**40), 2**40), st.floats(), st.none()),
)
def test_any_array_at_any_rate_is_a_spectrogram_or_a_python_error(samples, rate):
    try:
        found = musicap.log_mel(samples, sample_rate=rate, **SMALL)
    except (ValueError, TypeError, errors.MusicapError) as error:
        assert str(error)
    else:
        assert found.shape[0] == 8 and numpy.isfinite(found).all()


def wav():
    with wave.open(str(KIT / "tune-16k.wav")) as file:
        frames = file.readframes(4_000)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(frames)
    return out.getvalue()


WAV = wav()


@st.composite
def altered(draw):
    """A WAV file with some of its bytes changed, most of them in its header, or cut off."""
    data = bytearray(WAV)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.one_of(st.integers(0, 60), st.integers(0, len(data) - 1)))
        data[at] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@SETTINGS
@given(altered(), st.sampled_from([bytes, bytearray, memoryview, io.BytesIO]))
def test_an_altered_file_is_a_spectrogram_or_an_error_in_whatever_holds_it(data, holder):
    def outcome(recording):
        try:
            return musicap.log_mel(recording, **SMALL)
        except errors.MusicapError as error:
            return type(error)

    found, expected = outcome(holder(data)), outcome(data)
    assert numpy.array_equal(found, expected) if isinstance(expected, numpy.ndarray) else found is expected


@pytest.fixture(scope="module")
def stream_texts(captioner):
    samples = numpy.random.default_rng(3).normal(0, 0.1, 8_000 * 12).astype("f4")
    return captioner, samples, [c.text for c in captioner.caption(samples, sample_rate=8_000)]


@settings(SETTINGS, max_examples=max(4, EXAMPLES // 10))
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=12), st.sampled_from(["<f4", ">f4", "f8"]))
def test_a_stream_in_any_pieces_has_the_captions_of_its_samples(stream_texts, sizes, dtype):
    captioner, samples, texts = stream_texts
    live = captioner.live(sample_rate=8_000)
    at = 0
    for size in sizes:
        live.push(samples[at : at + size].astype(dtype))
        at += size
    live.push(samples[at:].astype(dtype))
    live.close()
    assert [event.text for event in live] == texts
