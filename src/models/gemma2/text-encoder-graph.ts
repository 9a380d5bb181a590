import { plus, symbol } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { Parameters } from "../parameters.ts";
import { type AttentionContext, attention } from "./attention.ts";
import type { Gemma2Config } from "./config.ts";
import { type LinearLayer, plainLinear } from "./linear-layers.ts";
import { attentionMask, rotaryTables } from "./positions.ts";

export interface TextEncoderOptions {
  /** Apply the config's soft-cap to attention logits; off as in transformers' SDPA (SANA.md trap 5). */
  readonly softcap: boolean;
  /** Another form of the linear layers' weights; by default the checkpoint's own. */
  readonly linear?: (g: GraphBuilder) => LinearLayer;
}

/**
 * Gemma 2's decoder without its head, float32: float16 overflows in it.
 *
 * Inputs  inputs_embeds [B, T, C]: embedding rows times sqrt(C);
 *         past_key_values [L, 2, B, kv heads, P, d]: of the tokens before these, P may be 0
 * Outputs last_hidden_state [B, T, C] after the final norm;
 *         present_key_values [L, 2, B, kv heads, T, d]: of these tokens alone
 * Source: transformers models/gemma2/modeling_gemma2.py.
 */
export function buildTextEncoderGraph(
  config: Gemma2Config,
  weights: Weights,
  options: TextEncoderOptions,
): OnnxGraph {
  const g = new GraphBuilder("gemma2-text-encoder");
  const parameters = new Parameters(g, weights, textModelPrefix(weights));
  const linear = options.linear?.(g) ?? plainLinear(g, parameters, config.attentionBias);
  const [batch, tokens, past] = [symbol("batch"), symbol("tokens"), symbol("past")];
  const layers = config.windows.length;
  const { hiddenSize, keyValueHeads, headDim } = config;
  let x = g.input("inputs_embeds", "float32", [batch, tokens, hiddenSize]);
  const pastKeyValues = g.input("past_key_values", "float32", [
    layers,
    2,
    batch,
    keyValueHeads,
    past,
    headDim,
  ]);
  const length = plus(past, tokens);
  const counts = {
    past: g.pick(g.shapeOf(pastKeyValues, 4, 5), 0, 0),
    tokens: g.pick(g.shapeOf(x, 1, 2), 0, 0),
  };
  const rotary = rotaryTables(g, { counts, tokens, headDim, theta: config.ropeTheta });
  const groups = config.heads / keyValueHeads;

  const present: Operand[] = [];
  for (const [layer, window] of config.windows.entries()) {
    const name = `layers.${layer}`;
    const mask = g.once(`mask ${window}`, () =>
      attentionMask(g, { counts, tokens, length, window, groups }),
    );
    x = g.scope(name, () => {
      const step = decoderLayer(g, x, {
        config,
        parameters: parameters.at(name),
        linear,
        name,
        rotary,
        mask,
        softcap: options.softcap,
        past: g.pick(pastKeyValues, 0, layer),
      });
      present.push(g.unsqueeze(step.present, 0));
      return step.hidden;
    });
  }
  g.output("last_hidden_state", gemmaNorm(g, x, { config, parameters, name: "norm" }));
  g.output("present_key_values", g.concat(present, 0));
  return g.finish();
}

interface LayerContext extends AttentionContext {
  readonly parameters: Parameters;
}

/** x += RMS(Attention(RMS(x))); x += RMS(MLP(RMS(x))). */
function decoderLayer(
  g: GraphBuilder,
  x: Operand,
  context: LayerContext,
): { hidden: Operand; present: Operand } {
  const { config, parameters, linear, name } = context;
  const norm = (y: Operand, kind: string): Operand =>
    gemmaNorm(g, y, { config, parameters, name: kind });
  const attended = attention(g, norm(x, "input_layernorm"), {
    ...context,
    name: `${name}.self_attn`,
  });
  const afterAttention = g.add(x, norm(attended.hidden, "post_attention_layernorm"));
  const { hiddenSize, intermediateSize } = config;
  const input = norm(afterAttention, "pre_feedforward_layernorm");
  const up = { inFeatures: hiddenSize, outFeatures: intermediateSize };
  const gated = g.mul(
    g.gelu(linear(input, { name: `${name}.mlp.gate_proj`, ...up }), "tanh"),
    linear(input, { name: `${name}.mlp.up_proj`, ...up }),
  );
  const down = linear(gated, {
    name: `${name}.mlp.down_proj`,
    inFeatures: intermediateSize,
    outFeatures: hiddenSize,
  });
  return {
    hidden: g.add(afterAttention, norm(down, "post_feedforward_layernorm")),
    present: attended.present,
  };
}

/** Gemma's RMSNorm: the stored weight is the distance from 1. */
function gemmaNorm(
  g: GraphBuilder,
  x: Operand,
  { config, parameters, name }: { config: Gemma2Config; parameters: Parameters; name: string },
): Operand {
  const weight = parameters.get(`${name}.weight`, [config.hiddenSize]);
  return g.rmsNorm(x, g.add(weight, g.scalar(1)), config.rmsNormEps);
}

/** Older uploads saved Gemma2ForCausalLM, whose names begin with `model.`. */
export function textModelPrefix(weights: Weights): string {
  return weights.has("model.embed_tokens.weight") ? "model." : "";
}
