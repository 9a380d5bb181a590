import { times } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Gemma2Config } from "./config.ts";
import type { LinearLayer } from "./linear-layers.ts";

export interface AttentionContext {
  readonly config: Gemma2Config;
  readonly linear: LinearLayer;
  readonly name: string;
  readonly rotary: { cos: Operand; sin: Operand };
  /** [groups * T, P + T]. */
  readonly mask: Operand;
  readonly softcap: boolean;
  /** [2, B, kv heads, P, d]. */
  readonly past: Operand;
}

/**
 * Causal attention with grouped queries: x [B, T, C] -> hidden [B, T, C] and these tokens' keys and values
 * [2, B, kv heads, T, d]. Query heads of one key-value head are stacked along the tokens, so that keys and values
 * are never repeated.
 */
export function attention(
  g: GraphBuilder,
  x: Operand,
  context: AttentionContext,
): { hidden: Operand; present: Operand } {
  const { config, linear, name, rotary, past } = context;
  const { hiddenSize, heads, keyValueHeads, headDim, attentionScale } = config;
  const [batch = 1, tokens = 1] = x.shape;
  const project = (part: string, count: number): Operand => {
    const y = linear(x, {
      name: `${name}.${part}`,
      inFeatures: hiddenSize,
      outFeatures: count * headDim,
    });
    return g.transpose(g.reshape(y, [batch, tokens, count, headDim]), [0, 2, 1, 3]); // [B, count, T, d]
  };
  const query = g.mul(rotate(g, project("q_proj", heads), rotary), g.scalar(attentionScale));
  const key = rotate(g, project("k_proj", keyValueHeads), rotary);
  const value = project("v_proj", keyValueHeads);
  const keys = g.concat([g.pick(past, 0, 0), key], 2); // [B, kv, P + T, d]
  const values = g.concat([g.pick(past, 0, 1), value], 2);

  const stacked = g.reshape(query, [
    batch,
    keyValueHeads,
    times(heads / keyValueHeads, tokens),
    headDim,
  ]);
  const logits = g.matMul(stacked, g.transpose(keys, [0, 1, 3, 2]));
  const masked = g.add(capLogits(g, logits, context), context.mask);
  const attended = g.reshape(g.matMul(g.softmax(masked), values), [batch, heads, tokens, headDim]);
  const merged = g.reshape(g.transpose(attended, [0, 2, 1, 3]), [batch, tokens, heads * headDim]);
  return {
    hidden: linear(merged, {
      name: `${name}.o_proj`,
      inFeatures: heads * headDim,
      outFeatures: hiddenSize,
    }),
    present: g.concat([g.unsqueeze(key, 0), g.unsqueeze(value, 0)], 0),
  };
}

/** cap * tanh(logits / cap), where the checkpoint has a cap and it is asked for. */
function capLogits(
  g: GraphBuilder,
  logits: Operand,
  { config, softcap }: AttentionContext,
): Operand {
  if (!softcap || config.logitSoftcap === null) return logits;
  const cap = g.scalar(config.logitSoftcap);
  return g.mul(cap, g.unary("Tanh", g.div(logits, cap)));
}

/** Rotary embedding of x [B, H, T, d]: x * cos + [-second half | first half] * sin. */
function rotate(
  g: GraphBuilder,
  x: Operand,
  { cos, sin }: { cos: Operand; sin: Operand },
): Operand {
  const width = x.shape[3];
  if (typeof width !== "number") throw new Error("The head's width must be known.");
  const first = g.slice(x, 3, { start: 0, end: width / 2 });
  const second = g.slice(x, 3, { start: width / 2, end: width });
  const turned = g.concat([g.unary("Neg", second), first], 3);
  return g.add(g.mul(x, cos), g.mul(turned, sin));
}
