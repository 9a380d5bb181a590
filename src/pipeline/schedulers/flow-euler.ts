/**
 * Flow-Euler: diffusers' FlowMatchEulerDiscreteScheduler with a fixed shift. It shifts twice (the training sigmas,
 * then the spaced ones), so the sigma before the last is tiny; kept, because the same seed must give the same picture.
 */
import type { Schedule, SolverInput, SolverOutput } from "./schedule.ts";
import { beginOf, checkLengths, checkSteps, entryAt, flowSchedule } from "./schedule.ts";

const { fround } = Math;

export interface FlowEulerOptions {
  /** Network calls of a whole run, 1 to 1000. */
  readonly steps: number;
  readonly flowShift: number;
  /** Image to image: in (0, 1]. */
  readonly strength?: number | undefined;
  readonly numTrainTimesteps?: number;
}

/**
 * A schedule for one picture; it keeps nothing between steps.
 * @throws UserError invalid_option for steps or strength out of range
 */
export function createFlowEuler(options: FlowEulerOptions): Schedule {
  const { steps, flowShift, strength, numTrainTimesteps = 1000 } = options;
  checkSteps(steps);
  const begin = beginOf(steps, strength);
  const spaced = twiceShiftedSigmas({ steps, flowShift, numTrainTimesteps });
  const sigmas = [...spaced, 0];
  const timesteps = spaced.map((sigma) => fround(sigma * numTrainTimesteps));
  return flowSchedule({
    name: "euler",
    timesteps,
    sigmas,
    begin,
    step: (input) =>
      eulerStep(
        input,
        entryAt(sigmas, begin + input.step),
        entryAt(sigmas, begin + input.step + 1),
      ),
  });
}

/** x' = x + (σ' − σ)·v, and the data estimate x − σ·v. */
function eulerStep({ x, prediction }: SolverInput, sigma: number, nextSigma: number): SolverOutput {
  checkLengths(x, prediction);
  const difference = fround(nextSigma - sigma);
  const next = new Float32Array(x.length);
  const x0 = new Float32Array(x.length);
  for (let i = 0; i < next.length; i++) {
    next[i] = x[i]! + fround(difference * prediction[i]!);
    x0[i] = x[i]! - fround(sigma * prediction[i]!);
  }
  return { x: next, x0 };
}

function twiceShiftedSigmas(options: {
  steps: number;
  flowShift: number;
  numTrainTimesteps: number;
}): number[] {
  const { steps, flowShift, numTrainTimesteps } = options;
  const first = shiftInFloat32(1, flowShift) * numTrainTimesteps;
  const last = shiftInFloat32(fround(1 / numTrainTimesteps), flowShift) * numTrainTimesteps;
  const spacing = steps === 1 ? 0 : (last - first) / (steps - 1);
  return Array.from({ length: steps }, (_, i) => {
    const time = i > 0 && i === steps - 1 ? last : first + i * spacing;
    const sigma = time / numTrainTimesteps;
    return fround((flowShift * sigma) / (1 + (flowShift - 1) * sigma));
  });
}

function shiftInFloat32(sigma: number, flowShift: number): number {
  const above = fround(fround(flowShift) * sigma);
  return fround(above / fround(1 + fround(fround(flowShift - 1) * sigma)));
}
