import type { EncodedPrompt } from "./encode-prompt.ts";
import type { PreparedPicture } from "./prepare-latents.ts";
import type { Trace } from "./types.ts";

/**
 * Gathers the tensors between the stages under the names of `imagine --trace` (DESIGN.md section 5); several
 * pictures of a request are stacked along the batch. Without a trace it does nothing.
 */
export class TraceRecorder {
  readonly #trace: Trace | undefined;
  readonly #stacks = new Map<string, { parts: Float32Array[]; dims: readonly number[] }>();

  constructor(trace: Trace | undefined) {
    this.#trace = trace;
  }

  /** input_ids [1, T], prompt_embeds [1, S, C], prompt_mask [1, S]; valid tokens only. */
  prompt({ tokens, embeds }: EncodedPrompt): void {
    const length = embeds.dims[1];
    this.#trace?.add("input_ids", BigInt64Array.from(tokens.inputIds, BigInt), [
      1,
      tokens.inputIds.length,
    ]);
    this.#trace?.add("prompt_embeds", embeds.data, embeds.dims);
    this.#trace?.add("prompt_mask", new BigInt64Array(length).fill(1n), [1, length]);
  }

  /** noise [n, C, h, w], timesteps and sigmas of the steps that are run. */
  prepared(pictures: readonly PreparedPicture[]): void {
    for (const { noise, dims } of pictures) this.#stack("noise", noise, dims);
    const schedule = pictures[0]?.schedule;
    if (this.#trace === undefined || schedule === undefined) return;
    const timesteps = schedule.timesteps.slice(schedule.begin);
    const sigmas = Float32Array.from(schedule.sigmas.slice(schedule.begin));
    // Integers in diffusers with DPM-Solver++, floats with the others.
    const values =
      schedule.name === "dpm++"
        ? BigInt64Array.from(timesteps, BigInt)
        : Float32Array.from(timesteps);
    this.#trace.add("timesteps", values, [values.length]);
    this.#trace.add("sigmas", sigmas, [sigmas.length]);
  }

  /** latents.k [n, C, h, w]: the start, and the scheduler's sample after step k. */
  latents(step: number, latents: Float32Array, dims: readonly number[]): void {
    this.#stack(`latents.${step}`, latents, dims);
  }

  /** decoded [n, 3, H, W], unclamped, before any fitting to the requested size. */
  decoded({ data, dims }: { data: Float32Array; dims: readonly number[] }): void {
    this.#stack("decoded", data, dims);
  }

  /** Hands on what was stacked. */
  finish(): void {
    for (const [name, { parts, dims }] of this.#stacks) {
      const length = parts.reduce((total, part) => total + part.length, 0);
      const data = new Float32Array(length);
      let offset = 0;
      for (const part of parts) {
        data.set(part, offset);
        offset += part.length;
      }
      this.#trace?.add(name, data, [parts.length, ...dims.slice(1)]);
    }
  }

  #stack(name: string, data: Float32Array, dims: readonly number[]): void {
    if (this.#trace === undefined) return;
    const stack = this.#stacks.get(name) ?? { parts: [], dims };
    stack.parts.push(data);
    this.#stacks.set(name, stack);
  }
}
