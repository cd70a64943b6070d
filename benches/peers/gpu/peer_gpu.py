"""Captions by transformers on an NVIDIA card, for each line of JSON on stdin:

    {"precision": "f16", "chunks": 18, "beams": 5, "tokens": 64}

The arguments are the checkpoint and the log-mel spectrograms (.npy), which are taken in turn. The
first answer is the card's name and the versions of what is installed.
"""

import json
import os
import pathlib
import sys
import time

import numpy as np
import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import peer_bart

DTYPES = {"f32": torch.float32, "f16": torch.float16}


def answer(message):
    # fd 1 belongs to the answers; what libraries print goes to stderr.
    os.write(ANSWERS, (json.dumps(message) + "\n").encode())


def listener_of(checkpoint, precision):
    listener = peer_bart.Listener(checkpoint, DTYPES[precision])
    listener.bart.cuda()
    listener.audio = {name: tensor.cuda() for name, tensor in listener.audio.items()}
    return listener


@torch.inference_mode()
def caption(listener, mel, request):
    chosen = mel[np.arange(request["chunks"]) % len(mel)]
    begun = time.perf_counter()
    on_card = torch.from_numpy(chosen).to("cuda", DTYPES[request["precision"]])
    tokens = listener.caption(on_card, request["beams"], request["tokens"]).tolist()
    return {"wall_s": time.perf_counter() - begun, "tokens": tokens}


def main():
    checkpoint, mel = sys.argv[1], np.load(sys.argv[2])
    card = torch.cuda.get_device_name()
    answer({"card": card, "torch": torch.__version__, "transformers": transformers.__version__})
    loaded = None
    for line in sys.stdin:
        request = json.loads(line)
        if loaded is None or loaded[0] != request["precision"]:
            loaded = None
            torch.cuda.empty_cache()
            loaded = (request["precision"], listener_of(checkpoint, request["precision"]))
        answer(caption(loaded[1], mel, request))


if __name__ == "__main__":
    ANSWERS = os.dup(1)
    os.dup2(2, 1)
    main()
