"""Ten-second clips of real recordings, with what is known of them, to learn from and to measure on.

    real.py fetch ROOT [TABLE...]                     # the recordings, with git and apt-get
    real.py clips MUSICAP_TRAIN OUT ROOT [TABLE...]   # the clips
    real.py counts [TABLE...]                         # clips by family, as Markdown
    real.py credits [TABLE...]                        # whom to credit, as Markdown

The tables are recordings.csv and real-music.csv, unless others are named. ROOT holds a folder for
each source: checkouts as `owner/name`, `owner+name` or `name`, Debian packages unpacked with
`dpkg -x` under the package's name. `fetch` gets what is missing; `--from` is the address of a
repository, by default https://github.com/{owner}/{name}.

`clips` writes a shard of clips to learn from (OUT/0-of-1.mel, .jsonl, .pcm), and of the rows that
are held out OUT/held-out/held-out.csv with a WAV file for each clip, for
`musicap-train evaluate --truth`. Licences that are not listed here are refused; copyleft recordings
may only be held out.

| column | |
|---|---|
| source, version | owner/name and commit, or a Debian package and its version; several with `|` |
| files | below the source, as a glob with one {a,b}; `archive:path` in a .rcc or ZIP file; one pattern for each source |
| made | `mix FILTER`: the files added, through a filter of ffmpeg; `concatenate`; `notes FADE HOLDS`: notes in random steps |
| windows, hop_s, most | where clips begin (s); or one every so many seconds, of at most so many files |
| families, may | what sounds in every clip; what may sound (rosters, scorings) |
| absent, all_families | what does not sound; yes: nothing sounds but families, may and drums |
| group | who plays, where it is more than one recording: never on both sides of held_out |
| stated_by | who states the licence, if it is not stated of the recording |

A row without a source goes on with the recording above, of whose other windows other things are known.
"""

import argparse
import csv
import functools
import json
import random
import re
import struct
import subprocess
import sys
import tempfile
import wave
import zipfile
import zlib
from array import array
from collections import Counter
from pathlib import Path

from nouns import NOUNS

