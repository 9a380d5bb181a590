import { GraphBuilder } from "./graph-builder.ts";
import { Session, type Tensor } from "./session.ts";

/** A layer of the small Sana on the tokens of a 1024 px picture. */
const [ROWS, INNER, COLUMNS] = [1024, 1152, 2304];
const ROUNDS = 5;

/** Floating-point operations a second of a plain float32 matrix product on the CPU; takes some tenths of a second. */
export async function measureMatMul(): Promise<number> {
  const g = new GraphBuilder("matmul");
  const a = g.input("a", "float32", [ROWS, INNER]);
  const b = g.input("b", "float32", [INNER, COLUMNS]);
  g.output("c", g.matMul(a, b));
  const session = await Session.create(g.finish(), { provider: "cpu" });
  const feeds = { a: ones(ROWS, INNER), b: ones(INNER, COLUMNS) };
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await session.run(feeds);
    fastestMs = Math.min(fastestMs, performance.now() - start);
  }
  await session.release();
  return (2 * ROWS * INNER * COLUMNS) / (fastestMs / 1000);
}

function ones(rows: number, columns: number): Tensor {
  return { data: new Float32Array(rows * columns).fill(1), dims: [rows, columns] };
}
