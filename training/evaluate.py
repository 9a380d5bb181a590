"""Judges an exported checkpoint through diffusers' SanaPipeline and draws a contact sheet.

Retrieval: the generated picture's nearest reference (root mean square distance at 32 x 32 pixels) among all trained
emoji of the flat set, each drawn on white in three sizes and mirrored. Lenient, so look at the sheet as well.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import SanaPipeline
from PIL import Image

import compose
import train_autoencoder
from export import build_scheduler

PROMPTS = """a red apple|dog|cat|rocket|pizza|tree|a house|puppy|ice cream|guitar|sun|snowman|bus|car|strawberry|banana
rose|cactus|octopus|penguin|frog|unicorn|ghost|robot|skull|volcano|rainbow|fire|burger|donut|beer|coffee
cake|egg|cheese|carrot|mushroom|bee|butterfly|snake|turtle|whale|fox|lion|owl|pig|truck|bicycle
sailboat|airplane|castle|moon|star|heart|book|key|camera|phone|gift|soccer ball|hat|umbrella|a sad face|grinning face
a dog on a blue background|a pizza on a green background|a rocket in space|a fish under water|a cat at night|two apples""".replace("\n", "|").split("|")
MORE = ["a tree and a house", "a small car", "a blue car", "ein hund", "un gato", "яблоко", "猫", "🍕", "🚀", "a star on the left"]


def load(checkpoint, flow_shift=None):
    pipeline = SanaPipeline.from_pretrained(checkpoint, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    if flow_shift is not None:
        pipeline.scheduler = build_scheduler(flow_shift)
    return pipeline


def generate(pipeline, prompts, manifest, steps, guidance, seed=0, height=256, width=256, batch=8):
    """[prompts, height, width, 3] uint8; picture i is seeded seed + i."""
    pictures = []
    for start in range(0, len(prompts), batch):
        part = prompts[start:start + batch]
        generators = [torch.Generator().manual_seed(seed + start + i) for i in range(len(part))]
        output = pipeline(part, height=height, width=width, num_inference_steps=steps, guidance_scale=guidance,
                          complex_human_instruction=manifest["complex_human_instruction"], generator=generators,
                          max_sequence_length=manifest["max_sequence_length"], use_resolution_binning=False,
                          output_type="np").images
        pictures.extend((output * 255).round().astype(np.uint8))
    return np.stack(pictures)


def thumbnail(picture):
    return np.asarray(Image.fromarray(picture).resize((32, 32), Image.BOX), np.float32).ravel()


def reference(library, emoji, size, mirrored):
    thing = {"row": library.rows["flat"][emoji], "hue": None, "mirrored": mirrored, "tilt": 0, "size": size,
             "centre": [0.5, 0.5]}
    return compose.draw({"backdrop": {"rgb": (255, 255, 255)}, "objects": [thing]}, library)


def references(library):
    """(thumbnails [n, 3072], emoji index of each)."""
    rows, owners = [], []
    for emoji in library.trained:
        for size in (0.72, 0.79, 0.86):
            for mirrored in (False, True):
                rows.append(thumbnail(reference(library, emoji, size, mirrored)))
                owners.append(emoji)
    return np.stack(rows), np.array(owners)


def nearest(pictures, rows, owners):
    """The emoji index whose reference is nearest to each picture."""
    thumbnails = np.stack([thumbnail(p) for p in pictures])
    distances = (thumbnails ** 2).sum(1)[:, None] - 2 * thumbnails @ rows.T + (rows ** 2).sum(1)[None]
    return owners[distances.argmin(1)]


def owners_of(library):
    """Prompt -> emoji index for every English name."""
    return {name: i for i in library.trained for name in library.entries[i]["names"]}


def everyday_names(library, count, seed=6):
    """`count` different names drawn as in training (everyday things more often), with their emoji."""
    rng = np.random.default_rng(seed)
    picked = rng.choice(library.trained, count, replace=False, p=library.weights)
    return [(compose.pick(rng, library.entries[i]["names"]), int(i)) for i in picked]


@torch.no_grad()
def autoencoder_psnr(vae, library, held_out, count=48):
    """Mean PSNR in dB of single flat emoji on white or colour, seen or held out."""
    rng, values = np.random.default_rng(5), []
    while len(values) < count:
        scene = compose.sample_scene(rng, library, {"single": 0.6, "colour": 0.4})
        if scene["style"] != "flat" or train_autoencoder.is_held_out(scene["objects"][0]["emoji"]) != held_out:
            continue
        picture = torch.from_numpy(compose.draw(scene, library).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
        output = vae.decode(vae.encode(picture).latent).sample.clamp(-1, 1)
        values.append(10 * np.log10(4 / (output - picture).square().mean().item()))
    return float(np.mean(values))


def save_sheet(pictures, path, columns=8):
    blank = [np.full_like(pictures[0], 255)] * (-len(pictures) % columns)
    cells = [*pictures, *blank]
    rows = [np.concatenate(cells[i:i + columns], 1) for i in range(0, len(cells), columns)]
    Image.fromarray(np.concatenate(rows)).resize((columns * 160, len(rows) * 160), Image.LANCZOS).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--sheet", default="/root/sanabot-training/sheet.png")
    parser.add_argument("--names", type=int, default=60, help="prompts of the retrieval test, 0 for none")
    parser.add_argument("--cells", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--flow-shift", type=float)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--autoencoder", action="store_true", help="measure the autoencoder too")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    library = compose.Library(arguments.data, 4.0)
    manifest = json.loads((arguments.checkpoint / "sanabot.json").read_text())
    guidance = arguments.guidance or manifest["guidance_scale"]
    pipeline = load(arguments.checkpoint, arguments.flow_shift)
    if arguments.autoencoder:
        print("PSNR held out / seen:", *(round(autoencoder_psnr(pipeline.vae, library, h), 2) for h in (True, False)))
    if arguments.names:
        names = everyday_names(library, arguments.names)
        pictures = generate(pipeline, [n for n, _ in names], manifest, arguments.steps, guidance, arguments.seed)
        found, wanted = nearest(pictures, *references(library)), np.array([i for _, i in names])
        shuffled = np.roll(wanted, 1)
        print(f"retrieval {np.mean(found == wanted):.3f}, shuffled control {np.mean(found == shuffled):.3f}")
        print("missed:", [n for (n, _), ok in zip(names, found == wanted) if not ok])
    if arguments.cells:
        prompts = (PROMPTS + MORE)[:arguments.cells - len(MORE)] + MORE if arguments.cells >= 64 else PROMPTS[:arguments.cells]
        save_sheet(generate(pipeline, prompts, manifest, arguments.steps, guidance, arguments.seed), arguments.sheet)
        print("sheet:", prompts)


if __name__ == "__main__":
    main()
