"""Runs diffusers' own pipelines on checkpoints/ and stores every stage's numbers under cases/.

A case is NAME.json (the request, in the words of `sanabot imagine`) and NAME.safetensors (tensors named as by
`imagine --trace`). Run after make_checkpoints.py: python make_cases.py
"""

import inspect
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from unittest import mock

import torch
from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    SanaPipeline,
    SanaSprintImg2ImgPipeline,
    SanaSprintPipeline,
)
from diffusers.pipelines.sana import pipeline_sana
from PIL import Image
from safetensors.torch import save_file

HERE = Path(__file__).parent
INSTRUCTION = inspect.signature(SanaPipeline.__call__).parameters["complex_human_instruction"].default
CPU = torch.device("cpu")


@dataclass
class Case:
    """One request; sizes in pixels."""

    checkpoint: str
    prompt: str = "a red apple"
    negative: str = ""
    width: int = 64
    height: int = 64
    steps: int = 4
    guidance: float = 4.5
    seed: int = 7
    count: int = 1
    scheduler: str | None = None
    init_image: str | None = None
    strength: float | None = None
    binning: bool = False


@dataclass
class Recorder:
    """Keeps what passes the autoencoder and the end of each step."""

    tensors: dict = field(default_factory=dict)

    def on_step(self, _pipe, step: int, _timestep, state: dict) -> dict:
        self.tensors[f"latents.{step + 1}"] = state["latents"].clone()
        return state

    def watch_decoder(self, pipe) -> None:
        decode = pipe.vae.decode

        def recording(*args, **kwargs):
            result = decode(*args, **kwargs)
            self.tensors["decoded"] = result[0].clone()
            return result

        pipe.vae.decode = recording


def load(case: Case, pipeline: type | None = None):
    kind = pipeline or (SanaSprintPipeline if case.checkpoint == "sprint" else SanaPipeline)
    pipe = kind.from_pretrained(HERE / "checkpoints" / case.checkpoint, torch_dtype=torch.float32)
    if case.scheduler == "euler":
        pipe.scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def generators(case: Case) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(case.seed + k) for k in range(case.count)]