RATE = 16_000
CLIP = 10 * RATE
# Clips that peak below this are silence.
QUIET = 300
OPEN = {
    "public domain", "CC0-1.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "MIT", "Apache-2.0", "BSD-2-Clause",
    "BSD-3-Clause",
    # Free for any use: the Philharmonia's not to be passed on as samples, the University of Iowa's without restriction.
    "Philharmonia", "Iowa",
}  # fmt: skip
COPYLEFT = {"CC-BY-SA-2.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "GPL-3+", "LGPL-3+"}
# What a row without a source has of the row above.
OF_RECORDING = "source version files made genre group held_out licence stated_by credit truth".split()


def load(tables):
    """The rows of the tables, checked."""
    rows, held = [], {}
    for table in tables:
        for line, row in enumerate(csv.DictReader(open(table, encoding="utf-8")), 2):
            if not row["source"]:
                row |= {name: rows[-1][name] for name in OF_RECORDING}
            fault = wrong(row)
            if row["group"] and held.setdefault(row["group"], row["held_out"]) != row["held_out"]:
                fault = f"{row['group']} is held out and learnt from"
            if fault:
                raise SystemExit(f"{table}, line {line}: {fault}")
            rows.append(row)
    return rows


def wrong(row):
    """What is wrong with a row, or None."""
    if row["licence"] not in OPEN | (COPYLEFT if row["held_out"] else set()):
        allowed = sorted(OPEN) + [f"{name} (held out)" for name in sorted(COPYLEFT)]
        return f"licence {row['licence']!r} is not one of {', '.join(allowed)}"
    for name in ("families", "may", "absent"):
        if unknown := set(names(row[name])) - set(NOUNS):
            return f"no families: {', '.join(sorted(unknown))}"
    for name, values in (("drums", "yes no"), ("vocals", "yes no"), ("held_out", "yes"), ("sex", "none man woman")):
        if row[name] and row[name] not in values.split():
            return f"{name} is {row[name]!r}"
    if len({row[name].count("|") for name in ("source", "version", "files")}) > 1:
        return "as many sources, versions and files are needed"
    return None


def names(field):
    return field.split("|") if field else []


def parts(row):
    """Source, version and pattern of the files."""
    return zip(names(row["source"]), names(row["version"]), names(row["files"]))


# Where the files are


def expanded(pattern):
    """A pattern without braces for each choice that the braces give."""
    if braces := re.fullmatch(r"(.*)\{(.*)\}(.*)", pattern):
        before, choices, after = braces.groups()
        return [before + choice + after for choice in choices.split(",")]
    return [pattern]


def folders(source):
    """The names that the folder of a source may have."""
    return list(dict.fromkeys((source, source.replace("/", "+"), source.split("/")[-1])))


def matches(root, source, pattern):
    """The files of a pattern, in the first of the source's folders that has all."""
    archive, colon, inside = pattern.partition(":") if "/" not in source else ("", "", "")
    for folder in (root / name for name in folders(source)):
        if colon and (folder / archive).is_file():
            folder = unpacked(folder / archive)
        found = [sorted(folder.glob(part)) for part in expanded(inside if colon else pattern)]
        if all(found):
            return [path for paths in found for path in paths]
    return []


def placed(root, row, path):
    """The short name of the source that a file is of, and its path below it."""
    below = str(path.relative_to(root))
    for source in names(row["source"]):
        for folder in folders(source):
            if below.startswith(f"{folder}/"):
                return source.split("/")[-1], below.removeprefix(f"{folder}/")
    raise ValueError(f"{path} is of no source of {row['name']}")


def unpacked(archive):
    """The folder of a ZIP or Qt resource file's contents."""
    folder = archive.with_name(archive.name + ".d")
    if not folder.is_dir():
        if zipfile.is_zipfile(archive):
            zipfile.ZipFile(archive).extractall(folder)
        else:
            for name, content in resources(archive.read_bytes()):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    return folder


def resources(data):
    """Names and contents of the files in a Qt resource file (rcc --binary)."""
    magic, version, tree, contents, labels = struct.unpack_from(">4sIIII", data)
    if magic != b"qres":
        raise SystemExit("not a Qt resource file")
    size = 22 if version >= 2 else 14

    def walk(node, path):
        label, flags, first, second = struct.unpack_from(">IHII", data, tree + node * size)
        if node:
            (length,) = struct.unpack_from(">H", data, labels + label)
            path = [*path, data[labels + label + 6 :][: 2 * length].decode("utf-16-be")]
        # A folder has the number of its nodes and the first, a file its language and where it is.
        if flags & 2:
            for child in range(second, second + first):
                yield from walk(child, path)
            return
        (length,) = struct.unpack_from(">I", data, contents + second)
        content = data[contents + second + 4 :][:length]
        if flags & 4:
            raise SystemExit(f"{'/'.join(path)} is compressed with zstd, which is not read here")
        yield "/".join(path), zlib.decompress(content[4:]) if flags & 1 else content

    yield from walk(0, [])


# Fetching them


def fetch(root, rows, address):
    wanted = {}
    for row in rows:
        for source, version, pattern in parts(row):
            wanted.setdefault((source, version), {})[pattern] = None
    missing = 0
    for (source, version), patterns in wanted.items():
        if all(matches(root, source, pattern) for pattern in patterns):
            continue
        print(f"{source} {version}", file=sys.stderr)
        try:
            if "/" in source:
                owner, name = source.split("/")
                checkout(root / source, address.format(owner=owner, name=name), version, patterns)
            else:
                install(root / source, source, version)
        except subprocess.CalledProcessError as failed:
            print(f"{source}: {failed}", file=sys.stderr)
        for pattern in patterns:
            if not matches(root, source, pattern):
                print(f"{source}: no {pattern}", file=sys.stderr)
                missing += 1
    if missing:
        raise SystemExit(f"{missing} patterns without files")


def checkout(folder, address, commit, patterns):
    """Fetches these files of a commit, and no others where the server can leave them out."""
    folder.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(folder)]
    if not (folder / ".git").exists():
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "remote", "add", "origin", address], check=True)
    subprocess.run([*git, "fetch", "--quiet", "--depth", "1", "--filter=blob:none", "origin", commit], check=True)
    subprocess.run([*git, "config", "core.sparseCheckout", "true"], check=True)
    lines = [f"/{part}\n" for pattern in patterns for part in expanded(pattern)]
    (folder / ".git" / "info" / "sparse-checkout").write_text("".join(lines), encoding="utf-8")
    subprocess.run([*git, "reset", "--quiet", "--hard", "FETCH_HEAD"], check=True)


def install(folder, package, version):
    """Unpacks a Debian package of this version, or of the version there is."""
    with tempfile.TemporaryDirectory() as here:
        download = ["apt-get", "download", "--quiet=2"]
        if subprocess.run([*download, f"{package}={version}"], cwd=here).returncode:
            print(f"{package} {version} is not to be had: another version", file=sys.stderr)
            subprocess.run([*download, package], cwd=here, check=True)
        (archive,) = Path(here).glob("*.deb")
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", archive, folder], check=True)


# Their sound


def ffmpeg(*arguments, data=None):
    run = ["ffmpeg", "-loglevel", "error", "-nostdin", *map(str, arguments)]
    if data is not None:
        run.remove("-nostdin")
    return subprocess.run(run, input=data, capture_output=True, check=True).stdout


