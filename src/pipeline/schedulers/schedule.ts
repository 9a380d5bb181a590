import { UserError } from "../../errors.ts";
import { MAX_STEPS } from "../limits.ts";

export type SchedulerName = "dpm++" | "euler" | "scm";

/** What one solver step starts from. Arrays are read, never written. */
export interface SolverInput {
  /** Counted from 0 for the first network call that is run. */
  readonly step: number;
  /** The scheduler's sample before the step. */
  readonly x: Float32Array;
  /** The network's float32 output, guidance applied. */
  readonly prediction: Float32Array;
  /** Raw normal noise of x's length; called exactly as often as diffusers draws. */
  readonly drawNoise: () => Float32Array;
}

export interface SolverOutput {
  /** The scheduler's sample after the step. */
  readonly x: Float32Array;
  /** The clean sample as this step estimates it, in the scheduler's scale. */
  readonly x0: Float32Array;
}

/**
 * The walk from noise to a clean latent for one picture, so that one loop serves all solvers. It may keep
 * what earlier steps found: make a fresh one for each picture, and call its steps in order.
 */
export interface Schedule {
  readonly name: SchedulerName;
  /** What diffusers' scheduler.timesteps holds. DPM++: truncated integers; Euler: floats; SCM: N + 1 angles. */
  readonly timesteps: readonly number[];
  /** float32 values, N + 1 entries, the last 0. SCM: network times of the N steps, then 0. */
  readonly sigmas: readonly number[];
  /** Network calls that remain from `begin`. */
  readonly stepCount: number;
  /** First step of N that is run: 0, or later when a picture is given as the start. */
  readonly begin: number;
  /**
   * The sample before the first step.
   * @param noise raw normal values
   * @param x0 model-space clean latents of a given picture (image to image)
   */
  start(noise: Float32Array, x0?: Float32Array): Float32Array;
  networkInput(x: Float32Array, step: number): Float32Array;
  /** The network's time input, before config.timestep_scale. */
  networkTime(step: number): number;
  step(input: SolverInput): SolverOutput;
  /** Model-space latents for the decoder, from the last step's result. */
  finish(last: SolverOutput): Float32Array;
}

/** @throws UserError invalid_option unless `steps` is an integer from 1 to 1000 */
export function checkSteps(steps: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= MAX_STEPS) return;
  throw new UserError(
    "invalid_option",
    `${steps} steps were asked for; 1 to ${MAX_STEPS} whole steps are possible.`,
  );
}

/**
 * First step that image-to-image runs, as diffusers' get_timesteps: N − min(N·strength, N), truncated.
 * @param strength in (0, 1]; 1 starts from noise alone. Absent: text to image, all steps
 * @throws UserError invalid_option when strength is out of range or leaves no step
 */
export function beginOf(steps: number, strength = 1): number {
  if (!(strength > 0 && strength <= 1)) {
    throw new UserError(
      "invalid_option",
      `The strength is ${strength}; it must be above 0 and at most 1.`,
    );
  }
  const begin = Math.trunc(Math.max(steps - Math.min(steps * strength, steps), 0));
  if (begin < steps) return begin;
  throw new UserError(
    "invalid_option",
    `Strength ${strength} of ${steps} steps leaves none to run.`,
  );
}

/** What both flow solvers' schedules are besides their tables and their step: the latent is the sample itself. */
export function flowSchedule(
  walk: Pick<Schedule, "name" | "timesteps" | "sigmas" | "begin" | "step">,
): Schedule {
  const { timesteps, sigmas, begin } = walk;
  return {
    ...walk,
    stepCount: timesteps.length - begin,
    start: (noise, x0) => noisedStart(entryAt(sigmas, begin), noise, x0),
    networkInput: (x) => x,
    networkTime: (index) => entryAt(timesteps, begin + index),
    finish: (last) => last.x,
  };
}

/** Flow matching's noising in float32: (1 − σ)·x₀ + σ·noise, or the bare noise where there is no x₀. */
function noisedStart(sigma: number, noise: Float32Array, x0?: Float32Array): Float32Array {
  if (x0 === undefined) return noise;
  checkLengths(noise, x0);
  const alpha = Math.fround(1 - sigma);
  const x = new Float32Array(noise.length);
  for (let i = 0; i < x.length; i++) {
    x[i] = Math.fround(alpha * x0[i]!) + Math.fround(sigma * noise[i]!);
  }
  return x;
}

/** @throws RangeError when two arrays that belong together differ in length */
export function checkLengths(a: Float32Array, b: Float32Array): void {
  if (a.length !== b.length)
    throw new RangeError(`Latents of ${a.length} and ${b.length} values do not match.`);
}

/** The entry of a table that a step uses. @throws RangeError outside the schedule */
export function entryAt(table: readonly number[], index: number): number {
  const entry = table[index];
  if (entry === undefined)
    throw new RangeError(`Step ${index} is outside a schedule of ${table.length} entries.`);
  return entry;
}
