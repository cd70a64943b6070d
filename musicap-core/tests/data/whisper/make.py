"""Makes the Whisper kit beside this file: a small random model as transformers 4.26.1 saves it, and
what transformers computes with it.

    python3.10 -m venv venv && venv/bin/pip install transformers==4.26.1 torch==1.12.1 'numpy<2'
    venv/bin/python make.py

The recording is the parity kit's tune, played twice: two chunks of 30 s, the second padded.
"""

import json
import wave
from pathlib import Path

import numpy as np
import torch
from transformers import (
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)

HERE = Path(__file__).resolve().parent
TUNE = HERE.parent / "parity" / "tune-16k.wav"

LANGUAGE, TASK, NO_TIMESTAMPS = "<|en|>", "<|transcribe|>", "<|notimestamps|>"
SPECIAL = ["<|startoftranscript|>", LANGUAGE, TASK, NO_TIMESTAMPS]
WORDS = (
    "a slow piano melody with soft strings and drums, the mood is calm. "
    "an energetic rock song, electric guitar and bass: it's loud and fast! "
).split(" ")


def letters() -> dict[int, str]:
    """GPT-2's alphabet: a printable character for every byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    return table | {byte: chr(256 + place) for place, byte in enumerate(others)}


def vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """All bytes, then what merging the words from the left gives, then the end of text."""
    alphabet = letters()
    tokens, merges = list(alphabet.values()), []
    for word in WORDS:
        word = "".join(alphabet[byte] for byte in (" " + word).encode())
        for end in range(2, len(word) + 1):
            pair = (word[: end - 1], word[end - 1])
            if word[:end] not in tokens:
                tokens.append(word[:end])
                merges.append(pair)
    tokens.append("<|endoftext|>")
    return {token: place for place, token in enumerate(tokens)}, merges


def save_tokenizer() -> WhisperTokenizer:
    vocab, merges = vocabulary()
    (HERE / "vocab.json").write_text(json.dumps(vocab))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (HERE / "merges.txt").write_text("\n".join(lines) + "\n")
    tokenizer = WhisperTokenizer(str(HERE / "vocab.json"), str(HERE / "merges.txt"))
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIAL})
    tokenizer.save_pretrained(HERE)
    return tokenizer


def build(tokenizer: WhisperTokenizer) -> WhisperForConditionalGeneration:
    ids = tokenizer.convert_tokens_to_ids
    end = ids("<|endoftext|>")
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=96,
        max_source_positions=1500,
        max_target_positions=64,
        decoder_start_token_id=ids(SPECIAL[0]),
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        forced_decoder_ids=[(1, ids(LANGUAGE)), (2, ids(TASK)), (3, ids(NO_TIMESTAMPS))],
        suppress_tokens=[ids(token) for token in SPECIAL] + [5, 6],
        begin_suppress_tokens=[ids("\u0120"), end],
        max_length=48,
    )
    torch.manual_seed(7)
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("embed_tokens.weight"):
                parameter.normal_(0.0, 0.5)
                # Likely enough that captions end.
                parameter[config.eos_token_id] *= 1.5
            elif name.endswith("decoder.embed_positions.weight"):
                parameter.normal_(0.0, 2.0)
            elif "layer_norm" in name:
                parameter.add_(0.1 * torch.randn_like(parameter))
            elif parameter.dim() > 1 and "embed_positions" not in name:
                parameter.normal_(0.0, 1.6 / parameter[0].numel() ** 0.5)
            elif "embed_positions" not in name:
                parameter.normal_(0.0, 0.05)
    return model


def chunks() -> list[np.ndarray]:
    with wave.open(str(TUNE)) as tune:
        samples = np.frombuffer(tune.readframes(tune.getnframes()), dtype="<i2")
    twice = np.tile(samples.astype(np.float32) / 32768, 2)
    return [twice[: 30 * 16000], twice[30 * 16000 :]]


def main() -> None:
    tokenizer = save_tokenizer()
    model = build(tokenizer)
    model.save_pretrained(HERE)
    extractor = WhisperFeatureExtractor()
    extractor.save_pretrained(HERE)
    # What the extractor's configuration does not need.
    preprocessor = json.loads((HERE / "preprocessor_config.json").read_text())
    preprocessor.pop("mel_filters", None)
    (HERE / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=2) + "\n")

    features = extractor(chunks(), sampling_rate=16000, return_tensors="pt").input_features
    assert features.shape == (2, 80, 3000), features.shape
    with torch.no_grad():
        encoded = model.model.encoder(features).last_hidden_state
        start = model.config.decoder_start_token_id
        tokens = torch.tensor([[start, 10, 70, 260]] * 2)
        logits = model(features, decoder_input_ids=tokens).logits
    # Every 25th frame.
    np.save(HERE / "expected-mel.npy", features[:, :, ::25].numpy())
    np.save(HERE / "expected-encoder.npy", encoded[:, ::25].numpy())
    np.save(HERE / "expected-logits.npy", logits.numpy())

    settings = {
        "default": {},
        "beams": {"num_beams": 5},
        "penalties": {
            "num_beams": 3,
            "repetition_penalty": 1.2,
            "no_repeat_ngram_size": 2,
            "min_length": 20,
            "length_penalty": 0.6,
        },
        "early": {"num_beams": 4, "early_stopping": True, "max_length": 24},
        "without a prompt": {"num_beams": 2, "forced_decoder_ids": None},
    }
    expected = {}
    for name, changes in settings.items():
        with torch.no_grad():
            found = model.generate(
                features, output_scores=True, return_dict_in_generate=True, **changes
            )
        scores = getattr(found, "sequences_scores", None)
        captions = []
        for place, sequence in enumerate(found.sequences.tolist()):
            # Padding is the end token again.
            end = model.config.eos_token_id
            length = len(sequence)
            while length > 1 and sequence[length - 1] == end and sequence[length - 2] == end:
                length -= 1
            captions.append(
                {
                    "ids": sequence[:length],
                    "text": tokenizer.decode(sequence, skip_special_tokens=True),
                    "score": None if scores is None else scores[place].item(),
                }
            )
        expected[name] = {"settings": changes, "captions": captions}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
