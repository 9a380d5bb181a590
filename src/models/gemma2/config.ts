import { z } from "zod";
import { readConfig } from "../read-config.ts";

const count = (maximum: number): z.ZodNumber => z.number().int().positive().max(maximum);

/** text_encoder/config.json; defaults are transformers' own Gemma2Config. */
const schema = z
  .object({
    model_type: z.literal("gemma2"),
    vocab_size: count(4_000_000).default(256_000),
    hidden_size: count(65536).default(2304),
    intermediate_size: count(262_144).default(9216),
    num_hidden_layers: count(200).default(26),
    num_attention_heads: count(256).default(8),
    num_key_value_heads: count(256).default(4),
    head_dim: count(1024).default(256),
    hidden_activation: z.literal("gelu_pytorch_tanh").default("gelu_pytorch_tanh"),
    rms_norm_eps: z.number().positive().default(1e-6),
    rope_theta: z.number().positive().optional(),
    /** Where transformers 5 writes rope_theta. */
    rope_parameters: z.looseObject({ rope_theta: z.number().positive().optional() }).nullish(),
    query_pre_attn_scalar: z.number().positive().default(256),
    attn_logit_softcapping: z.number().positive().nullable().default(50),
    sliding_window: z.number().int().positive().nullable().default(4096),
    layer_types: z.array(z.enum(["sliding_attention", "full_attention"])).nullish(),
    attention_bias: z.boolean().default(false),
    bos_token_id: z.number().int().default(2),
    pad_token_id: z.number().int().nullable().default(0),
  })
  .refine((raw) => raw.num_attention_heads % raw.num_key_value_heads === 0, {
    message: "num_attention_heads must be a multiple of num_key_value_heads",
  })
  .transform((raw) => ({
    vocabSize: raw.vocab_size,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    heads: raw.num_attention_heads,
    keyValueHeads: raw.num_key_value_heads,
    headDim: raw.head_dim,
    rmsNormEps: raw.rms_norm_eps,
    ropeTheta: raw.rope_theta ?? raw.rope_parameters?.rope_theta ?? 10_000,
    attentionScale: raw.query_pre_attn_scalar ** -0.5,
    logitSoftcap: raw.attn_logit_softcapping,
    attentionBias: raw.attention_bias,
    /** Each layer's window in tokens, or null where it sees everything before it. */
    windows: Array.from({ length: raw.num_hidden_layers }, (_, layer) => {
      // Gemma 2 alternates, the first layer slides (transformers, Gemma2Config.layer_types).
      const type =
        raw.layer_types?.[layer] ?? (layer % 2 === 0 ? "sliding_attention" : "full_attention");
      return type === "sliding_attention" ? raw.sliding_window : null;
    }),
  }));

export type Gemma2Config = z.infer<typeof schema>;

/** Reads `checkpoint/text_encoder/config.json`. */
export function readGemma2Config(folder: string): Promise<Gemma2Config> {
  return readConfig(folder, "config.json", schema);
}
