"""Which names a transformer reads as the right emoji: the nearest, of all emoji, to what it reads of the plain English name.

By language, with second English names, keywords and characters beside them. It draws nothing and takes half a minute; `align_text_encoder.py`
is judged by it.
"""

import argparse

import torch

import compose
from align_text_encoder import distances, gather_queries, pick_queries, readings
from checkpoints import load_weights
from networks import build_text_encoder, build_transformer, speed_up
from prompts import Prompts
from train_transformer import Scenes, add_scene_options

BATCH = 128


def names_of(entry, kind):
    """What an emoji is called: at most one name."""
    if kind == "characters":
        return [entry["emoji"]]
    if kind == "second names":
        return entry["names"][1:2]
    if kind == "keywords":
        return entry["unique_keywords"][:1]
    return [entry["languages"][kind]] if kind in entry["languages"] else []


@torch.no_grad()
def read_all(transformer, text_encoder, prompts, asked, captions):
    """[blocks, captions, queries, width], see `readings`."""
    parts = []
    for start in range(0, len(captions), BATCH):
        with torch.autocast("cpu", torch.bfloat16):
            embeddings, mask = prompts.encode(text_encoder, captions[start:start + BATCH])
            parts.append(readings(transformer, embeddings, mask, asked).float())
    return torch.cat(parts, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_scene_options(parser)
    parser.add_argument("state", help="training state or exported checkpoint, whose text encoder reads the plain names")
    parser.add_argument("--text-encoder", help="training state of the one that reads the others, if not the same")
    parser.add_argument("--queries", type=int, default=6, help="of each layer")
    parser.add_argument("--show", type=int, default=0, help="so many wrong ones of each kind")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    scenes, prompts = Scenes(compose.Library(arguments.data), arguments), Prompts(arguments.tokenizer)
    transformer, plain_encoder, text_encoder = build_transformer(), build_text_encoder(), build_text_encoder()
    load_weights(arguments.state, {"transformer": transformer, "text_encoder": plain_encoder})
    load_weights(arguments.text_encoder or arguments.state, {"text_encoder": text_encoder})
    speed_up(transformer)
    gathered = gather_queries(transformer, plain_encoder, scenes, prompts, 5)
    asked = [(block, pick_queries(queries, arguments.queries))
             for block, queries in zip(transformer.transformer_blocks, gathered)]
    entries = [scenes.library.entries[emoji] for emoji in scenes.library.trained]
    target = read_all(transformer, plain_encoder, prompts, asked, [entry["names"][0] for entry in entries])
    for kind in ("second names", "keywords", "characters", *compose.words.LANGUAGES):
        named = [(index, name) for index, entry in enumerate(entries) for name in names_of(entry, kind)]
        reading = read_all(transformer, text_encoder, prompts, asked, [name for _, name in named])
        found = distances(target, reading).argmin(1).tolist()
        wrong = [f"{name} -> {entries[of]['names'][0]}" for (index, name), of in zip(named, found) if of != index]
        print(f"{kind}: {1 - len(wrong) / len(named):.3f} of {len(named)}", *wrong[:arguments.show], sep="\n    ", flush=True)


if __name__ == "__main__":
    main()
