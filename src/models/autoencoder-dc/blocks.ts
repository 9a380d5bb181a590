import { product, symbol } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import { glumbConv } from "../blocks/glumb-conv.ts";
import {
  type AttentionSums,
  applyAttention,
  sumAttention,
} from "../blocks/relu-linear-attention.ts";
import type { Parameters } from "../parameters.ts";
import type { StageConfig } from "./config.ts";
import { activate, channelRmsNorm, normalize } from "./norm.ts";

/** GLUMBConv inside the autoencoder widens four times (diffusers' default expand_ratio). */
const EXPAND_RATIO = 4;

export interface BlockContext {
  readonly stage: StageConfig;
  readonly headDim: number;
  readonly parameters: Parameters;
}

/** One layer of a stage: [B, C, H, W] -> [B, C, H, W]. */
export function stageBlock(g: GraphBuilder, x: Operand, context: BlockContext): Operand {
  switch (context.stage.block) {
    case "ResBlock":
      return resBlock(g, x, context);
    case "EfficientViTBlock":
      return efficientViTBlock(g, x, context);
  }
}

/** Norm(conv2(act(conv1(x)))) + x. */
function resBlock(g: GraphBuilder, x: Operand, { stage, parameters }: BlockContext): Operand {
  const { channels, norm, activation } = stage;
  const first = g.conv(x, parameters.get("conv1.weight", [channels, channels, 3, 3]), {
    bias: parameters.get("conv1.bias", [channels]),
    pads: [1, 1, 1, 1],
  });
  const second = g.conv(
    activate(g, first, activation),
    parameters.get("conv2.weight", [channels, channels, 3, 3]),
    {
      pads: [1, 1, 1, 1],
    },
  );
  return g.add(
    normalize(g, second, { kind: norm, channels, parameters: parameters.at("norm") }),
    x,
  );
}

/** Multi-scale linear attention, then GLUMBConv with RMSNorm, each with its residual. */
function efficientViTBlock(g: GraphBuilder, x: Operand, context: BlockContext): Operand {
  const sums = g.scope("attn", () => {
    const { key, value, query } = splitRuns(g, projectRuns(g, x, context), context);
    return { query, ...sumAttention(g, { key, value }) };
  });
  return attendAndFeed(g, x, { ...context, ...sums });
}

/**
 * The block's sums over some rows of a picture, which is seen with two rows more on each inner side.
 *
 * Inputs x [B, C, H, W]; rows [2] int64: the first row that counts, and the first after it that does not
 * Output sums [B, runs, headDim + 1, headDim]: state, then the keys' sum
 */
export function attentionSums(
  g: GraphBuilder,
  { x, rows }: { x: Operand; rows: Operand },
  context: BlockContext,
): Operand {
  return g.scope("attn", () => {
    const all = projectRuns(g, x, context);
    const [batch = 1, channels = 1, , width = 1] = all.shape;
    const bounds = [g.slice(rows, 0, { start: 0, end: 1 }), g.slice(rows, 0, { start: 1, end: 2 })];
    const counted = g.node("Slice", [all, ...bounds, g.ints(2)], {
      shape: [batch, channels, symbol("rows"), width],
    });
    const { state, keySum } = sumAttention(g, splitRuns(g, counted, context));
    return g.concat([state, keySum], 2);
  });
}

/**
 * The block on some rows of a picture, seen with three rows more on each inner side, whose own results are of no use.
 *
 * Inputs x [B, C, H, W]; sums [B, runs, headDim + 1, headDim] of the whole picture
 */
export function attentionFromSums(
  g: GraphBuilder,
  { x, sums }: { x: Operand; sums: Operand },
  context: BlockContext,
): Operand {
  const { headDim } = context;
  const { query } = g.scope("attn", () => splitRuns(g, projectRuns(g, x, context), context));
  const state = g.slice(sums, 2, { start: 0, end: headDim });
  const keySum = g.slice(sums, 2, { start: headDim, end: headDim + 1 });
  return attendAndFeed(g, x, { ...context, query, state, keySum });
}

