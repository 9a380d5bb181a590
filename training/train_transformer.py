"""Trains transformer and text encoder together on cached latents, by rectified flow.

x_s = (1 - s) x + s noise, the target is noise - x, the network is told s x 1000. Resumes by itself from --state.
"""

import argparse
import json
from collections import Counter, defaultdict

import numpy as np
import torch
import torch.nn.functional as F

import compose
from cache_latents import scene_of
from caption_scorer import CaptionChoice
from checkpoints import Averages, flat_then_down, load_weights
from networks import build_text_encoder, build_transformer, initialise_transformer, trained_parameters, speed_up
from other_words import in_other_words
from prompts import Prompts
from workers import Parts, join_workers, run_steps, run_workers

CAPTION_DROPOUT = 0.1


class Scenes:
    """Cached latents with the scenes they show; batches depend on (seed, step) only."""

    def __init__(self, library, arguments):
        """Of every emoji alone, on white or on a colour, only the first `each` scenes are used that stand upright and are
        not mirrored.

        With one or two fixed pictures of each thing, what is called how is learnt first. 0 uses all scenes.
        """
        self.library, self.odd_shapes, self.each = library, arguments.odd_shapes, arguments.each
        self.mirrored = not arguments.no_mirrored
        self.weight_of = {e: library.weight(e) * (arguments.focus if library.is_common(e) else 1) for e in library.trained}
        stored = [torch.load(path) for path in arguments.latents]
        self.scaling_factor = stored[0]["scaling_factor"]
        self.latents = [torch.cat(parts) for parts in zip(*(s["latents"] for s in stored))]
        self.scenes = [[scene_of(s, shape, i, library) for s in stored for i in range(len(s["latents"][shape]))]
                       for shape in range(len(self.latents))]
        self.weights = [self.weigh(scenes, arguments.mix) for scenes in self.scenes]
        self.beside = self.group_pairs() if all(s.get("steady") for s in stored) else {}
        self.captions, self.choice, self.other_words = arguments.captions, None, arguments.other_words
        if arguments.caption_scorer:
            self.choice = CaptionChoice(arguments.caption_scorer, arguments.tokenizer, arguments.caption_temperature)
        sizes = np.array([len(latents) for latents in self.latents[1:]])
        self.shares = sizes / sizes.sum()

    def weigh(self, scenes, mix):
        """How often each scene is drawn, cumulated, so that kinds come as in `mix` and emoji as `focus` says."""
        used = Counter()
        weights = np.zeros(len(scenes))
        for index, scene in enumerate(scenes):
            thing = scene["objects"][0]
            group = (scene["kind"], thing["emoji"])
            plain = scene["style"] == "flat" and not thing["mirrored"] and not thing["tilt"]
            if self.each and scene["kind"] in ("single", "colour") and (not plain or used[group] >= self.each):
                continue
            if thing["mirrored"] and not self.mirrored:
                continue
            used[group] += 1
            weights[index] = self.weight_of[thing["emoji"]]
        for kind in {scene["kind"] for scene in scenes}:
            of_kind = np.array([scene["kind"] == kind for scene in scenes])
            weights[of_kind] *= mix.get(kind, 0) / max(1e-9, weights[of_kind].sum())
        return np.cumsum(weights / weights.sum())

    def group_pairs(self):
        """The native pairs by style and backdrop: those whose halves may be exchanged."""
        groups = defaultdict(list)
        for index, scene in enumerate(self.scenes[0]):
            if scene["kind"] == "pair":
                groups[self.alike(scene)].append(index)
        return groups

    def alike(self, scene):
        return json.dumps([scene["style"], scene["backdrop"]])

    def exchange_halves(self, rng, latents, scenes):
        """Gives each pair of a native batch, in place, the right half of some other pair of the same style and backdrop.

        Halves are four latents wide each and know next to nothing of each other: 16 pairs put together like this were
        0.5 % of the variance off (as much as bfloat16 costs), and decoded to 46.7 dB from pairs encoded as a whole.
        """
        half = latents.shape[-1] // 2
        for row, scene in enumerate(scenes):
            if scene["kind"] != "pair" or not self.beside:
                continue
            other = compose.pick(rng, self.beside[self.alike(scene)])
            joined = compose.join_halves(scene, self.scenes[0][other])
            if compose.may_pair(*(thing["emoji"] for thing in joined["objects"])):
                latents[row, :, :, half:] = self.latents[0][other][:, :, half:].float() * self.scaling_factor
                scenes[row] = joined

    def batch(self, seed, step, size):
        """Scaled latents [size, 32, h, w] of one shape and a caption (or None) for each; `seed` is a list of integers."""
        rng = np.random.default_rng([*seed, step])
        odd = rng.random() < self.odd_shapes
        shape = 1 + int(rng.choice(len(self.shares), p=self.shares)) if odd else 0
        picked = np.searchsorted(self.weights[shape], rng.random(size)).clip(max=len(self.scenes[shape]) - 1)
        latents = self.latents[shape][picked].float() * self.scaling_factor
        scenes = [self.scenes[shape][i] for i in picked]
        if not odd:
            self.exchange_halves(rng, latents, scenes)
        captions = [in_other_words(rng, caption) if rng.random() < self.other_words else caption
                    for caption in self.describe(rng, latents, scenes)]
        return latents, [None if rng.random() < CAPTION_DROPOUT else caption for caption in captions]

    def describe(self, rng, latents, scenes):
        """A caption of each scene: any, or one of several by the contrastive model's score."""
        if self.choice is None:
            return [compose.describe(rng, self.library, scene) for scene in scenes]
        candidates = [[compose.describe(rng, self.library, scene) for _ in range(self.captions)] for scene in scenes]
        return self.choice.pick(rng, latents, candidates)


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
    return F.mse_loss(velocity.float(), noise - latents)


