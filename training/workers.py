"""Training by several processes of this machine, each with its own batch and one thread; a step takes the mean of their gradients."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch
import torch.distributed as distributed
import torch.multiprocessing

from checkpoints import Averages, load_state, save_state

SAVE_SECONDS = 240


@dataclass
class Parts:
    """What is trained, by what, and how fast: `rate` makes a parameter group's rate of the step and the group's "peak"."""

    networks: dict
    averages: Averages
    optimizer: torch.optim.Optimizer
    rate: Callable[[int, float], float]
    config: dict


def run_workers(train_one, arguments):
    """Runs train_one(rank, arguments) in `arguments.workers` processes, joined by gloo."""
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29511")
    torch.multiprocessing.spawn(train_one, (arguments,), arguments.workers)


def join_workers(rank, arguments):
    """Makes this process worker `rank`, with one thread."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", rank=rank, world_size=arguments.workers)


def average_gradients(parameters):
    """Every worker gets the mean of all workers' gradients."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient))


def run_steps(rank, arguments, parts, loss_of):
    """Goes on from `arguments.state`, if it is there, to `arguments.steps`; `loss_of(step)` is this worker's loss of a step.

    All workers hold the same networks; the first one prints and saves.
    """
    parameters = [p for group in parts.optimizer.param_groups for p in group["params"]]
    first = 0
    if Path(arguments.state).exists():
        first = load_state(arguments.state, parts.networks, parts.averages, parts.optimizer)
    torch.manual_seed((arguments.seed * 1_000_003 + first) * arguments.workers + rank)
    started = saved = time.time()
    shown = 0.0
    for step in range(first, arguments.steps):
        for group in parts.optimizer.param_groups:
            group["lr"] = parts.rate(step, group["peak"])
        loss = loss_of(step)
        parts.optimizer.zero_grad()
        loss.backward()
        average_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        parts.optimizer.step()
        parts.averages.update()
        shown += loss.item()
        if rank == 0 and (step + 1) % 50 == 0:
            print(f"step {step + 1} loss {shown / 50:.4f} after {time.time() - started:.0f} s", flush=True)
            shown = 0.0
        if rank == 0 and (time.time() - saved > SAVE_SECONDS or step + 1 == arguments.steps):
            save_state(arguments.state, step + 1, parts.networks, parts.averages, parts.optimizer, parts.config)
            saved = time.time()
