"""Trains transformer and text encoder together on cached latents, by rectified flow.

x_s = (1 - s) x + s noise, the target is noise - x, the network is told s x 1000. Resumes by itself from --state.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import compose
from cache_latents import scene_of
from checkpoints import Averages, learning_rate, load_averages, load_state, save_state
from networks import build_text_encoder, build_transformer, initialise_transformer, use_fast_feed_forward
from prompts import Prompts

CAPTION_DROPOUT = 0.1


class Scenes:
    """Cached latents with the scenes they show; batches depend on (seed, step) only."""

    def __init__(self, path, library, everyday=0.0, names=None):
        stored = torch.load(path)
        self.everyday, self.library, self.scaling_factor = everyday, library, stored["scaling_factor"]
        self.names = names
        self.latents = stored["latents"]
        self.scenes = [[scene_of(stored["seed"], shape, i, library) for i in range(len(latents))]
                       for shape, latents in enumerate(self.latents)]
        sizes = np.array([len(latents) for latents in self.latents])
        self.shares = sizes / sizes.sum()
        self.simple = np.array([i for i, scene in enumerate(self.scenes[0]) if self.is_simple(scene)])

    def is_simple(self, scene):
        """One everyday thing of the flat set, on white, a colour or a place."""
        thing = scene["objects"][0]
        names = self.library.entries[thing["emoji"]]["names"]
        if self.names is not None:
            plain = scene["backdrop"].get("rgb") == (255, 255, 255) or scene["kind"] == "colour"
            return (scene["kind"] in ("single", "colour") and scene["style"] == "flat" and plain and not thing["tilt"]
                    and any(name in self.names for name in names))
        return (scene["kind"] in ("single", "colour", "place") and scene["style"] == "flat"
                and any(name in compose.words.EVERYDAY for name in names))

    def batch(self, seed, step, size):
        """Scaled latents [size, 32, h, w] of one shape and a caption (or None) for each."""
        rng = np.random.default_rng([seed, step])
        shape = 0
        if rng.random() < self.everyday:
            picked = rng.choice(self.simple, size)
        else:
            shape = int(rng.choice(len(self.latents), p=self.shares))
            picked = rng.integers(len(self.latents[shape]), size=size)
        captions = [None if rng.random() < CAPTION_DROPOUT else compose.describe(rng, self.library, self.scenes[shape][i])
                    for i in picked]
        return self.latents[shape][picked].float() * self.scaling_factor, captions


def flow_loss(transformer, latents, embeddings, mask, time_mean):
    """Mean squared error of the predicted velocity at logit-normal times.

    latents [batch, 32, h, w], embeddings [batch, tokens, width], mask [batch, tokens].
    """
    moment = torch.sigmoid(torch.randn(len(latents)) + time_mean)
    noise = torch.randn_like(latents)
    share = moment[:, None, None, None]
    noisy = (1 - share) * latents + share * noise
    velocity = transformer(noisy, encoder_hidden_states=embeddings, encoder_attention_mask=mask,
                           timestep=moment * 1000, return_dict=False)[0]
    return F.mse_loss(velocity, noise - latents)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--tokenizer", default="/root/sanabot-training/tokenizer")
    parser.add_argument("--latents", default="/root/sanabot-training/latents.pt")
    parser.add_argument("--text-encoder", help="state of train_text_encoder.py to begin with")
    parser.add_argument("--state", default="/root/sanabot-training/transformer.pt")
    parser.add_argument("--start-from", help="begin a new schedule from the averaged weights of this state")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.2e-3)
    parser.add_argument("--text-lr", type=float, default=4e-4)
    parser.add_argument("--time-mean", type=float, default=0.3)
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--everyday", type=float, default=0.0, help="share of batches of single everyday things only")
    parser.add_argument("--names", help="only these everyday things, comma-separated, upright, on white or a colour")
    parser.add_argument("--freeze-text", action="store_true", help="leave the text encoder as it is")
    parser.add_argument("--seed", type=int, default=4)
    return parser.parse_args()


def build(arguments):
    """Networks (by name), averages, optimizer (group 0: transformer, 1: text encoder)."""
    transformer = use_fast_feed_forward(initialise_transformer(build_transformer()))
    networks = {"transformer": transformer, "text_encoder": build_text_encoder()}
    if arguments.start_from:
        load_averages(arguments.start_from, networks)
    elif arguments.text_encoder:
        load_averages(arguments.text_encoder, {"text_encoder": networks["text_encoder"]})
    optimizer = torch.optim.AdamW(
        [{"params": transformer.parameters(), "peak": arguments.lr},
         {"params": networks["text_encoder"].parameters(), "peak": arguments.text_lr}],
        lr=arguments.lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    return networks, Averages(networks, arguments.average), optimizer


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    library = compose.Library(arguments.data, torch.load(arguments.latents)["focus"])
    names = None if arguments.names is None else set(arguments.names.split(","))
    scenes = Scenes(arguments.latents, library, arguments.everyday, names)
    print(len(scenes.simple), "simple scenes", flush=True)
    prompts = Prompts(arguments.tokenizer)
    networks, averages, optimizer = build(arguments)
    config = {**vars(arguments), "scaling_factor": scenes.scaling_factor}
    step = load_state(arguments.state, networks, averages, optimizer) if Path(arguments.state).exists() else 0
    started = saved = time.time()
    shown = 0.0
    for step in range(step, arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, group["peak"])
        latents, captions = scenes.batch(arguments.seed, step, arguments.batch)
        with torch.set_grad_enabled(not arguments.freeze_text):
            embeddings, mask = prompts.encode(networks["text_encoder"], captions)
        loss = flow_loss(networks["transformer"], latents, embeddings, mask, arguments.time_mean)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for n in networks.values() for p in n.parameters()], 1.0)
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
