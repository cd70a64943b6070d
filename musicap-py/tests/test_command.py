"""`python -m musicap` and the script `musicap` are the command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SONG

FORMS = {
    "module": [sys.executable, "-m", "musicap"],
    "script": [str(Path(sys.executable).with_name("musicap"))],
}


def run(program, *arguments):
    return subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "arguments",
    [
        [str(SONG)],
        [str(SONG), "--format", "srt", "--beams", "1"],
        ["caption", str(SONG), "--format", "json", "--summary"],
        ["--version"],
        ["--help"],
        [],
        ["nothing.mp3"],
        [str(SONG), "--beams", "0"],
        [str(SONG), "--no-such-option"],
    ],
    ids=" ".join,
)
def test_it_prints_and_ends_as_the_command(command, form, arguments):
    expected, found = run([command], *arguments), run(FORMS[form], *arguments)
    assert found.stdout == expected.stdout
    assert found.stderr == expected.stderr
    assert found.returncode == expected.returncode


def test_a_reader_that_has_seen_enough():
    shell = f"{sys.executable} -m musicap {SONG} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert done.stdout.startswith("0:00–0:10 ")
    assert done.stderr == "" and done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_ctrl_c_ends_it():
    import signal
    import time

    arguments = [*FORMS["module"], "live", "--rate", "16000"]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == -signal.SIGINT
    assert b"Traceback" not in process.stderr.read()
