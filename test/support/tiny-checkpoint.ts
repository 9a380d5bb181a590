import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import type { LoadOptions } from "../../src/pipeline/types.ts";

/** Where the checkpoints lie that diffusers saved (test/reference/make_checkpoints.py). */
export function tinyCheckpoint(name: string): string {
  return join(import.meta.dirname, "../reference/pipelines/checkpoints", name);
}

/** A folder that is gone when the test file has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sanabot-test-"));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A pipeline on one thread of the CPU in float32, released when the test file has ended. */
export async function loadTiny(
  name: string,
  options: Partial<LoadOptions> = {},
): Promise<SanaPipeline> {
  const pipeline = await SanaPipeline.load({
    modelDir: tinyCheckpoint(name),
    cacheDir: options.cacheDir ?? (await temporaryFolder()),
    provider: "cpu",
    precision: "fp32",
    memory: "all",
    ...options,
  });
  after(() => pipeline.release());
  return pipeline;
}
