/**
 * torch.randn on a CUDA generator, without a GPU: cuRAND's Philox4x32-10 and Box-Muller, spread over GPU threads as
 * ATen's distribution kernels spread them (256 threads a block, as many blocks as the values need and the GPU holds).
 *
 * Which values come out depends on the GPU only when a tensor has more elements than the GPU has resident threads
 * (multiprocessors × threads per multiprocessor): each thread then yields its 2nd, 3rd and 4th normal too, and the
 * distance between them is that number. The latents of a 1024 px picture (32,768 values) are the same on every GPU
 * with at least 32,768 resident threads; of a 2048 px picture from 131,072 on (not an RTX 3090's 125,952); those of
 * a 4096 px picture (524,288) differ between GPU models, and the default stands for the A100's.
 * Checked against values that an RTX A4000, an A100 and an H100 printed for 100,000 and 9,483,264 elements.
 * cuRAND's fast sine differs from the exact one used here by up to about 1e-6.
 */
import type { NoiseGenerator } from "./noise-generator.ts";
import { philox4x32 } from "./philox.ts";
import { seedWords } from "./seed.ts";

const BLOCK_THREADS = 256;
/** Normals from one counter value. */
const NORMALS_PER_CALL = 4;
/** 108 multiprocessors × 2048 threads. RTX 4090: 128 × 1536; H100: 132 × 2048; RTX 3090: 82 × 1536; T4: 40 × 1024. */
const A100_RESIDENT_THREADS = 108 * 2048;

const TWO_POW_MINUS_32 = 2 ** -32;
const TWO_PI_POW_MINUS_32 = Math.fround(TWO_POW_MINUS_32 * Math.fround(2 * Math.PI));
const { fround } = Math;

export class CudaGenerator implements NoiseGenerator {
  readonly #key: Uint32Array;
  readonly #residentThreads: number;
  /** Counter values used up; ATen's philox offset divided by 4. */
  #offset = 0;

  /**
   * @param seed as torch's manual_seed, all 64 bits count
   * @param residentThreads multiprocessors × threads per multiprocessor of the GPU to imitate
   */
  constructor(seed: number | bigint, residentThreads = A100_RESIDENT_THREADS) {
    const { low, high } = seedWords(seed);
    this.#key = Uint32Array.of(low, high);
    this.#residentThreads = residentThreads;
  }

  /** The next `count` standard normals: one call is one torch.randn of a tensor with that many elements. */
  randn(count: number): Float32Array {
    const values = new Float32Array(count);
    if (count === 0) return values;
    const blocks = Math.min(
      Math.ceil(count / BLOCK_THREADS),
      Math.floor(this.#residentThreads / BLOCK_THREADS),
    );
    const threads = blocks * BLOCK_THREADS;
    const rounds = Math.ceil(count / (threads * NORMALS_PER_CALL));
    for (let round = 0; round < rounds; round++) {
      this.#fillRound(values, {
        start: round * threads * NORMALS_PER_CALL,
        threads,
        counter: this.#offset + round,
      });
    }
    this.#offset += rounds;
    return values;
  }

  /** One pass of all threads: thread i yields the values start + i + 0…3 × threads that lie inside. */
  #fillRound(
    values: Float32Array,
    round: { start: number; threads: number; counter: number },
  ): void {
    const { start, threads } = round;
    const counter = Uint32Array.of(round.counter, round.counter / 2 ** 32, 0, 0);
    const bits = new Uint32Array(NORMALS_PER_CALL);
    const end = Math.min(threads, values.length - start);
    for (let thread = 0; thread < end; thread++) {
      counter[2] = thread;
      philox4x32(counter, this.#key, bits);
      const at = start + thread;
      boxMuller(values, at, { threads, radiusBits: bits[0]!, angleBits: bits[1]! });
      const second = at + 2 * threads;
      if (second < values.length)
        boxMuller(values, second, { threads, radiusBits: bits[2]!, angleBits: bits[3]! });
    }
  }
}

/** Two normals from two words: the sine's at `at`, the cosine's `threads` further, where the array reaches that far. */
function boxMuller(
  values: Float32Array,
  at: number,
  { threads, radiusBits, angleBits }: { threads: number; radiusBits: number; angleBits: number },
): void {
  const uniform = fround(fround(radiusBits) * TWO_POW_MINUS_32 + TWO_POW_MINUS_32 / 2);
  const angle = fround(fround(angleBits) * TWO_PI_POW_MINUS_32 + TWO_PI_POW_MINUS_32 / 2);
  const radius = fround(Math.sqrt(fround(-2 * fround(Math.log(uniform)))));
  values[at] = radius * fround(Math.sin(angle));
  if (at + threads < values.length) values[at + threads] = radius * fround(Math.cos(angle));
}