def add_scene_options(parser):
    """What `Scenes` reads."""
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--tokenizer", default="/root/sanabot-training/tokenizer")
    parser.add_argument("--latents", nargs="+", default=["/root/sanabot-training/latents.pt"])
    parser.add_argument("--mix", type=json.loads, default=compose.KINDS, help="share of each kind of scene, as JSON")
    parser.add_argument("--odd-shapes", type=float, default=0.04, help="share of batches that are not 256 x 256")
    parser.add_argument("--each", type=int, default=0, help="scenes of each emoji and kind; 0: all")
    parser.add_argument("--no-mirrored", action="store_true", help="leave scenes out whose first object is mirrored")
    parser.add_argument("--focus", type=float, default=1.0, help="how much everyday things are favoured over the rest")
    parser.add_argument("--other-words", type=float, default=0.0, help="share of captions among words of sentences in any order")
    parser.add_argument("--caption-scorer", help="choose captions by this file of train_caption_scorer.py; default: uniformly")
    parser.add_argument("--captions", type=int, default=4, help="how many captions it chooses from")
    parser.add_argument("--caption-temperature", type=float, default=10.0, help="of the softmax over 100 times the cosine")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    add_scene_options(parser)
    parser.add_argument("--state", default="/root/sanabot-training/transformer.pt")
    parser.add_argument("--start-from", help="begin from this training state or exported checkpoint")
    parser.add_argument("--text-encoder", help="state of train_text_encoder.py to take the text encoder from")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--decay", type=float, default=0.3, help="share of the steps over which the rate goes down")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.2e-3)
    parser.add_argument("--text-lr", type=float, default=0.0, help="0 leaves the text encoder as it is")
    parser.add_argument("--time-mean", type=float, default=0.6, help="mean of the logit of the time, 1 is noise")
    parser.add_argument("--average", type=float, default=0.998)
    parser.add_argument("--workers", type=int, default=2, help="processes, each with its own batch and one thread")
    parser.add_argument("--seed", type=int, default=4)
    return parser.parse_args()


def build(arguments):
    """Networks (by name), averages of them, and the optimizer."""
    networks = {"transformer": initialise_transformer(build_transformer()), "text_encoder": build_text_encoder()}
    if arguments.start_from:
        load_weights(arguments.start_from, networks)
    if arguments.text_encoder:
        load_weights(arguments.text_encoder, {"text_encoder": networks["text_encoder"]})
    groups = [{"params": trained_parameters(speed_up(networks["transformer"])), "peak": arguments.lr}]
    if arguments.text_lr:
        groups.append({"params": list(networks["text_encoder"].parameters()), "peak": arguments.text_lr})
    optimizer = torch.optim.AdamW(groups, lr=arguments.lr, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    return networks, Averages(networks, arguments.average), optimizer


def train(rank, arguments):
    """One of the workers."""
    join_workers(rank, arguments)
    torch.manual_seed(arguments.seed)
    scenes = Scenes(compose.Library(arguments.data), arguments)
    prompts = Prompts(arguments.tokenizer)
    networks, averages, optimizer = build(arguments)

    def loss_of(step):
        latents, captions = scenes.batch([arguments.seed, rank], step, arguments.batch // arguments.workers)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.set_grad_enabled(arguments.text_lr > 0):
                embeddings, mask = prompts.encode(networks["text_encoder"], captions)
            return flow_loss(networks["transformer"], latents, embeddings, mask, arguments.time_mean)

    run_steps(rank, arguments, Parts(
        networks, averages, optimizer, lambda step, peak: flat_then_down(step, arguments.steps, peak, arguments.decay),
        {**vars(arguments), "scaling_factor": scenes.scaling_factor}), loss_of)


if __name__ == "__main__":
    run_workers(train, parse_arguments())
