"""Many recordings in one call."""

import shutil

import numpy
import pandas
import pytest
from conftest import SONG, decoded

import musicap
from musicap import errors


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deeper").mkdir()
    shutil.copy(SONG, tmp_path / "b.ogg")
    shutil.copy(SONG, tmp_path / "deeper" / "c.OGG")
    (tmp_path / "a.mp3").write_text("not music " * 100)
    (tmp_path / "notes.txt").write_text("not audio")
    (tmp_path / "._b.ogg").write_text("a file of macOS")
    return tmp_path


def test_a_folder_and_its_failures(captioner, folder, result):
    results = captioner.caption_many(folder, progress=False)
    found = list(results)
    assert [one.file for one in found] == [str(folder / "b.ogg"), str(folder / "deeper" / "c.OGG")]
    assert all(one.captions == result.captions and one.summary == result.summary for one in found)
    # A table needs no recordings, which may be the bytes of files.
    assert all(one._source is None for one in results._done) and found[0]._source is not None
    [failure] = results.failures
    assert failure.index == 0 and failure.file == str(folder / "a.mp3")
    assert isinstance(failure.error, errors.UnknownFormatError)


def test_failures_are_warned_of_at_the_end(captioner):
    results = captioner.caption_many(["nowhere.mp3", numpy.zeros(16_000)], progress=False)
    with pytest.warns(UserWarning, match="2 recordings could not be captioned.*'nowhere.mp3'"):
        assert list(results) == []
    assert len(results.failures) == 2


def test_patterns_lists_stacks_and_data_sets(captioner, folder, result):
    texts = [caption.text for caption in result]
    pattern = captioner.caption_many(f"{folder}/**/*.[oO][gG]*", progress=False)
    assert [one.text.splitlines() for one in pattern] == [texts, texts]
    # An extension that is not named is any of audio.
    every = captioner.caption_many(f"{folder}/*.*", progress=False)
    with pytest.warns(UserWarning, match="a.mp3"):
        assert [one.file for one in every] == [str(folder / "b.ogg")]
    mono = decoded(16_000, 1, "f32le", "<f4")[:, 0]
    expected = captioner.caption(mono, sample_rate=16_000, progress=False).captions
    column = [{"array": mono, "sampling_rate": 16_000}] * 2
    for recordings, rate in [(numpy.stack([mono] * 3), 16_000), ([mono], 16_000), (column, None)]:
        results = musicap.caption_many(recordings, sample_rate=rate, progress=False)
        assert all(one.captions == expected for one in results)
        assert results.failures == []


def test_recordings_share_batches_and_keep_their_captions(captioner):
    mono = decoded(16_000, 1, "f32le", "<f4")[:, 0]
    clips = [mono[start : start + length] for start in (0, 250_000) for length in (30_000, 400_000)]
    expected = [captioner.caption(clip, sample_rate=16_000, progress=False) for clip in clips]
    damaged = numpy.full(200_000, numpy.nan, "f4")
    recordings = [*clips[:2], 3, damaged, *clips[2:], numpy.zeros((2, 3, 4))]
    results = captioner.caption_many(recordings, sample_rate=16_000, progress=False)
    found = list(results)
    assert [one.captions for one in found] == [one.captions for one in expected]
    assert [one.summary for one in found] == [one.summary for one in expected]
    assert [failure.index for failure in results.failures] == [2, 3, 6]
    kinds = [type(failure.error) for failure in results.failures]
    assert kinds == [TypeError, errors.InvalidSamplesError, ValueError]
    assert all(failure.error.captions == () for failure in results.failures)


def test_what_is_captioned_before_damage_is_kept(captioner):
    mono = decoded(16_000, 1, "f32le", "<f4")[:, 0].copy()
    mono[-1] = numpy.nan
    results = captioner.caption_many([mono, mono[:-1]], sample_rate=16_000, progress=False)
    [whole] = results
    [failure] = results.failures
    assert failure.error.captions == whole.captions[: len(failure.error.captions)] != ()


def test_errors_of_the_iterable_are_raised(captioner, song):
    for error in [RuntimeError("the data base is gone"), KeyboardInterrupt()]:

        def recordings():
            yield song
            raise error

        results = captioner.caption_many(recordings(), progress=False)
        with pytest.raises(type(error)):
            list(results)


def test_an_exception_of_the_progress_function_costs_no_recording(captioner, folder):
    names = ["b.ogg", "no-such-file.mp3", "deeper/c.OGG", "b.ogg"]
    expected = list(captioner.caption_many([folder / name for name in names], progress=False))
    calls = []

    def progress(done, total):
        calls.append(done)
        raise KeyboardInterrupt if done == 1 else ValueError(done)

    results = captioner.caption_many([folder / name for name in names], progress=progress)
    found, raised = [], []
    while True:
        try:
            found.append(next(results))
        except StopIteration:
            break
        except (ValueError, KeyboardInterrupt) as error:
            raised.append(type(error))
    assert found == expected and len(found) == 3
    assert calls == [1, 2, 3, 4]
    assert raised == [KeyboardInterrupt, ValueError, ValueError, ValueError]
    assert [failure.index for failure in results.failures] == [1]
    # A captioner whose caller's function raised works as before.
    for stop in (KeyboardInterrupt, ZeroDivisionError):

        def fail(done, total, stop=stop):
            raise stop

        with pytest.raises(stop):
            captioner.caption(folder / "b.ogg", progress=fail)
        assert captioner.caption(folder / "b.ogg", progress=False) == expected[0]


def test_it_is_lazy_and_one_table(captioner, folder):
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield folder / "b.ogg"

    results = captioner.caption_many(endless(), batch_size=2, progress=False)
    assert taken == []
    next(results)
    assert len(taken) <= 2
    next(results)
    assert len(taken) <= 3

    def recordings():
        for name in ["b.ogg", "a.mp3", "deeper/c.OGG"]:
            yield folder / name

    steps = []
    results = captioner.caption_many(
        recordings(), summary=None, progress=lambda done, total: steps.append((done, total))
    )
    assert steps == []
    next(results)
    assert steps == [(1, None)]
    table = results.to_pandas()
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == ["file", "index", "start_s", "end_s", "text", "score", "confidence"]
    assert list(table["index"]) == [0, 1, 2, 3, 4] * 2
    assert table["file"].nunique() == 2 and len(results.failures) == 1
    assert steps == [(1, None), (2, None), (3, None)]


def test_what_is_no_list_of_recordings(captioner, tmp_path):
    with pytest.raises(FileNotFoundError, match="no audio files"):
        captioner.caption_many(tmp_path)
    with pytest.raises(FileNotFoundError, match="matches"):
        captioner.caption_many(str(tmp_path / "*.mp3"))
    with pytest.raises(FileNotFoundError):
        captioner.caption_many(tmp_path / "none")
    with pytest.raises(TypeError, match="one recording"):
        captioner.caption_many(numpy.zeros(16_000), sample_rate=16_000)
    for wrong in [b"bytes", 3]:
        with pytest.raises(TypeError):
            captioner.caption_many(wrong)
