import type { Checkpoint } from "./checkpoint.ts";
import type { NoiseGenerator } from "./random/noise-generator.ts";
import { createGenerator } from "./random/noise-generator.ts";
import type { ResolvedRequest } from "./resolve-request.ts";
import type { Schedule } from "./schedulers/schedule.ts";
import { createSchedule } from "./schedulers/scheduler-config.ts";

/** One picture before its first step. */
export interface PreparedPicture {
  readonly seed: number;
  readonly schedule: Schedule;
  readonly generator: NoiseGenerator;
  /** The raw normal draw, [1, C, h, w] flattened. */
  readonly noise: Float32Array;
  /** latents.0: the noise, or a given picture's latents with noise of the first sigma. */
  readonly latents: Float32Array;
  /** [1, C, h, w]. */
  readonly dims: readonly [1, number, number, number];
}

/** A schedule and a random stream of its own for each picture, so that picture k is that of seed + k alone. */
export function prepareLatents(
  checkpoint: Checkpoint,
  request: ResolvedRequest,
  cleanLatents: Float32Array | null,
): PreparedPicture[] {
  const { compression, latentChannels } = checkpoint.vae.config;
  const dims = [
    1,
    latentChannels,
    request.latentHeightPx / compression,
    request.latentWidthPx / compression,
  ] as const;
  const size = dims.reduce((total, dim) => total * dim, 1);
  return Array.from({ length: request.count }, (_, k) => {
    const seed = request.seed + k;
    const generator = createGenerator(request.rng, seed);
    const { steps, scheduler, strength } = request;
    const schedule = createSchedule(checkpoint.scheduler, { steps, scheduler, strength });
    const noise = generator.randn(size);
    const latents =
      cleanLatents === null ? schedule.start(noise) : schedule.start(noise, cleanLatents);
    return { seed, schedule, generator, noise, latents, dims };
  });
}
