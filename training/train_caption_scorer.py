"""Trains the contrastive model that train_transformer.py may choose captions by (`--caption-scorer`)."""

import argparse
import time

import torch

import compose
from caption_scorer import CaptionScorer
from checkpoints import learning_rate
from prompts import Prompts
from train_transformer import Scenes, add_scene_options


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_scene_options(parser)
    parser.add_argument("--out", default="/root/sanabot-training/caption-scorer.pt")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=51)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    scenes, prompts = Scenes(compose.Library(arguments.data), arguments), Prompts(arguments.tokenizer)
    scorer = CaptionScorer()
    optimizer = torch.optim.AdamW(scorer.parameters(), lr=arguments.lr, weight_decay=0.01)
    started = time.time()
    for step in range(arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.lr)
        latents, captions = scenes.batch([arguments.seed, 0], step, arguments.batch)
        said = [i for i, caption in enumerate(captions) if caption is not None]
        loss = scorer.loss(latents[said], [prompts.ids(captions[i]) for i in said])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 50 == 0:
            print(f"step {step + 1} loss {loss.item():.3f} after {time.time() - started:.0f} s", flush=True)
    torch.save(scorer.state_dict(), arguments.out)


if __name__ == "__main__":
    main()
