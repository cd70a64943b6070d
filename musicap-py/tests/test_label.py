"""Labels of folders."""

import json
import shutil
import subprocess
from pathlib import Path

import musicap
import pytest

SONG = Path(__file__).parents[2] / "examples" / "songs" / "three-scenes.ogg"


def test_a_folder_becomes_a_table(tmp_path):
    pytest.importorskip("pandas")
    shutil.copy(SONG, tmp_path / "one.ogg")
    table = musicap.label(tmp_path, formats=["jsonl"])
    row = table.loc["one.ogg"]
    assert row["caption"].endswith(".") and "piano" in row["instruments"]
    assert -70 < row["loudness_lufs"] < 0
    assert (tmp_path / "metadata.jsonl").exists()
    german = musicap.label(
        tmp_path, output=tmp_path / "de", formats=["ace-step"], playlists=["instruments"],
        min_confidence=0.9, language="de", precision="int8", threads=1, jobs=1,
    )
    assert german.loc["one.ogg"]["caption"] != row["caption"]
    assert (tmp_path / "de" / "one_prompt.txt").exists()
    assert list((tmp_path / "de" / "playlists").glob("*piano*.m3u8"))
    with pytest.raises(ValueError, match="invalid"):
        musicap.label(tmp_path, template="{gender}")


def test_facts_in_json_are_read_and_written():
    facts = {"version": 1, "key": {"tonic": "E", "mode": "minor", "confidence": 0.5}}
    caption = {"index": 0, "start_s": 0.0, "end_s": 1.0, "text": "A.", "score": -0.5}
    caption["facts"] = {"drums": {"present": False, "confidence": 0.9}}
    data = {"file": None, "duration_s": 1.0, "model": "m", "captions": [caption], "summary": None}
    captions = musicap.Captions.from_dict({**data, "facts": facts})
    assert captions.facts == facts and captions[0].facts == caption["facts"]
    assert captions.to_dict() == {**data, "facts": facts}
    assert isinstance(hash(captions[0]), int)


def test_facts_are_those_of_the_command(command):
    line = [command, "--facts", "--format", "json", SONG]
    expected = json.loads(subprocess.run(line, check=True, capture_output=True).stdout)
    captioner = musicap.Captioner()
    result = captioner.caption(SONG, facts=True, progress=False)
    assert result.facts == expected["facts"] and result.facts["loudness"]
    facts = [caption["facts"] for caption in expected["captions"]]
    assert [caption.facts for caption in result] == facts
    assert [caption.facts for caption in captioner.captions(SONG, facts=True)] == facts
    [one] = captioner.caption_many([SONG], facts=True, progress=False)
    assert one == result
    beats = captioner.caption(SONG, facts="beats", progress=False).facts.pop("beats")
    assert beats == sorted(beats) and len(beats) > 20
    with pytest.raises(musicap.MusicapError, match="off, on or beats"):
        captioner.caption(SONG, facts="chords")
    assert captioner.caption(SONG, progress=False).facts is None
