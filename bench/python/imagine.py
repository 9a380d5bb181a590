"""Seconds from a new Python process to a picture file by diffusers: python imagine.py CHECKPOINT PROMPT."""

import json
import subprocess
import sys
import tempfile
import time

DRAW = """
import json, pathlib, sys, torch
from diffusers import SanaPipeline
folder, prompt, out = sys.argv[1:]
use = json.loads((pathlib.Path(folder) / "sanabot.json").read_text())
pipe = SanaPipeline.from_pretrained(folder, dtype=torch.float32)
picture = pipe(
    prompt, height=use["default_height"], width=use["default_width"], num_inference_steps=use["num_inference_steps"],
    guidance_scale=use["guidance_scale"], complex_human_instruction=use["complex_human_instruction"],
    max_sequence_length=use["max_sequence_length"], use_resolution_binning=False,
).images[0]
picture.save(out)
"""


def main() -> None:
    times = []
    for _ in range(3):
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", DRAW, *sys.argv[1:3], file.name], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": sorted(times)[1]}))


main()
