"""The tests run against the installed wheel: nothing here is imported from the source tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy
import pytest

import musicap

ROOT = Path(__file__).resolve().parents[2]
SONG = ROOT / "examples" / "songs" / "three-scenes.ogg"
KIT = ROOT / "musicap-core" / "tests" / "data" / "parity"

assert ROOT not in Path(musicap.__file__).resolve().parents, "install the wheel to test it"


@pytest.fixture(scope="session")
def song() -> Path:
    return SONG


@pytest.fixture(scope="session")
def captioner() -> musicap.Captioner:
    return musicap.Captioner()


@pytest.fixture(scope="session")
def result(captioner: musicap.Captioner) -> musicap.Captions:
    return captioner.caption(SONG, progress=False)


@pytest.fixture(scope="session")
def command() -> str:
    """The command built by cargo: the outside truth for what comes out."""
    command = os.environ.get("MUSICAP_COMMAND") or shutil.which("musicap")
    assert command, "name the built command in MUSICAP_COMMAND"
    return command


@pytest.fixture(scope="session")
def said(command: str) -> dict:
    """What the command says of the song."""
    arguments = [command, str(SONG), "--format", "json", "--summary", "--quiet"]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def decoded(rate: int, channels: int, form: str, dtype: str) -> numpy.ndarray:
    """The song's samples [n, channels], as ffmpeg gives them."""
    arguments = ["ffmpeg", "-v", "error", "-i", str(SONG), "-f", form, "-ac", str(channels)]
    arguments += ["-ar", str(rate), "-"]
    samples = subprocess.run(arguments, check=True, capture_output=True).stdout
    return numpy.frombuffer(samples, dtype).reshape(-1, channels)
