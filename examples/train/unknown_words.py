"""How many captions have words, or pairs of words, that no caption of rendered clips has.

    musicap --format json --beams 1 CLIPS > captions.json
    unknown_words.py captions.json --wording DIR...
"""

import argparse
import json
import re
from pathlib import Path

from calibrate import captions_of
from real_clips import pairs_of_words


def texts(value):
    """All captions in what `musicap --format json` writes, of one recording or of many."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [caption["text"] for caption in value.get("captions", [])]


def words_of(text):
    return set(re.findall(r"[^\s.,]+", text.lower()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("captions", type=Path)
    p.add_argument("--wording", nargs="+", required=True, help="folders of rendered clips")
    a = p.parse_args()
    known = captions_of(a.wording)
    words, pairs = set().union(*map(words_of, known)), set().union(*map(pairs_of_words, known))
    captions = texts(json.loads(a.captions.read_text(encoding="utf-8")))
    broken = [text for text in captions if not words_of(text) <= words]
    strange = [text for text in captions if not pairs_of_words(text) <= pairs]
    for text in broken:
        print(f"unknown word: {text}")
    print(f"{len(captions)} captions, {len(broken)} with unknown words, {len(strange)} with unknown pairs of words")


if __name__ == "__main__":
    main()
