import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Parameters } from "../parameters.ts";

/**
 * GLUMBConv without norm and residual: x [B, C, H, W] -> [B, C, H, W].
 *
 *   a, g = conv_depth(silu(conv_inverted(x))) in halves;  conv_point(a * silu(g))
 *
 * Both halves keep their channels from conv_inverted on (conv_depth is depthwise), so each half is a chain of its
 * own on its own run of the weights' bytes, and nothing is split at run time.
 * Source: diffusers models/transformers/sana_transformer.py, GLUMBConv.
 */
export function glumbConv(
  g: GraphBuilder,
  x: Operand,
  { channels, hidden, parameters }: { channels: number; hidden: number; parameters: Parameters },
): Operand {
  const half = (index: number): Operand => {
    const part = { index, count: 2 };
    const inverted = g.conv(
      x,
      parameters.part("conv_inverted.weight", [2 * hidden, channels, 1, 1], part),
      {
        bias: parameters.part("conv_inverted.bias", [2 * hidden], part),
      },
    );
    return g.conv(
      g.silu(inverted),
      parameters.part("conv_depth.weight", [2 * hidden, 1, 3, 3], part),
      {
        bias: parameters.part("conv_depth.bias", [2 * hidden], part),
        pads: [1, 1, 1, 1],
        groups: hidden,
      },
    );
  };
  const value = g.scope("value", () => half(0));
  const gate = g.scope("gate", () => half(1));
  return g.conv(
    g.mul(value, g.silu(gate)),
    parameters.get("conv_point.weight", [channels, hidden, 1, 1]),
  );
}
