"""Trains the autoencoder on composed emoji scenes. Resumes by itself from --state if that file exists.

Most steps see 128 x 128 crops of 256 x 256 scenes (same strokes, a quarter of the work); the last part sees whole
scenes of several shapes, so that attention and borders meet what they will meet in use.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import compose
from checkpoints import Averages, learning_rate, load_averages, load_state, save_state
from networks import build_autoencoder, initialise_autoencoder

FULL_SHAPES = ((256, 256), (256, 256), (224, 288), (288, 224), (192, 352), (352, 192))
HELD_OUT_EVERY = 20  # every 20th emoji is never shown to the autoencoder
KINDS = {"single": 0.40, "colour": 0.24, "place": 0.10, "size": 0.04, "side": 0.02, "number": 0.07, "pair": 0.08,
         "recolour": 0.05}


def is_held_out(emoji):
    return emoji % HELD_OUT_EVERY == 7


def sample_picture(rng, library, shape=(256, 256)):
    """A scene without held-out emoji: [height, width, 3] uint8."""
    while True:
        scene = compose.sample_scene(rng, library, KINDS)
        if not any(is_held_out(o["emoji"]) for o in scene["objects"]):
            return compose.draw(scene, library, *shape)


def busiest_crop(rng, picture, size, tries=3):
    """The crop with the most contrast of a few random ones, or (one in five) just a random one."""
    crops = []
    for _ in range(tries if rng.random() < 0.8 else 1):
        y, x = (int(rng.integers(0, n - size + 1)) for n in picture.shape[:2])
        crops.append(picture[y:y + size, x:x + size])
    return max(crops, key=lambda crop: crop[::4, ::4].std())


def make_batch(seed, step, library, arguments, full):
    """[batch, 3, height, width] in [-1, 1]; depends on seed and step only."""
    rng = np.random.default_rng([seed, step])
    if full:
        shape = FULL_SHAPES[int(rng.integers(len(FULL_SHAPES)))]
        pictures = [sample_picture(rng, library, shape) for _ in range(arguments.full_batch)]
    else:
        pictures = [busiest_crop(rng, sample_picture(rng, library), arguments.crop) for _ in range(arguments.batch)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1  # channels last in memory


def gradients(x):
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def reconstruction_loss(output, target, edge_weight):
    """L1 + half of the L1 of 8 x 8 means (colours first) + edge_weight x L1 of neighbour differences."""
    loss = F.l1_loss(output, target) + 0.5 * F.avg_pool2d(output - target, 8).abs().mean()
    if edge_weight:
        loss = loss + edge_weight * sum(F.l1_loss(a, b) for a, b in zip(gradients(output), gradients(target)))
    return loss


def moment_penalty(latents):
    """Keeps each latent channel near mean 0 and deviation 1. latents: [batch, 32, h, w]."""
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    return mean.square().mean() + (deviation - 1).square().mean()


def train_step(autoencoder, batch, edge_weight):
    """Loss of one batch; the decoder sees latents with a little noise so that the transformer may err a little."""
    latents = autoencoder.encode(batch).latent
    strength = torch.rand(len(batch), 1, 1, 1) * 0.15
    output = autoencoder.decode(latents + strength * torch.randn_like(latents)).sample
    return reconstruction_loss(output, batch, edge_weight) + 0.01 * moment_penalty(latents)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--state", default="/root/sanabot-training/autoencoder.pt")
    parser.add_argument("--start-from", help="begin a new schedule from the averaged weights of this state")
    parser.add_argument("--steps", type=int, default=4400)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--full-batch", type=int, default=2)
    parser.add_argument("--full-from", type=float, default=0.85, help="share of the steps after which whole scenes are seen")
    parser.add_argument("--edges-from", type=float, default=0.55)
    parser.add_argument("--edge-weight", type=float, default=0.2)
    parser.add_argument("--lr", type=float, default=8e-4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    library = compose.Library(arguments.data)
    autoencoder = initialise_autoencoder(build_autoencoder()).to(memory_format=torch.channels_last)
    networks = {"autoencoder": autoencoder}
    if arguments.start_from:
        load_averages(arguments.start_from, networks)
    averages = Averages(networks, 0.998)
    optimizer = torch.optim.AdamW(autoencoder.parameters(), lr=arguments.lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    step, config = 0, vars(arguments)
    if Path(arguments.state).exists():
        step = load_state(arguments.state, networks, averages, optimizer)
    started = saved = time.time()
    shown = 0.0
    for step in range(step, arguments.steps):
        full = step >= arguments.full_from * arguments.steps
        edge_weight = arguments.edge_weight if step >= arguments.edges_from * arguments.steps else 0.0
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.lr)
        loss = train_step(autoencoder, make_batch(arguments.seed, step, library, arguments, full), edge_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        optimizer.step()
        averages.update()
        shown += loss.item()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} loss {shown / 50:.4f} after {time.time() - started:.0f} s", flush=True)
            shown = 0.0
        if time.time() - saved > 240 or step + 1 == arguments.steps:
            save_state(arguments.state, step + 1, networks, averages, optimizer, config)
            saved = time.time()


if __name__ == "__main__":
    main()
