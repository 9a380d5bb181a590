import type { Dim } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";

/** Added to a logit that must not be seen: exp of it is 0 in float32. */
const MASKED = -1e30;

/** How many tokens came before and how many are run now, as int64 scalars of the running graph. */
export interface TokenCounts {
  readonly past: Operand;
  readonly tokens: Operand;
}

/** cos and sin [T, d] of the tokens' positions P .. P + T - 1, each half twice (half-split rotation); float32. */
export function rotaryTables(
  g: GraphBuilder,
  {
    counts,
    tokens,
    headDim,
    theta,
  }: { counts: TokenCounts; tokens: Dim; headDim: number; theta: number },
): { cos: Operand; sin: Operand } {
  return g.scope("rotary_emb", () => {
    const frequencies = Array.from(
      { length: headDim / 2 },
      (_, j) => theta ** ((-2 * j) / headDim),
    );
    const positions = g.unsqueeze(g.cast(queryPositions(g, counts, tokens), "float32"), 1); // [T, 1]
    const angles = g.mul(positions, g.constant("float32", frequencies, [1, headDim / 2]));
    const both = g.concat([angles, angles], 1);
    return { cos: g.unary("Cos", both), sin: g.unary("Sin", both) };
  });
}

/**
 * [groups * T, P + T]: 0 where the query may see the key, -1e30 elsewhere; the T rows are repeated for each query
 * head of a key-value head. Key j is visible to query i iff i - window < j <= i.
 */
export function attentionMask(
  g: GraphBuilder,
  {
    counts,
    tokens,
    length,
    window,
    groups,
  }: { counts: TokenCounts; tokens: Dim; length: Dim; window: number | null; groups: number },
): Operand {
  return g.scope("mask", () => {
    const queries = g.unsqueeze(queryPositions(g, counts, tokens), 1); // [T, 1]
    const keys = g.unsqueeze(
      range(g, {
        start: g.constant("int64", [0], []),
        end: g.add(counts.past, counts.tokens),
        length,
      }),
      0,
    );
    const causal = g.compare("LessOrEqual", keys, queries);
    const visible =
      window === null
        ? causal
        : g.node(
            "And",
            [causal, g.compare("Greater", keys, g.sub(queries, g.constant("int64", [window], [])))],
            {
              shape: causal.shape,
            },
          );
    const mask = g.where(visible, g.scalar(0), g.scalar(MASKED)); // [T, P + T]
    return groups === 1
      ? mask
      : g.concat(
          Array.from({ length: groups }, () => mask),
          0,
        );
  });
}

function queryPositions(g: GraphBuilder, counts: TokenCounts, tokens: Dim): Operand {
  return g.once("query positions", () =>
    range(g, { start: counts.past, end: g.add(counts.past, counts.tokens), length: tokens }),
  );
}

function range(
  g: GraphBuilder,
  { start, end, length }: { start: Operand; end: Operand; length: Dim },
): Operand {
  return g.node("Range", [start, end, g.constant("int64", [1], [])], {
    type: "int64",
    shape: [length],
  });
}
