"""Has pycocoevalcap score our own captions: writes test-data/metrics.json, which a test of
src/metrics.rs holds against Rust's numbers.

    apt-get install default-jre-headless
    python3 -m venv venv && venv/bin/pip install pycocoevalcap==1.2
    venv/bin/python check_metrics.py
"""

import json
import random
from pathlib import Path

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

# What a tokenizer or a score may stumble over: first the candidate, then its references.
ODD = [
    ["", "A harp plays a slow melody.", "A slow harp solo."],
    ["Drums", "A rock drum beat with a bass guitar.", "Drums."],
    ["...", "Silence.", "The clip is silent, or nearly so..."],
    ["A trumpet.", "A trumpet.", "A trumpet plays a fanfare."],
    ["It's a mid-tempo, four-on-the-floor dance beat; there's no melody!",
     "A four-on-the-floor beat without melody, mid-tempo.",
     "There isn't any melody: only a mid-tempo dance beat.", "It’s a beat -- and nothing else."],
    ['A "lo-fi" piano loop plays \'quietly\' over vinyl noise.',
     "A lo-fi piano loop, quiet, over “vinyl” noise.",
     "Quiet piano; it doesn't change much, and it won't end."],
    ["A rock 'n' roll guitar, 120 bpm, 4/4 time, in the style of the '60s.",
     "Rock'n'roll of the 1960's at 120 bpm in 4/4 time.",
     "An electric guitar plays rock 'n' roll in 4/4, as in the '60s."],
    ["The song is in the key of F# minor, at 1,000 beats and 3.5 notes, 50% louder.",
     "A song in F# minor, 50 % louder than before.",
     "In C# or B-flat: 3.5 notes per beat, and .5 more."],
    ["the the the the the the the", "The cat of the song sits on the mat.", "The song, the cat."],
    ["A 12-string guitar, a 5-string banjo & an R&B bass at 3:45.",
     "A banjo with 5 strings and a 12-string guitar with R&B bass.",
     "R & B bass, 12-string guitar/banjo duet."],
    ["A singer can't, won't and shouldn't've stopped: they'd sing, I'm sure, 'til dawn.",
     "The singers' voices cannot stop; they'll sing and you're going to hear 'em.",
     "You've heard it: we're gonna sing, don't you wanna?"],
    ["CAFÉ music, naïve and señorial, with an Ünlaut.", "Café music, naïve.", "Music of a café."],
    ["A flute vs. a recorder, e.g. in a duet by Mr. Smith, etc.",
     "Flute vs. recorder, i.e. two woodwinds.", "Mr. Smith's duet for flute, recorder, etc."],
    ["A piano,a harp and a flute,slowly.Then silence.", "A piano, a harp and a flute, slowly.",
     "A slow trio."],
    ["   Spaces   and\ttabs   before a   cello .", "A cello between spaces and tabs ."],
    ["A choir sings. What a sound! Is it sad? It is: slow, low, long.",
     "A sad choir sings slowly.", "Is it a choir? It sounds sad, slow and low!"],
]


def composed(rng):
    """A candidate and references that say much the same in other words."""
    leads = ["piano", "violin", "trumpet", "clarinet", "synth lead", "marimba", "church organ"]
    backs = ["a synth pad", "plucked strings", "a bass guitar", "a string ensemble", "bells"]
    paces = ["slow", "mid-tempo", "fast-paced", "unhurried", "up-tempo"]
    moods = ["calm", "lively", "bold", "dreamy", "powerful"]
    drums = ["There are no drums.", "The rhythm comes from a rock drum beat.", "", "No percussion!"]

    def caption(lead, back, pace, mood, drum):
        form = rng.choice([
            "A {0} plays a {2}, {3} melody, accompanied by {1}. {4}",
            "A {2} and {3} instrumental piece played by a {0} and {1}. {4}",
            "A {0} plays a tune over {1}. The tempo is {2} and the mood is {3}. {4}",
            "This is a {2} piece for {0} with {1}; it sounds {3}. {4}",
        ])
        return form.format(lead, back, pace, mood, drum).strip()

    truth = [rng.choice(names) for names in (leads, backs, paces, moods, drums)]
    names = (leads, backs, paces, moods, drums)
    said = [rng.choice(n) if rng.random() < 0.3 else t for t, n in zip(truth, names)]
    return [caption(*said)] + [caption(*truth) for _ in range(rng.randint(1, 6))]


def main():
    rng = random.Random(7)
    sets = ODD + [composed(rng) for _ in range(40 - len(ODD))]
    lines = PTBTokenizer().tokenize(
        {i: [{"caption": text} for text in texts] for i, texts in enumerate(sets)}
    )
    candidates = {i: line[:1] for i, line in lines.items()}
    references = {i: line[1:] for i, line in lines.items()}
    bleu, _ = Bleu(4).compute_score(references, candidates, verbose=0)
    rouge_l, rouges = Rouge().compute_score(references, candidates)
    cider_d, ciders = Cider().compute_score(references, candidates)
    clips = [
        {"candidate": texts[0], "references": texts[1:], "words": lines[i],
         "rouge_l": round(float(rouges[i]), 9), "cider_d": round(float(ciders[i]), 9)}
        for i, texts in enumerate(sets)
    ]
    whole = {
        "bleu": [round(float(b), 9) for b in bleu],
        "rouge_l": round(float(rouge_l), 9),
        "cider_d": round(float(cider_d), 9),
    }
    path = Path(__file__).parent / "test-data" / "metrics.json"
    path.write_text(json.dumps(whole | {"clips": clips}, indent=1, ensure_ascii=False) + "\n")
    print(whole)


if __name__ == "__main__":
    main()
