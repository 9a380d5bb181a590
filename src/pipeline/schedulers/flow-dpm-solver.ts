/**
 * Flow-DPM-Solver++: diffusers' DPMSolverMultistepScheduler with flow_prediction, use_flow_sigmas, midpoint and a
 * final sigma of zero (Lu et al. 2022, arXiv 2211.01095; shifted flow sigmas of SANA). Tables are made in float64
 * and kept in float32; each update is float32, in diffusers' order of operations.
 */
import type { Schedule, SolverInput, SolverOutput } from "./schedule.ts";
import { beginOf, checkLengths, checkSteps, entryAt, flowSchedule } from "./schedule.ts";

const { fround } = Math;

export interface FlowDpmSolverOptions {
  /** Network calls of a whole run, 1 to 1000. */
  readonly steps: number;
  /** 3 for every Sana checkpoint but the 4K one's 6. */
  readonly flowShift: number;
  /** Image to image: in (0, 1]. */
  readonly strength?: number | undefined;
  /** 2 (default) or 1. */
  readonly solverOrder?: 1 | 2;
  readonly numTrainTimesteps?: number;
}

/** Coefficients of x' = cX·x − cD·(D + half·(D − Dprevious)/r), all float32. */
interface Coefficients {
  readonly cX: number;
  readonly cD: number;
  readonly inverseR: number;
}

/**
 * A schedule for one picture.
 * @throws UserError invalid_option for steps or strength out of range
 */
export function createFlowDpmSolver(options: FlowDpmSolverOptions): Schedule {
  const { steps, flowShift, strength, solverOrder = 2, numTrainTimesteps = 1000 } = options;
  checkSteps(steps);
  const begin = beginOf(steps, strength);
  const exact = shiftedSigmas({ steps, flowShift, numTrainTimesteps });
  const timesteps = exact.map((sigma) => Math.trunc(sigma * numTrainTimesteps));
  const sigmas = [...exact.map(fround), 0];
  let previousX0: Float32Array | undefined;

  function step({ step: index, x, prediction }: SolverInput): SolverOutput {
    checkLengths(x, prediction);
    const at = begin + index;
    const x0 = dataPrediction(x, prediction, entryAt(sigmas, at));
    const firstOrder = solverOrder === 1 || previousX0 === undefined || at === steps - 1;
    const next =
      firstOrder || previousX0 === undefined
        ? firstOrderUpdate(x, x0, coefficients(sigmas, at))
        : secondOrderUpdate({ x, x0, previousX0 }, coefficients(sigmas, at));
    previousX0 = x0;
    return { x: next, x0 };
  }

  return flowSchedule({ name: "dpm++", timesteps, sigmas, begin, step });
}

/** σ_i = s_{N−i} with s_k = shift·u_k / (1 + (shift − 1)·u_k) and u_k from 0 to 1 − 1/T; u_0 is left out. */
function shiftedSigmas(options: {
  steps: number;
  flowShift: number;
  numTrainTimesteps: number;
}): number[] {
  const { steps, flowShift, numTrainTimesteps } = options;
  const spacing = (1 / numTrainTimesteps - 1) / steps;
  return Array.from({ length: steps }, (_, i) => {
    const k = steps - i;
    const alpha = k === steps ? 1 / numTrainTimesteps : k * spacing + 1;
    const sigma = 1 - alpha;
    return (flowShift * sigma) / (1 + (flowShift - 1) * sigma);
  });
}

/** Log signal-to-noise ratio ln(1 − σ) − ln σ in float32; infinite at σ = 0. */
function lambdaOf(sigma: number): number {
  return fround(fround(Math.log(fround(1 - sigma))) - fround(Math.log(sigma)));
}

function coefficients(sigmas: readonly number[], at: number): Coefficients {
  const current = entryAt(sigmas, at);
  const target = entryAt(sigmas, at + 1);
  const lambda = lambdaOf(current);
  const h = fround(lambdaOf(target) - lambda);
  const decay = fround(fround(Math.exp(-h)) - 1);
  const hPrevious = at === 0 ? Number.NaN : fround(lambda - lambdaOf(entryAt(sigmas, at - 1)));
  return {
    cX: fround(target / current),
    cD: fround(fround(1 - target) * decay),
    inverseR: fround(1 / fround(hPrevious / h)),
  };
}

/** D = x − σ·v. */
function dataPrediction(x: Float32Array, velocity: Float32Array, sigma: number): Float32Array {
  const x0 = new Float32Array(x.length);
  for (let i = 0; i < x0.length; i++) x0[i] = x[i]! - fround(sigma * velocity[i]!);
  return x0;
}

function firstOrderUpdate(
  x: Float32Array,
  x0: Float32Array,
  { cX, cD }: Coefficients,
): Float32Array {
  const next = new Float32Array(x.length);
  for (let i = 0; i < next.length; i++) next[i] = fround(cX * x[i]!) - fround(cD * x0[i]!);
  return next;
}

function secondOrderUpdate(
  { x, x0, previousX0 }: { x: Float32Array; x0: Float32Array; previousX0: Float32Array },
  { cX, cD, inverseR }: Coefficients,
): Float32Array {
  const next = new Float32Array(x.length);
  const halfD = fround(0.5 * cD);
  for (let i = 0; i < next.length; i++) {
    const slope = fround(inverseR * fround(x0[i]! - previousX0[i]!));
    next[i] = fround(fround(cX * x[i]!) - fround(cD * x0[i]!)) - fround(halfD * slope);
  }
  return next;
}
