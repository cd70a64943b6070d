#!/usr/bin/env python3
"""Measures musicap beside its peers on this machine: the same work, in alternation, in one run.

    python3 benches/peers/run.py                       all of it (first: 6 GB of packages)
    python3 benches/peers/run.py --only mel,caption18  a part, put in place of that part of --out

Needs cargo, ffmpeg and what pip is set up with; everything else it makes, under
${XDG_CACHE_HOME:-~/.cache}/musicap. Writes peers.json and peers.md to --out. The weights are
random, at LP-MusicCaps' full size, and all captions have 64 tokens.
"""

import argparse
import json
import os
import pathlib
import sys

import report
import works
from engines import Crew
from prepare import Prepared

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "musicap"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--out", type=pathlib.Path, default=CACHE / "peers", help="default: %(default)s")
    p.add_argument("--only", default="", help="works, comma-separated: " + ", ".join(works.ALL))
    p.add_argument("--rounds", type=int, help="default: 5, for the slowest works 3")
    p.add_argument("--threads", type=int, default=2, help="of all engines (default: %(default)s)")
    p.add_argument("--full", type=pathlib.Path, default=CACHE / "full", help="the full-size model")
    p.add_argument("--venv", type=pathlib.Path, default=CACHE / "venv-peers")
    p.add_argument("--python", help="one that has the peers installed, in place of --venv")
    p.add_argument("--before", help="a command that is run before each round, to quiet the machine")
    p.add_argument("--after", help="a command that is run after each round")
    p.add_argument("--tokens", type=int, default=64, help="of each caption (default: %(default)s)")
    p.add_argument("--plot", type=pathlib.Path, help="where the work growth draws its plot, as SVG")
    return p.parse_args()


def main():
    options = arguments()
    names = [name for name in options.only.split(",") if name] or list(works.ALL)
    unknown = set(names) - set(works.ALL)
    if unknown:
        sys.exit(f"run.py: no such work: {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    results_path = options.out / "peers.json"
    results = json.loads(results_path.read_text()) if results_path.is_file() else {"works": {}}

    prepared = Prepared(options)
    with Crew(prepared) as crew:
        for name in names:
            print(f"run.py: {name}", file=sys.stderr)
            measured = works.ALL[name](options, prepared, crew)
            results["works"][name] = {"machine": report.machine(prepared), **measured}
            results["versions"] = results.get("versions", {}) | crew.versions
            results_path.write_text(json.dumps(results, indent=1) + "\n")
    markdown = report.markdown(results)
    (options.out / "peers.md").write_text(markdown)
    print(markdown)
    if options.plot and "growth" in results["works"]:
        prepared.draw(results_path, options.plot)


if __name__ == "__main__":
    main()
