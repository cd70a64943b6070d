"""Labels of folders of tracks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Sequence

from musicap._options import check_unknown, integer
from musicap.errors import InvalidOptionError, ModelNotFoundError, MusicapError

if TYPE_CHECKING:
    import pandas

__all__ = ["label"]

_STATE = ".musicap-labels.json"


def label(
    folder: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    formats: str | Sequence[str] = ("ace-step-1.5", "jsonl", "csv", "review"),
    playlists: str | Sequence[str] = (),
    template: str | None = None,
    min_confidence: float = 0.5,
    language: str = "en",
    model: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    precision: str = "f32",
    threads: int | None = None,
    jobs: int | None = None,
    overwrite: bool = False,
    **unknown: NoReturn,
) -> pandas.DataFrame:
    """Labels the tracks of a folder, as the command ``musicap label`` does.

    The command runs in a process of its own. Ctrl-C ends it at once; the same call goes on from
    there, as tracks that have labels are not captioned again.

    Args:
        folder: The folder of the tracks.
        output: The folder for the labels; by default that of the tracks.
        formats: What to write: one or several of "ace-step-1.5", "ace-step", "jsonl", "csv",
            "review".
        playlists: The facts to write playlists (M3U8) by: "genre", "key", "tempo", "voices",
            "instruments".
        template: Text of prompts, such as ``"{genre}, {key}, {bpm} BPM, {voices}"``.
        min_confidence: Facts that are less likely, 0 to 1, are left out of what is written, not
            of the table. How likely instruments, voices and genres are is in its ``facts``.
        language: Language of the captions, such as "de".
        model: A model folder, file or hub id; by default the embedded model.
        device: "cpu", "gpu", "cuda", "auto", "ndarray".
        precision: "f32", "f16" or "int8".
        threads: Threads for computing; by default all cores.
        jobs: Tracks that are decoded and captioned at the same time; by default one per core with
            the embedded model, otherwise 1.
        overwrite: Whether tracks that have labels are captioned again.

    Returns:
        A row for each track that could be labelled, indexed by its path below the folder:
        ``caption``, ``duration_s``, ``bpm``, ``bpm_confidence``, ``key``, ``key_confidence``,
        ``loudness_lufs``, ``genres``, ``voices`` and ``instruments`` (lists of names), ``facts``
        with all that is known, and ``notes``, which say what is damaged, if anything is. Messages
        about tracks that failed go to ``sys.stderr``.

    Raises:
        ImportError: Without pandas: ``pip install musicap[pandas]``.
        FileNotFoundError: If there is no such folder.
        InvalidOptionError: If an argument is invalid.
        ModelNotFoundError: If there is no such model; other errors of the model are a MusicapError.
        TypeError: For unknown arguments.
    """
    check_unknown("label", label, unknown)
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"folder must be the path of one folder, not {type(folder).__name__}")
    try:
        import pandas
    except ImportError as error:
        raise ImportError("label() needs pandas: pip install 'musicap[pandas]'") from error

    target = Path(folder if output is None else output)
    if not Path(folder).exists():
        raise FileNotFoundError(f"{os.fspath(folder)}: there is no such folder")
    threads, jobs = integer("threads", threads, 1), integer("jobs", jobs, 1)
    options: dict[str, Any] = {
        "output": output and os.fspath(output),
        "formats": formats if isinstance(formats, str) else ",".join(formats),
        "playlists": (playlists if isinstance(playlists, str) else ",".join(playlists)) or None,
        "template": template,
        "min-confidence": min_confidence,
        "language": language,
        "model": model and os.fspath(model),
        "device": device,
        "precision": precision,
        "threads": threads,
        "jobs": jobs,
    }
    arguments = [f"--{name}={value}" for name, value in options.items() if value is not None]
    if overwrite:
        arguments.append("--overwrite")
    _run(["label", "--quiet", *arguments, "--", os.fspath(folder)])
    state = target / _STATE
    tracks = json.loads(state.read_text("utf-8"))["tracks"] if state.exists() else {}
    rows = [{"file": file, **_row(track["label"])} for file, track in tracks.items()]
    columns = ["file", *_row({"caption": "", "duration_s": 0.0, "facts": {}})]
    table: pandas.DataFrame = pandas.DataFrame(rows, columns=columns).set_index("file")
    return table


def _run(arguments: list[str]) -> None:
    """Runs the command of this package, passes its messages on, and raises what is invalid."""
    package = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "musicap", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    assert process.stderr is not None
    messages = []
    try:
        with process.stderr:
            for line in process.stderr:
                messages.append(line.rstrip("\n"))
                # What is wrong with an argument becomes the exception, not a message.
                if _TRACK.match(line) and not _NO_MODEL.search(line):
                    print(line, end="", file=sys.stderr)
        status = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    text = "\n".join(messages)
    if status == 0 or _SOME_FAILED.search(text) or "no track to label" in text:
        return
    reason = _reason(messages)
    if status == 2:
        raise InvalidOptionError(reason)
    raise ModelNotFoundError(reason) if _NO_MODEL.match(reason) else MusicapError(reason)


_TRACK = re.compile(r"musicap: (?!--)")
_SOME_FAILED = re.compile(r"^musicap: \d+ tracks? failed:", re.MULTILINE)
_NO_MODEL = re.compile(r'model ".*" not found')


def _reason(messages: list[str]) -> str:
    """What was wrong, with the names that options have in Python."""
    lines = [line for line in messages if line.strip()]
    text = re.sub(r"^(error|musicap): ", "", lines[0]) if lines else "musicap label failed"
    text += "".join(f" {line.strip()}" for line in lines[1:] if "possible values" in line)
    option = re.compile(r"--([a-z][a-z-]*)( <[^>]*>)?")
    return option.sub(lambda match: match[1].replace("-", "_"), text)


def _row(label: dict[str, Any]) -> dict[str, Any]:
    facts = label["facts"]
    tempo, key = facts.get("tempo", {}), facts.get("key", {})
    return {
        "caption": label["caption"],
        "duration_s": label["duration_s"],
        "bpm": tempo.get("bpm"),
        "bpm_confidence": tempo.get("confidence"),
        "key": f"{key['tonic']} {key['mode']}" if key else None,
        "key_confidence": key.get("confidence"),
        "loudness_lufs": facts.get("loudness", {}).get("integrated_lufs"),
        "genres": [genre["name"] for genre in facts.get("genres", ())],
        "voices": [voice["kind"] for voice in facts.get("voices", ())],
        "instruments": [instrument["name"] for instrument in facts.get("instruments", ())],
        "facts": facts,
        "notes": label.get("notes", []),
    }
