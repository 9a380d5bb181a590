"""Draws prompts with diffusers' SanaPipeline: python emoji_parity.py CHECKPOINT PROMPTS.json OUT.raw; prompt i has seed i."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import SanaPipeline


def main() -> None:
    checkpoint, prompts, out = map(Path, sys.argv[1:])
    use = json.loads((checkpoint / "sanabot.json").read_text())
    pipeline = SanaPipeline.from_pretrained(checkpoint, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    pictures = []
    for seed, prompt in enumerate(json.loads(prompts.read_text())):
        picture = pipeline(
            prompt, height=use["default_height"], width=use["default_width"], num_inference_steps=use["num_inference_steps"],
            guidance_scale=use["guidance_scale"], complex_human_instruction=use["complex_human_instruction"],
            max_sequence_length=use["max_sequence_length"], use_resolution_binning=False,
            generator=torch.Generator().manual_seed(seed),
        ).images[0]
        pictures.append(np.asarray(picture))
    np.stack(pictures).tofile(out)
    print(json.dumps({"pictures": len(pictures)}))


main()
