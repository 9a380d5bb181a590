import { z } from "zod";
import { readConfig } from "../read-config.ts";

const count = (maximum: number): z.ZodNumber => z.number().int().positive().max(maximum);

/** transformer/config.json; defaults are diffusers' own for fields that older uploads lack. */
const schema = z
  .object({
    _class_name: z.literal("SanaTransformer2DModel"),
    in_channels: count(1024).default(32),
    out_channels: count(1024).nullable().default(32),
    num_attention_heads: count(1024).default(70),
    attention_head_dim: count(1024).default(32),
    num_layers: count(200).default(20),
    num_cross_attention_heads: count(1024).default(20),
    cross_attention_head_dim: count(1024).default(112),
    cross_attention_dim: count(65536).default(2240),
    caption_channels: count(65536).default(2304),
    mlp_ratio: z.number().positive().max(32).default(2.5),
    attention_bias: z.boolean().default(false),
    sample_size: count(4096).default(32),
    patch_size: z.literal(1).default(1),
    norm_elementwise_affine: z.literal(false).default(false),
    norm_eps: z.number().positive().default(1e-6),
    interpolation_scale: z.number().positive().nullable().default(null),
    guidance_embeds: z.boolean().default(false),
    guidance_embeds_scale: z.number().default(0.1),
    qk_norm: z.literal("rms_norm_across_heads").nullable().default(null),
    timestep_scale: z.number().default(1),
  })
  .transform((raw) => ({
    inChannels: raw.in_channels,
    outChannels: raw.out_channels ?? raw.in_channels,
    heads: raw.num_attention_heads,
    headDim: raw.attention_head_dim,
    innerDim: raw.num_attention_heads * raw.attention_head_dim,
    layers: raw.num_layers,
    crossHeads: raw.num_cross_attention_heads,
    crossHeadDim: raw.cross_attention_head_dim,
    crossAttentionDim: raw.cross_attention_dim,
    captionChannels: raw.caption_channels,
    /** GLUMBConv's width: Python's int(mlp_ratio * dim). */
    mlpHidden: Math.trunc(raw.mlp_ratio * raw.num_attention_heads * raw.attention_head_dim),
    attentionBias: raw.attention_bias,
    sampleSize: raw.sample_size,
    normEps: raw.norm_eps,
    interpolationScale: raw.interpolation_scale,
    guidanceEmbeds: raw.guidance_embeds,
    guidanceEmbedsScale: raw.guidance_embeds_scale,
    qkNorm: raw.qk_norm !== null,
    timestepScale: raw.timestep_scale,
  }))
  .refine((config) => config.crossAttentionDim === config.innerDim, {
    message: "cross_attention_dim must equal num_attention_heads * attention_head_dim",
  })
  .refine((config) => config.interpolationScale === null || config.innerDim % 4 === 0, {
    message: "a positional embedding needs an inner width that is a multiple of 4",
  });

export type SanaTransformerConfig = z.infer<typeof schema>;

/** Reads `checkpoint/transformer/config.json`. */
export function readTransformerConfig(folder: string): Promise<SanaTransformerConfig> {
  return readConfig(folder, "config.json", schema);
}
