import { elementCount } from "../../src/safetensors/header.ts";
import { float32ToBfloat16, float32ToFloat16 } from "../../src/safetensors/float16.ts";

export type FloatDtype = "F32" | "F16" | "BF16";

/** A normal value is one of this many equally likely quantiles. */
const QUANTILES = 0x1_0000;
/** As initialised by torch's and diffusers' own modules, roughly: biases and norms stay close to their start. */
const BIAS_STD = 0.02;
const NORM_STD = 0.05;
/** Gemma multiplies its embedding rows by sqrt(2304). */
const EMBEDDING_STD = 1 / 48;

interface TensorToDraw {
  name: string;
  shape: readonly number[];
  dtype: FloatDtype;
  /** What norm weights lie around. */
  normWeight: 0 | 1;
}

/** Seeded random tensors at hundreds of millions of values a second. */
export class RandomWeights {
  readonly #quantiles = normalQuantiles();
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 0x9e37_79b9 + 0x7f4a_7c15) >>> 0 || 1;
  }

  /** Normal values of the spread that keeps a network's activations of order 1. */
  draw({ name, shape, dtype, normWeight }: TensorToDraw): Float32Array | Uint16Array {
    const { mean, std } = spreadOf(name, shape, normWeight);
    const scaled = this.#quantiles.map((value) => mean + std * value);
    const count = elementCount(shape);
    if (dtype === "F32") return this.#pick(scaled, new Float32Array(count));
    const halves = dtype === "F16" ? float32ToFloat16(scaled) : float32ToBfloat16(scaled);
    return this.#pick(halves, new Uint16Array(count));
  }

  /** Fills `target` with values of `table`, by xorshift32 (Marsaglia 2003): period 2^32 - 1. */
  #pick<T extends Float32Array | Uint16Array>(table: T, target: T): T {
    let state = this.#state;
    for (let i = 0; i < target.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[i] = table[state >>> 16] ?? 0;
    }
    this.#state = state;
    return target;
  }
}

function spreadOf(
  name: string,
  shape: readonly number[],
  normWeight: number,
): { mean: number; std: number } {
  if (name.endsWith("embed_tokens.weight")) return { mean: 0, std: EMBEDDING_STD };
  if (name.endsWith("scale_shift_table")) return { mean: 0, std: (shape[1] ?? 1) ** -0.5 };
  if (shape.length > 1) return { mean: 0, std: elementCount(shape.slice(1)) ** -0.5 };
  const isNorm = name.endsWith(".weight");
  return isNorm ? { mean: normWeight, std: NORM_STD } : { mean: 0, std: BIAS_STD };
}

/** The middles of equally likely intervals of the standard normal distribution, by integrating its density. */
function normalQuantiles(): Float32Array {
  const quantiles = new Float32Array(QUANTILES);
  const step = 1e-5;
  let x = -4.5;
  let cumulative = 3.4e-6; // P(X < -4.5)
  for (let i = 0; i < QUANTILES; i++) {
    const wanted = (i + 0.5) / QUANTILES;
    while (cumulative < wanted && x < 4.5) {
      cumulative += (step * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
      x += step;
    }
    quantiles[i] = x;
  }
  return quantiles;
}
