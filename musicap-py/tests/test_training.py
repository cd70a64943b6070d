"""Fine-tuning from Python: the model learns, and errors are raised."""

import wave

import numpy
import pandas
import pytest

import musicap
from musicap import errors


@pytest.fixture
def tones(tmp_path):
    rows = []
    for number in range(8):
        pitch = 220.0 * (1 + number % 4)
        tone = 0.5 * numpy.sin(2 * numpy.pi * pitch * numpy.arange(16_000 * 10) / 16_000)
        path = tmp_path / f"{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes((tone * 32_767).astype("<i2").tobytes())
        rows.append({"audio": path, "caption": "A single calm tone."})
    return rows


def test_the_model_learns_the_captions(tones, tmp_path):
    steps = []
    rows = [*tones, {"audio": tmp_path / "none.wav", "caption": "Nothing."}]
    output = tmp_path / "tuned"
    report = musicap.finetune(
        rows, output, epochs=12, patience=12, batch_size=2, learning_rate=1e-3, freeze=[],
        held_out_share=0.25, progress=steps.append,
    )
    losses = [epoch["held_out_loss"] for epoch in report["epochs"]]
    assert min(losses) < losses[0] / 2
    assert len(report["skipped"]) == 1
    assert steps[-1]["epoch"] >= 12 and steps[0]["steps"] == 3
    tuned = musicap.Captioner.from_pretrained(output)
    assert "tone" in tuned.caption(tones[0]["audio"], progress=False)[0].text


def test_an_interrupted_run_is_resumed(tones, tmp_path):
    class Enough(Exception):
        pass

    def stop(at):
        if at["epoch"] == 2:
            raise Enough

    options = {"epochs": 3, "batch_size": 4, "learning_rate": 1e-3}
    output = tmp_path / "tuned"
    with pytest.raises(Enough):
        musicap.finetune(tones, output, progress=stop, **options)
    first = []
    musicap.finetune(tones, output, progress=first.append, **options)
    assert first[0]["epoch"] == 2


def test_a_table_with_relative_paths_and_missing_cells(tones, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pandas.DataFrame(tones)
    table["audio"] = [path.name for path in table["audio"]]
    table["start_s"] = numpy.nan
    steps = []
    report = musicap.finetune(
        table, "tuned", epochs=1, watch_words="tone", progress=lambda at: steps.append(at)
    )
    assert report["skipped"] == [] and steps
    assert report["evaluations"][0]["word_counts"][0]["word"] == "tone"


def test_errors(tmp_path, tones):
    with pytest.raises(errors.TrainingError, match="none of the 1 rows"):
        musicap.finetune([{"audio": "none.wav", "caption": "x"}], tmp_path / "a", progress=False)
    with pytest.raises(ValueError, match="not a path"):
        musicap.finetune([{"audio": None, "caption": "x"}], tmp_path / "b", progress=False)
    with pytest.raises(ValueError, match="caption"):
        musicap.finetune([{"audio": "a.wav"}], tmp_path / "b", progress=False)
    with pytest.raises(errors.MusicapError, match="nowhere"):
        musicap.finetune(tones, tmp_path / "c", model=tmp_path / "nowhere", progress=False)
