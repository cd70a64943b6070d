"""The programs that are measured: some answer line by line, others run once for each piece of
work. This process stays small, so that what a child is said to have used is the child's."""

import json
import os
import pathlib
import subprocess
import time

HERE = pathlib.Path(__file__).parent


class Line:
    """A program that does a piece of work for each line and answers with its seconds."""

    def __init__(self, command, log, first=None):
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.log = log.name
        self.greeting = self.ask(first) if first else None

    def ask(self, request):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SystemExit(f"run.py: {self.process.args[0]} failed at {request}; see {self.log}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Crew:
    """Programs by name, started when they are first needed: one for each precision, so that no
    model has to make room for another between two rounds."""

    def __init__(self, prepared):
        self.prepared = prepared
        self.lines = {}
        self.versions = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.dismiss()

    def dismiss(self):
        for line in self.lines.values():
            line.close()
        self.lines.clear()

    def __getitem__(self, name):
        if name not in self.lines:
            prepared = self.prepared
            with open(prepared.cache / f"{name}.log", "w") as log:
                if name.startswith("ours"):
                    self.lines[name] = Line([prepared.stages], log)
                else:
                    command = [prepared.python, HERE / "peer.py"]
                    self.lines[name] = Line(command, log, first=prepared.for_peers())
                    self.versions = self.lines[name].greeting
        return self.lines[name]


def once(command, stdin=None):
    """Runs a command and gives its seconds, those until its first line, and its peak memory."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if stdin:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    first_s = None
    while process.stdout.readline():
        first_s = first_s or time.perf_counter() - start
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"run.py: {process.args} ended with {process.returncode}")
    return {
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_kib": usage.ru_maxrss,
        "first_s": first_s,
    }
