#!/usr/bin/env python3
"""Writes the type stubs of `musicap._musicap` from the built library, or checks them.

    python musicap-py/stubs.py MATURIN [--check]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
STUBS = HERE / "python" / "musicap" / "_musicap.pyi"
HEADER = """\
# Written by musicap-py/stubs.py from the compiled library.
import collections.abc
import typing

import numpy
import numpy.typing

"""


def generate(maturin: str) -> str:
    """What PyO3 knows of the library's functions and classes, as stubs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [maturin, "generate-stubs", "--quiet", "--profile", "release", "--locked"]
        subprocess.run([*command, "--out", folder], check=True, cwd=HERE, stdout=sys.stderr)
        [written] = Path(folder).rglob("_musicap*")
        files = [written] if written.is_file() else sorted(written.rglob("*.pyi"))
        text = "".join(file.read_text(encoding="utf-8") for file in files)
    lines = []
    for line in text.splitlines():
        # Types that PyO3 cannot work out are written in quotes.
        lines.append(line.replace('"', "") if line.lstrip().startswith("def ") else line)
    return HEADER + "\n".join(lines) + "\n"


def main() -> None:
    stubs = generate(sys.argv[1])
    if "--check" not in sys.argv:
        STUBS.write_text(stubs, encoding="utf-8")
    elif stubs != STUBS.read_text(encoding="utf-8"):
        sys.exit(f"{STUBS} is not what the library has; run {Path(__file__).name} again")


if __name__ == "__main__":
    main()
