import { symbol } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { ElementType } from "../../onnx/model-proto.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { Parameters } from "../parameters.ts";
import { project, splitHeads } from "./attention-projections.ts";
import type { SanaTransformerConfig } from "./config.ts";

/** RMSNorm of the projected caption (diffusers SanaTransformer2DModel.caption_norm). */
const CAPTION_NORM_EPSILON = 1e-5;

/**
 * What of the transformer depends on the prompt alone, and so runs once for a picture and not once for a step:
 * caption projection, caption norm, and every block's cross-attention keys and values.
 *
 * Input   encoder_hidden_states [B, S, caption]
 * Outputs cross_key [L, B, heads, d, S], already scaled by 1/sqrt(d); cross_value [L, B, heads, S, d]
 */
export function buildConditioningGraph(
  config: SanaTransformerConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("sana-conditioning", computeType);
  const root = new Parameters(g, weights);
  const input = g.input("encoder_hidden_states", "float32", [
    symbol("batch"),
    symbol("tokens"),
    config.captionChannels,
  ]);
  const caption = embedCaption(g, {
    caption: g.cast(input, computeType),
    parameters: root,
    config,
  });
  const keys: Operand[] = [];
  const values: Operand[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `transformer_blocks.${layer}.attn2`;
    g.scope(name, () => {
      const { key, value } = crossKeyValue(g, { caption, parameters: root.at(name), config });
      keys.push(g.unsqueeze(key, 0));
      values.push(g.unsqueeze(value, 0));
    });
  }
  g.output("cross_key", g.concat(keys, 0));
  g.output("cross_value", g.concat(values, 0));
  return g.finish();
}

/** [B, S, caption] -> [B, S, D]: linear, GELU (tanh), linear, RMSNorm. */
function embedCaption(
  g: GraphBuilder,
  {
    caption,
    parameters,
    config,
  }: { caption: Operand; parameters: Parameters; config: SanaTransformerConfig },
): Operand {
  const { captionChannels, innerDim } = config;
  const projection = parameters.at("caption_projection");
  return g.scope("caption_projection", () => {
    const first = g.linear(
      caption,
      projection.get("linear_1.weight", [innerDim, captionChannels]),
      projection.get("linear_1.bias", [innerDim]),
    );
    const second = g.linear(
      g.gelu(first, "tanh"),
      projection.get("linear_2.weight", [innerDim, innerDim]),
      projection.get("linear_2.bias", [innerDim]),
    );
    return g.rmsNorm(
      second,
      parameters.get("caption_norm.weight", [innerDim]),
      CAPTION_NORM_EPSILON,
    );
  });
}

function crossKeyValue(
  g: GraphBuilder,
  {
    caption,
    parameters,
    config,
  }: { caption: Operand; parameters: Parameters; config: SanaTransformerConfig },
): { key: Operand; value: Operand } {
  const { innerDim, crossHeads, crossHeadDim, qkNorm } = config;
  const shape = { inFeatures: innerDim, outFeatures: crossHeads * crossHeadDim, bias: true };
  const heads = { count: crossHeads, dim: crossHeadDim };
  const key = project(g, {
    x: caption,
    parameters,
    options: { ...shape, name: "to_k", norm: qkNorm ? "norm_k" : undefined },
  });
  const value = project(g, { x: caption, parameters, options: { ...shape, name: "to_v" } });
  const scaled = g.mul(key, g.number(1 / Math.sqrt(crossHeadDim), key));
  return {
    key: g.transpose(splitHeads(g, scaled, heads), [0, 2, 3, 1]),
    value: g.transpose(splitHeads(g, value, heads), [0, 2, 1, 3]),
  };
}
