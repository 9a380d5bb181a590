"""Writes tiny random checkpoints in the diffusers layout, by diffusers' and transformers' own save_pretrained.

Every parameter is drawn from a seeded generator (biases and norms too), scaled so that activations stay near 1:
a tensor that is read wrongly changes the pictures. Run: python make_checkpoints.py
"""

import inspect
import json
import shutil
from pathlib import Path

import torch
from diffusers import (
    AutoencoderDC,
    DPMSolverMultistepScheduler,
    SanaPipeline,
    SanaSprintPipeline,
    SanaTransformer2DModel,
    SCMScheduler,
)
from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
from transformers import AutoTokenizer, Gemma2Config, Gemma2ForCausalLM, Gemma2Model

ROOT = Path(__file__).parent / "checkpoints"
INSTRUCTION = inspect.signature(SanaPipeline.__call__).parameters["complex_human_instruction"].default
TEXTS = [
    *INSTRUCTION,
    "a red apple on a table, a cat next to a tree, two dogs, the big house and the small car",
    "ein roter Apfel auf dem Tisch, una gata, un chat noir, кошка и собака, 猫と犬, 빨간 사과, 🍎 🍏 🐈",
]


def random_weights(module: torch.nn.Module, seed: int) -> None:
    """Normal values: matrices at 1/sqrt(fan in), biases near 0, norms near what they are initialised to."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(module.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            elif parameter.ndim < 2:
                parameter.add_(0.1 * noise)
            elif "embed_tokens" in name:
                parameter.copy_(noise / parameter.shape[1] ** 0.5)
            else:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
        for name, buffer in sorted(module.named_buffers()):
            # What a batch norm has measured: a mean near 0, a variance between 0.6 and 1.4.
            if name.endswith("running_mean"):
                buffer.copy_(0.2 * torch.randn(buffer.shape, generator=generator))
            elif name.endswith("running_var"):
                buffer.copy_(0.6 + 0.8 * torch.rand(buffer.shape, generator=generator))
    module.eval()


def make_tokenizer(folder: Path) -> AutoTokenizer:
    """A BPE tokenizer in the schema of Gemma's tokenizer.json: byte fallback, spaces as ▁, BOS alone added."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        special_tokens=special + [f"<0x{byte:02X}>" for byte in range(256)],
        show_progress=False,
        initial_alphabet=list("0123456789"),
    )
    # Words keep the space before them and digits stand alone, as in Gemma's vocabulary.
    words = [f" {word}" for text in TEXTS for word in text.lower().split() if not any(c.isdigit() for c in word)]
    tokenizer.train_from_iterator(words * 2, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
    config = {**names, "tokenizer_class": "GemmaTokenizerFast", "padding_side": "left", "model_max_length": 4096}
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "add_bos_token": True, "add_eos_token": False}))
    (folder / "special_tokens_map.json").write_text(json.dumps(names))
    return AutoTokenizer.from_pretrained(folder)


def text_config(vocabulary: int, **changes: object) -> Gemma2Config:
    """A decoder whose attention width differs from its hidden size and whose window slides across the instruction."""
    sizes = dict(hidden_size=40, intermediate_size=72, num_hidden_layers=3, num_attention_heads=4)
    heads = dict(num_key_value_heads=2, head_dim=16, query_pre_attn_scalar=20, sliding_window=24)
    return Gemma2Config(vocab_size=vocabulary, **{**sizes, **heads, **changes})


def transformer(**changes: object) -> SanaTransformer2DModel:
    sizes = dict(in_channels=8, out_channels=8, num_attention_heads=5, attention_head_dim=8, num_layers=2)
    cross = dict(num_cross_attention_heads=4, cross_attention_head_dim=10, cross_attention_dim=40)
    return SanaTransformer2DModel(**{**sizes, **cross, "caption_channels": 40, "sample_size": 4, **changes})


def autoencoder(**changes: object) -> AutoencoderDC:
    """Sana's layout, f32, at a hundredth of its widths."""
    kinds = ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3
    channels = (8, 8, 16, 16, 16, 32)
    scales = ((), (), (), (5,), (5,), (3, 5))
    layers = (1, 1, 1, 1, 2, 1)
    both = {}
    for half in ("encoder", "decoder"):
        both |= {f"{half}_block_types": kinds, f"{half}_block_out_channels": channels}
        both |= {f"{half}_layers_per_block": layers, f"{half}_qkv_multiscales": scales}
    rest = dict(latent_channels=8, attention_head_dim=8, scaling_factor=0.41407)
    blocks = dict(downsample_block_type="conv", upsample_block_type="interpolate")
    return AutoencoderDC(**{**both, **rest, **blocks, **changes})


