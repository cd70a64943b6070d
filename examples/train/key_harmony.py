#!/usr/bin/env python3
"""Composes excerpts in common-practice, popular, modal, blues and jazz harmony, for the key detector to
learn from besides the clips of `musicap-train`: secondary dominants, borrowed chords, cadences, harmonic
and melodic minor, short modulations. Writes a line of JSON for each: tonic, mode, notes of
[start s, length s, MIDI key, program (-1: drums), velocity].

    key_harmony.py SEED COUNT > notes.jsonl
"""

import json
import random
import sys

M, m, D7, d, M7, m7, h = (0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 6), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10)
# name: (semitones above the tonic, chord)
MAJOR = {
    "I": (0, M),
    "ii": (2, m),
    "iii": (4, m),
    "IV": (5, M),
    "V": (7, M),
    "V7": (7, D7),
    "vi": (9, m),
    "viio": (11, d),
    "iv": (5, m),
    "bVII": (10, M),
    "bVI": (8, M),
    "V/V": (2, D7),
    "V/vi": (4, D7),
    "V/ii": (9, D7),
    "V/IV": (0, D7),
    "V/iii": (11, D7),
    "ii7": (2, m7),
    "I7": (0, D7),
    "IV7": (5, D7),
    "IM7": (0, M7),
    "vi7": (9, m7),
    "iii7": (4, m7),
    "IVM7": (5, M7),
}
MINOR = {
    "i": (0, m),
    "iio": (2, d),
    "III": (3, M),
    "iv": (5, m),
    "V": (7, M),
    "V7": (7, D7),
    "v": (7, m),
    "VI": (8, M),
    "VII": (10, M),
    "viio": (11, d),
    "IV": (5, M),
    "bII": (1, M),
    "V/iv": (0, D7),
    "V/III": (10, D7),
    "V/V": (2, D7),
    "V/VI": (3, D7),
    "iio7": (2, h),
    "i7": (0, m7),
    "iv7": (5, m7),
    "VIM7": (8, M7),
}
MAJOR_NEXT = {
    "I": "IV4 V4 vi3 ii2 V72 V/V V/vi V/IV V/ii viio iii I2",
    "ii": "V4 V73 viio I V/V",
    "iii": "vi4 IV2 ii",
    "IV": "I3 V4 V72 ii2 viio iv V/V",
    "V": "I6 vi2 IV V72",
    "V7": "I7 vi2",
    "vi": "ii3 IV3 V2 iii V/V V/ii I",
    "viio": "I5 vi",
    "iv": "I3 V",
    "V/V": "V4 V72",
    "V/vi": "vi",
    "V/ii": "ii",
    "V/IV": "IV",
    "V/iii": "iii",
}
MINOR_NEXT = {
    "i": "iv4 V4 VI3 V72 iio2 VII2 III v i2 V/iv V/III",
    "iio": "V4 V73 i",
    "III": "VI3 iv2 VII2 i",
    "iv": "V4 V72 i3 VII iio2 bII",
    "V": "i6 VI2 V7 iv",
    "V7": "i7 VI2",
    "v": "VI2 i2 iv2",
    "VI": "iio2 iv3 V3 III VII2",
    "VII": "III4 i3 VI",
    "viio": "i",
    "bII": "V7 V",
    "V/iv": "iv",
    "V/III": "III",
    "V/V": "V V7",
    "V/VI": "VI",
}
LOOPS = {
    "major": [
        "I V vi IV",
        "I IV V IV",
        "I bVII IV I",
        "I vi IV V",
        "I iii IV V",
        "I IV I V",
        "I V IV V",
        "I IV",
        "I V",
        "I ii IV V",
        "I V/V IV I",
        "I vi ii V7",
        "I bVI bVII I",
        "I V vi iii IV I IV V",
        "I iv I V",
        "I IV vi V",
    ],
    "minor": [
        "i VI III VII",
        "i VII VI VII",
        "i iv V i",
        "i VI VII i",
        "i VII VI V",
        "i iv i V",
        "i iv VII III",
        "i III VII VI",
        "i IV i IV",
        "i v VI VII",
        "i VI iv V",
        "i VII",
        "i iv",
        "i iv VI V7",
        "i VI iio V7",
    ],
}
JAZZ = {
    "major": [
        "IM7 vi7 ii7 V7",
        "ii7 V7 IM7 IM7",
        "IM7 V/ii ii7 V7",
        "iii7 V/ii ii7 V7",
        "IM7 IVM7 iii7 vi7 ii7 V7 IM7 IM7",
    ],
    "minor": ["i7 iio7 V7 i7", "iio7 V7 i7 i7", "i7 iv7 V7 i7", "i7 VIM7 iio7 V7"],
}
BLUES = "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7"
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}


