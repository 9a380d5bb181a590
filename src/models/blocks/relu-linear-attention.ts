import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";

/** Added to each query's normaliser (diffusers, SanaLinearAttnProcessor2_0). */
const EPSILON = 1e-15;

/**
 * Linear attention with relu features, O(N): out_n = (sum_m v_m k_m^T) q_n / (sum_m k_m . q_n + 1e-15).
 * query and value [B, H, d, N], key [B, H, N, d]; result [B, H, d, N] in the type of `query`.
 * Sums over up to 16,384 tokens leave float16's range and 1e-15 its precision, so the core is float32 always.
 */
export function reluLinearAttention(
  g: GraphBuilder,
  { query, key, value }: { query: Operand; key: Operand; value: Operand },
): Operand {
  return applyAttention(g, query, sumAttention(g, { key, value }));
}

/** What all tokens together are to each query; sums over parts of the tokens add up. */
export interface AttentionSums {
  /** sum_m v_m k_m^T: [B, H, d, d]. */
  readonly state: Operand;
  /** sum_m k_m: [B, H, 1, d]. */
  readonly keySum: Operand;
}

export function sumAttention(
  g: GraphBuilder,
  inputs: { key: Operand; value: Operand },
): AttentionSums {
  const key = g.cast(g.unary("Relu", inputs.key), "float32");
  return {
    state: g.matMul(g.cast(inputs.value, "float32"), key),
    keySum: g.reduce("ReduceSum", key, 2),
  };
}

export function applyAttention(
  g: GraphBuilder,
  given: Operand,
  { state, keySum }: AttentionSums,
): Operand {
  const query = g.cast(g.unary("Relu", given), "float32");
  const normaliser = g.add(g.matMul(keySum, query), g.number(EPSILON, query)); // [B, H, 1, N]
  return g.cast(g.div(g.matMul(state, query), normaliser), given.type);
}
