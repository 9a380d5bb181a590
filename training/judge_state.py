"""Draws the prompts of bench/embedded.ts, or others of the same kinds, from a training state and judges them, in two minutes.

States are chosen by `--prompts 7`, so that the bench's own prompts (seed 2026) stay unseen until the end. Here networks compute in
bfloat16 and take 14 steps; the bench draws with the exported weights through the TypeScript pipeline.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "bench/python"))
import compose
import emoji_judge
import emoji_prompts
from checkpoints import load_weights
from evaluate import save_sheet
from export import build_scheduler
from networks import build_autoencoder, build_text_encoder, build_transformer, speed_up
from prompts import Prompts

BATCH = 48
SHEET = 40  # pictures of each kind


class Painter:
    """The three networks, and Flow-DPM-Solver with guidance as the pipeline runs them."""

    def __init__(self, arguments):
        self.transformer, self.text_encoder = build_transformer(), build_text_encoder()
        self.autoencoder = build_autoencoder().eval()
        load_weights(arguments.state, {"transformer": self.transformer, "text_encoder": self.text_encoder})
        if arguments.text_encoder:
            load_weights(arguments.text_encoder, {"text_encoder": self.text_encoder})
        load_weights(arguments.autoencoder, {"autoencoder": self.autoencoder})
        speed_up(self.transformer.eval())
        self.autoencoder.to(memory_format=torch.channels_last)
        self.prompts = Prompts(arguments.tokenizer)
        self.steps, self.guidance, self.scaling_factor = arguments.steps, arguments.guidance, arguments.scaling_factor

    @torch.no_grad()
    def draw(self, captions, seed):
        """[captions, 256, 256, 3] uint8."""
        latents = torch.randn(len(captions), 32, 8, 8, generator=torch.Generator().manual_seed(seed))
        scheduler = build_scheduler(1.0)
        scheduler.set_timesteps(self.steps)
        with torch.autocast("cpu", torch.bfloat16):
            embeddings, mask = self.prompts.encode(self.text_encoder, [*captions, *[None] * len(captions)])
            for time in scheduler.timesteps:
                both = self.transformer(torch.cat([latents, latents]), encoder_hidden_states=embeddings, encoder_attention_mask=mask,
                                        timestep=time.expand(2 * len(captions)), return_dict=False)[0].float()
                asked, empty = both.chunk(2)
                latents = scheduler.step(empty + self.guidance * (asked - empty), time, latents, return_dict=False)[0]
            pictures = self.autoencoder.decode(latents / self.scaling_factor).sample.float().clamp(-1, 1)
        return ((pictures + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def judge(library, rows, pictures, folder):
    """Which of the rows were drawn right, by kind, and the prompts of the others with what is seen instead."""
    candidates = emoji_judge.Candidates(library, folder)
    small, backgrounds = emoji_judge.shrunk(pictures), emoji_judge.background_of(pictures)
    right, wrong = defaultdict(list), defaultdict(list)
    for index, row in enumerate(rows):
        seen = emoji_judge.seen_in(row["kind"], small[index], backgrounds[index], candidates)
        right[row["kind"]].append(emoji_judge.is_right(row, seen))
        if not right[row["kind"]][-1]:
            names = [library.entries[emoji]["names"][0] for emoji in seen["emoji"]]
            wrong[row["kind"]].append(f"{row['prompt']} -> {', '.join(names)}")
    return right, wrong


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", help="training state or exported checkpoint")
    parser.add_argument("--text-encoder", help="training state to take the text encoder from, if not from there")
    parser.add_argument("--autoencoder", default=str(Path(__file__).parents[1] / "models/emoji"))
    parser.add_argument("--scaling-factor", type=float, default=1.07358)
    parser.add_argument("--data", default="/root/sanabot-training/data")
    parser.add_argument("--tokenizer", default="/root/sanabot-training/tokenizer")
    parser.add_argument("--work", type=Path, default=Path("/root/sanabot-training/judge"), help="keeps the judge's candidates")
    parser.add_argument("--prompts", type=int, default=7, help="their seed")
    parser.add_argument("--kinds", nargs="*", help="only these, such as hue or 'language pt'")
    parser.add_argument("--seed", type=int, default=3, help="of the noise")
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--guidance", type=float, default=2.5)
    parser.add_argument("--show", type=int, default=0, help="so many wrong ones of each kind")
    parser.add_argument("--sheets", help="save pictures of each kind as this path, a dash, the kind and .png")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    torch.set_num_threads(2)
    arguments.work.mkdir(parents=True, exist_ok=True)
    library, painter = compose.Library(arguments.data), Painter(arguments)
    rows = [row for row in emoji_prompts.all_prompts(library, arguments.prompts) if not arguments.kinds or row["kind"] in arguments.kinds]
    captions = [row["prompt"].lower() for row in rows]
    pictures = torch.cat([painter.draw(captions[i:i + BATCH], arguments.seed + i) for i in range(0, len(rows), BATCH)])
    right, wrong = judge(library, rows, pictures, arguments.work)
    for kind, found in right.items():
        print(f"{kind}: {np.mean(found):.3f} of {len(found)}", *wrong[kind][:arguments.show], sep="\n    ")
        if arguments.sheets:
            of_kind = [picture.numpy() for picture, row in zip(pictures, rows) if row["kind"] == kind]
            save_sheet(of_kind[:SHEET], f"{arguments.sheets}-{kind}.png")


if __name__ == "__main__":
    main()
