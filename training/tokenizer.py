"""Trains the byte-pair tokenizer of the text encoder and writes it with Gemma's tokenizer.json schema.

`python tokenizer.py DATA_DIR OUT_DIR`. The vocabulary covers the English names, keywords and caption words, the
emoji characters and their names in the bot's other languages; bytes stand in for everything else.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import compose
from networks import VOCABULARY_SIZE

INSTRUCTION = "Draw one clear emoji style picture of this: "
SPECIAL = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>", "mask_token": "<mask>"}
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789 .,;:!?'\"()-+*/&%#@$=_äöüßéèêàâîôûçñáíóúãõабвгдеёжзийклмнопрстуфхцчшщъыьэюя"


def corpus(library, scenes=30000):
    """Texts to learn merges from: every name and keyword, and the captions of some scenes."""
    for entry in library.entries:
        trained = 1 + 2 * (entry["group"] in compose.words.TRAINED_GROUPS)
        for _ in range(trained):
            yield from (f" {text}" for text in [*entry["names"], *entry["languages"].values(), entry["emoji"]])
            yield from (f" {text}" for text in entry["keywords"])
    for index in range(scenes):
        rng = np.random.default_rng([77, index])
        yield INSTRUCTION + compose.describe(rng, library, compose.sample_scene(rng, library))


def train(texts):
    """(vocabulary, merges) of a BPE whose merges never cross a word's start."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("▁"), "merged_with_next")
    seen = Counter(char for text in texts for char in text if char != " ")
    alphabet = {char for char, count in seen.items() if count >= 3} | set(ALPHABET.replace(" ", "▁")) | {"▁"}
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE, special_tokens=[*SPECIAL.values(), *BYTES], initial_alphabet=sorted(alphabet),
        limit_alphabet=len(alphabet), min_frequency=2, show_progress=False, max_token_length=16,
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def assemble(vocabulary, merges):
    """The tokenizer in the form of Gemma's: normaliser, split on (never occurring) spaces, <bos> in front."""
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", vocabulary["<bos>"])])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(list(SPECIAL.values()))
    return tokenizer


def write(tokenizer, out_dir):
    """tokenizer.json and the two files beside it, from which transformers makes a GemmaTokenizerFast."""
    out_dir.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out_dir / "tokenizer.json"))
    config = {
        **SPECIAL, "add_bos_token": True, "add_eos_token": False, "clean_up_tokenization_spaces": False,
        "model_max_length": 512, "padding_side": "right", "spaces_between_special_tokens": False,
        "tokenizer_class": "GemmaTokenizerFast",
    }
    (out_dir / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (out_dir / "special_tokens_map.json").write_text(json.dumps(SPECIAL, indent=2) + "\n")


def main():
    data_dir, out_dir = Path(sys.argv[1]), Path(sys.argv[2])
    texts = list(corpus(compose.Library(data_dir)))
    tokenizer = assemble(*train(texts))
    write(tokenizer, out_dir)
    lengths = [len(tokenizer.encode(text).ids) for text in texts]
    wrong = [text for text in texts if tokenizer.decode(tokenizer.encode(text).ids) != text]
    print(tokenizer.get_vocab_size(), "tokens;", len(wrong), "of", len(texts), "texts do not round-trip; lengths: mean",
          round(float(np.mean(lengths)), 1), "longest", max(lengths))
    if wrong:
        raise SystemExit(f"first that does not round-trip: {wrong[0]!r}")


if __name__ == "__main__":
    main()
