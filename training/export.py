"""Writes the checkpoint in the diffusers layout, float16, from any training state, at any time.

`python export.py --autoencoder A.pt --transformer T.pt --text-encoder E.pt --out DIR`. A state that is not given leaves that network at
its random start, so that the layout can be used before anything has been trained.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from diffusers import DPMSolverMultistepScheduler, SanaPipeline
from transformers import AutoTokenizer

import networks
from checkpoints import load_averages, load_weights
from tokenizer import INSTRUCTION

MAX_SEQUENCE_LENGTH = 64
FLOW_SHIFT = 1.0
STEPS, GUIDANCE = 20, 2.5
# height / width: sizes of about 256 x 256 pixels in steps of 32
BINS = {"0.33": (160, 448), "0.38": (160, 416), "0.56": (192, 352), "0.64": (224, 352), "0.78": (224, 288),
        "1.0": (256, 256), "1.29": (288, 224), "1.57": (352, 224), "1.83": (352, 192), "2.6": (416, 160),
        "2.8": (448, 160)}
DESCRIPTION = ("The small model that comes with sanabot: Sana's architecture at 1/100 of its size, trained on emoji "
               "pictures only. It draws what has an emoji, on coloured or simple backdrops, at 256 x 256.")


def build_scheduler(flow_shift=FLOW_SHIFT):
    """Flow-DPM-Solver++ with the settings of Sana's own checkpoints, apart from the shift."""
    return DPMSolverMultistepScheduler(
        num_train_timesteps=1000, solver_order=2, algorithm_type="dpmsolver++", solver_type="midpoint",
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=flow_shift, final_sigmas_type="zero",
        lower_order_final=True, euler_at_final=False)


def build_pipeline(tokenizer_dir, autoencoder_state=None, transformer_state=None, text_encoder_state=None, share=1.0):
    """diffusers' own SanaPipeline with the averaged weights of the given states, in float32.

    The autoencoder may come from an exported checkpoint as well; the text encoder is the transformer's, if none is given, else `share` of
    the given one in its weights.
    """
    torch.manual_seed(0)
    vae = networks.initialise_autoencoder(networks.build_autoencoder())
    transformer, text_encoder = networks.build_transformer(), networks.build_text_encoder()
    if autoencoder_state:
        load_weights(autoencoder_state, {"autoencoder": vae})
    if transformer_state:
        state = load_averages(transformer_state, {"transformer": transformer, "text_encoder": text_encoder})
        vae.register_to_config(scaling_factor=state["config"]["scaling_factor"])
        if "decoder" in state:
            vae.decoder.load_state_dict(state["decoder"])
    if text_encoder_state:
        own = {name: value.clone() for name, value in text_encoder.state_dict().items()}
        load_averages(text_encoder_state, {"text_encoder": text_encoder})
        text_encoder.load_state_dict({name: own[name].lerp(value, share) for name, value in text_encoder.state_dict().items()})
    return SanaPipeline(tokenizer=AutoTokenizer.from_pretrained(tokenizer_dir), text_encoder=text_encoder.eval(),
                        vae=vae.eval(), transformer=transformer.eval(), scheduler=build_scheduler())


def manifest():
    """sanabot.json: what the bot must know besides what diffusers stores."""
    return {
        "name": "Emoji", "license": "Apache-2.0", "complex_human_instruction": [INSTRUCTION],
        "max_sequence_length": MAX_SEQUENCE_LENGTH, "resolution_bins": {k: list(v) for k, v in BINS.items()},
        "default_height": 256, "default_width": 256, "num_inference_steps": STEPS, "guidance_scale": GUIDANCE,
        "clamp_attention": False, "attn_logit_softcapping": False, "description": DESCRIPTION,
    }


def write_json(path, content):
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def export(pipeline, tokenizer_dir, out):
    """Everything into `out`; the tokenizer and its entry in model_index.json as Sana's checkpoints have them."""
    pipeline.to(torch.float16).save_pretrained(out, safe_serialization=True)
    shutil.rmtree(out / "tokenizer")
    shutil.copytree(tokenizer_dir, out / "tokenizer")
    index = json.loads((out / "model_index.json").read_text())
    index["tokenizer"] = ["transformers", "GemmaTokenizerFast"]
    write_json(out / "model_index.json", index)
    write_json(out / "sanabot.json", manifest())
    for name in ("README.md", "NOTICE"):
        source = Path(__file__).parent / "checkpoint" / name
        if source.exists():
            shutil.copy(source, out / name)
    return sum(f.stat().st_size for f in out.rglob("*") if f.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, default="/root/sanabot-training/tokenizer")
    parser.add_argument("--autoencoder")
    parser.add_argument("--transformer")
    parser.add_argument("--text-encoder", help="a later state of it than the transformer's")
    parser.add_argument("--text-encoder-share", type=float, default=1.0, help="of that later state in the weights; the rest is the transformer's own")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    pipeline = build_pipeline(arguments.tokenizer, arguments.autoencoder, arguments.transformer,
                              arguments.text_encoder, arguments.text_encoder_share)
    size = export(pipeline, arguments.tokenizer, arguments.out)
    print(f"{arguments.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
