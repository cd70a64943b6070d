"""Captions equal the command's, whatever form the recording comes in."""

import io
import json
import os
import pydoc
import subprocess
import wave

import numpy
import pytest
from conftest import KIT, SONG, decoded

import musicap


def texts(captions):
    return [caption.text for caption in captions]


def test_captions_and_summary_are_the_commands(said, captioner):
    result = captioner.caption(str(SONG), progress=False)
    assert result.to_dict() == said
    assert json.loads(result.to_json()) == said


def test_what_lies_in_memory_has_no_file(captioner):
    data = SONG.read_bytes()
    assert captioner.caption(data, progress=False, summary=None).file is None
    with open(SONG, "rb") as file:
        assert captioner.caption(file, progress=False, summary=None).file == str(SONG)


def test_every_setting_reaches_the_model(captioner, command):
    options = ["--beams", "3", "--max-length", "12", "--overlap", "2.5", "--tail", "drop"]
    arguments = [command, str(SONG), "--format", "json", "--quiet", *options]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    result = captioner.caption(
        SONG, num_beams=3, max_length=12, overlap=2.5, tail="drop", summary=None, progress=False
    )
    assert result.to_dict() == json.loads(done.stdout)


@pytest.mark.parametrize("precision", ["f32", "int8"])
def test_a_checkpoint_of_the_references_layout(command, tmp_path, precision):
    [weights] = (KIT / "model-a").glob("*.pth")
    arguments = [command, str(SONG), "--model", str(weights), "--precision", precision]
    arguments += ["--format", "json", "--quiet"]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    captioner = musicap.Captioner.from_pretrained(weights, precision=precision)
    result = captioner.caption(SONG, summary=None, progress=False)
    assert result.to_dict() == json.loads(done.stdout)
    if precision == "int8":
        musicap.convert(weights, tmp_path / "int8", precision="int8")
        converted = musicap.Captioner.from_pretrained(tmp_path / "int8")
        assert texts(converted.captions(SONG)) == texts(result)


def test_tuples_and_data_sets(captioner, said):
    mono = decoded(16_000, 1, "f32le", "<f4")[:, 0]
    expected = texts(captioner.captions(mono, sample_rate=16_000))
    column = {"path": "clip.wav", "array": mono, "sampling_rate": 16_000}
    for form in [(mono, 16_000), (16_000, mono), (list(mono), 16_000), column]:
        assert texts(captioner.captions(form)) == expected
    assert captioner.caption(column, progress=False).file == "clip.wav"
    assert "<audio" in captioner.caption((mono, 16_000), progress=False)._repr_html_()


class Tensor:
    """The part of PyTorch's interface that matters: numpy refuses tensors with gradients, and has no
    bfloat16."""

    def __init__(self, array, dtype, requires_grad):
        self.array, self.dtype, self.requires_grad = array, dtype, requires_grad

    def detach(self):
        return Tensor(self.array, self.dtype, False)

    def cpu(self):
        return self

    def float(self):
        return Tensor(self.array, "torch.float32", self.requires_grad)

    def __array__(self, dtype=None, copy=None):
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


@pytest.mark.parametrize("dtype", ["torch.float32", "torch.bfloat16"])
def test_tensors_with_gradients_and_in_bfloat16(captioner, dtype):
    mono = decoded(16_000, 1, "f32le", "<f4")[:, 0]
    expected = texts(captioner.captions(mono, sample_rate=16_000))
    tensor = Tensor(mono, dtype, True)
    assert texts(captioner.captions(tensor, sample_rate=16_000)) == expected
    assert texts(captioner.captions((tensor, 16_000))) == expected
    result = captioner.caption({"waveform": tensor, "sample_rate": 16_000}, progress=False)
    assert "<audio" in result._repr_html_()
    del tensor
    assert "<audio" not in result._repr_html_()


