"""Errors are classes that say what, where and what to do; Python's own where Python has them."""

import io
import re
import shutil

import numpy
import pytest
from conftest import KIT, ROOT, SONG

import musicap
from musicap import errors


def test_every_error_of_the_library_has_a_class():
    source = (ROOT / "musicap-core" / "src" / "error.rs").read_text()
    kinds = re.findall(r'Error::\w+(?: \{ \.\. \})? => "(\w+)"', source)
    assert len(kinds) >= 20
    for kind in set(kinds) - {"Io"}:
        assert issubclass(getattr(errors, kind + "Error"), errors.MusicapError), kind
        assert getattr(errors, kind + "Error").__doc__


def test_what_the_system_refuses_is_pythons_own(captioner, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        captioner.captions(tmp_path / "none.mp3")
    assert caught.value.filename == str(tmp_path / "none.mp3")
    with pytest.raises(IsADirectoryError) as caught:
        captioner.captions(tmp_path)
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(FileNotFoundError):
        musicap.Captions.load(tmp_path / "none.json")
    with pytest.raises(FileNotFoundError):
        musicap.finetune(tmp_path / "none.csv", tmp_path / "tuned")


def test_files_that_are_no_sound(captioner, tmp_path):
    text = tmp_path / "a.mp3"
    text.write_text("not music " * 100)
    with pytest.raises(errors.UnknownFormatError, match="a.mp3") as caught:
        captioner.captions(text)
    assert isinstance(caught.value, (musicap.MusicapError, ValueError))
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(errors.MusicapError):
        captioner.captions(b"")


def test_a_file_that_breaks_off_is_told_with_its_time(captioner, tmp_path):
    data = SONG.read_bytes()
    with pytest.warns(UserWarning, match="^the recording: .* s to .* s: missing"):
        result = captioner.caption(data[: len(data) // 2], progress=False)
    assert 0 < len(result) < 5 and result.gaps


def test_what_is_no_recording_is_told_with_what_to_do(captioner):
    for recording, words in [
        (["a.mp3", "b.mp3"], "a list of 2 paths.*caption_many"),
        ({}, "the dictionary has nothing.*'array' with 'sampling_rate'"),
        ({"audio": {"array": [0.0]}}, "the dictionary has 'audio', but must have"),
        ({"waveform": numpy.zeros(10)}, "no number as sample_rate"),
    ]:
        with pytest.raises(TypeError, match=words):
            captioner.caption(recording)
    with pytest.raises(FileNotFoundError, match="URLs are not fetched"):
        captioner.caption("https://example.org/song.mp3")
    with pytest.raises(FileNotFoundError, match="caption_many.. takes patterns"):
        captioner.caption("music/*.mp3")


def test_values_of_another_type_are_named_as_python_names_them(captioner, result, tmp_path):
    def check(words, call, *arguments, **options):
        with pytest.raises(errors.InvalidOptionError, match=words):
            call(*arguments, **options)

    check("summary is True, but must be 'local'", captioner.caption, SONG, summary=True)
    check("language is None, but must be a name", captioner.caption, SONG, language=None)
    check("tail is False, but must be 'keep'", captioner.caption, SONG, tail=False)
    check("overlap is '5', but must be a finite", captioner.caption, SONG, overlap="5")
    check("top_p is 2", captioner.caption, SONG, num_beams=1, do_sample=True, top_p=2.0)
    check("device is 0, but must be a name", musicap.Captioner, device=0)
    check("precision is 16, but must be 'f32'", musicap.Captioner, precision=16)
    check("player_mb is 'x'", result.to_html, player_mb="x")
    with pytest.raises(TypeError, match="must be Captions, not str; Captions.load"):
        musicap.summarize("captions.json")
    with pytest.raises(errors.InvalidCaptionsError, match="song.mp3: not valid captions"):
        (tmp_path / "song.mp3").write_bytes(b"\xff\xfb\x90")
        musicap.Captions.load(tmp_path / "song.mp3")
    with pytest.raises(errors.InvalidCaptionsError, match="duration_s.$"):
        musicap.Captions.from_dict({})
    check("model is '.*three-scenes.ogg', but must be a model folder", musicap.Captioner, SONG)
    check("sample_rate is -1, but must be 1 to", captioner.caption, numpy.zeros(9), sample_rate=-1)
    with pytest.raises(TypeError, match="did you mean 'language'"):
        musicap.summarize(result, lang="de")
    with pytest.raises(TypeError, match="path of one folder, not list"):
        musicap.label(["music"])
    with pytest.raises(TypeError, match="did you mean 'precision'"):
        musicap.Captioner(compute_type="int8")
    with pytest.raises(TypeError, match="did you mean 'sample_rate'"):
        musicap.log_mel(numpy.zeros(16_000), sr=16_000)


def test_captions_in_another_language_are_not_translated_again(result):
    german = result.translated("de")
    assert german.translated("German") == german
    for language in ["fr", "en"]:
        with pytest.raises(errors.InvalidCaptionsError, match="another language .de."):
            german.translated(language)


def test_models_that_are_not_there(tmp_path):
    load = musicap.Captioner.from_pretrained
    with pytest.raises(errors.ModelNotFoundError, match="nowhere") as caught:
        load(tmp_path / "nowhere")
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(errors.IncompleteModelError):
        load(tmp_path)
    shutil.copytree(KIT / "model-b", tmp_path / "model")
    (tmp_path / "model" / "config.json").write_text('{"d_model": 7}')
    with pytest.raises(errors.MusicapError):
        load(tmp_path / "model")
    for device in ["gpu", "gpu:1", "cuda"]:
        with pytest.raises(errors.DeviceUnavailableError, match="--features wgpu"):
            load(device=device)
    with pytest.raises(errors.InvalidOptionError, match="device"):
        load(device="tpu")
    assert load(device="auto").device == "cpu"
    assert load().device == "cpu"
    with pytest.raises(errors.InvalidOptionError, match="precision"):
        load(precision="f8")
    with pytest.raises(errors.InvalidOptionError, match="threads"):
        load(threads=0)


def test_a_hub_that_cannot_be_reached(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(errors.HubError, match="owner/name") as caught:
        musicap.Captioner.from_pretrained("owner/name")
    assert caught.value.problem == "unreachable"


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"num_beams": 0}, errors.InvalidOptionError),
        ({"batch_size": 0}, errors.InvalidOptionError),
        ({"overlap": 11.0}, errors.InvalidOptionError),
        ({"tail": "cut"}, errors.InvalidOptionError),
        ({"batch_size": -1}, errors.InvalidOptionError),
        ({"sample_rate": 44_100.5}, errors.InvalidOptionError),
        ({"temperature": float("nan")}, errors.InvalidOptionError),
        ({"num_beans": 3}, TypeError),
        ({"num_beams": "three"}, errors.InvalidOptionError),
        ({"num_beams": 2.5}, errors.InvalidOptionError),
        ({"num_beams": True}, errors.InvalidOptionError),
        ({"do_sample": 1}, errors.InvalidOptionError),
        ({"temperature": "hot"}, errors.InvalidOptionError),
        ({"max_length": 10_000}, errors.InvalidOptionError),
        ({"sample_rate": 16_000}, TypeError),
    ],
)
def test_wrong_options_are_named(captioner, options, kind):
    with pytest.raises(kind, match=next(iter(options))) as caught:
        captioner.captions(SONG, **options)
    # No types of Rust, no words of its JSON reader.
    assert not re.search(r"\b(usize|[iu]\d\d|f\d\d|expected|line \d)\b", str(caught.value))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sr", "sample_rate"),
        ("beam_size", "num_beams"),
        ("max_new_tokens", "max_length"),
        ("num_beems", "num_beams"),
        ("bach_size", "batch_size"),
    ],
)
def test_near_matches_are_suggested(captioner, given, meant):
    for function in [captioner.captions, captioner.caption, musicap.caption]:
        with pytest.raises(TypeError, match=f"unexpected keyword.*{given}.*did you mean '{meant}'"):
            function(SONG, **{given: 1})
    with pytest.raises(TypeError, match=r"from_pretrained\(\).*'dtype'; did you mean 'precision'"):
        musicap.Captioner.from_pretrained(None, dtype="f16")
    with pytest.raises(TypeError, match="did you mean 'threads'"):
        musicap.caption(SONG, num_threads=1)


