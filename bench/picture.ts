import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { PROJECT_DIR } from "../src/config.ts";
import type { Bench, BenchResult } from "./bench-result.ts";
import { benchFolder, fullSizeCheckpoint } from "./support/bench-folder.ts";
import { runPython } from "./support/python.ts";

/** Shares of diffusers' peak resident size in float32 at the largest size, by memory policy. */
const GOALS = { sequential: 0.6, all: 0.85 } as const;
const POLICIES = ["sequential", "all"] as const;
const SIZES = (process.env["PICTURE_SIZES"] ?? "512,1024").split(",").map(Number);
const STEPS = process.env["PICTURE_STEPS"] ?? "20";
const PROMPT = "a red apple on a wooden table, morning light";
const DEADLINE_MS = 60 * 60_000;

const oursSchema = z.object({
  milliseconds: z.number(),
  peakMemory: z.object({ hostBytes: z.number() }),
  stages: z.array(z.looseObject({ stage: z.string(), milliseconds: z.number() })),
});
const theirsSchema = z.object({
  milliseconds: z.record(z.string(), z.number()),
  peakBytes: z.number(),
});

/** One picture: seconds of each stage, and the most memory that its process held. */
interface Run {
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakGibibytes: number;
}

export const picture: Bench = {
  about:
    "peak memory and seconds of a whole picture by a 0.6B checkpoint of real size, float32, against diffusers (half an hour; PICTURE_SIZES, PICTURE_STEPS)",
  run,
};

async function run(): Promise<BenchResult> {
  const model = await fullSizeCheckpoint();
  const runs: Record<string, Run | null> = {};
  for (const size of SIZES) {
    for (const memory of POLICIES) runs[`${memory} ${size}`] = await ours(model, { size, memory });
    for (const dtype of ["float32", "bfloat16"])
      runs[`diffusers ${dtype} ${size}`] = await theirs(model, { size, dtype });
  }
  const largest = Math.max(...SIZES);
  const reference = runs[`diffusers float32 ${largest}`]?.peakGibibytes ?? null;
  const peakOf = (memory: keyof typeof GOALS): number =>
    runs[`${memory} ${largest}`]?.peakGibibytes ?? Number.NaN;
  const reaches = (memory: keyof typeof GOALS): boolean =>
    reference !== null && peakOf(memory) < GOALS[memory] * reference;
  const value = peakOf("sequential");
  return {
    value,
    unit: "GiB",
    reference,
    ratio: reference === null ? null : value / reference,
    goal: `< ${GOALS.sequential} with MEMORY=sequential, < ${GOALS.all} with MEMORY=all`,
    met: POLICIES.every(reaches),
    details: { size: largest, steps: Number(STEPS), runs },
  };
}

async function ours(
  model: string,
  { size, memory }: { size: number; memory: string },
): Promise<Run> {
  const folder = await benchFolder();
  const args = ["src/cli.ts", "imagine", PROMPT, "--model", model, "--json", "--no-binning"];
  const sizes = ["--width", String(size), "--height", String(size), "--steps", STEPS];
  const settings = ["--provider", "cpu", "--precision", "fp32", "--seed", "0"];
  const out = ["--out", join(folder, `picture-${size}.png`)];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...args, ...sizes, ...settings, ...out],
    {
      cwd: PROJECT_DIR,
      env: { ...process.env, MEMORY: memory, DATA_DIR: join(folder, "picture-data") },
      timeout: DEADLINE_MS,
      maxBuffer: 2 ** 24,
    },
  );
  const { milliseconds, peakMemory, stages } = oursSchema.parse(JSON.parse(stdout));
  const seconds = stages.map(({ stage, milliseconds: took }) => [stage, took / 1000] as const);
  return {
    seconds: { ...Object.fromEntries(seconds), "load and all": milliseconds / 1000 },
    peakGibibytes: peakMemory.hostBytes / 2 ** 30,
  };
}

async function theirs(
  model: string,
  { size, dtype }: { size: number; dtype: string },
): Promise<Run | null> {
  const threads = String(availableParallelism());
  const made = theirsSchema.safeParse(
    await runPython("picture.py", [model, dtype, String(size), STEPS, threads]),
  );
  if (!made.success) return null;
  const { milliseconds, peakBytes } = made.data;
  const seconds = Object.entries(milliseconds).map(([stage, took]) => [stage, took / 1000]);
  return {
    seconds: Object.fromEntries(seconds) as Record<string, number>,
    peakGibibytes: peakBytes / 2 ** 30,
  };
}
