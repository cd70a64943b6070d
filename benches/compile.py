"""What an application that depends on musicap waits for: CPU seconds to compile it, and its size, for
each set of features, with README's two lines of profile and without.

`python3 benches/compile.py [SET...]` prints a table; each row is compiled from nothing. Needs cargo."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CORE = Path(__file__).resolve().parent.parent / "musicap-core"
PROFILE = "[profile.release.package.burn-flex]\nopt-level = 0\n"
ONE_UNIT = PROFILE + '\n[profile.release.package."*"]\ncodegen-units = 1\n'
# Name: features, whether the defaults are on, the profile, the program's model.
SETS = {
    "minimal": ('default-features = false, features = ["flex"]', PROFILE, False),
    "default": ("", PROFILE, True),
    "default, without the profile": ("", "", True),
    "default, a crate in one unit": ("", ONE_UNIT, True),
    "hub": ('features = ["hub"]', PROFILE, True),
    "openai": ('features = ["openai"]', PROFILE, True),
    "wgpu": ('features = ["wgpu"]', PROFILE, True),
}
EMBEDDED = "musicap::Captioner::embedded()?"
LOADED = 'musicap::Captioner::from_pretrained("model")?'
MAIN = """fn main() -> musicap::Result<()> {
    let captioner = %s;
    for caption in captioner.caption_file("song.mp3")?.captions {
        println!("{caption}");
    }
    Ok(())
}
"""


def measure(folder, features, profile, embedded):
    """CPU seconds, seconds of the clock and bytes, stripped."""
    (folder / "src").mkdir(parents=True)
    comma = ", " if features else ""
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "application"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n'
        "[dependencies]\n"
        f'musicap = {{ package = "musicap-core", path = "{CORE}"{comma}{features} }}\n\n{profile}'
    )
    (folder / "src" / "main.rs").write_text(MAIN % (EMBEDDED if embedded else LOADED))
    shutil.copy(CORE.parent / "Cargo.lock", folder)  # the same versions
    environment = dict(os.environ, CARGO_TARGET_DIR=str(folder / "target"))
    environment.pop("CARGO_INCREMENTAL", None)
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=folder, env=environment, check=True)
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=folder, env=environment, check=True)
    after, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - clock
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    binary = folder / "target" / "release" / "application"
    subprocess.run(["strip", binary], check=True)
    return cpu, clock, binary.stat().st_size


def main():
    names = sys.argv[1:] or list(SETS)
    print("| features | CPU seconds | seconds | binary, stripped |\n|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            cpu, clock, size = measure(Path(folder) / "application", *SETS[name])
        print(f"| {name} | {cpu:.0f} | {clock:.0f} | {size / 1e6:.1f} MB |", flush=True)


if __name__ == "__main__":
    main()
