"""Draws a contact sheet of an exported checkpoint through diffusers' SanaPipeline, and measures its autoencoder.

`npm run bench -- embedded` judges the pictures; this is for looking at them while training goes on.
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
    parser.add_argument("--cells", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--flow-shift", type=float)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--autoencoder", action="store_true", help="measure the autoencoder too")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    library = compose.Library(arguments.data)
    manifest = json.loads((arguments.checkpoint / "sanabot.json").read_text())
    guidance = arguments.guidance or manifest["guidance_scale"]
    pipeline = load(arguments.checkpoint, arguments.flow_shift)
    if arguments.autoencoder:
        print("PSNR held out / seen:", *(round(autoencoder_psnr(pipeline.vae, library, h), 2) for h in (True, False)))
    if arguments.cells:
        prompts = (PROMPTS + MORE)[:arguments.cells - len(MORE)] + MORE if arguments.cells >= 64 else PROMPTS[:arguments.cells]
        save_sheet(generate(pipeline, prompts, manifest, arguments.steps, guidance, arguments.seed), arguments.sheet)
        print("sheet:", prompts)


if __name__ == "__main__":
    main()
