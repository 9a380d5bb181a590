import { times } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Parameters } from "../parameters.ts";
import type { Activation, StageConfig } from "./config.ts";

/** Of RMSNorm in the DC-AE and of torch's BatchNorm2d alike. */
const EPSILON = 1e-5;

/** Normalises x [B, C, H, W] over its channels at each pixel, or with the stored statistics of a batch norm. */
export function normalize(
  g: GraphBuilder,
  x: Operand,
  {
    kind,
    channels,
    parameters,
  }: { kind: StageConfig["norm"]; channels: number; parameters: Parameters },
): Operand {
  switch (kind) {
    case "rms_norm":
      return channelRmsNorm(g, x, { channels, parameters });
    case "batch_norm": {
      const named = ["weight", "bias", "running_mean", "running_var"].map((name) =>
        parameters.get(name, [channels]),
      );
      return g.node("BatchNormalization", [x, ...named], {
        shape: x.shape,
        attributes: { epsilon: { float: EPSILON } },
      });
    }
  }
}

/**
 * x * (mean_c(x^2) + 1e-5)^(-1/2) * weight + bias; statistics in float32 (SANA.md 4.1).
 * The mean over channels is a product with a row of 1/C: on the CPU it costs as much as reading the squares, where
 * a reduction over that axis took 30 to 100 ms more for 512 x 512 x 128 (bench/LOG.md).
 */
export function channelRmsNorm(
  g: GraphBuilder,
  x: Operand,
  { channels, parameters }: { channels: number; parameters: Parameters },
): Operand {
  const [batch = 1, , height = 1, width = 1] = x.shape;
  const flat = g.reshape(x, [batch, channels, times(height, width)]);
  const wide = g.cast(flat, "float32");
  const averaging = g.constant(
    "float32",
    Array.from({ length: channels }, () => 1 / channels),
    [1, channels],
  );
  const meanSquare = g.matMul(averaging, g.mul(wide, wide)); // [B, 1, H*W]
  const inverse = g.unary("Reciprocal", g.unary("Sqrt", g.add(meanSquare, g.scalar(EPSILON))));
  const perChannel = (name: string): Operand => parameters.getAs(name, [channels], [channels, 1]);
  const normed = g.mul(g.cast(g.mul(wide, inverse), x.type), perChannel("weight"));
  const lengths = g.concat([g.shapeOf(x, 0, 1), g.ints(channels), g.shapeOf(x, 2, 4)], 0);
  return g.reshapeTo(g.add(normed, perChannel("bias")), lengths, x.shape);
}

export function activate(g: GraphBuilder, x: Operand, activation: Activation): Operand {
  switch (activation) {
    case "silu":
    case "swish":
      return g.silu(x);
    case "relu":
      return g.unary("Relu", x);
    case "gelu":
      return g.gelu(x, "none");
    case "mish":
      return g.unary("Mish", x);
  }
}
