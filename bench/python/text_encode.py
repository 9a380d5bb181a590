"""Milliseconds of SanaPipeline's padded text encoding, float32 and bfloat16: python text_encode.py CHECKPOINT PROMPT."""

import inspect
import json
import sys
import time

import torch
from diffusers import SanaPipeline
from transformers import AutoTokenizer, Gemma2Model

INSTRUCTION = inspect.signature(SanaPipeline.__call__).parameters["complex_human_instruction"].default
ROUNDS = 3


def measure(folder: str, prompt: str, dtype: torch.dtype) -> float:
    """The median of a few runs, after one that warms up."""
    tokenizer = AutoTokenizer.from_pretrained(f"{folder}/tokenizer")
    encoder = Gemma2Model.from_pretrained(f"{folder}/text_encoder", dtype=dtype).eval()
    pipe = SanaPipeline(tokenizer, encoder, None, None, None)
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        with torch.no_grad():
            pipe.encode_prompt(prompt, False, device=torch.device("cpu"), complex_human_instruction=INSTRUCTION)
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times[1:])[ROUNDS // 2]


def main() -> None:
    folder, prompt, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    found = {name: measure(folder, prompt, getattr(torch, name)) for name in ("float32", "bfloat16")}
    print(json.dumps(found))


main()
