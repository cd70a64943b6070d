"""LP-MusicCaps as the reference runs it: convolutions in PyTorch, BART in transformers."""

import numpy as np
import torch
import torch.nn.functional as F
from transformers import BartConfig, BartForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def bart_base():
    """What facebook/bart-base's config.json says and BartConfig's defaults do not."""
    layers = dict(encoder_layers=6, decoder_layers=6, d_model=768)
    heads = dict(encoder_attention_heads=12, decoder_attention_heads=12)
    widths = dict(encoder_ffn_dim=3072, decoder_ffn_dim=3072, vocab_size=50265)
    config = BartConfig(**layers, **heads, **widths, forced_bos_token_id=0)
    config.normalize_before = False  # for the converter of CTranslate2
    return config


def load_bart(state):
    model = BartForConditionalGeneration(bart_base())
    prefix = "bart."
    weights = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    model.tie_weights()
    return model.eval()


def read_state(checkpoint):
    return torch.load(checkpoint, map_location="cpu", mmap=True)["state_dict"]


class Listener:
    """The whole network, by its weights in `checkpoint`."""

    def __init__(self, checkpoint, dtype):
        state = read_state(checkpoint)
        self.bart = load_bart(state).to(dtype)
        audio = "audio_encoder."
        self.audio = {k.removeprefix(audio): v for k, v in state.items() if k.startswith(audio)}
        self.audio = {k: v.clone().to(dtype) for k, v in self.audio.items()}

    def encode(self, mel):
        """Decibels [chunks, 128, 1001] to what the decoder attends to, [chunks, 32, 768]."""
        weights = self.audio
        x = F.gelu(F.conv1d(mel, weights["conv1.weight"], weights["conv1.bias"], padding=1))
        for i in range(5):
            name = f"conv_stack.{i}"
            weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
            x = F.gelu(F.conv1d(x, weight, bias, stride=2, padding=1))
        audio = x.transpose(1, 2) + weights["positional_embedding"]
        return self.bart.model.encoder(inputs_embeds=audio).last_hidden_state

    def caption(self, mel, beams, tokens):
        encoded = BaseModelOutput(last_hidden_state=self.encode(mel))
        lengths = dict(min_length=tokens, max_length=tokens)
        search = dict(num_beams=beams, no_repeat_ngram_size=3, early_stopping=True)
        forced = dict(forced_bos_token_id=0, forced_eos_token_id=2, decoder_start_token_id=2)
        return self.bart.generate(encoder_outputs=encoded, **lengths, **search, **forced)


class Maker:
    def __init__(self, files):
        self.files = files
        self.listener = None

    def make(self, request):
        dtype = DTYPES[request["precision"]]
        torch.set_num_threads(request["threads"])
        if self.listener is None or self.listener[0] != dtype:
            self.listener = None
            self.listener = (dtype, Listener(self.files["checkpoint"], dtype))
        listener = self.listener[1]
        mel = torch.from_numpy(np.load(self.files["mel"])[: request["chunks"]]).to(dtype)

        @torch.inference_mode()
        def work():
            if request["work"] == "encode":
                return listener.encode(mel)
            return listener.caption(mel, request["beams"], request["tokens"])

        return work

    def describe(self, request, value):
        return {"tokens": value.tolist()} if request["work"] == "caption" else {}
