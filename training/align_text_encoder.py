"""Brings all captions of a scene together in what the transformer reads of them: every language, synonym and sentence.

A trained transformer reads a caption only through its cross-attentions. For queries gathered from real noisy latents,
their outputs under any caption (the student's) are pulled to those under the scene's plain English caption (the teacher's, a
frozen copy), layer by layer, and set apart from those of the batch's other captions. No latents are denoised, so this sees six times as many captions a second as
the diffusion loss, which learns most from the names that come most often.
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F

import compose
from checkpoints import Averages, learning_rate, load_weights
from networks import build_text_encoder, build_transformer, speed_up
from other_words import in_other_words
from prompts import Prompts
from train_transformer import Scenes, add_scene_options
from workers import Parts, join_workers, run_steps, run_workers

GATHERED = 96  # scenes whose cross-attention queries are gathered
TEMPERATURE = 0.05  # of the softmax over distances, in shares of the targets' variance
KINDS = {"single": 0.41, "colour": 0.13, "place": 0.04, "number": 0.05, "size": 0.05, "side": 0.06, "recolour": 0.05, "pair": 0.21}
QUERIED = {"single": 0.3, "colour": 0.15, "number": 0.1, "size": 0.1, "side": 0.05, "pair": 0.3}  # scenes that the queries come from
BACKDROPS = {"single", "colour", "place"}


@torch.no_grad()
def gather_queries(transformer, text_encoder, scenes, prompts, seed):
    """The inputs of every cross-attention on noisy scenes: a list of [GATHERED x 64, width], a layer each."""
    gathered = []
    hooks = [block.attn2.register_forward_pre_hook(
        lambda _, positional, named: gathered.append((positional[0] if positional else named["hidden_states"]).flatten(0, 1)),
        with_kwargs=True) for block in transformer.transformer_blocks]
    latents, captions = scenes.batch([seed], 0, GATHERED)
    moment = torch.sigmoid(torch.randn(len(latents)) + 0.8)
    share = moment[:, None, None, None]
    noisy = (1 - share) * latents + share * torch.randn_like(latents)
    embeddings, mask = prompts.encode(text_encoder, captions)
    transformer(noisy, encoder_hidden_states=embeddings, encoder_attention_mask=mask, timestep=moment * 1000)
    for hook in hooks:
        hook.remove()
    return gathered


def pick_queries(queries, count):
    """Some of the queries [all, width], drawn anew each time: [count, width]."""
    return queries[torch.randperm(len(queries))[:count]]


def readings(transformer, embeddings, mask, asked):
    """What some cross-attentions make of a caption: [blocks, batch, queries, width].

    embeddings [batch, tokens, width], mask [batch, tokens]; `asked` holds blocks and queries [queries, width] for each.
    """
    text = transformer.caption_norm(transformer.caption_projection(embeddings))
    bias = (1 - mask[:, None].to(text.dtype)) * -10000.0
    return torch.stack([block.attn2.processor(block.attn2, query.expand(len(text), -1, -1), text, bias)
                        for block, query in asked])


def otherwise(rng, library, scene):
    """The scene's first object named in another language (mostly), by a keyword or by its character; the backdrop in English."""
    entry = library.entries[scene["objects"][0]["emoji"]]
    names, chance = list(entry["languages"].values()), rng.random()
    if chance < 0.1:
        names = [entry["emoji"]]
    elif entry["unique_keywords"] and (chance < 0.35 or not names):
        names = entry["unique_keywords"]
    tail = [compose.pick(rng, scene["backdrop"]["words"])] if scene["backdrop"]["words"] else []
    return " ".join([compose.pick(rng, names or [entry["emoji"]]), *tail]).lower()


