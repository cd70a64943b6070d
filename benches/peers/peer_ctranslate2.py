"""BART in CTranslate2. Its encoder reads tokens where ours reads audio: each chunk is given 32 of
them, as many as the convolutions hand to the encoder. It does no convolutions."""

import pathlib

import ctranslate2

import peer_bart

TYPES = {"f32": "float32", "int8": "int8"}
SOURCE_TOKENS = 32


def convert(checkpoint, folder):
    """Writes the checkpoint's BART with CTranslate2's own converter for transformers."""
    from ctranslate2.converters import transformers as converters

    model = peer_bart.load_bart(peer_bart.read_state(checkpoint))
    spec = converters.BartLoader().get_model_spec(model)
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = names + [f"t{i}" for i in range(len(names), model.config.vocab_size)]
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "</s>", "<unk>"
    spec.config.decoder_start_token = "</s>"
    spec.validate()
    spec.optimize()
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


class Maker:
    def __init__(self, files):
        self.folder = pathlib.Path(files["cache"]) / "ctranslate2"
        if not (self.folder / "model.bin").is_file():
            convert(files["checkpoint"], self.folder)
        self.translator = None

    def make(self, request):
        key = (request["precision"], request["threads"])
        if self.translator is None or self.translator[0] != key:
            self.translator = None
            kind, threads = TYPES[key[0]], request["threads"]
            pools = dict(inter_threads=1, intra_threads=threads)
            translator = ctranslate2.Translator(str(self.folder), compute_type=kind, **pools)
            self.translator = (key, translator)
        translator = self.translator[1]
        # Chunks of different tokens, so that nothing about them could be shared.
        row = lambda chunk: [f"t{100 + 37 * chunk + 11 * i}" for i in range(SOURCE_TOKENS)]
        source = [row(chunk) for chunk in range(request["chunks"])]
        # transformers counts the start token into the length, CTranslate2 does not count the end.
        steps = request["tokens"] - 1
        lengths = dict(min_decoding_length=steps, max_decoding_length=steps)
        search = dict(beam_size=request["beams"], no_repeat_ngram_size=3)

        def work():
            return translator.translate_batch(source, **lengths, **search)

        return work

    def describe(self, request, value):
        lengths = {len(result.hypotheses[0]) for result in value}
        return {"generated": sorted(lengths)}
