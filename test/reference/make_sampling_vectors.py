"""Writes vectors/sampling.json: what torch draws for 50 CPU seeds and what diffusers' schedulers do with known inputs.

Run with torch 2.13.0+cpu, diffusers 0.40.0 and numpy 2.4 (Python 3.11): python make_sampling_vectors.py
Inputs of the schedulers are formulas that the test repeats: wave(k)[i] = 1.5 cos(0.7 k + i), 8 values.
"""
import json
import math
from pathlib import Path

import torch
from diffusers import DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler, SCMScheduler
from diffusers.schedulers import scheduling_scm

torch.set_num_threads(1)
SIZE = 8
SHAPES = [[1, 3, 16, 15, 17, 33, 2, 100], [31, 7, 7, 1000, 5, 16], [32768, 5, 20, 1], [4096, 4, 9, 131072]]
SEEDS = [*range(40), 42, 77, 1234, 123456789, 2**31, 2**32 - 1, 2**32, 2**40 + 7, 987654321012, 2**53 - 1]


def wave(k):
    return torch.tensor([1.5 * math.cos(0.7 * k + i) for i in range(SIZE)], dtype=torch.float32)


def draws(seed, shapes):
    generator = torch.Generator().manual_seed(seed)
    result = []
    for count in shapes:
        values = torch.randn(count, generator=generator)
        total = values.double()
        weights = torch.arange(1, count + 1, dtype=torch.float64) / count
        result.append(
            {
                "count": count,
                "first": values[:2].tolist(),
                "last": values[-2:].tolist(),
                "weighted": (total * weights).sum().item(),
            }
        )
    return {"seed": seed, "draws": result}


def flow_walk(name, steps, shift, strength):
    if name == "dpm++":
        scheduler = DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift
        )
    else:
        scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(steps)
    begin = 0 if strength is None else int(max(steps - min(steps * strength, steps), 0))
    scheduler.set_begin_index(begin)
    timesteps = scheduler.timesteps
    x = wave(1000)
    if strength is not None:
        mix = scheduler.add_noise if name == "dpm++" else (lambda a, n, t: scheduler.scale_noise(a, t, n))
        x = mix(wave(2000), x, timesteps[begin : begin + 1])
    path = [x.tolist()]
    for i in range(begin, steps):
        x = scheduler.step(wave(i), timesteps[i], x, return_dict=False)[0]
        path.append(x.tolist())
    return {"timesteps": timesteps.tolist(), "sigmas": scheduler.sigmas.tolist(), "path": path, "final": path[-1]}


def scm_walk(steps, strength):
    """The loop of SanaSprintPipeline, its network replaced by wave(i)."""
    scheduler = SCMScheduler()
    scheduler.set_timesteps(steps, max_timesteps=1.5708, intermediate_timesteps=1.3 if steps == 2 else None)
    begin = 0 if strength is None else int(max(steps - min(steps * strength, steps), 0))
    scheduler.set_begin_index(begin)
    noises = iter(wave(3000 + i) for i in range(begin, steps))
    scheduling_scm.randn_tensor = lambda *args, **kwargs: next(noises)
    x = wave(1000) * 0.5
    if strength is not None:
        start = scheduler.timesteps[begin]
        x = torch.cos(start) * (wave(2000) * 0.5) + torch.sin(start) * x
    path = [x.tolist()]
    for i in range(begin, steps):
        angle = scheduler.timesteps[i]
        k = torch.sin(angle) / (torch.cos(angle) + torch.sin(angle))
        scale = torch.sqrt(k**2 + (1 - k) ** 2)
        velocity = ((1 - 2 * k) * (x / 0.5 * scale) + (1 - 2 * k + 2 * k**2) * wave(i)) / scale
        x, clean = scheduler.step(velocity * 0.5, angle, x, return_dict=False)
        path.append(x.tolist())
    return {"timesteps": scheduler.timesteps.tolist(), "path": path, "final": (clean / 0.5).tolist()}


def walks():
    result = []
    for steps in [1, 2, 3, 4, 8, 14, 15, 20, 28, 50]:
        for strength in [None, 0.6, 0.35, 1.0]:
            if strength is not None and int(max(steps - steps * strength, 0)) >= steps:
                continue
            for name, shift in [("dpm++", 3.0), ("dpm++", 6.0), ("euler", 3.0), ("euler", 1.0)]:
                case = {"name": name, "steps": steps, "flowShift": shift, "strength": strength}
                result.append({**case, **flow_walk(name, steps, shift, strength)})
            if steps <= 8:
                case = {"name": "scm", "steps": steps, "flowShift": 1.0, "strength": strength}
                result.append({**case, **scm_walk(steps, strength)})
    return result


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return value


cases = {"randn": [draws(seed, SHAPES[i % 4]) for i, seed in enumerate(SEEDS)], "walks": walks()}
for walk in cases["walks"]:
    walk["path"] = walk["path"][:3] + walk["path"][-2:] if len(walk["path"]) > 5 else walk["path"]
target = Path(__file__).parent / "vectors" / "sampling.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps(rounded(cases), separators=(",", ":")) + "\n")
