#!/usr/bin/env python3
"""Captions a collection of recordings on a Ray cluster; see README.md beside this file."""

from __future__ import annotations

import argparse
import glob
import json
import os
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.dataset
import ray

import musicap

ENDINGS = (".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav")
SCHEMA = pyarrow.schema(
    [
        ("recording", pyarrow.string()),
        ("duration_s", pyarrow.float64()),
        ("index", pyarrow.int64()),
        ("start_s", pyarrow.float64()),
        ("end_s", pyarrow.float64()),
        ("text", pyarrow.string()),
        ("score", pyarrow.float64()),
        ("summary", pyarrow.string()),
        ("bpm", pyarrow.float64()),
        ("key", pyarrow.string()),
        ("loudness_lufs", pyarrow.float64()),
        ("genres", pyarrow.list_(pyarrow.string())),
        ("voices", pyarrow.list_(pyarrow.string())),
        ("instruments", pyarrow.list_(pyarrow.string())),
        ("facts", pyarrow.string()),
        ("error", pyarrow.string()),
    ]
)


class Worker:
    """An actor with a model of its own."""

    def __init__(self, model: str | None, precision: Any, threads: int, facts: bool) -> None:
        self.facts = facts
        self.captioner = musicap.Captioner.from_pretrained(
            model, precision=precision, threads=threads, progress=False
        )

    def __call__(self, recordings: pyarrow.Table) -> pyarrow.Table:
        """The rows of a batch of recordings."""
        rows: list[dict[str, Any]] = []
        for recording in recordings.column("recording").to_pylist():
            rows += self.rows(recording)
        return pyarrow.Table.from_pylist(rows, schema=SCHEMA)

    def rows(self, recording: str) -> list[dict[str, Any]]:
        """A row for each caption, or one that says why there are none."""
        try:
            result = self.captioner.caption(read(recording), facts=self.facts, progress=False)
        except (musicap.MusicapError, OSError, ValueError) as error:
            return [{"recording": recording, "error": f"{type(error).__name__}: {error}"}]
        known = {
            "recording": recording,
            "duration_s": result.duration_s,
            "summary": result.summary,
            **columns_of(result.facts or {}),
        }
        if not result.captions:
            return [{**known, "error": "nothing long enough to caption"}]
        return [
            {
                **known,
                "index": caption.index,
                "start_s": caption.start_s,
                "end_s": caption.end_s,
                "text": caption.text,
                "score": caption.score,
            }
            for caption in result
        ]


def columns_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The columns of a recording's facts; docs/label.md says what they are."""
    if not facts:
        return {}
    key = facts.get("key")
    return {
        "bpm": facts.get("tempo", {}).get("bpm"),
        "key": f"{key['tonic']} {key['mode']}" if key else None,
        "loudness_lufs": facts.get("loudness", {}).get("integrated_lufs"),
        "genres": [genre["name"] for genre in facts.get("genres", ())],
        "voices": [voice["kind"] for voice in facts.get("voices", ())],
        "instruments": [instrument["name"] for instrument in facts.get("instruments", ())],
        "facts": json.dumps(facts, ensure_ascii=False),
    }


def read(recording: str) -> str | bytes:
    """A path as it is; of a URL what lies there."""
    if "://" not in recording:
        return recording
    import fsspec

    with fsspec.open(recording, "rb") as file:
        return bytes(file.read())


def find(patterns: list[str], lists: list[str]) -> list[str]:
    """The recordings that folders, patterns and lists name, each once."""
    found: dict[str, None] = {}
    for pattern in patterns:
        if os.path.isdir(pattern):
            pattern = os.path.join(glob.escape(pattern), "**", "*")
            matches = [p for p in glob.glob(pattern, recursive=True) if p.lower().endswith(ENDINGS)]
        elif os.path.exists(pattern):
            matches = [pattern]
        else:
            matches = glob.glob(pattern, recursive=True)
        found |= dict.fromkeys(sorted(map(os.path.abspath, matches)))
    for name in lists:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
        found |= dict.fromkeys(line.strip() for line in lines if line.strip())
    return list(found)


def done(output: str, retry_failed: bool) -> set[str]:
    """The recordings that are in the output already."""
    if not list(Path(output).glob("*.parquet")):
        return set()
    kept = pyarrow.dataset.dataset(output, schema=SCHEMA, format="parquet")
    table = kept.to_table(columns=["recording", "error"]).to_pylist()
    return {row["recording"] for row in table if not (retry_failed and row["error"])}


def main() -> None:
    """Captions what is new."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="*", help="folders, files or patterns, then the output")
    parser.add_argument("output", help="folder of Parquet files")
    parser.add_argument("--list", action="append", default=[], help="a file of paths or URLs")
    parser.add_argument("--model", help="a model folder or hub id [default: the embedded model]")
    parser.add_argument("--precision", default="f32", choices=["f32", "f16", "int8"])
    parser.add_argument("--workers", type=int, default=2, help="actors, each with a model")
    parser.add_argument("--threads", type=int, default=1, help="threads of each actor")
    parser.add_argument("--batch", type=int, default=8, help="recordings handed over at a time")
    parser.add_argument("--facts", action="store_true", help="tempo, key, loudness, genres, …")
    parser.add_argument("--retry-failed", action="store_true")
    parser.add_argument("--address", help="the cluster; without it one on this machine")
    args = parser.parse_args()

    recordings = find(args.recordings, args.list)
    already = done(args.output, args.retry_failed)
    wanted = [recording for recording in recordings if recording not in already]
    print(f"{len(recordings)} recordings, {len(recordings) - len(wanted)} of them done already")
    if not wanted:
        return
    ray.init(address=args.address, num_cpus=None if args.address else args.workers * args.threads)
    # Each batch is a file that is written when it is done: an interruption costs a batch.
    batches = -(-len(wanted) // args.batch)
    captions = ray.data.from_items(
        [{"recording": recording} for recording in wanted], override_num_blocks=batches
    ).map_batches(
        Worker,
        fn_constructor_args=(args.model, args.precision, args.threads, args.facts),
        batch_size=args.batch,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=args.workers),
        num_cpus=args.threads,
    )
    captions.write_parquet(args.output, mode=ray.data.SaveMode.APPEND)
    failed = {row["recording"] for row in captions_of(args.output) if row["error"]}
    print(f"done; {len(failed & set(wanted))} of {len(wanted)} failed")


def captions_of(output: str) -> list[dict[str, Any]]:
    """All rows of an output folder."""
    kept = pyarrow.dataset.dataset(output, schema=SCHEMA, format="parquet")
    return list(kept.to_table().to_pylist())


if __name__ == "__main__":
    main()
