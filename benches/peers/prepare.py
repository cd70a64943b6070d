"""What has to be there before anything is measured: our programs, the peers' venv, a checkpoint
of full size, recordings."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
REPOSITORY = HERE.parent.parent
SONG = REPOSITORY / "examples/songs/three-scenes.ogg"
# The selection of scripts/test, so that Burn is not compiled anew.
SELECTION = ["--release", "--locked", "--workspace"]
SELECTION += ["--exclude", "musicap-py", "--exclude", "musicap-wasm*"]
SELECTION += ["--features", "musicap-cli/hub,musicap-cli/openai,musicap-train/hub"]
MONO = ["-ac", 1, "-ar", 16_000]
STEREO = ["-ac", 2, "-ar", 44_100, "-b:a", "192k"]


def run(*command, **options):
    command = [str(part) for part in command]
    print("run.py:", " ".join(command), file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr, **options)


def ffmpeg(*arguments):
    run("ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments)


class Prepared:
    def __init__(self, options):
        self.cache, self.threads = options.venv.parent / "peers", options.threads
        self.cache.mkdir(parents=True, exist_ok=True)
        for program in ["cargo", "ffmpeg"]:
            if not shutil.which(program):
                sys.exit(f"run.py: {program} is missing; please install it")
        self.build(options.venv.parent / "target")
        self.python = options.python or self.make_venv(options.venv)
        self.full = options.full
        self.make_models()
        self.make_recordings()

    def build(self, target):
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or target)
        environment = os.environ | {"CARGO_TARGET_DIR": str(target)}
        run("cargo", "build", *SELECTION, cwd=REPOSITORY, env=environment)
        self.stages, self.musicap = target / "release/stages", target / "release/musicap"

    def make_venv(self, venv):
        python = venv / "bin/python"
        if not python.exists():
            run(sys.executable, "-m", "venv", venv)
        wanted = HERE / "requirements.txt"
        installed = venv / wanted.name
        if not installed.is_file() or installed.read_text() != wanted.read_text():
            run(python, "-m", "pip", "install", "--quiet", "--requirement", wanted)
            shutil.copy(wanted, installed)
        return python

    def make_models(self):
        self.checkpoint = self.full / "transfer.pth"
        if not self.checkpoint.is_file():
            run(self.python, REPOSITORY / "benches/random_checkpoint.py", self.full)
        self.folders = {name: self.full / name for name in ["f32", "int8"]}
        for precision, folder in self.folders.items():
            if not (folder / "model.safetensors").is_file():
                run(self.musicap, "convert", self.checkpoint, folder, "--precision", precision)

    def make_recordings(self):
        self.mp3, self.wave = self.cache / "180s.mp3", self.cache / "180s.wav"
        self.samples, self.mel = self.cache / "180s.f32", self.cache / "180s.npy"
        self.ten_seconds = self.cache / "10s.wav"
        self.song(self.mp3, 180, *STEREO)
        self.song(self.wave, 180, *MONO)
        self.song(self.ten_seconds, 10, *MONO)
        if not self.mel.is_file():
            ffmpeg("-i", self.wave, "-f", "f32le", self.samples)
            run(self.musicap, "mel", self.wave, "--output", self.mel, "--quiet")

    def song(self, path, seconds, *format):
        """The song of the repository, played again and again for exactly so long."""
        if not path.is_file():
            # Times by counting samples: those of the file start anew with every turn.
            again = ["-stream_loop", -1, "-i", SONG, "-af", "asetpts=N/SR/TB", "-t", seconds]
            ffmpeg(*again, *format, path)
        return path

    def minutes(self, minutes):
        return self.song(self.cache / f"{minutes}min.mp3", minutes * 60, *STEREO)

    def for_peers(self):
        files = dict(checkpoint=self.checkpoint, mel=self.mel, wave=self.samples, cache=self.cache)
        return {name: str(path) for name, path in files.items()}

    def draw(self, results, plot):
        run(self.python, HERE / "plot.py", results, plot)
