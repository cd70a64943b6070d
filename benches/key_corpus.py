#!/usr/bin/env python3
"""How right keys are on pieces that musicap's own composer did not write.

    apt-get install fluidsynth ffmpeg timgm6mb-soundfont
    pip install music21
    cargo build --release --bin musicap
    python3 benches/key_corpus.py --musicap target/release/musicap --folder pieces

Bach's chorales and fiddle tunes (Ryan's Mammoth Collection) from the corpus of the package music21,
played on a soundfont that no model was trained on. The key of a fiddle tune is that of its ABC; that of
a chorale is its key signature, major or minor by the bass of the last chord. Chorales in which that bass
is neither tonic are left out. Tempo and instruments are drawn. The first 10 s and the first 40 s of each
are measured.
"""

import argparse
import json
import random
import struct
import subprocess
import warnings
from pathlib import Path

from facts import TONICS, mirex

PROGRAMS = {
    "chorales": [[19] * 4, [52] * 4, [48] * 4, [0] * 4, [60, 60, 57, 58], [73, 71, 69, 70], [16] * 4, [24] * 4],
    "fiddle tunes": [[40], [73], [105], [21], [0], [110], [24], [71], [22]],
}
TEMPOS = {"chorales": (60, 90), "fiddle tunes": (100, 170)}
SECONDS = (10, 40)
COUNTS = {"chorales": 160, "fiddle tunes": 100}


def files(group):
    from music21 import corpus

    if group == "chorales":
        found = [path for path in corpus.getComposer("bach") if path.name.startswith("bwv")]
        return [path for path in found if path.suffix in (".mxl", ".xml")]
    return [path for path in corpus.getComposer("ryansMammoth") if path.suffix == ".abc"]


def key_of(score, group):
    """Pitch class of the tonic, and mode; None if the score does not say."""
    from music21 import key

    signature = next(iter(score.recurse().getElementsByClass(key.KeySignature)), None)
    if group == "fiddle tunes":
        known = isinstance(signature, key.Key) and signature.mode in ("major", "minor")
        return (signature.tonic.pitchClass, signature.mode) if known else None
    if signature is None:
        return None
    notes = [(n.getOffsetInHierarchy(score) + n.quarterLength, n) for n in score.recurse().notes]
    end = max(at for at, _ in notes)
    bass = min(pitch.midi for at, n in notes if at >= end - 0.26 for pitch in n.pitches) % 12
    major = 7 * signature.sharps % 12
    return {major: (major, "major"), (major + 9) % 12: ((major + 9) % 12, "minor")}.get(bass)


def pieces(group, seconds):
    """The key and the notes of pieces: [start s, length s, MIDI key, program]."""
    from music21 import converter, stream

    rng = random.Random(group)
    paths = files(group)
    rng.shuffle(paths)
    count = 0
    for path in paths:
        if count == COUNTS[group]:
            break
        try:
            score = converter.parse(path)
            score = score.scores[0] if isinstance(score, stream.Opus) else score
            found = key_of(score, group)
        except Exception as problem:  # music21 cannot read all of its corpus
            print(f"{path.name}: {type(problem).__name__}: {problem}")
            continue
        if found is None:
            continue
        programs, beat = rng.choice(PROGRAMS[group]), 60 / rng.uniform(*TEMPOS[group])
        notes = []
        for number, part in enumerate(score.parts or [score]):
            program = programs[min(number, len(programs) - 1)]
            for note in part.flatten().notes:
                start, length = float(note.offset) * beat, float(note.quarterLength) * beat
                if length > 0 and start < seconds:
                    notes += [[start, min(length, seconds - start), p.midi, program] for p in note.pitches]
        if len(notes) >= 20:
            count += 1
            yield found, notes


def midi(notes):
    """A standard MIDI file with a millisecond a tick."""
    programs = sorted({note[3] for note in notes})
    channels = {program: [0, 1, 2, 3][number] for number, program in enumerate(programs)}
    events = [(0.0, 0, bytes([0xC0 | channel, program])) for program, channel in channels.items()]
    for start, length, key, program in notes:
        events.append((start, 2, bytes([0x90 | channels[program], key, 90])))
        events.append((start + length, 1, bytes([0x80 | channels[program], key, 0])))

    def number(value):
        digits = [value & 127]
        while value := value >> 7:
            digits.insert(0, value & 127 | 128)
        return bytes(digits)

    data, last = b"\x00\xff\x51\x03\x0f\x42\x40", 0
    for at, _, message in sorted(events, key=lambda event: (round(event[0] * 1000), event[1])):
        data += number(round(at * 1000) - last) + message
        last = round(at * 1000)
    data += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1000)
    return header + b"MTrk" + struct.pack(">I", len(data)) + data


def render(notes, font, path):
    song = path.with_suffix(".mid")
    song.write_bytes(midi(notes))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-T", "wav", "-F", path, font, song]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    song.unlink()


def prepare(group, font, folder):
    """Renders the pieces of a group, unless the folder has them; the key of each by its number."""
    record = folder / "keys.json"
    if not record.exists():
        folder.mkdir(parents=True, exist_ok=True)
        truth = {}
        for number, ((tonic, mode), notes) in enumerate(pieces(group, max(SECONDS))):
            path = folder / f"{number}.wav"
            render(notes, font, path)
            for seconds in SECONDS:
                cut = folder / str(seconds) / path.name
                cut.parent.mkdir(exist_ok=True)
                command = ["ffmpeg", "-v", "error", "-y", "-i", path, "-t", str(seconds)]
                subprocess.run([*command, "-ac", "1", "-ar", "16000", cut], check=True)
            path.unlink()
            truth[str(number)] = f"{TONICS[tonic]} {mode}"
        record.write_text(json.dumps(truth))
    return json.loads(record.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--musicap", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the rendered pieces are kept")
    parser.add_argument("--font", default="/usr/share/sounds/sf2/TimGM6mb.sf2")
    parser.add_argument("--groups", nargs="+", default=list(PROGRAMS))
    parser.add_argument("--save", type=Path, help="a JSON file of all keys, for facts_calibration.py")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    saved = []
    for group in options.groups:
        folder = options.folder / group.replace(" ", "-")
        truth = prepare(group, options.font, folder)
        for seconds in SECONDS:
            command = [options.musicap, "-q", "--facts", "--format", "json", folder / str(seconds)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            pairs = []
            for one in json.loads(out):
                key = one["facts"].get("key")
                pairs.append((truth[Path(one["file"]).stem], key and f"{key['tonic']} {key['mode']}"))
                saved.append([group, seconds, *pairs[-1], key and key["confidence"]])
            exact = sum(true == found for true, found in pairs) / len(pairs)
            stated = [pair for pair in pairs if pair[1]]
            right = sum(true == found for true, found in stated) / max(len(stated), 1)
            score = sum(mirex(*pair) for pair in pairs) / len(pairs)
            print(f"{group}, {len(pairs)} pieces, first {seconds} s: {exact:.3f}, MIREX {score:.3f}; "
                  f"stated for {len(stated)}, {right:.3f} of these right", flush=True)
    if options.save:
        options.save.write_text(json.dumps(saved))


if __name__ == "__main__":
    main()
