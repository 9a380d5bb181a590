import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Parameters } from "../parameters.ts";

/** RMSNorm of queries and keys over the full inner width, before the heads are split (diffusers Attention, eps 1e-5). */
const QK_NORM_EPSILON = 1e-5;

export interface ProjectionOptions {
  readonly name: "to_q" | "to_k" | "to_v";
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias: boolean;
  readonly norm?: "norm_q" | "norm_k" | undefined;
}

/** x [B, N, in] -> [B, N, out], RMS-normalised where the checkpoint has q/k norms. */
export function project(
  g: GraphBuilder,
  { x, parameters, options }: { x: Operand; parameters: Parameters; options: ProjectionOptions },
): Operand {
  const { name, inFeatures, outFeatures, bias, norm } = options;
  const y = g.scope(name, () =>
    g.linear(
      x,
      parameters.get(`${name}.weight`, [outFeatures, inFeatures]),
      bias ? parameters.get(`${name}.bias`, [outFeatures]) : undefined,
    ),
  );
  return norm === undefined
    ? y
    : g.rmsNorm(y, parameters.get(`${norm}.weight`, [outFeatures]), QK_NORM_EPSILON);
}

/** [B, N, heads * d] -> [B, N, heads, d]; heads own consecutive channels. */
export function splitHeads(
  g: GraphBuilder,
  x: Operand,
  heads: { count: number; dim: number },
): Operand {
  return g.reshape(x, [...x.shape.slice(0, 2), heads.count, heads.dim]);
}

/** [B, N, heads, d] -> [B, N, heads * d]. */
export function mergeHeads(g: GraphBuilder, x: Operand, width: number): Operand {
  return g.reshape(x, [...x.shape.slice(0, 2), width]);
}
