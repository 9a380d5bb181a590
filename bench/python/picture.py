"""One picture by diffusers in stages: python picture.py CHECKPOINT DTYPE SIZE STEPS THREADS; milliseconds and peak bytes."""

import json
import resource
import sys
import time

import torch
from diffusers import SanaPipeline

PROMPT = "a red apple on a wooden table, morning light"


def main() -> None:
    folder, dtype, size, steps, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    torch.set_num_threads(threads)
    times: dict[str, float] = {}

    def timed(name: str, call):
        def run(*args, **kwargs):
            start = time.perf_counter()
            result = call(*args, **kwargs)
            times[name] = times.get(name, 0) + 1000 * (time.perf_counter() - start)
            return result

        return run

    start = time.perf_counter()
    pipe = SanaPipeline.from_pretrained(folder, dtype=getattr(torch, dtype))
    times["load"] = 1000 * (time.perf_counter() - start)
    pipe.text_encoder.forward = timed("text-encoder", pipe.text_encoder.forward)
    pipe.transformer.forward = timed("transformer", pipe.transformer.forward)
    pipe.vae.decode = timed("vae-decoder", pipe.vae.decode)
    pipe.set_progress_bar_config(disable=True)
    start = time.perf_counter()
    pipe(PROMPT, height=size, width=size, num_inference_steps=steps, use_resolution_binning=False,
         generator=torch.Generator().manual_seed(0))
    times["picture"] = 1000 * (time.perf_counter() - start)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"milliseconds": times, "peakBytes": peak}))


main()
