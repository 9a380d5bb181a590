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

/** x * (mean_c(x^2) + 1e-5)^(-1/2) * weight + bias; statistics in float32 (SANA.md 4.1). */
export function channelRmsNorm(
  g: GraphBuilder,
  x: Operand,
  { channels, parameters }: { channels: number; parameters: Parameters },
): Operand {
  const wide = g.cast(x, "float32");
  const meanSquare = g.mul(g.reduce("ReduceSumSquare", wide, 1), g.scalar(1 / channels)); // [B, 1, H, W]
  const inverse = g.unary("Reciprocal", g.unary("Sqrt", g.add(meanSquare, g.scalar(EPSILON))));
  const normed = g.cast(g.mul(wide, inverse), x.type);
  const perChannel = (name: string): Operand =>
    parameters.getAs(name, [channels], [channels, 1, 1]);
  return g.add(g.mul(normed, perChannel("weight")), perChannel("bias"));
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
