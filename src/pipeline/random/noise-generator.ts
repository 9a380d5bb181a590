import { CudaGenerator } from "./cuda-generator.ts";
import { TorchCpuGenerator } from "./torch-cpu-generator.ts";

/** Whose random stream a seed means: torch's on the CPU or on an NVIDIA GPU. */
export type NoiseKind = "cpu" | "cuda";

/** A stream of standard normals. Every call continues where the one before stopped. */
export interface NoiseGenerator {
  /** One torch.randn of a tensor with `count` elements, row-major. */
  randn(count: number): Float32Array;
}

/**
 * A fresh stream, as torch.Generator(kind).manual_seed(seed).
 * @param seed a whole number from 0 to 2^53 − 1, or a bigint from 0 to 2^64 − 1
 */
export function createGenerator(kind: NoiseKind, seed: number | bigint): NoiseGenerator {
  return kind === "cpu" ? new TorchCpuGenerator(seed) : new CudaGenerator(seed);
}
