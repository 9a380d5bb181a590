import { product } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import { glumbConv } from "../blocks/glumb-conv.ts";
import { reluLinearAttention } from "../blocks/relu-linear-attention.ts";
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
  const { channels } = context.stage;
  const attended = g.scope("attn", () => g.add(multiscaleAttention(g, x, context), x));
  const parameters = context.parameters.at("conv_out");
  return g.scope("conv_out", () => {
    const y = glumbConv(g, attended, { channels, hidden: EXPAND_RATIO * channels, parameters });
    return g.add(channelRmsNorm(g, y, { channels, parameters: parameters.at("norm") }), attended);
  });
}

/**
 * SanaMultiscaleLinearAttention without its residual. The concatenation of to_q, to_k and to_v and of their
 * multi-scale projections is cut into runs of 3 * headDim channels, and only within a run into query, key and
 * value (SANA.md 4.4, trap 3). diffusers' quadratic form for few pixels is the same function.
 */
function multiscaleAttention(
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
  const all = scales.length === 0 ? projected : g.concat([projected, ...scales], 1);
  const attended = attendRuns(g, all, { headDim, runs: heads * (1 + scales.length) });
  const width = inner * (1 + scales.length);
  const out = g.conv(
    attended,
    parameters.getAs("to_out.weight", [channels, width], [channels, width, 1, 1]),
  );
  return normalize(g, out, { kind: stage.norm, channels, parameters: parameters.at("norm_out") });
}

/** [B, runs * 3 headDim, H, W] -> [B, runs * headDim, H, W]. */
function attendRuns(
  g: GraphBuilder,
  x: Operand,
  { headDim, runs }: { headDim: number; runs: number },
): Operand {
  const [batch = 1, , height = 1, width = 1] = x.shape;
  const pixels = product([height, width]);
  const split = g.reshape(x, [batch, runs, 3 * headDim, pixels]);
  const part = (index: number): Operand =>
    g.slice(split, 2, { start: index * headDim, end: (index + 1) * headDim });
  const attended = reluLinearAttention(g, {
    query: part(0),
    key: g.transpose(part(1), [0, 1, 3, 2]),
    value: part(2),
  }); // [B, runs, headDim, H*W]
  const lengths = g.concat([g.shapeOf(x, 0, 1), g.ints(runs * headDim), g.shapeOf(x, 2, 4)], 0);
  return g.reshapeTo(attended, lengths, [batch, runs * headDim, height, width]);
}
