import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { PROJECT_DIR } from "../src/config.ts";
import { type Bench, type BenchResult, alternately } from "./bench-result.ts";
import { benchFolder } from "./support/bench-folder.ts";
import { runPython } from "./support/python.ts";

const ROUNDS = 3;
/** Seconds of wall time on two cores, npm's own start included. */
const GOAL_SECONDS = 6;

export const imagine: Bench = {
  about:
    "seconds from `npm run imagine` to the file with the built-in model, all caches empty, against diffusers",
  run,
};

async function run(): Promise<BenchResult> {
  const folder = await benchFolder();
  const dataDir = join(folder, "cold");
  const out = join(folder, "cold.png");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const [milliseconds = Number.NaN] = await alternately(ROUNDS, [
    async () => {
      await rm(dataDir, { recursive: true, force: true });
      await promisify(execFile)(
        npm,
        ["run", "--silent", "imagine", "--", "a red apple", "--out", out],
        {
          cwd: PROJECT_DIR,
          env: { ...process.env, DATA_DIR: dataDir },
          shell: process.platform === "win32",
        },
      );
    },
  ]);
  const reference = z
    .object({ seconds: z.number() })
    .safeParse(await runPython("imagine.py", [join(PROJECT_DIR, "models/emoji"), "a red apple"]));
  const value = milliseconds / 1000;
  return {
    value,
    unit: "s",
    reference: reference.success ? reference.data.seconds : null,
    ratio: reference.success ? value / reference.data.seconds : null,
    goal: `value < ${GOAL_SECONDS}`,
    met: reference.success && value < GOAL_SECONDS,
  };
}
