"""Fine-tuning on pairs of audio and caption."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence, Union

from musicap import _musicap
from musicap._options import integer
from musicap._progress import make_bar

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

    An interrupted run continues if it is called again with the same options. Rows that cannot be used
    are skipped and listed in the report.

    Args:
        pairs: A CSV file with the columns ``audio``, ``caption`` and optionally ``start_s`` and
            ``end_s``, with audio paths relative to the file; or its rows as dictionaries or a
            DataFrame, with paths relative to the working directory.
        output: Folder of the new model, for :class:`Captioner`, with ``report.md`` and
            ``report.json``.
        model: The model to start from; None is the embedded one.
        held_out: A CSV file of held-out pairs, instead of a share of ``pairs``.
        held_out_share: Share of the pairs to hold out, in whole recordings.
        freeze: Parts that are not trained: ``"audio-encoder"``, ``"encoder"``, ``"decoder"``,
            ``"positions"``, ``"embeddings"``, or prefixes of tensor names.
        epochs: Maximum number of epochs.
        patience: Number of epochs without a better held-out loss after which training stops.
        batch_size: Pairs in a step.
        learning_rate: Peak learning rate; None is 0.0384 / d_model.
        minutes: Time limit of the training in minutes.
        seed: Seed of the held-out split, the order of the pairs and their augmentation.
        threads: Number of threads; None is one for each core.
        watch_words: Words to count in captions before and after training.
        restart: Whether to discard a previous run in ``output``.
        progress: True for a progress bar, False for none, or a function that is called after each
            step with a dictionary: epoch, epochs, step, steps, loss, held_out_losses.

    Returns:
        The report: the losses of each epoch, skipped rows and why, captions before and after.

    Raises:
        TrainingError: If no row can be used, or ``output`` has a run with other options.
        MusicapError: If the model cannot be loaded.
        FileNotFoundError: If the CSV file does not exist.
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
        "threads": integer("threads", threads, 1, _musicap.MAX_THREADS),
        "watch_words": _words(watch_words),
        "restart": restart,
    }
    output = Path(output)
    if isinstance(pairs, (str, os.PathLike)):
        os.stat(pairs)
        return _run(Path(pairs), output, options, progress)
    to_dict = getattr(pairs, "to_dict", None)
    rows: Iterable[Mapping[str, Any]] = pairs if to_dict is None else to_dict("records")
    # An interrupted run continues only with the same file.
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
    with make_bar(desc="fine-tuning", unit="step") as bar:

        def on_step(at: dict[str, Any]) -> None:
            bar.total = at["steps"] * at["epochs"]
            done = at["steps"] * (at["epoch"] - 1) + at["step"]
            bar.set_postfix(loss=f"{at['loss']:.3f}", held_out=f"{at['held_out_losses'][-1]:.3f}")
            bar.update(done - bar.n)

        report = _musicap.finetune(str(data), str(output), options, on_step)
    return dict(json.loads(report))


def _words(words: str | Sequence[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _cell(key: str, value: Any) -> Any:
    """The text of a cell; empty for None and NaN."""
    if key == "audio":
        return os.path.abspath(value)
    return "" if value is None or value != value else value


def _write(rows: list[Mapping[str, Any]], path: Path) -> None:
    """Writes the rows as a CSV file, which is replaced as a whole."""
    columns = ["audio", "caption", "start_s", "end_s"]
    for number, row in enumerate(rows):
        unknown = set(row) - set(columns)
        if unknown or not {"audio", "caption"} <= set(row):
            raise ValueError(
                f"row {number} has the keys {sorted(row)}, but must have audio and caption, and "
                "optionally start_s and end_s"
            )
        if not isinstance(row["audio"], (str, os.PathLike)):
            raise ValueError(f"row {number} has the audio {row['audio']!r}, which is not a path")
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, suffix=".csv", newline="", encoding="utf-8", delete=False
    ) as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(
            {key: _cell(key, value) for key, value in row.items()} for row in rows
        )
    os.replace(file.name, path)