def draw_noise(pipe, case: Case) -> torch.Tensor:
    """The first draw of each picture's generator: [count, C, h, w]."""
    factor = pipe.vae_scale_factor
    shape = (1, pipe.transformer.config.in_channels, case.height // factor, case.width // factor)
    return torch.cat([torch.randn(shape, generator=generator) for generator in generators(case)])


def encode(pipe, case: Case) -> dict:
    """input_ids, prompt_embeds and prompt_mask: valid tokens only."""
    prompt = case.prompt.lower().strip()
    prefix = "\n".join(INSTRUCTION)
    pipe.tokenizer.padding_side = "right"
    longest = len(pipe.tokenizer.encode(prefix)) + 300 - 2
    ids = pipe.tokenizer(prefix + prompt, max_length=longest, truncation=True, return_tensors="pt").input_ids
    extra = {} if isinstance(pipe, (SanaSprintPipeline, SanaSprintImg2ImgPipeline)) else {"do_classifier_free_guidance": False}
    with torch.no_grad():
        embeds, mask = pipe.encode_prompt(case.prompt, device=CPU, complex_human_instruction=INSTRUCTION, **extra)[:2]
    valid = mask[0].bool()
    return {"input_ids": ids, "prompt_embeds": embeds[:, valid], "prompt_mask": mask[:, valid].long()}


def arguments(case: Case) -> dict:
    common = dict(prompt=case.prompt, height=case.height, width=case.width, num_inference_steps=case.steps)
    rest = dict(guidance_scale=case.guidance, use_resolution_binning=case.binning, output_type="pt")
    return {**common, **rest, "generator": generators(case), "num_images_per_prompt": case.count}


def text_to_image(case: Case) -> dict:
    pipe = load(case)
    recorder = Recorder({**encode(pipe, case), "noise": draw_noise(pipe, case)})
    recorder.watch_decoder(pipe)
    call = arguments(case)
    if case.checkpoint == "sprint":
        if case.count == 1:
            call["generator"] = call["generator"][0]
        if case.steps != 2:
            call["intermediate_timesteps"] = None
        recorder.tensors["latents.0"] = recorder.tensors["noise"] * 0.5
    else:
        call["negative_prompt"] = case.negative
        recorder.tensors["latents.0"] = recorder.tensors["noise"]
    picture = pipe(**call, callback_on_step_end=recorder.on_step).images
    if case.binning:
        # The fitted picture stands for the decoded one, which is far larger; the noise was drawn for the bin's size.
        del recorder.tensors["decoded"], recorder.tensors["noise"], recorder.tensors["latents.0"]
        recorder.tensors["image"] = picture
    return recorder.tensors | schedule(pipe)


def schedule(pipe, begin: int = 0) -> dict:
    """timesteps and sigmas of the steps that are run; Sprint's sigmas are its network times."""
    timesteps = pipe.scheduler.timesteps[begin:]
    if hasattr(pipe.scheduler, "sigmas"):
        return {"timesteps": timesteps, "sigmas": pipe.scheduler.sigmas[begin:]}
    times = torch.sin(timesteps) / (torch.cos(timesteps) + torch.sin(timesteps))
    return {"timesteps": timesteps, "sigmas": torch.cat([times[:-1], torch.zeros(1)])}


def test_picture(case: Case) -> Image.Image:
    """Bands of colour with a disc, stored as cases/NAME.png."""
    y, x = torch.meshgrid(torch.linspace(0, 1, case.height), torch.linspace(0, 1, case.width), indexing="ij")
    disc = ((x - 0.4) ** 2 + (y - 0.6) ** 2 < 0.06).float()
    rgb = torch.stack([x * (1 - disc) + disc, y, 0.5 + 0.5 * torch.sin(9 * x + 5 * y)], -1)
    return Image.fromarray((rgb.clamp(0, 1) * 255).round().to(torch.uint8).numpy())


def image_to_image(case: Case) -> dict:
    """diffusers has no such pipeline for base Sana: the scheduler's own add_noise, then SanaPipeline's loop."""
    pipe = load(case)
    recorder = Recorder({**encode(pipe, case), "noise": draw_noise(pipe, case)})
    picture = Image.open(HERE / "cases" / case.init_image)
    with torch.no_grad():
        pixels = pipe.image_processor.preprocess(picture, case.height, case.width)
        clean = pipe.vae.encode(pixels).latent * pipe.vae.config.scaling_factor
    scheduler = pipe.scheduler
    scheduler.set_timesteps(case.steps)
    begin = int(max(case.steps - min(case.steps * case.strength, case.steps), 0))
    scheduler.set_begin_index(begin)
    latents = scheduler.add_noise(clean, recorder.tensors["noise"], scheduler.timesteps[begin : begin + 1])
    recorder.tensors |= {"latents.0": latents.clone(), "clean": clean} | schedule(pipe, begin)
    call = arguments(case) | {"latents": latents, "callback_on_step_end": recorder.on_step}
    later = scheduler.timesteps[begin:]
    recorder.watch_decoder(pipe)
    # As diffusers' image-to-image pipelines: the scheduler keeps all its steps, the loop runs the later ones.
    with mock.patch.object(pipeline_sana, "retrieve_timesteps", return_value=(later, len(later))):
        pipe(**call, negative_prompt=case.negative)
    return recorder.tensors


def sprint_image_to_image(case: Case) -> dict:
    pipe = load(case, SanaSprintImg2ImgPipeline)
    recorder = Recorder(encode(pipe, case))
    recorder.watch_decoder(pipe)
    prepare = pipe.prepare_latents

    def recording(*args, **kwargs):
        latents = prepare(*args, **kwargs)
        recorder.tensors["latents.0"] = latents.clone()
        return latents

    pipe.prepare_latents = recording
    call = arguments(case) | {"generator": generators(case)[0]}
    extra = {} if case.steps == 2 else {"intermediate_timesteps": None}
    picture = Image.open(HERE / "cases" / case.init_image)
    pipe(**call, **extra, image=picture, strength=case.strength, callback_on_step_end=recorder.on_step)
    return recorder.tensors


LONG = " ".join(["a very small red house with a tree and two cats"] * 60)
CASES = {
    "base": Case("base"),
    "base-wide-negative": Case("base", negative="blurry, dark", width=96, height=64, steps=6, seed=0),
    "base-tall": Case("base", prompt="the big house", width=64, height=128, steps=3, seed=123456789),
    "base-batch": Case("base", prompt="two dogs", count=2, steps=3, seed=40),
    "base-script": Case("base", prompt="猫と犬が 🍎 を見る", steps=3),
    "base-digits": Case("base", prompt="  1024 Cats!\n", steps=3),
    "base-empty": Case("base", prompt="", steps=3),
    "base-long": Case("base", prompt=LONG, steps=2),
    "base-euler": Case("base", scheduler="euler", steps=5),
    "base-unguided": Case("base", guidance=1.0, steps=1),
    "base-20-steps": Case("base", steps=20, guidance=3.0),
    "sana15": Case("sana15", steps=5, height=96),
    "sprint-1": Case("sprint", steps=1),
    "sprint-2": Case("sprint", steps=2, width=96),
    "sprint-4": Case("sprint", steps=4),
    "sana15-binned": Case("sana15", steps=2, width=160, height=90, binning=True),
    "pos4k": Case("pos4k", width=96, height=160),
    "bf16": Case("bf16"),
    "fp16": Case("fp16"),
    "lite": Case("lite", width=96),
    "odd": Case("odd", width=96, steps=5),
    "odd-img2img": Case("odd", init_image="picture.png", strength=0.7, steps=5, width=96),
    "img2img-30": Case("base", init_image="picture.png", strength=0.3, steps=10, width=96),
    "img2img-60": Case("base", init_image="picture.png", strength=0.6, steps=10, width=96, negative="dark"),
    "img2img-90": Case("base", init_image="picture.png", strength=0.9, steps=10, width=96),
    "img2img-lite": Case("lite", init_image="picture.png", strength=0.5, steps=4, width=96),
    "sprint-img2img": Case("sprint", init_image="picture.png", strength=0.5, steps=4, width=96),
}


def run(case: Case) -> dict:
    if case.init_image is None:
        return text_to_image(case)
    return sprint_image_to_image(case) if case.checkpoint == "sprint" else image_to_image(case)


def overflow() -> dict:
    """One call of a transformer whose self-attention leaves float16's range, with the clamp of float16 training and
    without; the weights go to checkpoints/overflow."""
    pipe = load(Case("base"))
    network = pipe.transformer
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for block in network.transformer_blocks:
            block.attn1.to_out[0].weight.mul_(2e5)
        inputs = {
            "hidden_states": torch.randn((1, 8, 3, 5), generator=generator),
            "encoder_hidden_states": torch.randn((1, 6, 40), generator=generator),
            "timestep": torch.tensor([500.0]),
        }
        network.save_pretrained(HERE / "checkpoints" / "overflow" / "transformer")
        free = network(**inputs).sample
        for block in network.transformer_blocks:
            block.attn1.register_forward_hook(lambda _module, _inputs, output: output.clip(-65504, 65504))
        return {**inputs, "free": free.contiguous(), "clamped": network(**inputs).sample.contiguous()}


def main() -> None:
    torch.set_num_threads(1)
    save_file(overflow(), HERE / "overflow.safetensors")
    folder = HERE / "cases"
    folder.mkdir(exist_ok=True)
    test_picture(Case("base", width=96)).save(folder / "picture.png")
    for name, case in CASES.items():
        tensors = {key: value.detach().clone().contiguous() for key, value in run(case).items()}
        save_file(tensors, folder / f"{name}.safetensors")
        (folder / f"{name}.json").write_text(json.dumps(asdict(case), indent=2, ensure_ascii=False) + "\n")
        print(name, {key: tuple(value.shape) for key, value in tensors.items() if key in ("prompt_embeds", "decoded")})


if __name__ == "__main__":
    main()
