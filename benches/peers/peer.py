"""Does one piece of work for each line of JSON on stdin, as the binary `stages` does, with
PyTorch, transformers, CTranslate2, torchaudio or librosa. run.py starts it in its own venv.

    {"work": "caption", "engine": "ctranslate2", "precision": "int8", "chunks": 18, ...}

The first line names what later lines work with: {"checkpoint": FILE, "mel": FILE, "wave": FILE,
"cache": FOLDER, "threads": N}. The answer to it holds the versions of what is installed.
"""

import importlib
import importlib.metadata
import json
import os
import resource
import sys
import time

import torch

# torchaudio, which transformers imports too, insists on being built for the same CUDA; none is
# used here.
torch.version.cuda = None


def answer(message):
    # fd 1 belongs to the answers; what libraries print goes to stderr.
    os.write(ANSWERS, (json.dumps(message) + "\n").encode())


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    seconds = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    seconds["peak_kib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return value, seconds


# Which module knows which engine. They import only what they need.
ENGINES = {
    "torch": "peer_bart",
    "ctranslate2": "peer_ctranslate2",
    "torchaudio": "peer_mel",
    "librosa": "peer_mel",
}


def main():
    files = json.loads(sys.stdin.readline())
    names = ["torch", "torchaudio", "transformers", "ctranslate2", "librosa", "numpy"]
    answer({name: importlib.metadata.version(name) for name in names})
    makers, ready = {}, {}
    for line in sys.stdin:
        request = json.loads(line)
        module = importlib.import_module(ENGINES[request["engine"]])
        maker = makers.setdefault(module, module.Maker(files))
        key = json.dumps(request, sort_keys=True)
        if key not in ready:
            # Only what was asked for last is kept ready: a model is half a gigabyte.
            ready = {key: maker.make(request)}
        value, seconds = timed(ready[key])
        answer(seconds | maker.describe(request, value))


if __name__ == "__main__":
    ANSWERS = os.dup(1)
    os.dup2(2, 1)
    main()