def test_channels_in_opposite_phase_are_heard_as_those_of_a_file(captioner, tmp_path):
    mono = decoded(16_000, 1, "s16le", "<i2")[: 16_000 * 12, 0]
    stereo = numpy.stack([mono, -mono])
    with wave.open(str(tmp_path / "opposite.wav"), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes(stereo.T.tobytes())
    with pytest.warns(UserWarning, match="opposite phase"):
        expected = captioner.caption(tmp_path / "opposite.wav", progress=False)
    with pytest.warns(UserWarning, match="opposite phase"):
        found = captioner.caption(stereo, sample_rate=16_000, progress=False)
    assert texts(found) == texts(expected) == texts(captioner.captions(mono, sample_rate=16_000))
    assert found.notes == expected.notes


class Pipe(io.RawIOBase):
    """A file object that cannot be sought."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def read(self, size=-1):
        return self.data.read(size)

    def seekable(self):
        return False


def test_paths_bytes_and_file_objects_say_the_same(captioner, said):
    data = SONG.read_bytes()
    expected = [caption["text"] for caption in said["captions"]]
    with open(SONG, "rb") as file:
        forms = [os.fspath(SONG), SONG, data, bytearray(data), memoryview(data)]
        forms += [file, io.BytesIO(data), Pipe(data)]
        for form in forms:
            assert texts(captioner.captions(form)) == expected, type(form)


@pytest.mark.parametrize(
    ("form", "dtype"), [("s16le", "<i2"), ("s32le", "<i4"), ("f32le", "<f4"), ("u8", "u1")]
)
def test_samples_of_any_kind_say_the_same(captioner, said, form, dtype):
    stereo = decoded(44_100, 2, form, dtype).T
    expected = [caption["text"] for caption in said["captions"]]
    if dtype != "<f4":
        # Rounded samples are another recording, held to itself in another form.
        full, middle = {"<i2": (2.0**15, 0), "<i4": (2.0**31, 0), "u1": (128.0, 128)}[dtype]
        floats = (stereo.astype("f8") - middle) / full
        expected = texts(captioner.captions(floats, sample_rate=44_100))
    assert texts(captioner.captions(stereo, sample_rate=44_100)) == expected


def test_where_samples_lie_does_not_matter(captioner):
    mono = decoded(16_000, 1, "f32le", "<f4")[:, 0]
    expected = texts(captioner.captions(mono, sample_rate=16_000))
    assert len(expected) == 5
    spaced = numpy.zeros(2 * len(mono), "f4")
    spaced[::2] = mono
    forms = [spaced[::2], mono[None], numpy.stack([mono, mono]), mono.astype("f8")]
    forms += [mono.astype(">f4"), numpy.asfortranarray(numpy.stack([mono, mono]))]
    for form in forms:
        assert texts(captioner.captions(form, sample_rate=16_000)) == expected


def test_captions_come_as_they_are_done(captioner):
    taken = 0

    class Watched(io.BytesIO):
        def read(self, size=-1):
            nonlocal taken
            data = super().read(size)
            taken += len(data)
            return data

    # Four minutes.
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(decoded(16_000, 1, "s16le", "<i2").tobytes() * 5)
    data = buffer.getvalue()
    captions = captioner.captions(Watched(data), batch_size=1)
    assert next(captions).start_s == 0.0
    assert taken < len(data) / 4


def test_captions_of_nothing(captioner):
    result = captioner.caption(numpy.zeros(0, "f4"), sample_rate=16_000, progress=False)
    assert len(result) == 0
    assert result.duration_s == 0.0
    assert "too short" in result._repr_html_()


def test_progress_is_told_in_seconds_of_audio(captioner):
    told = []
    captioner.caption(SONG, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) == 6
    assert told[-1][0] == told[-1][1]
    assert all(total == pytest.approx(45.0, abs=0.1) for _, total in told)


def test_an_error_in_the_callback_ends_the_work(captioner):
    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        captioner.caption(SONG, progress=stop)


def test_the_embedded_model_is_loaded_once():
    assert musicap.caption(SONG, progress=False) == musicap.caption(SONG, progress=False)
    captioner = musicap.Captioner(threads=1)
    assert captioner.threads == 1
    assert captioner.config["audio"]["sample_rate"] == 16_000
    assert musicap.caption(SONG, model=captioner, progress=False).model == captioner.name
    assert musicap.caption(SONG, threads=1, progress=False, num_beams=1).model == "embedded"


def test_embedded_is_a_name_and_captioners_can_be_closed(result):
    with musicap.Captioner(result.model) as captioner:
        lazy = captioner.captions(SONG)
        first = next(lazy)
    assert first == result[0]
    # What was begun ends.
    assert [first, *lazy] == list(result)
    assert "closed" in repr(captioner)
    with pytest.raises(ValueError, match="closed"):
        captioner.captions(SONG)


def test_help_lists_all_arguments():
    for function in [musicap.caption, musicap.Captioner.captions, musicap.Captioner.caption]:
        text = pydoc.render_doc(function)
        for name in ["recording", "sample_rate", "num_beams", "max_length", "seed"]:
            assert f" {name}:" in text or f", {name}" in text, name


def test_a_bar_is_for_terminals(captioner, capsys):
    captioner.caption(SONG, progress=True)
    assert capsys.readouterr().err == ""
