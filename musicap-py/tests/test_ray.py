"""The Ray pipeline on a local cluster of two workers."""

import json
import os
import subprocess
import sys

import pyarrow.dataset
from conftest import ROOT, SONG

SCRIPT = ROOT / "examples" / "ray" / "caption_collection.py"


def run(*arguments):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments), "--workers", "2", "--batch", "1"],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_folder_with_a_bad_file_and_once_more(tmp_path, result):
    music, output = tmp_path / "music", tmp_path / "captions"
    music.mkdir()
    for name in ["a.ogg", "b.ogg"]:
        (music / name).write_bytes(SONG.read_bytes())
    (music / "broken.mp3").write_text("no music")
    assert "1 of 3 failed" in run(music, output)

    def rows():
        return pyarrow.dataset.dataset(output, format="parquet").to_table().to_pylist()

    first = rows()
    good = [row for row in first if row["recording"].endswith("b.ogg")]
    assert [row["text"] for row in sorted(good, key=lambda row: row["index"])] == [
        caption.text for caption in result
    ]
    assert {row["summary"] for row in good} == {result.summary}
    [bad] = [row for row in first if row["error"]]
    assert bad["recording"].endswith("broken.mp3") and "UnknownFormatError" in bad["error"]

    # A second run does what is new, and no more.
    (music / "c.ogg").write_bytes(SONG.read_bytes())
    said = run(music, output, "--facts")
    assert "4 recordings, 3 of them done already" in said and "0 of 1 failed" in said
    assert len(rows()) == len(first) + len(result)
    assert "4 of them done already" in run(music, output)
    facts = [row for row in rows() if row["recording"].endswith("c.ogg")][0]
    assert "piano" in facts["instruments"] and json.loads(facts["facts"])["version"] == 1
    assert -70 < facts["loudness_lufs"] < 0 and all(row["facts"] is None for row in first)
