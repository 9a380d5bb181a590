"""Resumable training state: weights, their running averages, optimizer, step and random generators in one file."""

import math
import os
import random
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

FOLDERS = {"autoencoder": "vae", "transformer": "transformer", "text_encoder": "text_encoder"}  # of an exported checkpoint


class Averages:
    """Exponential moving averages of the parameters of some networks, short at first so that the start is forgotten."""

    def __init__(self, networks, decay):
        self.networks, self.decay, self.updates = networks, decay, 0
        self.values = {name: {k: v.detach().clone() for k, v in net.state_dict().items()} for name, net in networks.items()}

    @torch.no_grad()
    def update(self):
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, network in self.networks.items():
            torch._foreach_lerp_(list(self.values[name].values()), list(network.state_dict().values()), 1 - decay)

    def state(self):
        return {"values": self.values, "updates": self.updates}

    def load(self, state):
        self.values, self.updates = state["values"], state["updates"]


def save_state(path, step, networks, averages, optimizer, config):
    """Writes the state beside the old one and renames it: a stop at any moment leaves a whole file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "step": step, "config": config, "networks": {n: net.state_dict() for n, net in networks.items()},
        "averages": averages.state(), "optimizer": optimizer.state_dict(),
        "random": {"torch": torch.get_rng_state(), "numpy": np.random.get_state(), "python": random.getstate()},
    }
    temporary = path.with_suffix(".part")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_state(path, networks, averages, optimizer):
    """Brings everything back and returns the step to go on from."""
    state = torch.load(path, weights_only=False)
    for name, network in networks.items():
        network.load_state_dict(state["networks"][name])
    averages.load(state["averages"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"]["torch"])
    np.random.set_state(state["random"]["numpy"])
    random.setstate(state["random"]["python"])
    return state["step"]


def load_averages(path, networks):
    """Puts a checkpoint's averaged weights, the ones to use, into the networks."""
    state = torch.load(path, weights_only=False)
    for name, network in networks.items():
        network.load_state_dict(state["averages"]["values"][name])
    return state


def load_weights(path, networks):
    """Puts the weights to begin with into the networks: averages of a training state, or an exported checkpoint's folder."""
    if Path(path).is_file():
        load_averages(path, networks)
        return
    for name, network in networks.items():
        folder = Path(path) / FOLDERS[name]
        weights = load_file(next(folder.glob("*.safetensors")))
        network.load_state_dict({key: value.float() for key, value in weights.items()})


def learning_rate(step, steps, peak, warmup=100):
    """Linear warm-up, then a cosine down to 2 % of the peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))


def flat_then_down(step, steps, peak, decay, warmup=100):
    """Linear warm-up, the peak, then a straight line to 2 % of it over the last `decay` of the steps.

    Until that line begins, the schedule does not depend on `steps`: a run can be ended early by resuming with fewer.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * max(0.02, min(1.0, (steps - step) / (decay * steps)))