def draw(rng, text):
    names = []
    for token in text.split():
        weight = 1
        # a trailing digit is the weight; "V7" and "V72" are V7
        name = token
        for known in sorted({**MAJOR, **MINOR}, key=len, reverse=True):
            if token.startswith(known) and (token[len(known) :].isdigit() or token == known):
                name, weight = known, int(token[len(known) :] or 1)
                break
        names.append((name, weight))
    return rng.choices([n for n, _ in names], [w for _, w in names])[0]


def chords(rng, mode, style, count):
    table, nxt = (MAJOR, MAJOR_NEXT) if mode == "major" else (MINOR, MINOR_NEXT)
    if style == "loop" or style == "jazz":
        loop = rng.choice((LOOPS if style == "loop" else JAZZ)[mode]).split()
        shift = rng.randrange(len(loop)) if rng.random() < 0.3 else 0
        return [table[loop[(i + shift) % len(loop)]] for i in range(count)]
    if style == "blues":
        bars = BLUES.split()
        shift = rng.choice([0, 0, 4, 8])
        chosen = [bars[(i + shift) % 12] for i in range(count)]
        if mode == "minor":
            return [{"I7": (0, m7), "IV7": (5, m7), "V7": (7, D7)}[c] for c in chosen]
        return [table[c] for c in chosen]
    at = rng.choice(list(nxt)) if rng.random() < 0.4 else ("I" if mode == "major" else "i")
    out = []
    for _ in range(count):
        out.append(table[at])
        at = draw(rng, nxt.get(at, "I" if mode == "major" else "i"))
    # a modulation to the dominant or the relative for a part of it
    if rng.random() < 0.12 and count >= 8:
        up, other = rng.choice([(7, "major"), (9, "minor")] if mode == "major" else [(7, "minor"), (3, "major")])
        length = rng.randint(2, max(2, count // 3))
        start = rng.randrange(count - length + 1)
        tab, nx = (MAJOR, MAJOR_NEXT) if other == "major" else (MINOR, MINOR_NEXT)
        at = "V"
        for i in range(start, start + length):
            root, kind = tab[at]
            out[i] = ((root + up) % 12, kind)
            at = draw(rng, nx.get(at, "I" if other == "major" else "i"))
    return out


PIANO, GUITAR, ORGAN, STRINGS, PAD = (
    [0, 0, 1, 2, 4, 5, 6],
    [24, 25, 26, 27],
    [16, 19, 20, 21],
    [48, 49, 50, 44],
    [88, 89, 91, 95, 52],
)
LEADS = [
    40,
    41,
    42,
    56,
    57,
    60,
    64,
    65,
    66,
    68,
    70,
    71,
    72,
    73,
    75,
    79,
    80,
    81,
    0,
    4,
    24,
    25,
    27,
    29,
    30,
    11,
    12,
    105,
    110,
    22,
    52,
    53,
    21,
]
BASSES = [32, 33, 34, 35, 36, 38, 39, 43, 58]


def piece(rng, seconds):
    mode = rng.choice(["major", "minor"])
    tonic = rng.randrange(12)
    style = rng.choices(["common", "loop", "jazz", "blues"], [0.55, 0.3, 0.08, 0.07])[0]
    bpm = rng.uniform(55, 170)
    beat = 60 / bpm
    per = rng.choice([1, 2, 2, 2, 4]) if style == "common" else rng.choice([2, 4, 4])
    if rng.random() < 0.2:
        per = 3 if per >= 2 else per
    beats = seconds / beat + 8
    count = int(beats / per) + 2
    seq = chords(rng, mode, style, count)
    skip = rng.uniform(0, 4) if rng.random() < 0.6 else 0
    texture = rng.choices(
        ["melody", "melody+chords", "chords", "chorale", "band", "two voices"], [0.15, 0.3, 0.1, 0.15, 0.2, 0.1]
    )[0]
    chordal = rng.choice(PIANO * 2 + GUITAR + ORGAN + STRINGS + PAD + [46, 11, 13])
    lead, bass_program = rng.choice(LEADS), rng.choice(BASSES)
    notes = []
    pattern = rng.choice(["held", "beats", "bass+chord", "arpeggio", "offbeats"])
    low = rng.randint(48, 60)
    inversions = 0.3 if style == "common" else 0.05
    chord_velocity, lead_velocity, bass_velocity = rng.randint(45, 90), rng.randint(60, 110), rng.randint(60, 105)
    raised6 = rng.random() < 0.4

    def add(q, l, key, program, velocity):
        t = q * beat - skip
        if key < 24 or key > 103:
            return
        if t + l * beat > 0.02 and t < seconds:
            start = max(t, 0)
            notes.append(
                [
                    round(start + rng.uniform(0, 0.012), 4),
                    round(max(0.04, t + l * beat - start), 4),
                    key,
                    program,
                    max(20, min(127, velocity + rng.randint(-8, 8))),
                ]
            )

    voice = rng.randint(60, 78)
    second = voice - 7
    swing = rng.choice([0.5, 0.5, 0.5, 0.66])
    busy = rng.uniform(0, 1)
    for i, (root, kind) in enumerate(seq):
        q = i * per
        pcs = [(tonic + root + x) % 12 for x in kind]
        bass_pc = rng.choice(pcs[1:3]) if rng.random() < inversions else pcs[0]
        bass = 36 + (bass_pc - 36) % 12
        voiced = sorted(low + (pc - low) % 12 for pc in pcs)
        # scale in force: the key's, with the chord's own tones in place of their neighbours
        scale = {(tonic + x) % 12 for x in SCALES[mode]}
        if mode == "minor" and (tonic + 11) % 12 in pcs:
            scale.discard((tonic + 10) % 12)
            scale.add((tonic + 11) % 12)
            if raised6:
                scale.discard((tonic + 8) % 12)
                scale.add((tonic + 9) % 12)
        for pc in pcs:
            if pc not in scale:
                for x in (pc + 1, pc - 1):
                    if x % 12 in scale and x % 12 not in pcs:
                        scale.discard(x % 12)
                        break
                scale.add(pc)
        if style == "blues" and rng.random() < 0.8:
            scale = {(tonic + x) % 12 for x in (0, 3, 5, 6, 7, 10)} | (
                {(tonic + 4) % 12} if mode == "major" else set()
            )
        if texture in ("melody+chords", "chords", "band"):
            if pattern == "held":
                for k in voiced:
                    add(q, per * 0.97, k, chordal, chord_velocity)
            elif pattern == "beats":
                for b in range(per):
                    for k in voiced:
                        add(q + b, 0.8, k, chordal, chord_velocity)
            elif pattern == "offbeats":
                for b in range(per):
                    for k in voiced:
                        add(q + b + 0.5, 0.4, k, chordal, chord_velocity)
            elif pattern == "bass+chord":
                add(q, 0.9, bass + 12 if bass < 40 else bass, chordal, chord_velocity + 8)
                for b in range(1, max(per, 2)):
                    for k in voiced:
                        add(q + b * per / max(per, 2), 0.7, k, chordal, chord_velocity)
            else:
                order = [0, 1, 2, 1] if rng.random() < 0.5 else [0, 2, 1, 2]
                for s in range(per * 2):
                    add(
                        q + s * 0.5, rng.choice([0.5, 1.5]), voiced[order[s % 4] % len(voiced)], chordal, chord_velocity
                    )
            if texture == "band" or (texture == "melody+chords" and rng.random() < 0.8 and pattern != "bass+chord"):
                program = bass_program if texture == "band" else chordal
                if rng.random() < 0.5:
                    add(q, per * 0.95, bass, program, bass_velocity)
                else:
                    for b in range(per):
                        add(
                            q + b,
                            0.9,
                            bass if b % 2 == 0 or rng.random() < 0.5 else 36 + (pcs[2] - 36) % 12,
                            program,
                            bass_velocity,
                        )
        if texture == "chorale":
            add(q, per * 0.97, bass + rng.choice([0, 12]), chordal, bass_velocity)
            for base in (55, 62, 69):
                k = min(
                    (base + x for x in range(-6, 7) if (base + x) % 12 in pcs),
                    key=lambda k: abs(k - base) + rng.random() * 3,
                )
                add(q, per * 0.97, k, chordal, chord_velocity)
        if texture in ("melody", "melody+chords", "band", "two voices"):
            for which, top in ((0, voice),) + (((1, second),) if texture == "two voices" else ()):
                at = 0.0
                here = top
                while at < per - 0.01:
                    length = rng.choice([0.5, 0.5, 1] if busy > 0.5 else [0.5, 1, 1, 2])
                    length = min(length, per - at)
                    strong = at == 0
                    choices = [
                        here + x
                        for x in range(-9, 10)
                        if ((here + x) % 12 in (pcs if strong and rng.random() < 0.8 else scale))
                        and abs(here + x - (voice if which == 0 else voice - 10)) < 15
                    ]
                    if choices:
                        weights = [1 / (1 + abs(k - here) ** 1.2) * (0.5 if k == here else 1) for k in choices]
                        here = rng.choices(choices, weights)[0]
                    if rng.random() < 0.025:
                        here += rng.choice([-1, 1])
                    if rng.random() < 0.93:
                        add(q + at, length * rng.uniform(0.7, 1), here, lead if which == 0 else chordal, lead_velocity)
                    at += length
                if which == 0:
                    voice = max(57, min(84, here))
                else:
                    second = here
    if texture == "band" and rng.random() < 0.8:
        for b in range(int(beats) + 2):
            add(b, 0.2, 36 if b % 2 == 0 else 38, -1, 95)
            for half in (0, swing):
                add(b + half, 0.1, 42, -1, 70)
    notes.sort()
    return {
        "tonic": tonic,
        "mode": mode,
        "style": style,
        "texture": texture,
        "bpm": bpm,
        "seconds": seconds,
        "notes": notes,
    }


if __name__ == "__main__":
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    for i in range(count):
        rng = random.Random(f"{seed} {i}")
        print(json.dumps(piece(rng, 12.0)))
