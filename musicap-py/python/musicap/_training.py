"""Fine-tuning on one's own pairs of audio and caption."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence, Union

from musicap import _musicap

Pairs = Union[str, "os.PathLike[str]", Iterable[Mapping[str, Any]]]


def finetune(
    pairs: Pairs,
    output: str | os.PathLike[str],
    *,
    model: str | os.PathLike[str] | None = None,
    held_out: str | os.PathLike[str] | None = None,
    held_out_share: float = 0.15,
    freeze: str | Sequence[str] = ("audio-encoder", "positions"),
    epochs: int = 30,
    patience: int = 5,
    batch_size: int = 8,
    learning_rate: float | None = None,
    minutes: float | None = None,
    seed: int = 1,
    threads: int | None = None,
    watch_words: str | Sequence[str] = (),
    restart: bool = False,
    progress: bool | Callable[[Mapping[str, Any]], object] = True,
) -> dict[str, Any]:
    """Fine-tunes a model on pairs of audio and caption, as ``musicap-train finetune`` does.

    A run that was interrupted goes on when it is called again with the same options. Rows that
    cannot be used are named in the report and left out.

    Args:
        pairs: A CSV file with the columns ``audio``, ``caption`` and, if wanted, ``start_s`` and
            ``end_s``, whose audio paths are relative to the file; or such rows as dictionaries (a
            DataFrame's ``to_dict("records")``), whose paths are relative to the working folder.
        output: Folder of the new model, for :meth:`Captioner.from_pretrained`, with
            ``report.md`` and ``report.json``.
        model: The model to start from; None is the embedded one.
        held_out: A CSV file of pairs to measure on in place of a share of ``pairs``.
        held_out_share: Share of the pairs to hold out, by whole recordings.
        freeze: Parts that stay as they are: ``"audio-encoder"``, ``"encoder"``, ``"decoder"``,
            ``"positions"``, ``"embeddings"``, or beginnings of tensor names.
        epochs: Passes over the training pairs, at most.
        patience: Epochs without a better held-out loss after which training ends.
        batch_size: Pairs a step.
        learning_rate: Highest learning rate; None is 0.0384 / d_model.
        minutes: Ends training after this many minutes.
        seed: Draws the held-out pairs, their order and the changes of clips.
        threads: Threads to compute with; None takes one for each core.
        watch_words: Words to count in captions before and after.
        restart: Begins anew where a run has been before.
        progress: Whether a bar is shown, or a function that is called after each step with a
            dictionary: epoch, epochs, step, steps, loss, held_out_losses.

    Returns:
        The report: losses of each epoch, what was left out and why, captions before and after.

    Raises:
        TrainingError: If no row can be used or a run with other options was begun in ``output``.
        MusicapError: If the model cannot be loaded.
    """
    options: dict[str, Any] = {
        "model": None if model is None else os.fspath(model),
        "held_out": None if held_out is None else os.fspath(held_out),
        "held_out_share": held_out_share,
        "freeze": _words(freeze) or ["none"],
        "epochs": epochs,
        "patience": patience,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "minutes": minutes,
        "seed": seed,
        "threads": threads,
        "watch_words": _words(watch_words),
        "restart": restart,
    }
    output = Path(output)
    if isinstance(pairs, (str, os.PathLike)):
        return _run(Path(pairs), output, options, progress)
    to_dict = getattr(pairs, "to_dict", None)
    rows: Iterable[Mapping[str, Any]] = pairs if to_dict is None else to_dict("records")
    # The same rows must be the same file, or a run would not be gone on with.
    output.mkdir(parents=True, exist_ok=True)
    data = output / "pairs.csv"
    _write(list(rows), data)
    return _run(data, output, options, progress)


def _run(
    data: Path,
    output: Path,
    options: dict[str, Any],
    progress: bool | Callable[[Mapping[str, Any]], object],
) -> dict[str, Any]:
    if callable(progress) or not progress:
        report = _musicap.finetune(str(data), str(output), options, progress or None)
        return dict(json.loads(report))
    from tqdm.auto import tqdm

    with tqdm(desc="fine-tuning", unit="step") as bar:

        def watch(at: dict[str, Any]) -> None:
            bar.total = at["steps"] * at["epochs"]
            done = at["steps"] * (at["epoch"] - 1) + at["step"]
            bar.set_postfix(loss=f"{at['loss']:.3f}", held_out=f"{at['held_out_losses'][-1]:.3f}")
            bar.update(done - bar.n)

        report = _musicap.finetune(str(data), str(output), options, watch)
    return dict(json.loads(report))


def _words(words: str | Sequence[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _cell(key: str, value: Any) -> Any:
    """What a column has: nothing where a table has a hole."""
    if key == "audio":
        return os.path.abspath(value)
    return "" if value is None or value != value else value


def _write(rows: list[Mapping[str, Any]], path: Path) -> None:
    """Writes the rows as a CSV file, at once."""
    columns = ["audio", "caption", "start_s", "end_s"]
    for number, row in enumerate(rows):
        unknown = set(row) - set(columns)
        if unknown or not {"audio", "caption"} <= set(row):
            raise ValueError(
                f"row {number} has the keys {sorted(row)}, but must have audio and caption, and may "
                "have start_s and end_s"
            )
        if not isinstance(row["audio"], (str, os.PathLike)):
            raise ValueError(f"row {number} has the audio {row['audio']!r}, which is no path")
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".csv", newline="", encoding="utf-8", delete=False
    ) as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(
            {key: _cell(key, value) for key, value in row.items()} for row in rows
        )
    os.replace(file.name, path)