def pick_emoji(rng, library, count):
    """Half of them neighbours in Unicode's order, the likeliest to be confused; every emoji comes up equally often."""
    first = int(rng.integers(len(library.trained)))
    near = [library.trained[(first + i) % len(library.trained)] for i in range(count // 2)]
    return near + [compose.pick(rng, library.trained) for _ in range(count - len(near))]


def make_batch(seed, library, size, share):
    """(any captions, plain captions) of `size` scenes; `share` of the objects alone are named `otherwise`."""
    rng = np.random.default_rng(seed)
    scenes = [compose.sample_scene(rng, library, KINDS, emoji) for emoji in pick_emoji(rng, library, size)]
    spoken = [otherwise(rng, library, scene) if scene["kind"] in BACKDROPS and rng.random() < share
              else compose.describe(rng, library, scene) for scene in scenes]
    spoken = [in_other_words(rng, text) if rng.random() < 0.4 else text for text in spoken]
    return spoken, [compose.plain_caption(library, scene) for scene in scenes]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    add_scene_options(parser)
    parser.set_defaults(mix=QUERIED)
    parser.add_argument("--start-from", required=True, help="training state or exported checkpoint: the teacher and the start")
    parser.add_argument("--text-encoder", help="training state to begin the student from, if not from the teacher")
    parser.add_argument("--state", default="/root/sanabot-training/text-encoder-aligned.pt")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4, help="of the transformer, drawn anew in each step")
    parser.add_argument("--queries", type=int, default=16, help="of each of these layers in a step")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--apart", type=float, default=0.1, help="weight of telling a batch's captions apart")
    parser.add_argument("--otherwise", type=float, default=0.67, help="share of objects alone that go by foreign names, keywords, characters")
    parser.add_argument("--workers", type=int, default=2, help="processes, each with its own batch and one thread")
    parser.add_argument("--seed", type=int, default=23)
    return parser.parse_args()


def distances(target, reading):
    """How far each caption's reading is from each target, in shares of the targets' variance over captions: [captions, targets].

    target and reading are [blocks, targets or captions, queries, width]; the mean is over blocks.
    """
    deviation = target.var(1, keepdim=True).mean((1, 2, 3), keepdim=True).sqrt()
    x, y = ((part / deviation).transpose(0, 1).flatten(1) for part in (reading, target))
    return (x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T) / x.shape[1]


def alignment_loss(target, reading, plain, apart):
    """The mean distance to the own target, and the cross-entropy of finding it among the batch's other ones (InfoNCE).

    The distance alone hardly tells faces from one another, since what differs between them is little of the variance.
    """
    far = distances(target, reading)
    own = torch.arange(len(plain))
    same = torch.tensor([[a == b for b in plain] for a in plain]) & ~torch.eye(len(plain), dtype=torch.bool)
    found = F.cross_entropy((-far / TEMPERATURE).masked_fill(same, -torch.inf), own)
    return far.diagonal().mean() + apart * found


def train(rank, arguments):
    """One of the workers."""
    join_workers(rank, arguments)
    torch.manual_seed(arguments.seed)
    scenes = Scenes(compose.Library(arguments.data), arguments)
    prompts = Prompts(arguments.tokenizer)
    transformer, teacher, text_encoder = build_transformer(), build_text_encoder(), build_text_encoder()
    load_weights(arguments.start_from, {"transformer": transformer, "text_encoder": teacher})
    load_weights(arguments.text_encoder or arguments.start_from, {"text_encoder": text_encoder})
    speed_up(transformer).requires_grad_(False)
    queries = torch.stack(gather_queries(transformer, teacher, scenes, prompts, arguments.seed))
    blocks = transformer.transformer_blocks

    def loss_of(step):
        spoken, plain = make_batch([arguments.seed, rank, step], scenes.library, arguments.batch // arguments.workers, arguments.otherwise)
        layers = torch.randperm(len(blocks))[:arguments.layers].tolist()
        asked = [(blocks[i], pick_queries(queries[i], arguments.queries)) for i in layers]
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                target = readings(transformer, *prompts.encode(teacher, plain), asked).float()
            reading = readings(transformer, *prompts.encode(text_encoder, spoken), asked).float()
        return alignment_loss(target, reading, plain, arguments.apart)

    networks = {"text_encoder": text_encoder}
    optimizer = torch.optim.AdamW([{"params": list(text_encoder.parameters()), "peak": arguments.lr}], lr=arguments.lr,
                                  betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    run_steps(rank, arguments, Parts(
        networks, Averages(networks, 0.99), optimizer, lambda step, peak: learning_rate(step, arguments.steps, peak),
        vars(arguments)), loss_of)


if __name__ == "__main__":
    run_workers(train, parse_arguments())
