"""The command ``musicap``, as in ``python -m musicap song.mp3``."""

from __future__ import annotations

import signal
import sys

from musicap import _musicap


def main() -> None:
    """Runs the command with the process's arguments and ends the process."""
    # Ctrl-C ends it at once, as it ends the command that is not Python's.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    sys.exit(_musicap.run_command(["musicap", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
