/**
 * torch.randn on a CPU generator, checked against torch 2.13. Torch fills small and large tensors in two different
 * ways from one MT19937 stream; its vectorised logarithm and sine differ from exact ones by up to 5e-7.
 */
import { Mt19937 } from "./mt19937.ts";
import type { NoiseGenerator } from "./noise-generator.ts";
import { seedWords } from "./seed.ts";

/** Values made together from as many uniforms, the first half radii, the second half angles. */
const GROUP = 16;
const HALF_GROUP = GROUP / 2;
const UNIFORM_24 = 2 ** -24;
const UNIFORM_53 = 2 ** -53;
const TWO_PI_FLOAT32 = Math.fround(2 * Math.PI);
const { fround } = Math;

export class TorchCpuGenerator implements NoiseGenerator {
  readonly #bits: Mt19937;
  /** The second normal of a pair of scalar draws; it survives large draws. */
  #spare: number | undefined;

  /** @param seed as torch's manual_seed; only its lower 32 bits count, as there */
  constructor(seed: number | bigint) {
    this.#bits = new Mt19937(seedWords(seed).low);
  }

  /** The next `count` standard normals: one call is one torch.randn of a tensor with that many elements. */
  randn(count: number): Float32Array {
    const values = new Float32Array(count);
    if (count < GROUP) {
      for (let i = 0; i < count; i++) values[i] = this.#nextScalar();
      return values;
    }
    this.#fillUniform(values, 0);
    for (let start = 0; start + GROUP <= count; start += GROUP) boxMullerGroup(values, start);
    if (count % GROUP !== 0) {
      // The last group overlaps the one before, and is drawn afresh.
      this.#fillUniform(values, count - GROUP);
      boxMullerGroup(values, count - GROUP);
    }
    return values;
  }

  #fillUniform(values: Float32Array, start: number): void {
    for (let i = start; i < values.length; i++)
      values[i] = (this.#bits.nextUint32() & 0xff_ffff) * UNIFORM_24;
  }

  /** Box-Muller in float64, one normal at a time, the sine kept for the next call. */
  #nextScalar(): number {
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#spare = undefined;
      return spare;
    }
    const angle = 2 * Math.PI * this.#nextUniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#nextUniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #nextUniform53(): number {
    const high = this.#bits.nextUint32() & 0x1f_ffff;
    return (high * 2 ** 32 + this.#bits.nextUint32()) * UNIFORM_53;
  }
}

/** Turns 16 uniforms in [0, 1) into 16 normals in place, in float32 as torch does. */
function boxMullerGroup(values: Float32Array, start: number): void {
  for (let i = start; i < start + HALF_GROUP; i++) {
    const radius = fround(Math.sqrt(fround(-2 * fround(Math.log(1 - values[i]!)))));
    const angle = fround(TWO_PI_FLOAT32 * values[i + HALF_GROUP]!);
    values[i] = radius * fround(Math.cos(angle));
    values[i + HALF_GROUP] = radius * fround(Math.sin(angle));
  }
}
