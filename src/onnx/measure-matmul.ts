import { GraphBuilder } from "./graph-builder.ts";
import { type Provider, Session, type Tensor } from "./session.ts";

/** A layer of the small Sana on the tokens of a 1024 px picture. */
const [ROWS, WIDTH] = [1024, 1152];
const PRODUCTS = 2;
/** Where these are done so soon, most of the time went into giving the card its matrices, which a network has there. */
const SOON_MS = 50;
const MANY_PRODUCTS = 64;
const ROUNDS = 5;
/** A driver in software is not asked again and again. */
const LONG_MS = 1000;

/** Floating-point operations a second of a plain float32 matrix product; takes some tenths of a second. */
export async function measureMatMul(provider: Provider): Promise<number> {
  const few = await fastestMs(provider, PRODUCTS);
  if (provider === "cpu" || few > SOON_MS) return rateOf(PRODUCTS, few);
  return rateOf(MANY_PRODUCTS, await fastestMs(provider, MANY_PRODUCTS));
}

function rateOf(products: number, ms: number): number {
  return (2 * ROWS * WIDTH * WIDTH * products) / (ms / 1000);
}

/** Milliseconds of so many products, one of the other. */
async function fastestMs(provider: Provider, products: number): Promise<number> {
  const g = new GraphBuilder("matmul");
  const b = g.input("b", "float32", [WIDTH, WIDTH]);
  let product = g.input("a", "float32", [ROWS, WIDTH]);
  for (let index = 0; index < products; index++) product = g.matMul(product, b);
  g.output("c", product);
  const session = await Session.create(g.finish(), { provider });
  // The rows of b add up to 1, so that no product grows.
  const feeds = { a: filled(1, ROWS), b: filled(1 / WIDTH, WIDTH) };
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await session.run(feeds);
    const ms = performance.now() - start;
    fastest = Math.min(fastest, ms);
    if (ms > LONG_MS) break;
  }
  await session.release();
  return fastest;
}

function filled(value: number, rows: number): Tensor {
  return { data: new Float32Array(rows * WIDTH).fill(value), dims: [rows, WIDTH] };
}
