import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

import type { Family } from "../../src/models/catalogue.ts";

/** Shapes by name, in the order of diffusers' modules. */
export type TensorList = Readonly<Record<string, readonly number[]>>;

const schema = z.record(z.string(), z.array(z.int().positive()));

/** The tensors of a network as diffusers itself makes them; the lists were written by instantiating its models. */
export async function readTensorList(name: string): Promise<TensorList> {
  const path = join(import.meta.dirname, "tensor-lists", `${name}.json`);
  return schema.parse(JSON.parse(await readFile(path, "utf8")));
}

/** The tensors of a family's transformer. */
export function transformerTensors(family: Family): Promise<TensorList> {
  // A ControlNet pipeline's own transformer is that of Sana.
  return readTensorList(family === "controlnet-0.6b" ? "sana-0.6b" : family);
}

interface Gemma2Sizes {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
}

/** The tensors of Gemma 2's decoder without its head. */
export function gemma2Tensors(config: Gemma2Sizes): TensorList {
  const { hidden_size: hidden, intermediate_size: intermediate, head_dim: dim } = config;
  const queries = config.num_attention_heads * dim;
  const keys = config.num_key_value_heads * dim;
  const layer: TensorList = {
    "self_attn.q_proj": [queries, hidden],
    "self_attn.k_proj": [keys, hidden],
    "self_attn.v_proj": [keys, hidden],
    "self_attn.o_proj": [hidden, queries],
    "mlp.gate_proj": [intermediate, hidden],
    "mlp.up_proj": [intermediate, hidden],
    "mlp.down_proj": [hidden, intermediate],
    input_layernorm: [hidden],
    post_attention_layernorm: [hidden],
    pre_feedforward_layernorm: [hidden],
    post_feedforward_layernorm: [hidden],
  };
  const tensors: Record<string, readonly number[]> = {
    "embed_tokens.weight": [config.vocab_size, hidden],
  };
  for (let index = 0; index < config.num_hidden_layers; index++) {
    for (const [name, shape] of Object.entries(layer))
      tensors[`layers.${index}.${name}.weight`] = shape;
  }
  return { ...tensors, "norm.weight": [hidden] };
}
