import { z } from "zod";
import { readConfig } from "../read-config.ts";

const channels = z.number().int().positive().max(65536);
const blockType = z.enum(["ResBlock", "EfficientViTBlock"]);
const normType = z.enum(["rms_norm", "batch_norm"]);
const activation = z.enum(["silu", "swish", "relu", "gelu", "mish"]);
/** At most f2048: more stages than any published DC-AE has. */
const stages = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).min(2).max(12);

const DEFAULT_CHANNELS = [128, 256, 512, 512, 1024, 1024];
const DEFAULT_MULTISCALES = [[], [], [], [5], [5], [5]];

/** One half of the autoencoder; stage 0 has the full resolution. */
export interface StageConfig {
  readonly channels: number;
  readonly layers: number;
  readonly block: z.infer<typeof blockType>;
  readonly norm: z.infer<typeof normType>;
  readonly activation: z.infer<typeof activation>;
  /** Kernel sizes of the multi-scale projections, odd. */
  readonly multiscales: readonly number[];
}

/** vae/config.json; defaults are diffusers' own. */
const schema = z
  .object({
    _class_name: z.literal("AutoencoderDC"),
    in_channels: channels.default(3),
    latent_channels: channels.default(32),
    attention_head_dim: channels.default(32),
    encoder_block_types: z.union([blockType, stages(blockType)]).default("ResBlock"),
    decoder_block_types: z.union([blockType, stages(blockType)]).default("ResBlock"),
    encoder_block_out_channels: stages(channels).default(DEFAULT_CHANNELS),
    decoder_block_out_channels: stages(channels).default(DEFAULT_CHANNELS),
    encoder_layers_per_block: stages(z.number().int().min(0).max(64)).default([2, 2, 2, 3, 3, 3]),
    decoder_layers_per_block: stages(z.number().int().min(0).max(64)).default([3, 3, 3, 3, 3, 3]),
    encoder_qkv_multiscales: stages(z.array(z.number().int().positive().max(31))).default(
      DEFAULT_MULTISCALES,
    ),
    decoder_qkv_multiscales: stages(z.array(z.number().int().positive().max(31))).default(
      DEFAULT_MULTISCALES,
    ),
    upsample_block_type: z.string().default("pixel_shuffle"),
    downsample_block_type: z.string().default("pixel_unshuffle"),
    decoder_norm_types: z.union([normType, stages(normType)]).default("rms_norm"),
    decoder_act_fns: z.union([activation, stages(activation)]).default("silu"),
    encoder_out_shortcut: z.boolean().default(true),
    decoder_in_shortcut: z.boolean().default(true),
    decoder_conv_act_fn: activation.default("relu"),
    scaling_factor: z.number().positive().default(1),
  })
  .superRefine((raw, context) => {
    for (const half of ["encoder", "decoder"] as const) {
      const { length } = raw[`${half}_block_out_channels`];
      for (const [name, list] of Object.entries(raw)) {
        if (!name.startsWith(half) || !Array.isArray(list) || list.length >= length) continue;
        const message = `has ${list.length} entries for ${length} stages`;
        context.addIssue({ code: "custom", path: [name], message });
      }
    }
  })
  .transform((raw) => ({
    imageChannels: raw.in_channels,
    latentChannels: raw.latent_channels,
    headDim: raw.attention_head_dim,
    scalingFactor: raw.scaling_factor,
    /** Pixels of a picture's side for one of its latent's. */
    compression: 2 ** (raw.encoder_block_out_channels.length - 1),
    encoder: {
      stages: raw.encoder_block_out_channels.map<StageConfig>((width, i) => ({
        channels: width,
        layers: at(raw.encoder_layers_per_block, i),
        block: at(raw.encoder_block_types, i),
        norm: "rms_norm",
        activation: "silu",
        multiscales: at(raw.encoder_qkv_multiscales, i),
      })),
      /** diffusers compares with "pixel_unshuffle" and takes anything else for a strided convolution. */
      unshuffle: raw.downsample_block_type === "pixel_unshuffle",
      outShortcut: raw.encoder_out_shortcut,
    },
    decoder: {
      stages: raw.decoder_block_out_channels.map<StageConfig>((width, i) => ({
        channels: width,
        layers: at(raw.decoder_layers_per_block, i),
        block: at(raw.decoder_block_types, i),
        norm: at(raw.decoder_norm_types, i),
        activation: at(raw.decoder_act_fns, i),
        multiscales: at(raw.decoder_qkv_multiscales, i),
      })),
      interpolate: raw.upsample_block_type === "interpolate",
      inShortcut: raw.decoder_in_shortcut,
      outActivation: raw.decoder_conv_act_fn,
    },
  }))
  .refine((config) => config.encoder.stages.length === config.decoder.stages.length, {
    message: "encoder and decoder must have as many stages",
  });

export type AutoencoderConfig = z.infer<typeof schema>;
export type Activation = z.infer<typeof activation>;

/** Reads `checkpoint/vae/config.json`. */
export function readAutoencoderConfig(folder: string): Promise<AutoencoderConfig> {
  return readConfig(folder, "config.json", schema);
}

/** A list's entry for a stage, which it was checked to have; a value that is no list stands for every stage. */
function at<T extends string | number | readonly number[]>(
  values: T | readonly T[],
  stage: number,
): T {
  if (!Array.isArray(values)) return values as T;
  const value = (values as readonly T[])[stage];
  if (value === undefined) throw new Error(`A list of the config has no entry for stage ${stage}.`);
  return value;
}
