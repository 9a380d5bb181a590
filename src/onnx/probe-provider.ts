import { GraphBuilder } from "./graph-builder.ts";
import { type Provider, Session, type Tensor } from "./session.ts";

/**
 * Run as a process of its own, `node probe-provider.ts PROVIDER`: multiplies two matrices on the provider and on the
 * CPU, and prints what came of it as one JSON line. Apart, because a provider that is missing prints native errors
 * and a broken driver may take its process along.
 */
const SIDE = 512;
const ROUNDS = 3;
/** float32 sums of 512 products of values below 1, in any order, agree far better than this. */
const MAX_DIFFERENCE = 1e-2;

const provider = process.argv[2] as Provider;
const matrix = (shift: number): Tensor => ({
  data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i * 0.37 + shift)),
  dims: [SIDE, SIDE],
});
const feeds = { a: matrix(0), b: matrix(1) };
const onCpu = await measure("cpu");
const onProvider = await measure(provider);
const difference = onCpu.values.reduce(
  (largest, value, i) => Math.max(largest, Math.abs(value - (onProvider.values[i] ?? Number.NaN))),
  0,
);
process.stdout.write(
  `${JSON.stringify({
    correct: difference < MAX_DIFFERENCE,
    milliseconds: onProvider.milliseconds,
    cpuMilliseconds: onCpu.milliseconds,
  })}\n`,
);

async function measure(where: Provider): Promise<{ values: Float32Array; milliseconds: number }> {
  const g = new GraphBuilder("probe");
  const [a, b] = [g.input("a", "float32", [SIDE, SIDE]), g.input("b", "float32", [SIDE, SIDE])];
  g.output("c", g.matMul(a, b));
  const session = await Session.create(g.finish(), { provider: where });
  let fastest = Number.POSITIVE_INFINITY;
  let values = new Float32Array();
  // The first run compiles; the fastest of the rest counts.
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    const { c } = await session.run(feeds);
    if (round > 0) fastest = Math.min(fastest, performance.now() - start);
    if (c?.data instanceof Float32Array) values = c.data as Float32Array<ArrayBuffer>;
  }
  await session.release();
  return { values, milliseconds: fastest };
}
