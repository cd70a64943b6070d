"""The ``musicap`` command: ``python -m musicap song.mp3``."""

from __future__ import annotations

import signal
import sys

from musicap import _musicap


def main() -> None:
    """Runs the command with the arguments of the process and exits."""
    # Ctrl-C ends the process at once, as it does for the native command.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    sys.exit(_musicap.run_command(["musicap", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