/** How many runs of query, key and value a block's attention has. */
export function runCount({ stage, headDim }: Pick<BlockContext, "stage" | "headDim">): number {
  return Math.floor(stage.channels / headDim) * (1 + stage.multiscales.length);
}

function attendAndFeed(
  g: GraphBuilder,
  x: Operand,
  context: BlockContext & AttentionSums & { query: Operand },
): Operand {
  const { channels, norm } = context.stage;
  const at = context.parameters.at("attn");
  const attended = g.scope("attn", () => {
    const width = runCount(context) * context.headDim;
    const [batch = 1, , height = 1, columns = 1] = x.shape;
    const lengths = g.concat([g.shapeOf(x, 0, 1), g.ints(width), g.shapeOf(x, 2, 4)], 0);
    const runs = g.reshapeTo(applyAttention(g, context.query, context), lengths, [
      batch,
      width,
      height,
      columns,
    ]);
    const weight = at.getAs("to_out.weight", [channels, width], [channels, width, 1, 1]);
    const parameters = at.at("norm_out");
    return g.add(normalize(g, g.conv(runs, weight), { kind: norm, channels, parameters }), x);
  });
  const parameters = context.parameters.at("conv_out");
  return g.scope("conv_out", () => {
    const y = glumbConv(g, attended, { channels, hidden: EXPAND_RATIO * channels, parameters });
    return g.add(channelRmsNorm(g, y, { channels, parameters: parameters.at("norm") }), attended);
  });
}

/**
 * SanaMultiscaleLinearAttention's projections: [B, C, H, W] -> [B, runs * 3 headDim, H, W]. The concatenation of to_q,
 * to_k and to_v and of their multi-scale projections is cut into runs of 3 * headDim channels, and only within a run
 * into query, key and value (SANA.md 4.4, trap 3). diffusers' quadratic form for few pixels is the same function.
 */
function projectRuns(
  g: GraphBuilder,
  x: Operand,
  { stage, headDim, parameters: block }: BlockContext,
): Operand {
  const { channels, multiscales } = stage;
  const parameters = block.at("attn");
  const heads = Math.floor(channels / headDim);
  const inner = heads * headDim;
  const pointwise = (name: string): Operand =>
    g.conv(x, parameters.getAs(`${name}.weight`, [inner, channels], [inner, channels, 1, 1]));
  const projected = g.concat([pointwise("to_q"), pointwise("to_k"), pointwise("to_v")], 1); // [B, 3 inner, H, W]
  const scales = multiscales.map((kernel, index) => {
    const at = parameters.at(`to_qkv_multiscale.${index}`);
    const pad = Math.floor(kernel / 2);
    const local = g.conv(projected, at.get("proj_in.weight", [3 * inner, 1, kernel, kernel]), {
      pads: [pad, pad, pad, pad],
      groups: 3 * inner,
    });
    return g.conv(local, at.get("proj_out.weight", [3 * inner, headDim, 1, 1]), {
      groups: 3 * heads,
    });
  });
  return scales.length === 0 ? projected : g.concat([projected, ...scales], 1);
}

/** [B, runs * 3 headDim, H, W] -> query and value [B, runs, headDim, N], key [B, runs, N, headDim]. */
function splitRuns(
  g: GraphBuilder,
  x: Operand,
  context: BlockContext,
): { query: Operand; key: Operand; value: Operand } {
  const [batch = 1, , height = 1, width = 1] = x.shape;
  const { headDim } = context;
  const split = g.reshape(x, [batch, runCount(context), 3 * headDim, product([height, width])]);
  const [query, key, value] = g.split(split, 2, 3);
  if (query === undefined || key === undefined || value === undefined)
    throw new Error("A run has three parts.");
  return { query, key: g.transpose(key, [0, 1, 3, 2]), value };
}
