/**
 * SCM / TrigFlow for Sana-Sprint: diffusers' SCMScheduler together with what SanaSprintPipeline does around the
 * network (Chen et al. 2025, arXiv 2503.09641). Samples have standard deviation σ_d = 0.5; at angle t the network
 * sees time k = sin t / (cos t + sin t). All float32, in diffusers' order of operations.
 */
import { UserError } from "../../errors.ts";
import type { Schedule, SolverInput, SolverOutput } from "./schedule.ts";
import { beginOf, checkLengths, checkSteps, entryAt } from "./schedule.ts";

const { fround } = Math;

const SIGMA_DATA = 0.5;
/** Slightly above π/2, as the checkpoints were tuned. */
const DEFAULT_MAX_TIMESTEPS = 1.5708;
/** The middle angle of a two-step run; other step counts have none. */
const DEFAULT_INTERMEDIATE_TIMESTEPS = 1.3;

export interface ScmOptions {
  /** Network calls of a whole run, 1 to 1000; Sprint is made for 1 to 4. */
  readonly steps: number;
  /** First angle in radians, above 0 and at most 2; 1.5708 by default. */
  readonly maxTimesteps?: number | undefined;
  /** Middle angle of two steps (1.3 by default), null for even spacing. Other step counts are always even. */
  readonly intermediateTimesteps?: number | null | undefined;
  /** Image to image: in (0, 1]. */
  readonly strength?: number | undefined;
}

/** float32 factors of the network's wrapping at one angle. */
interface Wrapping {
  readonly k: number;
  /** ρ = √(k² + (1 − k)²), the input's factor. */
  readonly rho: number;
  /** 1 − 2k, of the wrapped input. */
  readonly ofInput: number;
  /** 1 − 2k + 2k², of the network's output. */
  readonly ofOutput: number;
}

/**
 * A schedule for one picture; it keeps nothing between steps.
 * @throws UserError invalid_option for steps, angles or strength out of range
 */
export function createScm(options: ScmOptions): Schedule {
  const { steps, strength } = options;
  checkSteps(steps);
  const begin = beginOf(steps, strength);
  const angles = angleTable(options);
  const wrappings = angles.slice(0, steps).map(wrappingAt);
  const wrappingOf = (step: number): Wrapping => {
    const wrapping = wrappings[begin + step];
    if (wrapping === undefined)
      throw new RangeError(`Step ${step} is outside a schedule of ${steps} steps.`);
    return wrapping;
  };
  return {
    name: "scm",
    timesteps: angles,
    sigmas: [...wrappings.map(({ k }) => k), 0],
    stepCount: steps - begin,
    begin,
    start: (noise, x0) => startAt(entryAt(angles, begin), noise, x0),
    networkInput: (x, step) => wrapInput(x, wrappingOf(step).rho),
    networkTime: (step) => wrappingOf(step).k,
    step(input) {
      const from = entryAt(angles, begin + input.step);
      const to = entryAt(angles, begin + input.step + 1);
      return trigStep(input, wrappingOf(input.step), { from, to });
    },
    finish: ({ x0 }) => x0.map((value) => value / SIGMA_DATA),
  };
}

function angleTable({
  steps,
  maxTimesteps = DEFAULT_MAX_TIMESTEPS,
  intermediateTimesteps,
}: ScmOptions): number[] {
  if (!(maxTimesteps > 0 && maxTimesteps <= 2)) {
    throw new UserError(
      "invalid_option",
      `The first angle is ${maxTimesteps}; it must be above 0 and at most 2.`,
    );
  }
  const middle =
    intermediateTimesteps === undefined ? DEFAULT_INTERMEDIATE_TIMESTEPS : intermediateTimesteps;
  if (steps !== 2 || middle === null) return linspaceToZero(maxTimesteps, steps + 1);
  if (!(middle > 0 && middle < maxTimesteps)) {
    throw new UserError(
      "invalid_option",
      `The middle angle is ${middle}; it must lie between 0 and ${maxTimesteps}.`,
    );
  }
  return [fround(maxTimesteps), fround(middle), 0];
}

/** torch.linspace(first, 0, count) in float32: the first half counted from the start, the rest from the end. */
function linspaceToZero(first: number, count: number): number[] {
  const start = fround(first);
  const spacing = fround(-start / (count - 1));
  return Array.from({ length: count }, (_, i) => {
    return i < count >> 1 ? fround(start + spacing * i) : fround(-spacing * (count - 1 - i));
  });
}

function wrappingAt(angle: number): Wrapping {
  const sine = fround(Math.sin(angle));
  const k = fround(sine / fround(fround(Math.cos(angle)) + sine));
  const ofInput = fround(1 - fround(2 * k));
  const square = fround(k * k);
  const rest = fround(1 - k);
  return {
    k,
    rho: fround(Math.sqrt(fround(square + fround(rest * rest)))),
    ofInput,
    ofOutput: fround(ofInput + fround(2 * square)),
  };
}

/** 0.5·noise, mixed with a given picture's latents by the angle: cos t·0.5·x₀ + sin t·0.5·noise. */
function startAt(angle: number, noise: Float32Array, x0?: Float32Array): Float32Array {
  if (x0 === undefined) return noise.map((value) => value * SIGMA_DATA);
  checkLengths(noise, x0);
  const cosine = fround(Math.cos(angle));
  const sine = fround(Math.sin(angle));
  const x = new Float32Array(noise.length);
  for (let i = 0; i < x.length; i++) {
    x[i] =
      fround(cosine * fround(x0[i]! * SIGMA_DATA)) + fround(sine * fround(noise[i]! * SIGMA_DATA));
  }
  return x;
}

function wrapInput(x: Float32Array, rho: number): Float32Array {
  const wrapped = new Float32Array(x.length);
  for (let i = 0; i < wrapped.length; i++) wrapped[i] = fround(x[i]! / SIGMA_DATA) * rho;
  return wrapped;
}

/** x₀ = cos s·x − sin s·v, then x' = cos t·x₀ + sin t·0.5·noise, with v the unwrapped prediction. */
function trigStep(
  input: SolverInput,
  wrapping: Wrapping,
  angles: { from: number; to: number },
): SolverOutput {
  const { x, prediction } = input;
  checkLengths(x, prediction);
  const { rho, ofInput, ofOutput } = wrapping;
  const cosFrom = fround(Math.cos(angles.from));
  const sinFrom = fround(Math.sin(angles.from));
  const cosTo = fround(Math.cos(angles.to));
  const sinTo = fround(Math.sin(angles.to));
  const noise = input.drawNoise();
  checkLengths(x, noise);
  const x0 = new Float32Array(x.length);
  const next = new Float32Array(x.length);
  for (let i = 0; i < next.length; i++) {
    const wrapped = fround(fround(x[i]! / SIGMA_DATA) * rho);
    const mixed = fround(fround(ofInput * wrapped) + fround(ofOutput * prediction[i]!));
    const velocity = fround(fround(mixed / rho) * SIGMA_DATA);
    const clean = fround(fround(cosFrom * x[i]!) - fround(sinFrom * velocity));
    x0[i] = clean;
    next[i] = fround(cosTo * clean) + fround(sinTo * fround(noise[i]! * SIGMA_DATA));
  }
  return { x: next, x0 };
}