def decode(*source, data=None):
    return array("h", ffmpeg(*source, "-ac", 1, "-ar", RATE, "-f", "s16le", "-", data=data))


@functools.lru_cache(maxsize=1)
def recordings(made, paths, name):
    """What a row's files make: for each recording the file to name, and its samples."""
    how, _, what = made.partition(" ")
    if not made:
        return [(path, None) for path in paths]
    if how == "mix":
        inputs = [argument for path in paths for argument in ("-i", path)]
        chain = f"amix=inputs={len(paths)}:normalize=0,{what}"
        mixed = ffmpeg(*inputs, "-filter_complex", chain, "-sample_fmt", "s16", "-f", "wav", "-")
        return [(paths[-1], decode("-i", "-", data=mixed))]
    if how == "concatenate":
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as inputs:
            for path in sorted(paths, key=lambda path: [int(part) for part in re.findall(r"\d+", path.name)]):
                inputs.write(f"file '{path.resolve()}'\n")
            inputs.flush()
            return [(paths[0], decode("-f", "concat", "-safe", 0, "-i", inputs.name))]
    fade, holds = what.split(" ")
    return [(paths[0], notes(paths, float(fade), [float(hold) for hold in holds.split(",")], random.Random(name)))]


def notes(paths, fade, holds, rng, seconds=46):
    """Single notes as a random walk over the pitches that there are: each is held for one of
    `holds` seconds, then fades while the next one sounds."""
    pitches = {}
    for path in paths:
        step, sharp, octave = re.search(r"(?:^| )([A-G])(#?)(-?\d)", path.stem).groups()
        pitch = 12 * int(octave) + "C D EF G A B".index(step) + len(sharp)
        pitches.setdefault(pitch, []).append(path)
    scale = sorted(pitches)
    at, place, joined = 0.0, len(scale) // 2, [0.0] * int((seconds + max(holds) + fade) * RATE)
    while at < seconds:
        note = decode("-i", rng.choice(pitches[scale[place]]))
        begin = next((i for i, value in enumerate(note) if abs(value) > 100), 0)
        hold = rng.choice(holds)
        for i, value in enumerate(note[begin : begin + int((hold + fade) * RATE)]):
            after = i / RATE - hold
            joined[int(at * RATE) + i] += value * (0.7 if after < 0 else 0.7 * (1 - after / fade))
        at += hold
        place = min(len(scale) - 1, max(0, place + rng.choice([-3, -2, -1, -1, 1, 1, 2, 3])))
    return array("h", (max(-32768, min(32767, round(value))) for value in joined[: seconds * RATE]))


def clips(root, row):
    """The clips of a row: the file each is of, where it begins, and its samples, ten seconds or less."""
    paths = []
    for source, _, pattern in parts(row):
        found = matches(root, source, pattern)
        if not found:
            print(f"{source}: no {pattern} under {root}", file=sys.stderr)
            return
        paths += found
    if not row["made"]:
        random.Random(18).shuffle(paths)
        paths = paths[: int(row["most"] or len(paths))]
    for path, samples in recordings(row["made"], tuple(paths), row["name"]):
        samples = decode("-i", path) if samples is None else samples
        if row["windows"]:
            starts = [float(start) for start in names(row["windows"])]
        else:
            hop = float(row["hop_s"] or 10)
            starts = [i * hop for i in range(1 + int(max(0, len(samples) - CLIP) / (hop * RATE)))]
        for start in starts:
            clip = samples[round(start * RATE) :][:CLIP]
            if len(clip) < RATE // 2 or max(max(clip), -min(clip)) < QUIET:
                if row["windows"]:
                    print(f"{row['name']}: nothing sounds at {start:g} s", file=sys.stderr)
                continue
            yield path, start, clip


# What is known of them


def label(row):
    """A clip's record in a shard: what sounds, what does not; of the rest nothing is known."""
    sounds, may = names(row["families"]), names(row["may"])
    whole = row["all_families"] == "yes"
    record = {"families": sounds, "absent": names(row["absent"])}
    if whole and may:
        record["absent"] = [name for name in NOUNS if name not in sounds and name not in may]
    record["all_families"] = whole and not may
    for name in ("drums", "vocals"):
        record[name] = {"yes": 1, "no": 0}.get(row[name])
    for name in ("sex", "lead", "genre", "group"):
        if row[name] and row[name] != "drums":
            record[name] = row[name]
    return record


def truth(row):
    """What `evaluate --truth` judges captions of a clip by."""
    camel = lambda name: name.title().replace("_", "")
    may = sorted(camel(name) for name in names(row["families"]) + names(row["may"]))
    if not may and row["drums"] == "yes":
        may = ["Drums"]
    sung = {"woman": "female", "man": "male"}.get(row["sex"], row["vocals"])
    return {
        "lead": camel(row["lead"]), "may_be_named": "|".join(may), "complete": row["all_families"],
        "drums": row["drums"], "vocals": sung, "bpm": "",
    }  # fmt: skip


