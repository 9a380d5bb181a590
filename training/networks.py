"""The three networks, all of them diffusers' and transformers' own classes, and how they start."""

import types

import torch
import torch.nn.functional as F
from diffusers import AutoencoderDC, SanaTransformer2DModel
from diffusers.models.autoencoders.autoencoder_dc import EfficientViTBlock, ResBlock
from transformers import Gemma2Config, Gemma2Model

VOCABULARY_SIZE = 8192
TEXT_WIDTH = 192
LATENT_CHANNELS = 32
DOWNSCALE = 32
SAMPLE_SIZE = 8  # latents of the native 256 x 256


def build_autoencoder():
    """Sana's DC-AE layout in small: f32, 32 channels, EfficientViT in the last three of six stages.

    The full-resolution stage is empty (layers_per_block[0] = 0, as in the f64 DC-AEs), which makes conv_in and
    conv_out the down and up block of that stage: on a CPU that stage would cost as much as all others.
    """
    block_types = ("ResBlock",) * 3 + ("EfficientViTBlock",) * 3
    multiscales = ((), (), (), (5,), (5,), (5,))
    return AutoencoderDC(
        in_channels=3, latent_channels=LATENT_CHANNELS, attention_head_dim=32,
        encoder_block_types=block_types, decoder_block_types=block_types,
        encoder_block_out_channels=(8, 16, 32, 64, 128, 256), decoder_block_out_channels=(12, 24, 48, 96, 192, 256),
        encoder_layers_per_block=(0, 1, 1, 1, 1, 1), decoder_layers_per_block=(0, 1, 1, 1, 2, 2),
        encoder_qkv_multiscales=multiscales, decoder_qkv_multiscales=multiscales,
        downsample_block_type="Conv", upsample_block_type="interpolate",
        decoder_norm_types="rms_norm", decoder_act_fns="silu", scaling_factor=1.0,
    )


def initialise_autoencoder(autoencoder):
    """Every residual branch starts at zero, and the first convolution starts with the mean colours of its patch."""
    for module in autoencoder.modules():
        if isinstance(module, ResBlock):
            torch.nn.init.zeros_(module.norm.weight)
        elif isinstance(module, EfficientViTBlock):
            torch.nn.init.zeros_(module.attn.norm_out.weight)
            torch.nn.init.zeros_(module.conv_out.norm.weight)
    weight = autoencoder.encoder.conv_in.conv.weight.data  # [out, 3, 3, 3], stride 2
    basis = torch.tensor([[1.0, 1, 1], [1, -1, 0], [0.5, 0.5, -1], [-1, -1, -1], [-1, 1, 0], [-0.5, -0.5, 1]])
    for channel, colour in enumerate(basis):
        weight[channel] = colour[:, None, None] / 9
    torch.nn.init.zeros_(autoencoder.encoder.conv_in.conv.bias)
    return autoencoder


def build_transformer():
    """Sana's linear diffusion transformer, width 192, 8 layers."""
    return SanaTransformer2DModel(
        in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS, num_attention_heads=6, attention_head_dim=32,
        num_layers=8, num_cross_attention_heads=3, cross_attention_head_dim=64, cross_attention_dim=192,
        caption_channels=TEXT_WIDTH, mlp_ratio=2.5, sample_size=SAMPLE_SIZE, patch_size=1,
        interpolation_scale=None, qk_norm=None,
    )


def initialise_transformer(transformer):
    """The velocity starts at zero."""
    torch.nn.init.zeros_(transformer.proj_out.weight)
    torch.nn.init.zeros_(transformer.proj_out.bias)
    return transformer


def build_text_encoder():
    """A Gemma 2 of three layers. Attention runs as scaled_dot_product_attention, so without the soft cap."""
    config = Gemma2Config(
        vocab_size=VOCABULARY_SIZE, hidden_size=TEXT_WIDTH, intermediate_size=512, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=48, query_pre_attn_scalar=48,
        max_position_embeddings=512, sliding_window=512, hidden_activation="gelu_pytorch_tanh",
        pad_token_id=0, eos_token_id=1, bos_token_id=2,
    )
    return Gemma2Model._from_config(config, attn_implementation="sdpa")


def _token_glumbconv(self, hidden_states):
    """GLUMBConv with its 1x1 convolutions as matrix products on tokens: the same numbers, faster on a CPU.

    hidden_states: [batch, channels, height, width], returned likewise.
    """
    batch, channels, height, width = hidden_states.shape
    inverted, point = self.matrices
    tokens = hidden_states.flatten(2).transpose(1, 2)
    tokens = F.silu(F.linear(tokens, inverted, self.conv_inverted.bias))
    grid = tokens.transpose(1, 2).reshape(batch, -1, height, width)
    tokens = self.conv_depth(grid).flatten(2).transpose(1, 2)
    value, gate = tokens.chunk(2, dim=2)
    tokens = F.linear(value * F.silu(gate), point)
    return tokens.transpose(1, 2).reshape(batch, channels, height, width)


class ExplicitCrossAttention:
    """Cross-attention in three plain products: on a CPU three times as fast as the fused kernel with few keys and a mask."""

    def __call__(self, attn, hidden_states, encoder_hidden_states, attention_mask):
        """hidden_states [batch, queries, width], attention_mask [batch, 1, keys] to be added to the scores."""
        query, key, value = (
            project(x).unflatten(2, (attn.heads, -1)).transpose(1, 2)
            for project, x in ((attn.to_q, hidden_states), (attn.to_k, encoder_hidden_states), (attn.to_v, encoder_hidden_states)))
        scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5 + attention_mask[:, None]
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        return attn.to_out[0](mixed)


def speed_up(transformer):
    """Replaces, for training only, how the blocks' layers are computed (not what they compute).

    `ff.matrices` are the weights of the 1x1 convolutions as matrices, parameters that share their memory.
    """
    for block in transformer.transformer_blocks:
        block.ff.matrices = [torch.nn.Parameter(conv.weight.data.flatten(1))
                             for conv in (block.ff.conv_inverted, block.ff.conv_point)]
        block.ff.forward = types.MethodType(_token_glumbconv, block.ff)
        block.attn2.processor = ExplicitCrossAttention()
    return transformer


def trained_parameters(transformer):
    """The parameters of a transformer that was sped up, the matrices in place of the convolutions that they stand for."""
    feed_forwards = [block.ff for block in transformer.transformer_blocks]
    replaced = {id(conv.weight) for ff in feed_forwards for conv in (ff.conv_inverted, ff.conv_point)}
    return [p for p in transformer.parameters() if id(p) not in replaced] + [p for ff in feed_forwards for p in ff.matrices]
