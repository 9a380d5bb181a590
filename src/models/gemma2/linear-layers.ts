import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Parameters } from "../parameters.ts";

/** A linear layer of the text encoder, in whatever form its weights are kept: x [B, T, in] -> [B, T, out]. */
export type LinearLayer = (
  x: Operand,
  layer: { name: string; inFeatures: number; outFeatures: number },
) => Operand;

/** Linear layers on the checkpoint's own weights. */
export function plainLinear(g: GraphBuilder, parameters: Parameters, bias: boolean): LinearLayer {
  return (x, { name, inFeatures, outFeatures }) =>
    g.scope(name, () =>
      g.linear(
        x,
        parameters.get(`${name}.weight`, [outFeatures, inFeatures]),
        bias && parameters.has(`${name}.bias`)
          ? parameters.get(`${name}.bias`, [outFeatures])
          : undefined,
      ),
    );
}