def write(train, out, root, rows):
    held_out = out / "held-out"
    held_out.mkdir(parents=True, exist_ok=True)
    judged, count, without = [], 0, Counter()
    with (
        tempfile.TemporaryDirectory() as scratch,
        open(out / "0-of-1.pcm", "wb") as pcm,
        open(out / "0-of-1.jsonl", "w", encoding="utf-8") as records,
    ):
        for row in rows:
            source = row["source"].split("|")[0]
            before = count + len(judged)
            for path, start, clip in clips(root, row):
                if row["held_out"]:
                    name = f"{row['name']}_{start:g}"
                    save(held_out / f"{name}.wav", clip)
                    judged.append({"id": name, "repository": source, "path": f"{name}.wav", "start_s": 0} | truth(row))
                    continue
                clip = (clip * (CLIP // len(clip) + 1))[:CLIP]
                save(f"{scratch}/{count:06}.wav", clip)
                pcm.write(clip.tobytes())
                short, below = placed(root, row, path)
                record = {"index": count, "kind": "music", "real": True, "source": short}
                record |= {"file": f"{short}/{below}", "start_s": start}
                records.write(json.dumps(record | label(row), ensure_ascii=False) + "\n")
                count += 1
            if count + len(judged) == before:
                without[source] += 1
        spectra(train, out / "0-of-1.mel", [f"{scratch}/{i:06}.wav" for i in range(count)])
    if judged:
        with open(held_out / "held-out.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(judged[0]))
            table.writeheader()
            table.writerows(judged)
    for source, number in without.items():
        print(f"{source}: {number} rows without clips", file=sys.stderr)
    print(f"{count} clips to learn from, {len(judged)} held out")


def save(path, samples):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(samples.tobytes())


def spectra(train, path, sounds):
    """Log-mels of WAV files, one after another."""
    with tempfile.TemporaryDirectory() as folder, open(path, "wb") as mel:
        part = Path(folder) / "part.mel"
        for at in range(0, len(sounds), 500):
            subprocess.run([train, "mel", "--out", str(part), *sounds[at : at + 500]], check=True)
            mel.write(part.read_bytes())


# Tables for the documentation, of rows with windows


def counts(rows):
    uses = ["learnt from", "held out, open", "held out, copyleft"]
    use = lambda row: uses[0 if not row["held_out"] else 2 if row["licence"] in COPYLEFT else 1]
    sounds, may, clips = Counter(), Counter(), Counter()
    for row in rows:
        number = len(names(row["windows"]))
        drums = ["drums"] if row["drums"] == "yes" else []
        clips[use(row)] += number
        for name in names(row["families"]) + drums:
            sounds[name, use(row)] += number
        for name in names(row["may"]):
            may[name, use(row)] += number
    print("| |", " | ".join(uses), "|\n|" + "---|" * 4)
    for name in [*NOUNS, "drums"]:
        cells = [f"{sounds[name, u]}" + (f" + {may[name, u]}" if may[name, u] else "") for u in uses]
        if any(cell != "0" for cell in cells):
            print(f"| {name.replace('_', ' ')} |", " | ".join(cells), "|")
    print("| all clips |", " | ".join(str(clips[u]) for u in uses), "|")


def credits(rows):
    found = {}
    for row in rows:
        version = lambda text: f"at `{text[:12]}`" if re.fullmatch("[0-9a-f]{40}", text) else text
        source = ", ".join(f"{source} {version(text)}" for source, text, _ in parts(row))
        licence = row["licence"] + (f" (stated by the {row['stated_by']})" if row["stated_by"] else "")
        found.setdefault((source, licence, row["credit"], "held out" if row["held_out"] else "learnt from"))
    print("| source | licence | credit | used |\n|---|---|---|---|")
    for line in found:
        print("|", " | ".join(line), "|")


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, places in (("fetch", ["root"]), ("clips", ["train", "out", "root"]), ("counts", []), ("credits", [])):
        command = commands.add_parser(name)
        for place in places:
            command.add_argument(place, type=str if place == "train" else Path)
        command.add_argument("tables", nargs="*", default=[here / "recordings.csv", here / "real-music.csv"])
        if name == "fetch":
            command.add_argument("--from", dest="address", default="https://github.com/{owner}/{name}")
    arguments = parser.parse_args()
    rows = load(arguments.tables)
    if arguments.command == "fetch":
        fetch(arguments.root, rows, arguments.address)
    elif arguments.command == "clips":
        write(arguments.train, arguments.out, arguments.root, rows)
    else:
        {"counts": counts, "credits": credits}[arguments.command](rows)


if __name__ == "__main__":
    main()