def lite_autoencoder() -> AutoencoderDC:
    """What DC-AE-Lite and the f64 models vary: shuffles, an empty first stage, residual blocks only in the decoder."""
    return autoencoder(
        downsample_block_type="pixel_unshuffle",
        upsample_block_type="pixel_shuffle",
        encoder_block_out_channels=(8, 8, 16, 16, 16, 32),
        decoder_block_out_channels=(8, 16, 16, 32, 16, 32),
        encoder_layers_per_block=(0, 1, 1, 1, 1, 1),
        decoder_layers_per_block=(0, 1, 2, 1, 1, 1),
        decoder_block_types="ResBlock",
        decoder_act_fns=("silu", "relu", "silu", "gelu", "silu", "mish"),
        decoder_conv_act_fn="silu",
    )


def odd_autoencoder() -> AutoencoderDC:
    """f8 without the outer shortcuts, a batch norm in one stage, two kernels in another."""
    both = {}
    for half in ("encoder", "decoder"):
        both |= {f"{half}_block_types": ("ResBlock", "ResBlock", "EfficientViTBlock", "EfficientViTBlock")}
        both |= {f"{half}_block_out_channels": (4, 8, 16, 16), f"{half}_layers_per_block": (1, 1, 1, 1)}
        both |= {f"{half}_qkv_multiscales": ((), (), (3, 5), (5,))}
    norms = ("rms_norm", "batch_norm", "rms_norm", "batch_norm")
    shortcuts = dict(encoder_out_shortcut=False, decoder_in_shortcut=False)
    return autoencoder(**both, **shortcuts, decoder_norm_types=norms, attention_head_dim=4, scaling_factor=0.5)


def odd_text_encoder(vocabulary: int) -> Gemma2Model:
    """One key head for four query heads, another rotary base and epsilon."""
    rotary = {"rope_type": "default", "rope_theta": 2500.0}
    return Gemma2Model(text_config(vocabulary, num_key_value_heads=1, rope_parameters=rotary, rms_norm_eps=1e-5))


def flow_solver(shift: float) -> DPMSolverMultistepScheduler:
    return DPMSolverMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift)


def save(name: str, parts: dict, pipeline: type = SanaPipeline, dtype: torch.dtype = torch.float32) -> None:
    """Randomises the three networks and saves the whole pipeline; the same name gives the same bytes."""
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = make_tokenizer(folder / "tokenizer")
    text = parts.get("text", lambda size: Gemma2Model(text_config(size)))(len(tokenizer))
    networks = {"text_encoder": text, "transformer": parts["transformer"], "vae": parts["vae"]}
    for index, network in enumerate(networks.values()):
        random_weights(network, sum(map(ord, name)) * 10 + index)
        network.to(dtype)
    pipeline(tokenizer=tokenizer, scheduler=parts["scheduler"], **networks).save_pretrained(folder)


def main() -> None:
    torch.set_num_threads(1)
    save("base", {"transformer": transformer(), "vae": autoencoder(), "scheduler": flow_solver(3.0)})
    norm = {"qk_norm": "rms_norm_across_heads"}
    save("sana15", {"transformer": transformer(**norm, attention_bias=True, sample_size=16), "vae": autoencoder(), "scheduler": flow_solver(3.0)})
    sprint = transformer(**norm, guidance_embeds=True, sample_size=32, mlp_ratio=3.0)
    save("sprint", {"transformer": sprint, "vae": autoencoder(), "scheduler": SCMScheduler(prediction_type="trigflow")}, SanaSprintPipeline)
    big = transformer(interpolation_scale=2.0, sample_size=128)
    save("pos4k", {"transformer": big, "vae": autoencoder(), "scheduler": flow_solver(6.0)})
    save("lite", {"transformer": transformer(timestep_scale=0.5), "vae": lite_autoencoder(), "scheduler": flow_solver(3.0)})
    save("fp16", {"transformer": transformer(), "vae": autoencoder(), "scheduler": flow_solver(3.0)}, dtype=torch.float16)
    odd = transformer(num_cross_attention_heads=3, cross_attention_head_dim=8, mlp_ratio=1.9, timestep_scale=0.001)
    save("odd", {"transformer": odd, "vae": odd_autoencoder(), "text": odd_text_encoder, "scheduler": flow_solver(2.0)})
    save_bfloat16_shards()


def save_bfloat16_shards() -> None:
    """As an old upload: bfloat16, the transformer in shards, the text encoder saved with its language-model head."""
    name = "bf16"
    save(name, {"transformer": transformer(), "vae": autoencoder(), "scheduler": flow_solver(3.0)}, dtype=torch.bfloat16)
    folder = ROOT / name
    network = SanaTransformer2DModel.from_pretrained(folder / "transformer", torch_dtype=torch.bfloat16)
    shutil.rmtree(folder / "transformer")
    network.save_pretrained(folder / "transformer", max_shard_size="60KB")
    text = Gemma2Model.from_pretrained(folder / "text_encoder", dtype=torch.bfloat16)
    whole = Gemma2ForCausalLM(Gemma2Config.from_pretrained(folder / "text_encoder", tie_word_embeddings=False))
    random_weights(whole, 5)
    whole.to(torch.bfloat16).model.load_state_dict(text.state_dict())
    shutil.rmtree(folder / "text_encoder")
    whole.save_pretrained(folder / "text_encoder")


if __name__ == "__main__":
    main()
