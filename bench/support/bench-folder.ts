import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../../src/config.ts";
import { writeRandomCheckpoint } from "./random-checkpoint.ts";

/** Where benchmarks keep what takes minutes to make: SANABOT_BENCH_DIR, else DATA_DIR/bench. */
export async function benchFolder(): Promise<string> {
  const folder = process.env["SANABOT_BENCH_DIR"] ?? join(loadConfig().dataDir, "bench");
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Sana 0.6B with its autoencoder and Gemma 2 2B, random weights, real sizes: 8.9 GB, written once in two minutes. */
export async function fullSizeCheckpoint(): Promise<string> {
  const out = join(await benchFolder(), "sana-0.6b-random");
  if (existsSync(join(out, "model_index.json"))) return out;
  process.stderr.write(
    `Writing a checkpoint of real size with random weights to ${out} (8.9 GB) ...\n`,
  );
  const part = `${out}.part`;
  await rm(part, { recursive: true, force: true });
  await writeRandomCheckpoint({ family: "sana-0.6b", out: part, dtype: "F32", seed: 1 });
  await rename(part, out);
  return out;
}
