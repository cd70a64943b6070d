"""Log-mel spectrograms against the command's and the parity kit's, which are torchaudio's."""

import subprocess
import wave

import numpy
import pytest
from conftest import KIT, SONG

import musicap
from musicap import errors


@pytest.fixture(scope="module")
def tune():
    with wave.open(str(KIT / "tune-16k.wav")) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples / numpy.float32(32_768.0)


def test_the_first_chunk_is_torchaudios(tune):
    expected = numpy.load(KIT / "mel-chunk0.npy")
    found = musicap.log_mel(tune, sample_rate=16_000)
    assert found.dtype == numpy.float32 and found.shape[1:] == (128, 1001)
    loud = expected.reshape(128, 1001) > -65.0
    assert numpy.abs(found[0] - expected.reshape(128, 1001))[loud].max() < 0.05


def test_all_of_it_is_the_commands(command, tmp_path):
    output = tmp_path / "mel.npy"
    subprocess.run([command, "mel", str(SONG), "-o", str(output), "--quiet"], check=True)
    assert numpy.array_equal(musicap.log_mel(SONG), numpy.load(output))
    assert numpy.array_equal(musicap.log_mel(SONG, threads=1), numpy.load(output))


def test_a_sine_lies_in_its_band():
    sine = numpy.sin(2 * numpy.pi * 1_000.0 * numpy.arange(44_100 * 3) / 44_100).astype("f4")
    mel = musicap.log_mel(
        sine, sample_rate=44_100, model_sample_rate=22_050, n_fft=2048, hop_length=512, n_mels=64,
        f_max=11_025.0, power="magnitude", chunk_seconds=3.0,
    )
    assert mel.shape == (1, 64, 1 + 22_050 * 3 // 512)
    edges = numpy.linspace(0.0, 2595.0 * numpy.log10(1.0 + 11_025.0 / 700.0), 66)
    band = numpy.abs(edges[1:-1] - 2595.0 * numpy.log10(1.0 + 1_000.0 / 700.0)).argmin()
    assert (mel[0].mean(axis=1).argmax()) == band


def test_chunks_overlap_and_tails_are_kept_or_dropped(tune):
    assert len(musicap.log_mel(tune, sample_rate=16_000, tail="drop")) == len(tune) // 160_000
    overlapped = musicap.log_mel(tune, sample_rate=16_000, overlap=5.0)
    whole = musicap.log_mel(tune, sample_rate=16_000)
    assert numpy.array_equal(overlapped[0], whole[0])
    assert numpy.array_equal(overlapped[2], whole[1])
    assert musicap.log_mel(numpy.zeros(0, "f4"), sample_rate=16_000).shape == (0, 128, 1001)


@pytest.mark.parametrize(
    "options", [{"n_fft": 0}, {"hop_length": 0}, {"f_max": 9_000.0}, {"power": "imaginary"},
                {"threads": 0}, {"n_mels": "many"}]
)
def test_wrong_options(tune, options):
    with pytest.raises((errors.MusicapError, ValueError)):
        musicap.log_mel(tune, sample_rate=16_000, **options)
