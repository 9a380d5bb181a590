"""Draws scenes of several shapes and keeps their latents, for a frozen autoencoder.

`python cache_latents.py --autoencoder A.pt --out FILE`. Scene i of a shape comes from the generator seeded
[seed, shape, i], so the file holds latents only; the captions are made anew from the same seeds in training.
Its first object is emoji i modulo their number, so every emoji has equally many scenes. `--mix`, `--common` and `--steady`
are kept in the file too, since they decide what the scenes are.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

import compose
from checkpoints import load_weights
from networks import DOWNSCALE, LATENT_CHANNELS, build_autoencoder

# (height, width) -> share of the scenes
SHAPES = {(256, 256): 0.88, (192, 352): 0.04, (352, 192): 0.04, (224, 288): 0.02, (288, 224): 0.02}


def scene_of(choice, shape_index, index, library):
    """`choice` holds "seed" and, where they were given, "mix" (share of each kind), "common" (everyday things only) and "steady"."""
    common = choice.get("common", False)
    pool = library.common if common else library.trained
    rng = np.random.default_rng([choice["seed"], shape_index, index])
    return compose.sample_scene(rng, library, choice.get("mix"), pool[index % len(pool)], common,
                                choice.get("steady", False))


@torch.no_grad()
def encode_shape(autoencoder, library, choice, shape_index, count, batch=16):
    """Latents of `count` scenes of one shape: [count, 32, height / 32, width / 32] float16, unscaled."""
    height, width = list(SHAPES)[shape_index]
    latents = torch.empty(count, LATENT_CHANNELS, height // DOWNSCALE, width // DOWNSCALE, dtype=torch.float16)

    def draw(start):
        pictures = [compose.draw(scene_of(choice, shape_index, i, library), library, height, width)
                    for i in range(start, min(start + batch, count))]
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(draw, 0)
        for start in range(0, count, batch):
            pictures = waiting.result()
            if start + batch < count:
                waiting = pool.submit(draw, start + batch)
            with torch.autocast("cpu", torch.bfloat16):
                latents[start:start + len(pictures)] = autoencoder.encode(pictures).latent
    return latents


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--autoencoder", default="../models/emoji", help="training state or exported checkpoint")
    parser.add_argument("--out", default="/root/sanabot-training/latents.pt")
    parser.add_argument("--scenes", type=int, default=12000)
    parser.add_argument("--scaling-factor", type=float, help="default: so that the latents' deviation is 1")
    parser.add_argument("--mix", type=json.loads, help="share of each kind of scene, as JSON; default: compose.KINDS")
    parser.add_argument("--common", action="store_true", help="everyday things only")
    parser.add_argument("--steady", action="store_true", help="objects upright, at fixed sizes and places")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    library = compose.Library(arguments.data)
    autoencoder = build_autoencoder().to(memory_format=torch.channels_last).eval()
    load_weights(arguments.autoencoder, {"autoencoder": autoencoder})
    choice = {"seed": arguments.seed, "mix": arguments.mix, "common": arguments.common, "steady": arguments.steady}
    started, latents = time.time(), []
    for shape_index, share in enumerate(SHAPES.values()):
        latents.append(encode_shape(autoencoder, library, choice, shape_index, round(arguments.scenes * share)))
        print(f"{list(SHAPES)[shape_index]}: {len(latents[-1])} after {time.time() - started:.0f} s", flush=True)
    native = latents[0].float()
    torch.save({"latents": latents, **choice,
                "scaling_factor": arguments.scaling_factor or round(1 / native.std().item(), 5)}, arguments.out)
    print("mean", native.mean().item(), "deviation", native.std().item())


if __name__ == "__main__":
    main()
