"""Log-mel spectrograms against the command's and the parity kit's, which are torchaudio's."""

import subprocess
import sys
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
        f_max=11_025.0, power="power", chunk_seconds=3.0,
    )
    assert mel.shape == (1, 64, 1 + 22_050 * 3 // 512)
    edges = numpy.linspace(0.0, 2595.0 * numpy.log10(1.0 + 11_025.0 / 700.0), 66)
    band = numpy.abs(edges[1:-1] - 2595.0 * numpy.log10(1.0 + 1_000.0 / 700.0)).argmin()
    assert (mel[0].mean(axis=1).argmax()) == band


def test_a_whole_recording_is_one_piece(tune):
    # More samples than a block, and a tail; against a transform of our own in float64.
    samples = numpy.concatenate([tune, tune[::-1]])[: 16_000 * 41 + 77]
    for n_fft, hop, n_mels in [(1024, 160, 128), (400, 160, 80), (2048, 512, 64)]:
        options = {"n_fft": n_fft, "hop_length": hop, "n_mels": n_mels, "power": "power"}
        found = musicap.log_mel(samples, sample_rate=16_000, whole=True, **options)
        assert found.shape == (n_mels, 1 + len(samples) // hop) and found.dtype == numpy.float32
        assert numpy.array_equal(
            found, musicap.log_mel(samples, sample_rate=16_000, whole=True, threads=1, **options)
        )
        padded = numpy.pad(samples.astype("f8"), n_fft // 2, mode="reflect")
        frames = numpy.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
        window = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(n_fft) / n_fft)
        power = numpy.abs(numpy.fft.rfft(frames * window)) ** 2
        mel = 2595.0 * numpy.log10(1.0 + 8_000.0 / 700.0)
        edges = 700.0 * (10.0 ** (numpy.linspace(0.0, mel, n_mels + 2) / 2595.0) - 1.0)
        hertz = numpy.fft.rfftfreq(n_fft, 1 / 16_000)[:, None]
        up = (hertz - edges[:-2]) / numpy.diff(edges)[:-1]
        down = (edges[2:] - hertz) / numpy.diff(edges)[1:]
        bands = numpy.maximum(0.0, numpy.minimum(up, down))
        expected = 10 * numpy.log10(numpy.maximum(power @ bands, 1e-10)).T
        audible = expected > -60.0
        assert numpy.abs(found - expected)[audible].max() < 0.02
    assert musicap.log_mel(samples[:100], sample_rate=16_000, whole=True).shape == (128, 1)
    song = musicap.log_mel(SONG, whole=True)
    assert song.shape[0] == 128 and abs(song.shape[1] - 4500) < 3


def test_a_quiet_recording_stays_as_quiet_as_it_is(tune):
    loud, options = tune[:160_000], {"sample_rate": 16_000}
    expected = musicap.log_mel(loud, **options) - 60.0
    audible = expected > -100.0
    for quiet in [loud / numpy.float32(1_000.0), loud.astype("f8") / 1_000.0]:
        for more in [{}, {"overlap": 0.1}]:
            found = musicap.log_mel(quiet, **options, **more)[:1]
            assert numpy.abs(found - expected)[audible].max() < 0.05
        whole = musicap.log_mel(quiet, **options, whole=True)[:, : expected.shape[2]]
        assert numpy.abs(whole - expected[0])[audible[0]].max() < 0.05


def test_chunks_overlap_and_tails_are_kept_or_dropped(tune):
    assert len(musicap.log_mel(tune, sample_rate=16_000, tail="drop")) == len(tune) // 160_000
    overlapped = musicap.log_mel(tune, sample_rate=16_000, overlap=5.0)
    whole = musicap.log_mel(tune, sample_rate=16_000)
    assert numpy.array_equal(overlapped[0], whole[0])
    assert numpy.array_equal(overlapped[2], whole[1])
    assert musicap.log_mel(numpy.zeros(0, "f4"), sample_rate=16_000).shape == (0, 128, 1001)


def test_the_scale_and_the_powers_are_librosas(tune):
    options = {"hop_length": 512, "n_mels": 40, "mel_scale": "slaney", "whole": True}
    for power, name in [(1, "amplitude"), (2, "power")]:
        found = musicap.log_mel(tune[:32_000], sample_rate=16_000, power=power, **options)
        named = musicap.log_mel(tune[:32_000], sample_rate=16_000, power=name, **options)
        assert numpy.array_equal(found, named)
        expected = numpy.load(KIT.parent / "librosa" / f"power{power}.npy")
        audible = expected > expected.max() - 90.0
        assert found.shape == expected.shape and audible.sum() > 1_500
        assert numpy.abs(found - expected)[audible].max() < 0.01


@pytest.mark.parametrize(
    "options", [{"n_fft": 0}, {"hop_length": 0}, {"f_max": 9_000.0}, {"power": "imaginary"}, {"power": 3},
                {"threads": 0}, {"n_mels": "many"}]
)
def test_wrong_options(tune, options):
    with pytest.raises((errors.MusicapError, ValueError)):
        musicap.log_mel(tune, sample_rate=16_000, **options)


def test_the_benchmark_runs_from_the_wheel():
    arguments = [sys.executable, "-m", "musicap.bench", "--seconds", "12", "--rounds", "1"]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert "12 s of audio" in done.stdout and "1.00 x" in done.stdout
