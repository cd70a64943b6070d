"""Labels of folders of tracks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from musicap import _musicap

if TYPE_CHECKING:
    import pandas

__all__ = ["label"]

_STATE = ".musicap-labels.json"


def label(
    folder: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    formats: Sequence[str] = ("ace-step-1.5", "jsonl", "csv", "review"),
    playlists: Sequence[str] = (),
    template: str | None = None,
    min_confidence: float = 0.5,
    language: str = "en",
    model: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    precision: str = "f32",
    threads: int | None = None,
    jobs: int | None = None,
    overwrite: bool = False,
) -> pandas.DataFrame:
    """Labels the tracks of a folder, as the command ``musicap label`` does.

    Args:
        folder: The folder of the tracks.
        output: The folder for the labels; by default that of the tracks.
        formats: What to write: "ace-step-1.5", "ace-step", "jsonl", "csv", "review".
        playlists: The facts to write playlists (M3U8) by: "genre", "key", "tempo", "voices",
            "instruments".
        template: Text of prompts, such as ``"{genre}, {key}, {bpm} BPM, {voices}"``.
        min_confidence: Facts that are less likely, 0 to 1, are left out of what is written; the
            table has them all.
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
        ``loudness_lufs``, ``genres``, ``voices`` and ``instruments`` (lists of names), and ``facts``
        with all that is known. Messages about tracks that failed go to stderr.

    Raises:
        ImportError: Without pandas: ``pip install musicap[pandas]``.
        ValueError: If an argument is invalid; stderr says which.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError("label() needs pandas: pip install 'musicap[pandas]'") from error

    target = Path(folder if output is None else output)
    arguments = ["musicap", "label", os.fspath(folder), "--quiet", "--output", os.fspath(target)]
    if output is None:
        del arguments[-2:]
    arguments += ["--formats", ",".join(formats)]
    if playlists:
        arguments += ["--playlists", ",".join(playlists)]
    if template is not None:
        arguments += ["--template", template]
    arguments += ["--min-confidence", str(min_confidence), "--language", language]
    if model is not None:
        arguments += ["--model", os.fspath(model)]
    arguments += ["--device", device, "--precision", precision]
    if threads is not None:
        arguments += ["--threads", str(threads)]
    if jobs is not None:
        arguments += ["--jobs", str(jobs)]
    if overwrite:
        arguments.append("--overwrite")
    if _musicap.run_command(arguments) == 2:
        raise ValueError("an argument is invalid; the message is on stderr")
    state = target / _STATE
    tracks = json.loads(state.read_text("utf-8"))["tracks"] if state.exists() else {}
    rows = [{"file": file, **_row(track["label"])} for file, track in tracks.items()]
    columns = ["file", *_row({"caption": "", "duration_s": 0.0, "facts": {}})]
    table: pandas.DataFrame = pandas.DataFrame(rows, columns=columns).set_index("file")
    return table


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
    }
