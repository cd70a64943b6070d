"""Streams: the captions of a recording that is played are those of the recording."""

import threading
import time

import numpy
import pytest
from conftest import decoded

import musicap
from musicap import Live, LiveCaption, Skipped, errors


@pytest.fixture(scope="module")
def stereo():
    return decoded(48_000, 2, "f32le", "<f4")


def test_pushing_and_polling_in_turn(captioner, stereo):
    expected = [c.text for c in captioner.captions(stereo.T, sample_rate=48_000)]
    found = []
    with captioner.live(sample_rate=48_000, channels=2) as live:
        for start in range(0, len(stereo), 30_011):
            live.push(stereo[start : start + 30_011])
            found += live.poll()
        assert not live.closed
    assert live.closed
    found += live
    assert [event.text for event in found] == expected
    assert all(isinstance(event, LiveCaption) and event.behind_s >= 0 for event in found)
    assert live.poll() == []


def test_blocks_of_any_kind(captioner, stereo):
    integers = (stereo * 32_767).astype("<i2")[: 48_000 * 21]
    expected = None
    floats = (integers / numpy.float32(32_768.0)).reshape(-1)
    blocks = [integers, integers.reshape(-1), integers.tobytes(), floats]
    blocks += [memoryview(floats), memoryview(integers.reshape(-1)), bytearray(integers.tobytes())]
    for block in blocks:
        live = captioner.live(sample_rate=48_000, channels=2)
        live.push(block)
        live.close()
        found = [event.text for event in live]
        expected = expected or found
        assert found == expected and len(found) == 2


def test_iterating_waits_until_the_stream_is_closed(captioner, stereo):
    live = captioner.live(sample_rate=48_000, channels=2, overlap=5.0)
    found = []
    thread = threading.Thread(target=lambda: found.extend(live))
    thread.start()
    live.push(stereo[: 48_000 * 12])
    while not found:
        time.sleep(0.01)
    assert thread.is_alive()
    live.push(stereo[48_000 * 12 : 48_000 * 20])
    live.close()
    thread.join(timeout=60)
    assert [event.start_s for event in found] == [0.0, 5.0, 10.0]


def test_what_comes_too_fast_is_skipped_and_told(captioner, stereo):
    live = captioner.live(sample_rate=48_000, channels=2, queue=None)
    live.push(stereo)
    assert live.behind_s > 0
    live.close()
    skipped, *captions = list(live)
    assert isinstance(skipped, Skipped)
    assert (skipped.start_s, skipped.end_s) == (0.0, captions[0].start_s)
    assert len(captions) == 1


def test_other_threads_read_how_far_behind_it_is(captioner, stereo):
    live = captioner.live(sample_rate=48_000, channels=2)
    thread = threading.Thread(target=lambda: list(live))
    thread.start()
    # The iterator waits most of the time; if each reading waited for it, these would take a minute.
    began = time.monotonic()
    for _ in range(1_000):
        assert live.behind_s == 0.0
    assert time.monotonic() - began < 20
    live.close()
    thread.join(timeout=60)
    # A time limit beyond what the clock can represent.
    assert live._stream.wait(1e18) is False


def test_wrong_use(captioner):
    live = captioner.live(sample_rate=16_000)
    with pytest.raises(ValueError, match="3 bytes"):
        live.push(b"abc")
    with pytest.raises(ValueError, match="block of shape"):
        live.push(numpy.zeros((4, 4, 4), "f4"))
    with pytest.raises(errors.MusicapError, match="finite"):
        live.push(numpy.full(10, numpy.nan, "f4"))
    with pytest.raises(errors.InvalidSamplesError, match="reach 8000.* within ±1"):
        live.push(numpy.array([0.0, -8000.0]))
    live.close()
    live.close()
    with pytest.raises(ValueError, match="closed"):
        live.push(numpy.zeros(10, "f4"))
    for options in [{"channels": 0}, {"overlap": 10.0}, {"queue": 0}, {"num_beams": 0}]:
        with pytest.raises(musicap.MusicapError):
            captioner.live(sample_rate=16_000, **options)
    with pytest.raises(musicap.MusicapError):
        captioner.live(sample_rate=0)


def test_an_error_after_captions_costs_none_of_them():
    class Stream:
        answers = [(None, 0.0, 10.0, 3.0), ValueError("late"), True]

        def wait(self, timeout):
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    live = Live(Stream(), 1)
    assert live.poll() == [Skipped(0.0, 10.0, 3.0)]
    with pytest.raises(ValueError, match="late"):
        live.poll()
    assert live.poll() == []
