import type { Family as CatalogueFamily } from "../../src/models/catalogue.ts";

/** The config files of Sana's published checkpoints, written out from diffusers' and transformers' own classes. */

const DIFFUSERS = "0.35.1";

/** text_encoder/config.json: Gemma 2 2B. */
export const TEXT_ENCODER = {
  architectures: ["Gemma2Model"],
  model_type: "gemma2",
  vocab_size: 256_000,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  hidden_activation: "gelu_pytorch_tanh",
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  query_pre_attn_scalar: 256,
  attn_logit_softcapping: 50,
  final_logit_softcapping: 30,
  sliding_window: 4096,
  max_position_embeddings: 8192,
  attention_bias: false,
  pad_token_id: 0,
  eos_token_id: 1,
  bos_token_id: 2,
  torch_dtype: "bfloat16",
} as const;

export const COMPONENT_CONFIGS = {
  vae: {
    _class_name: "AutoencoderDC",
    _diffusers_version: DIFFUSERS,
    in_channels: 3,
    latent_channels: 32,
    attention_head_dim: 32,
    encoder_block_types: blockTypes(),
    decoder_block_types: blockTypes(),
    encoder_block_out_channels: [128, 256, 512, 512, 1024, 1024],
    decoder_block_out_channels: [128, 256, 512, 512, 1024, 1024],
    encoder_layers_per_block: [2, 2, 2, 3, 3, 3],
    decoder_layers_per_block: [3, 3, 3, 3, 3, 3],
    encoder_qkv_multiscales: [[], [], [], [5], [5], [5]],
    decoder_qkv_multiscales: [[], [], [], [5], [5], [5]],
    downsample_block_type: "Conv",
    upsample_block_type: "interpolate",
    decoder_norm_types: "rms_norm",
    decoder_act_fns: "silu",
    scaling_factor: 0.41407,
  },
} as const;

function blockTypes(): string[] {
  return [...Array<string>(3).fill("ResBlock"), ...Array<string>(3).fill("EfficientViTBlock")];
}

const WIDE = { heads: 70, crossHeads: 20, crossHeadDim: 112, layers: 20 } as const;
const DEEP = { ...WIDE, layers: 60 } as const;
const NARROW = { heads: 36, crossHeads: 16, crossHeadDim: 72, layers: 28 } as const;

/** What the families differ in: the transformer's config and how noise is walked away. */
export const FAMILIES = {
  "sana-0.6b": sana(NARROW),
  "sana-1.6b": sana(WIDE),
  "sana-1.5-1.6b": withNorms(sana(WIDE)),
  "sana-1.5-4.8b": withNorms(sana(DEEP)),
  "sprint-0.6b": sprint(NARROW),
  "sprint-1.6b": sprint(WIDE),
  "sprint-teacher-0.6b": withNorms(sana(NARROW)),
  // The pipeline's own transformer; the ControlNet beside it is not used.
  "controlnet-0.6b": sana(NARROW),
} as const satisfies Record<CatalogueFamily, object>;

export type Family = keyof typeof FAMILIES;

type Width = typeof WIDE | typeof DEEP | typeof NARROW;

function transformerOf({ heads, crossHeads, crossHeadDim, layers }: Width) {
  return {
    _class_name: "SanaTransformer2DModel",
    _diffusers_version: DIFFUSERS,
    in_channels: 32,
    out_channels: 32,
    num_attention_heads: heads,
    attention_head_dim: 32,
    num_layers: layers,
    num_cross_attention_heads: crossHeads,
    cross_attention_head_dim: crossHeadDim,
    cross_attention_dim: crossHeads * crossHeadDim,
    caption_channels: 2304,
    mlp_ratio: 2.5,
    dropout: 0,
    attention_bias: false,
    sample_size: 32,
    patch_size: 1,
    norm_elementwise_affine: false,
    norm_eps: 1e-6,
    interpolation_scale: null,
  };
}

function sana(width: Width) {
  return {
    transformer: transformerOf(width),
    modelIndex: modelIndex("SanaPipeline", "DPMSolverMultistepScheduler"),
    scheduler: {
      _class_name: "DPMSolverMultistepScheduler",
      _diffusers_version: DIFFUSERS,
      algorithm_type: "dpmsolver++",
      final_sigmas_type: "zero",
      flow_shift: 3,
      // Written as the bare token.
      lambda_min_clipped: "-Infinity",
      lower_order_final: true,
      num_train_timesteps: 1000,
      prediction_type: "flow_prediction",
      solver_order: 2,
      solver_type: "midpoint",
      timestep_spacing: "linspace",
      use_flow_sigmas: true,
    },
  };
}

/** Queries and keys are normalised, as in all checkpoints since SANA 1.5. */
function withNorms(family: ReturnType<typeof sana>) {
  const transformer = { ...family.transformer, qk_norm: "rms_norm_across_heads" };
  return { ...family, transformer };
}

function sprint(width: Width) {
  return {
    transformer: {
      ...transformerOf(width),
      guidance_embeds: true,
      guidance_embeds_scale: 0.1,
      qk_norm: "rms_norm_across_heads",
      timestep_scale: 1,
    },
    modelIndex: modelIndex("SanaSprintPipeline", "SCMScheduler"),
    scheduler: {
      _class_name: "SCMScheduler",
      _diffusers_version: DIFFUSERS,
      num_train_timesteps: 1000,
      prediction_type: "trigflow",
      sigma_data: 0.5,
    },
  };
}

function modelIndex(pipeline: string, scheduler: string) {
  return {
    _class_name: pipeline,
    _diffusers_version: DIFFUSERS,
    scheduler: ["diffusers", scheduler],
    text_encoder: ["transformers", "Gemma2Model"],
    tokenizer: ["transformers", "GemmaTokenizerFast"],
    transformer: ["diffusers", "SanaTransformer2DModel"],
    vae: ["diffusers", "AutoencoderDC"],
  };
}
