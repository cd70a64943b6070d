"""Labels of folders."""

import importlib.util
import json
import shutil
import subprocess
import sys
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
    again = musicap.label(tmp_path, formats="csv")
    assert again.loc["one.ogg"]["caption"] == row["caption"] and (tmp_path / "labels.csv").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"template": "{gender}"}, "^template is {gender}, but must be {caption}"),
        ({"jobs": 0}, "^jobs is 0"),
        ({"jobs": 1.5}, "^jobs is 1.5"),
        ({"formats": ["xml"]}, "'xml' for 'formats' .possible values: ace-step-1.5"),
        ({"min_confidence": 2}, "^min_confidence is 2, but must be 0 to 1"),
        ({"language": "Klingon"}, "^language is"),
    ],
)
def test_invalid_arguments_are_named_before_anything_is_labelled(tmp_path, options, message, capfd):
    pytest.importorskip("pandas")
    shutil.copy(SONG, tmp_path / "one.ogg")
    with pytest.raises(musicap.errors.InvalidOptionError, match=message):
        musicap.label(tmp_path, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["one.ogg"]
    assert capfd.readouterr().err == ""


def test_what_is_missing_is_an_error_of_its_kind(tmp_path, capfd):
    pytest.importorskip("pandas")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        musicap.label(tmp_path / "none")
    with pytest.raises(TypeError, match="did you mean 'jobs'"):
        musicap.label(tmp_path, job=2)
    assert musicap.label(tmp_path).empty
    shutil.copy(SONG, tmp_path / "one.ogg")
    with pytest.raises(musicap.errors.ModelNotFoundError, match="nomodel"):
        capfd.readouterr()
        musicap.label(tmp_path, model="nomodel")
    assert capfd.readouterr().err == ""


def test_a_track_that_cannot_be_read_is_told_and_left_out(tmp_path, capsys):
    pytest.importorskip("pandas")
    shutil.copy(SONG, tmp_path / "one.ogg")
    (tmp_path / "two.mp3").write_bytes(b"no sound")
    damaged = bytearray(SONG.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 20_000] = bytes(20_000)
    (tmp_path / "three.ogg").write_bytes(damaged)
    table = musicap.label(tmp_path)
    assert list(table.index) == ["one.ogg", "three.ogg"]
    messages = capsys.readouterr().err
    assert "two.mp3" in messages
    assert table.notes["one.ogg"] == []
    assert table.notes["three.ogg"] and table.notes["three.ogg"][0] in messages


def test_ctrl_c_ends_it_and_the_next_call_goes_on(tmp_path):
    pytest.importorskip("pandas")
    tracks = [tmp_path / f"{number:02}.ogg" for number in range(80)]
    for track in tracks:
        shutil.copy(SONG, track)
    # What a shell runs in the background ignores the signal otherwise.
    program = (
        "import os, signal, sys, threading, musicap, pandas\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(1, os.kill, [os.getpid(), signal.SIGINT]).start()\n"
        "try: musicap.label(sys.argv[1], jobs=1, threads=1)\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    line = [sys.executable, "-c", program, str(tmp_path)]
    result = subprocess.run(line, check=True, capture_output=True, text=True)
    assert result.stdout == "interrupted\n", result.stderr
    # Tables are written at the end.
    assert not (tmp_path / "labels.csv").exists()
    for track in tracks[3:]:
        track.unlink()
    assert len(musicap.label(tmp_path)) == 3


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
    if importlib.util.find_spec("pandas"):
        assert list(result.to_pandas().facts) == facts
    [one] = captioner.caption_many([SONG], facts=True, progress=False)
    assert one == result
    beats = captioner.caption(SONG, facts="beats", progress=False).facts.pop("beats")
    assert beats == sorted(beats) and len(beats) > 20
    with pytest.raises(musicap.MusicapError, match="is .*, but must be True, False or .beats."):
        captioner.caption(SONG, facts="chords")
    assert captioner.caption(SONG, progress=False).facts is None
