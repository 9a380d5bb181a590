/** Noise and solvers against torch and diffusers: vectors/sampling.json, made by make_sampling_vectors.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { TorchCpuGenerator } from "../../src/pipeline/random/torch-cpu-generator.ts";
import {
  createSchedule,
  parseSchedulerConfig,
} from "../../src/pipeline/schedulers/scheduler-config.ts";

const numbers = z.array(z.number());
const vectors = z
  .object({
    randn: z.array(
      z.object({
        seed: z.number(),
        draws: z.array(
          z.object({ count: z.number(), first: numbers, last: numbers, weighted: z.number() }),
        ),
      }),
    ),
    walks: z.array(
      z.object({
        name: z.enum(["dpm++", "euler", "scm"]),
        steps: z.number(),
        flowShift: z.number(),
        strength: z.number().nullable(),
        timesteps: numbers,
        sigmas: numbers.optional(),
        path: z.array(numbers),
        final: numbers,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "vectors/sampling.json"), "utf8")));

/** The scripts' input number k. */
function wave(k: number): Float32Array {
  return Float32Array.from({ length: 8 }, (_, i) => 1.5 * Math.cos(0.7 * k + i));
}

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (const [i, wanted] of expected.entries()) {
    const value = actual[i] ?? Number.NaN;
    assert.ok(Math.abs(value - wanted) <= tolerance, `value ${i} is ${value}, expected ${wanted}`);
  }
}

test("50 CPU seeds and runs of shapes give torch's values", () => {
  assert.equal(vectors.randn.length, 50);
  for (const { seed, draws } of vectors.randn) {
    const generator = new TorchCpuGenerator(seed);
    for (const { count, first, last, weighted } of draws) {
      const values = generator.randn(count);
      close(values.subarray(0, 2), first, 1e-6);
      close(values.subarray(Math.max(0, count - 2)), last, 1e-6);
      const sum = values.reduce((total, value, i) => total + (value * (i + 1)) / count, 0);
      close([sum], [weighted], 1e-7 * count + 1e-6);
    }
  }
});

for (const walk of vectors.walks) {
  const { name, steps, flowShift, strength } = walk;
  const start = strength === null ? "noise" : `strength ${strength}`;
  test(`${name} with ${steps} steps, shift ${flowShift}, from ${start} walks as diffusers does`, () => {
    const config = parseSchedulerConfig(configText(name, flowShift));
    const schedule = createSchedule(config, { steps, strength: strength ?? undefined });
    close(schedule.timesteps, walk.timesteps, 1e-6 * 1000);
    if (walk.sigmas !== undefined) close(schedule.sigmas, walk.sigmas, 1e-8);
    const path = [schedule.start(wave(1000), strength === null ? undefined : wave(2000))];
    let last = { x: path[0] ?? wave(0), x0: wave(0) };
    for (let step = 0; step < schedule.stepCount; step++) {
      const at = schedule.begin + step;
      const prediction = wave(at);
      last = schedule.step({ step, x: last.x, prediction, drawNoise: () => wave(3000 + at) });
      path.push(last.x);
    }
    const kept = path.length > 5 ? [...path.slice(0, 3), ...path.slice(-2)] : path;
    assert.equal(kept.length, walk.path.length);
    for (const [i, x] of kept.entries()) close(x, walk.path[i] ?? [], 2e-6);
    close(schedule.finish(last), walk.final, 2e-6);
  });
}

function configText(name: "dpm++" | "euler" | "scm", flowShift: number): string {
  if (name === "scm") return `{"_class_name":"SCMScheduler"}`;
  if (name === "euler") {
    return `{"_class_name":"FlowMatchEulerDiscreteScheduler","shift":${flowShift}}`;
  }
  const flow = `"prediction_type":"flow_prediction","use_flow_sigmas":true,"flow_shift":${flowShift}`;
  return `{"_class_name":"DPMSolverMultistepScheduler",${flow}}`;
}
