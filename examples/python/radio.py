#!/usr/bin/env python3
"""Captions a radio station, or anything else that ffmpeg can play, while it plays.

    python radio.py https://example.org/stream.mp3
    python radio.py --realtime song.mp3
"""

from __future__ import annotations

import argparse
import subprocess
import threading

import musicap

RATE = 44_100
BLOCK = 1 << 14


def feed(source: str, realtime: bool, live: musicap.Live) -> None:
    """Pushes what ffmpeg plays, and closes the stream at its end."""
    command = ["ffmpeg", "-loglevel", "error", *(["-re"] if realtime else []), "-i", source]
    command += ["-f", "s16le", "-ac", "2", "-ar", str(RATE), "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as player, live:
        assert player.stdout is not None
        while block := player.stdout.read(BLOCK):
            live.push(block)


def main() -> None:
    """Prints a caption every five seconds of music."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--realtime", action="store_true", help="play a file at its own speed")
    args = parser.parse_args()
    live = musicap.Captioner().live(sample_rate=RATE, channels=2, overlap=5.0)
    threading.Thread(target=feed, args=(args.source, args.realtime, live), daemon=True).start()
    for event in live:
        if isinstance(event, musicap.LiveCaption):
            print(event, flush=True)


if __name__ == "__main__":
    main()
