import type { Trace } from "../pipeline/types.ts";
import { type NamedTensor, writeSafetensors } from "../safetensors/write-safetensors.ts";

/** Gathers the tensors of one request for a safetensors file. */
export class TraceFile implements Trace {
  readonly #tensors: NamedTensor[] = [];

  add(name: string, data: Float32Array | BigInt64Array, shape: readonly number[]): void {
    this.#tensors.push({ name, shape, values: data });
  }

  /** @throws {UserError} `disk` when the file cannot be written. */
  async write(path: string): Promise<void> {
    await writeSafetensors(path, this.#tensors);
  }
}
