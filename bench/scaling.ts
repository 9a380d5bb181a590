import { reluLinearAttention } from "../src/models/blocks/relu-linear-attention.ts";
import { symbol } from "../src/onnx/dim.ts";
import { GraphBuilder } from "../src/onnx/graph-builder.ts";
import type { OnnxGraph } from "../src/onnx/graph-core.ts";
import { Session } from "../src/onnx/session.ts";
import { type Bench, type BenchResult, alternately, noise } from "./bench-result.ts";

/** Sana 0.6B's self-attention. */
const HEADS = 36;
const HEAD_DIM = 32;
/** Pictures of 512 px to 4096 px. */
const TOKENS = [256, 1024, 4096, 16384];
/** Softmax attention holds all pairs of tokens: at 16,384 that is 39 GB. */
const MAX_SOFTMAX_TOKENS = 4096;
const ROUNDS = 3;
/** Time grows with tokens to this power at most; 1 is linear. */
const GOAL = 1.2;

export const scaling: Bench = {
  about:
    "how self-attention's time grows from 256 to 16,384 tokens (a power), linear against softmax",
  run,
};

async function run(): Promise<BenchResult> {
  const linear = await times(linearAttention(), TOKENS);
  const softmax = await times(
    softmaxAttention(),
    TOKENS.filter((tokens) => tokens <= MAX_SOFTMAX_TOKENS),
  );
  const value = power(linear);
  const reference = power(softmax);
  return {
    value,
    unit: "power of the number of tokens",
    reference,
    ratio: value / reference,
    goal: `value <= ${GOAL}`,
    met: value <= GOAL,
    details: { linearMilliseconds: linear, softmaxMilliseconds: softmax },
  };
}

/** Milliseconds by number of tokens. */
async function times(graph: OnnxGraph, counts: readonly number[]): Promise<Record<number, number>> {
  const session = await Session.create(graph, { provider: "cpu" });
  const found: Record<number, number> = {};
  for (const tokens of counts) {
    const data = noise(HEADS * HEAD_DIM * tokens);
    const across = { data, dims: [1, HEADS, HEAD_DIM, tokens] };
    const along = { data, dims: [1, HEADS, tokens, HEAD_DIM] };
    const [milliseconds = Number.NaN] = await alternately(ROUNDS, [
      () => session.run({ query: across, key: along, value: across }),
    ]);
    found[tokens] = milliseconds;
  }
  await session.release();
  return found;
}

/** The exponent between the first and the last count. */
function power(found: Readonly<Record<number, number>>): number {
  const entries = Object.entries(found).map(
    ([tokens, milliseconds]) => [Number(tokens), milliseconds] as const,
  );
  const [first = [1, 1], last = [1, 1]] = [entries[0], entries.at(-1)];
  return Math.log(last[1] / first[1]) / Math.log(last[0] / first[0]);
}

function inputs(g: GraphBuilder) {
  const tokens = symbol("tokens");
  return {
    query: g.input("query", "float32", [1, HEADS, HEAD_DIM, tokens]),
    key: g.input("key", "float32", [1, HEADS, tokens, HEAD_DIM]),
    value: g.input("value", "float32", [1, HEADS, HEAD_DIM, tokens]),
  };
}

function linearAttention(): OnnxGraph {
  const g = new GraphBuilder("linear-attention");
  g.output("y", reluLinearAttention(g, inputs(g)));
  return g.finish();
}

function softmaxAttention(): OnnxGraph {
  const g = new GraphBuilder("softmax-attention");
  const { query, key, value } = inputs(g);
  const logits = g.matMul(g.transpose(query, [0, 1, 3, 2]), g.transpose(key, [0, 1, 3, 2]));
  const weights = g.softmax(g.mul(logits, g.scalar(1 / Math.sqrt(HEAD_DIM))));
  g.output("y", g.matMul(weights, g.transpose(value, [0, 1, 3, 2])));
  return g.finish();
}