def test_options_are_checked_before_the_recording_is_read(captioner, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    class Untouched:
        def read(self, size=-1):
            raise AssertionError("read")

    for options in [
        {"language": "Klingon"},
        {"summary": "magic"},
        {"summary": "openai"},
        {"summary": None, "language": "Klingon"},
        {"num_beams": 0},
        {"tail": "cut"},
        {"progress": "yes"},
    ]:
        with pytest.raises(errors.InvalidOptionError):
            captioner.caption(Untouched(), **options)
        with pytest.raises(errors.InvalidOptionError):
            captioner.caption_many([Untouched()], **options)


def test_captions_that_are_done_are_not_lost(captioner, monkeypatch):
    with pytest.raises(RuntimeError) as caught:
        captioner.caption(SONG, progress=_stop_after(2), batch_size=1)
    assert [caption.index for caption in caught.value.captions] == [0, 1, 2]
    # If the summary fails, the captions are returned.
    def fail(*_, **__):
        raise errors.SummaryError("the server failed")

    monkeypatch.setattr("musicap._captioner.summarize", fail)
    with pytest.warns(UserWarning, match="no summary: the server failed"):
        result = captioner.caption(SONG, progress=False)
    assert len(result) == 5 and result.summary is None


def _stop_after(count):
    def progress(done, total):
        nonlocal count
        count -= 1
        if count < 0:
            raise RuntimeError("enough")

    return progress


def test_options_without_effect_are_warned_of(captioner):
    with pytest.warns(UserWarning, match="temperature has no effect without do_sample"):
        captioner.captions(SONG, temperature=0.5)
    with pytest.warns(UserWarning, match="precision='f16' has no effect"):
        musicap.Captioner(precision="f16")


def test_missing_packages_name_the_extra(result, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'musicap\[pandas\]'"):
        result.to_pandas()
    with pytest.raises(ImportError, match=r"pip install 'musicap\[plot\]'"):
        result.plot()


def test_more_threads_than_a_captioner_can_have():
    from musicap import _musicap

    assert _musicap.default_threads(4) == 4
    assert _musicap.default_threads(1_000) == _musicap.MAX_THREADS
    with pytest.raises(errors.InvalidOptionError, match=f"must be 1 to {_musicap.MAX_THREADS}"):
        musicap.Captioner(threads=_musicap.MAX_THREADS + 1)


@pytest.mark.parametrize(
    ("samples", "rate", "kind", "words"),
    [
        (numpy.zeros(16_000), None, TypeError, "sample_rate"),
        (numpy.zeros((16_000, 2)), 16_000, ValueError, r"samples\.T"),
        (numpy.zeros((2, 2, 8)), 16_000, ValueError, "channels, n"),
        (numpy.zeros((0, 100)), 16_000, errors.AudioLimitError, "channels"),
        (numpy.zeros(16_000), 0, errors.InvalidOptionError, "sample_rate"),
        (numpy.zeros(16_000), 10, errors.AudioLimitError, "sample rate"),
        (numpy.zeros(16_000), 10**9, errors.AudioLimitError, "sample rate"),
        (numpy.zeros(16_000, bool), 16_000, TypeError, "bool"),
        (numpy.zeros(16_000, complex), 16_000, TypeError, "complex"),
        (numpy.array(["a"]), 16_000, TypeError, "caption_many"),
        (numpy.zeros((8, 16_000)), 16_000, ValueError, "caption_many"),
        ([numpy.zeros(16_000)] * 2, 16_000, TypeError, "caption_many"),
        ((numpy.zeros(16_000), 8_000), 16_000, TypeError, "8000"),
        ({"array": numpy.zeros(16_000)}, None, TypeError, "sampling_rate"),
        (numpy.full(16_000, 9_000, "i4"), 16_000, errors.InvalidSamplesError, "int16"),
        (object(), 16_000, TypeError, "object"),
        (3.0, 16_000, TypeError, "float"),
    ],
)
def test_samples_that_are_none(captioner, samples, rate, kind, words):
    with pytest.raises(kind, match=words):
        captioner.captions(samples, sample_rate=rate)


@pytest.mark.parametrize("bad", [numpy.nan, numpy.inf])
def test_samples_that_are_no_numbers_are_named(captioner, bad):
    samples = numpy.zeros(200_000, "f4")
    samples[123_456] = bad
    with pytest.raises(errors.InvalidSamplesError, match="123456"):
        list(captioner.captions(samples, sample_rate=16_000))


def test_an_error_of_a_file_object_comes_through(captioner):
    class Broken:
        def read(self, size=-1):
            raise ConnectionResetError("connection lost")

        def seek(self, offset, whence=0):
            return 0

    with pytest.raises(ConnectionResetError, match="connection lost"):
        captioner.captions(Broken())
    with open(__file__, encoding="utf-8") as text, pytest.raises(TypeError, match="rb"):
        captioner.captions(text)


@pytest.mark.parametrize("after", range(1, 12))
def test_an_error_in_the_middle_of_a_file_object_is_not_taken_for_damage(captioner, after):
    class Flaky(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            self.reads += size != 0
            if self.reads == after:
                raise ConnectionResetError("connection lost")
            return super().read(size)

    flaky = Flaky(SONG.read_bytes())
    with pytest.raises(ConnectionResetError, match="connection lost"):
        list(captioner.captions(flaky))


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (numpy.zeros(16_000, "i8"), "int16"),
        (["a.mp3", "b.mp3"], "caption_many"),
    ],
)
def test_what_is_mistaken_for_samples(captioner, samples, words):
    with pytest.raises(TypeError, match=words):
        captioner.captions(samples, sample_rate=16_000)


def test_integers_in_disguise_are_refused(captioner):
    loud = numpy.full(16_000, 12_000.0, "f4")
    with pytest.raises(errors.InvalidSamplesError, match="full scale"):
        list(captioner.captions(loud, sample_rate=16_000))


def test_no_key_shows_in_errors(result):
    with pytest.raises(errors.MusicapError) as caught:
        musicap.summarize(
            result, backend="openai", base_url="http://127.0.0.1:9/v1", api_key="sk-secret", retries=0
        )
    assert "secret" not in str(caught.value)
    assert caught.value.problem == "network"
