"""Teaches the text encoder its words before the transformer sees it: tell from the caption alone what the scene holds.

Minutes of this replace hours of learning words through the diffusion loss. A linear head reads the last token's
embedding and answers which emoji, which backdrop and so on, and what the picture looks like (its first principal
components), so that things that look alike get embeddings that are alike. Only the text encoder is kept.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import compose
from checkpoints import Averages, learning_rate, load_state, load_weights, save_state
from networks import TEXT_WIDTH, build_text_encoder
from prompts import Prompts


COMPONENTS = 96
KINDS = {**compose.KINDS, "single": 0.56, "colour": 0.12, "place": 0.04, "number": 0.05, "size": 0.04, "side": 0.04,
         "recolour": 0.04, "pair": 0.11}


def looks_of(library):
    """[emoji, COMPONENTS]: principal components of each trained emoji's 32 x 32 picture on white, the first of deviation 1."""
    rows = [Image.fromarray(library.pixels[library.rows["flat"][e]]).resize((32, 32), Image.Resampling.BOX)
            for e in library.trained]
    pixels = torch.tensor(np.stack(rows)).float() / 255
    pixels = (pixels[..., :3] * pixels[..., 3:] + 1 - pixels[..., 3:]).flatten(1)
    pixels = pixels - pixels.mean(0)
    axes = torch.pca_lowrank(pixels, COMPONENTS, center=False, niter=6)[2]
    looks = pixels @ axes
    return looks / looks[:, 0].std()


class Questions:
    """What is asked about a scene: name -> answers. Answer 0 is "not said"."""

    def __init__(self, library):
        self.emoji = {e: i + 1 for i, e in enumerate(library.trained)}
        backdrops = [*compose.COLOURS, *compose.PLACES]
        self.answers = {
            "backdrop": backdrops, "size": ["small", "large"], "side": list(compose.SIDES), "number": [2, 3, 4],
            "hue": list(compose.HUES), "style": ["noto", "3d"],
        }
        self.sizes = {"first": len(self.emoji) + 1, "second": len(self.emoji) + 1,
                      **{name: len(values) + 1 for name, values in self.answers.items()}}

    def of(self, scene):
        """The right answer's index for every question."""
        backdrop = scene["backdrop"]
        said = {**scene, "backdrop": backdrop.get("place") or (backdrop["words"] and backdrop["words"][1][3:])}
        result = [self.emoji[scene["objects"][0]["emoji"]],
                  self.emoji[scene["objects"][1]["emoji"]] if scene["kind"] == "pair" else 0]
        for name, values in self.answers.items():
            value = said.get(name)
            result.append(values.index(value) + 1 if value in values else 0)
        return result


def make_batch(seed, step, library, questions, size):
    """Captions and answers [size, questions], from seed and step alone; every emoji comes up equally often."""
    rng = np.random.default_rng([seed, step])
    scenes = [compose.sample_scene(rng, library, KINDS, compose.pick(rng, library.trained)) for _ in range(size)]
    return [compose.describe(rng, library, s) for s in scenes], torch.tensor([questions.of(s) for s in scenes])


def last_token(embeddings, mask):
    """[batch, width]: the embedding of each row's last valid token."""
    return embeddings[torch.arange(len(mask)), mask.sum(1) - 1]


def losses(head, features, answers, questions, looks):
    """Cross-entropy per question and the looks' squared error, and how often the first object was right."""
    *logits, seen = head(features).float().split([*questions.sizes.values(), COMPONENTS], 1)
    values = [F.cross_entropy(part, answers[:, i]) for i, part in enumerate(logits)]
    values.append(20 * F.mse_loss(seen, looks[answers[:, 0] - 1]))
    return values, (logits[0].argmax(1) == answers[:, 0]).float().mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--tokenizer", default="/root/sanabot-training/tokenizer")
    parser.add_argument("--state", default="/root/sanabot-training/text-encoder.pt")
    parser.add_argument("--start-from", help="training state or exported checkpoint to begin with")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    library = compose.Library(arguments.data)
    prompts, questions = Prompts(arguments.tokenizer), Questions(library)
    looks = looks_of(library)
    text_encoder = build_text_encoder()
    if arguments.start_from:
        load_weights(arguments.start_from, {"text_encoder": text_encoder})
    head = torch.nn.Linear(TEXT_WIDTH, sum(questions.sizes.values()) + COMPONENTS)
    networks = {"text_encoder": text_encoder, "head": head}
    averages = Averages(networks, 0.99)
    optimizer = torch.optim.AdamW([p for n in networks.values() for p in n.parameters()], lr=arguments.lr,
                                  betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    step = load_state(arguments.state, networks, averages, optimizer) if Path(arguments.state).exists() else 0
    started = saved = time.time()
    for step in range(step, arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.lr)
        captions, answers = make_batch(arguments.seed, step, library, questions, arguments.batch)
        with torch.autocast("cpu", torch.bfloat16):
            features = last_token(*prompts.encode(text_encoder, captions))
            values, right = losses(head, features, answers, questions, looks)
        optimizer.zero_grad()
        sum(values).backward()
        torch.nn.utils.clip_grad_norm_(text_encoder.parameters(), 1.0)
        optimizer.step()
        averages.update()
        if (step + 1) % 50 == 0:
            told = " ".join(f"{n} {v.item():.2f}" for n, v in zip([*questions.sizes, "looks"], values))
            print(f"step {step + 1} right {right:.2f} {told} after {time.time() - started:.0f} s", flush=True)
        if time.time() - saved > 120 or step + 1 == arguments.steps:
            save_state(arguments.state, step + 1, networks, averages, optimizer, vars(arguments))
            saved = time.time()


if __name__ == "__main__":
    main()
