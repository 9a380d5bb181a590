"""Flow loss of one or more training states on the same scenes, captions, times and noise: what two runs are compared by.

The captions are drawn uniformly, whatever a run was trained with. Give `--latents` of a seed that was not trained on.
"""

import argparse

import torch

import compose
from checkpoints import load_weights
from networks import build_text_encoder, build_transformer, speed_up
from prompts import Prompts
from train_transformer import Scenes, add_scene_options, flow_loss


@torch.no_grad()
def validate(state, scenes, prompts, arguments):
    """(mean loss, its standard error over the batches)."""
    networks = {"transformer": build_transformer(), "text_encoder": build_text_encoder()}
    load_weights(state, networks)
    speed_up(networks["transformer"].eval())
    torch.manual_seed(arguments.seed)
    losses = []
    for step in range(arguments.batches):
        latents, captions = scenes.batch([arguments.seed, 0], step, arguments.batch)
        with torch.autocast("cpu", torch.bfloat16):
            embeddings, mask = prompts.encode(networks["text_encoder"], captions)
            losses.append(flow_loss(networks["transformer"], latents, embeddings, mask, arguments.time_mean))
    losses = torch.stack(losses)
    return losses.mean().item(), (losses.std() / len(losses) ** 0.5).item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("states", nargs="+", help="training states or exported checkpoints")
    add_scene_options(parser)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--seed", type=int, default=61)
    parser.add_argument("--time-mean", type=float, default=0.8)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    scenes, prompts = Scenes(compose.Library(arguments.data), arguments), Prompts(arguments.tokenizer)
    for state in arguments.states:
        mean, error = validate(state, scenes, prompts, arguments)
        print(f"{state}: {mean:.4f} +- {error:.4f}", flush=True)


if __name__ == "__main__":
    main()
