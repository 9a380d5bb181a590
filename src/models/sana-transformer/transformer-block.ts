import { type Dim, times } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import { glumbConv } from "../blocks/glumb-conv.ts";
import { reluLinearAttention } from "../blocks/relu-linear-attention.ts";
import type { Parameters } from "../parameters.ts";
import { mergeHeads, project, splitHeads } from "./attention-projections.ts";
import type { SanaTransformerConfig } from "./config.ts";

/** The largest finite float16. */
const FLOAT16_MAX = 65504;

export interface BlockInputs {
  readonly config: SanaTransformerConfig;
  readonly parameters: Parameters;
  /** T6 [1, 6, D]. */
  readonly modulation: Operand;
  /** [1, heads, d, S], scaled. */
  readonly crossKey: Operand;
  /** [1, heads, S, d]. */
  readonly crossValue: Operand;
  readonly clampAttention: boolean;
  /** The latent's height and width: as shape, and as int64 tensors of the running graph. */
  readonly grid: { height: Dim; width: Dim; lengths: Operand; batch: Operand };
}

/**
 * x [B, N, D] -> [B, N, D]:
 *   x += gate1 * LinearAttention(LN(x) * (1 + scale1) + shift1)
 *   x += CrossAttention(x, caption)
 *   x += gate2 * GLUMBConv(LN(x) * (1 + scale2) + shift2)
 * Source: diffusers models/transformers/sana_transformer.py, SanaTransformerBlock.
 */
export function transformerBlock(g: GraphBuilder, x: Operand, inputs: BlockInputs): Operand {
  const { config, parameters, modulation } = inputs;
  const table = g.add(parameters.get("scale_shift_table", [6, config.innerDim]), modulation); // [1, 6, D]
  const row = (index: number): Operand => g.slice(table, 1, { start: index, end: index + 1 }); // [1, 1, D]
  const modulatedNorm = (y: Operand, shift: number): Operand => {
    const scale = row(shift + 1);
    return g.add(
      g.mul(g.layerNorm(y, config.normEps), g.add(scale, g.number(1, scale))),
      row(shift),
    );
  };
  const selfAttended = g.scope("attn1", () =>
    g.mul(row(2), selfAttention(g, modulatedNorm(x, 0), inputs)),
  );
  const afterSelf = g.add(x, selfAttended);
  const afterCross = g.add(
    g.scope("attn2", () => crossAttention(g, afterSelf, inputs)),
    afterSelf,
  );
  const fed = g.scope("ff", () =>
    g.mul(row(5), feedForward(g, modulatedNorm(afterCross, 3), inputs)),
  );
  return g.add(afterCross, fed);
}

function selfAttention(
  g: GraphBuilder,
  x: Operand,
  { config, parameters, clampAttention }: BlockInputs,
): Operand {
  const { innerDim, heads, headDim, attentionBias, qkNorm } = config;
  const at = parameters.at("attn1");
  const shape = { inFeatures: innerDim, outFeatures: innerDim, bias: attentionBias };
  const split = (y: Operand): Operand => splitHeads(g, y, { count: heads, dim: headDim });
  const query = project(g, {
    x,
    parameters: at,
    options: { ...shape, name: "to_q", norm: qkNorm ? "norm_q" : undefined },
  });
  const key = project(g, {
    x,
    parameters: at,
    options: { ...shape, name: "to_k", norm: qkNorm ? "norm_k" : undefined },
  });
  const value = project(g, { x, parameters: at, options: { ...shape, name: "to_v" } });
  const attended = reluLinearAttention(g, {
    query: g.transpose(split(query), [0, 2, 3, 1]),
    key: g.transpose(split(key), [0, 2, 1, 3]),
    value: g.transpose(split(value), [0, 2, 3, 1]),
  });
  const merged = mergeHeads(g, g.transpose(attended, [0, 3, 1, 2]), innerDim);
  const out = projectOut(g, merged, { innerDim, parameters: at });
  return clampAttention ? g.clip(out, -FLOAT16_MAX, FLOAT16_MAX) : out;
}

function crossAttention(
  g: GraphBuilder,
  x: Operand,
  { config, parameters, crossKey, crossValue }: BlockInputs,
): Operand {
  const { innerDim, crossHeads, crossHeadDim, qkNorm } = config;
  const at = parameters.at("attn2");
  const width = crossHeads * crossHeadDim;
  const query = project(g, {
    x,
    parameters: at,
    options: {
      name: "to_q",
      inFeatures: innerDim,
      outFeatures: width,
      bias: true,
      norm: qkNorm ? "norm_q" : undefined,
    },
  });
  const heads = g.transpose(
    splitHeads(g, query, { count: crossHeads, dim: crossHeadDim }),
    [0, 2, 1, 3],
  );
  const scores = g.cast(g.matMul(heads, crossKey), "float32"); // [B, heads, N, S]
  const attended = g.matMul(g.cast(g.softmax(scores), g.computeType), crossValue);
  const merged = mergeHeads(g, g.transpose(attended, [0, 2, 1, 3]), width);
  return projectOut(g, merged, { innerDim, parameters: at });
}

function projectOut(
  g: GraphBuilder,
  x: Operand,
  { innerDim, parameters }: { innerDim: number; parameters: Parameters },
): Operand {
  const width = x.shape.at(-1);
  if (typeof width !== "number") throw new Error("The attended width is not known.");
  return g.scope("to_out.0", () =>
    g.linear(
      x,
      parameters.get("to_out.0.weight", [innerDim, width]),
      parameters.get("to_out.0.bias", [innerDim]),
    ),
  );
}

/** GLUMBConv on the tokens laid out as a picture: [B, N, D] -> [B, D, h, w] -> [B, N, D]. */
function feedForward(
  g: GraphBuilder,
  x: Operand,
  { config, parameters, grid }: BlockInputs,
): Operand {
  const { innerDim, mlpHidden } = config;
  const [batch = 1] = x.shape;
  const { height, width } = grid;
  const lengths = g.once("lengths of [B, D, h, w]", () =>
    g.concat([grid.batch, g.ints(innerDim), grid.lengths], 0),
  );
  const picture = g.reshapeTo(g.transpose(x, [0, 2, 1]), lengths, [batch, innerDim, height, width]);
  const y = glumbConv(g, picture, {
    channels: innerDim,
    hidden: mlpHidden,
    parameters: parameters.at("ff"),
  });
  const flat = g.once("lengths of [B, D, N]", () =>
    g.concat([grid.batch, g.ints(innerDim, -1)], 0),
  );
  return g.transpose(g.reshapeTo(y, flat, [batch, innerDim, times(height, width)]), [0, 2, 1]);
}
