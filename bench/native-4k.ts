import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

import { ALLOCATOR_ENVIRONMENT } from "../src/onnx/allocator-environment.ts";
import type { Bench, BenchResult } from "./bench-result.ts";
import { benchFolder, fullSizeCheckpoint } from "./support/bench-folder.ts";

const SIDE_PX = 4096;
/** Foreseen and measured may differ by a tenth. */
const GOAL = 1.1;

export const native4k: Bench = {
  about:
    "peak memory of one denoising step and the decode at 4096 px (0.6B, 4K's positions), each in a process of its own, against what was foreseen; takes half an hour",
  run,
};

async function run(): Promise<BenchResult> {
  const modelDir = await checkpointFor4k();
  const step = await runApart("step", modelDir);
  const decode = await runApart("decode", modelDir);
  const worst = step.measuredBytes > decode.measuredBytes ? step : decode;
  const isForeseen = [step, decode].every(({ ratio }) => ratio <= GOAL);
  return {
    value: worst.measuredBytes / 1e9,
    unit: "GB",
    reference: worst.foreseenBytes / 1e9,
    ratio: worst.ratio,
    goal: `<= ${GOAL}, the step and the decode each`,
    met: isForeseen,
    details: { step, decode },
  };
}

const runSchema = z.object({
  seconds: z.number(),
  cpuSeconds: z.number(),
  idleBytes: z.number(),
  peakBytes: z.number(),
  foreseen: z.record(z.string(), z.number()),
  stages: z.array(z.unknown()),
});

interface Memory {
  /** Beyond the idle process, in bytes, as {@link foreseenBytes}. */
  readonly measuredBytes: number;
  readonly foreseenBytes: number;
  readonly ratio: number;
}

/** In a process of its own with the environment that the program's own has, so that its peak is that of one stage. */
async function runApart(
  what: "step" | "decode",
  modelDir: string,
): Promise<Memory & z.infer<typeof runSchema>> {
  const script = join(import.meta.dirname, "support/native-4k-run.ts");
  const running = promisify(execFile)(
    process.execPath,
    [script, what, modelDir, await benchFolder()],
    { env: { ...process.env, ...ALLOCATOR_ENVIRONMENT } },
  );
  running.child.stderr?.pipe(process.stderr);
  const made = runSchema.parse(JSON.parse((await running).stdout));
  const measuredBytes = made.peakBytes - made.idleBytes;
  const foreseenBytes =
    made.foreseen[what === "step" ? "transformer" : "vae-decoder"] ?? Number.NaN;
  return { ...made, measuredBytes, foreseenBytes, ratio: measuredBytes / foreseenBytes };
}

/** The random checkpoint of real size, its transformer's config changed to what makes Sana's 4K checkpoint one. */
async function checkpointFor4k(): Promise<string> {
  const source = await fullSizeCheckpoint();
  const folder = `${source}-4k`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "transformer"), { recursive: true });
  for (const name of await readdir(source))
    if (name !== "transformer") await symlink(join(source, name), join(folder, name));
  for (const name of await readdir(join(source, "transformer")))
    if (name !== "config.json")
      await symlink(join(source, "transformer", name), join(folder, "transformer", name));
  const config: unknown = JSON.parse(
    await readFile(join(source, "transformer", "config.json"), "utf8"),
  );
  const changed = { ...(config as object), sample_size: SIDE_PX / 32, interpolation_scale: 2 };
  await writeFile(join(folder, "transformer", "config.json"), JSON.stringify(changed));
  return folder;
}
