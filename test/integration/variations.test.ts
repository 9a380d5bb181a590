import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { DEFAULT_GUILD_SETTINGS } from "../../src/generation/policy/guild-settings.ts";
import { packLatents, unpackLatents } from "../../src/inference/latents.ts";
import { findModel } from "../../src/models/find-model.ts";
import { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import type { GenerateRequest, Picture } from "../../src/pipeline/types.ts";
import { ssim } from "../support/ssim.ts";

const PROMPTS = ["a red apple", "a house", "a cat on a blue background"];
const STEPS = 10;

/** What V1 to V4 and Reroll do, on the embedded model: partial noise on the parent's kept latents. */
describe("variations of a picture", () => {
  let cacheDir: string;
  let pipeline: SanaPipeline;
  const distances = { subtle: [] as number[], strong: [] as number[], reroll: [] as number[] };
  const siblings: number[] = [];

  before(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "sanabot-variations-"));
    pipeline = await SanaPipeline.load({
      modelDir: await findModel("emoji", cacheDir),
      cacheDir,
      provider: "cpu",
      precision: "auto",
      memory: "auto",
    });
    for (const prompt of PROMPTS) await measure(prompt);
  });
  after(async () => {
    await pipeline.release();
    await rm(cacheDir, { recursive: true, force: true });
  });

  async function draw(request: GenerateRequest): Promise<Picture[]> {
    return (await pipeline.generate(request)).pictures;
  }

  async function measure(prompt: string): Promise<void> {
    const common = { prompt, steps: STEPS };
    const [parent] = await draw({ ...common, seed: 1 });
    assert.ok(parent);
    const initLatents = unpackLatents(packLatents(parent.latents));
    const { subtleStrength, strongStrength } = DEFAULT_GUILD_SETTINGS;
    const vary = (strength: number): Promise<Picture[]> =>
      draw({ ...common, seed: 100, count: 2, initLatents, strength });
    const [subtle, strong] = [await vary(subtleStrength), await vary(strongStrength)];
    const reroll = await draw({ ...common, seed: 100, count: 2 });
    const far = (picture: Picture): number => 1 - ssim(parent, picture);
    distances.subtle.push(...subtle.map(far));
    distances.strong.push(...strong.map(far));
    distances.reroll.push(...reroll.map(far));
    for (const [first, second] of [subtle, strong, reroll])
      if (first !== undefined && second !== undefined) siblings.push(1 - ssim(first, second));
  }

  function mean(values: readonly number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  it("go further from their parent from subtle to strong to reroll", () => {
    const [subtle, strong, reroll] = [distances.subtle, distances.strong, distances.reroll].map(
      mean,
    );
    assert.ok(subtle !== undefined && strong !== undefined && reroll !== undefined);
    assert.ok(subtle < strong, `subtle ${subtle}, strong ${strong}`);
    assert.ok(strong < reroll, `strong ${strong}, reroll ${reroll}`);
  });

  it("differ from each other", () => {
    assert.ok(
      Math.min(...siblings) > 0.01,
      `the nearest siblings are ${Math.min(...siblings)} apart`,
    );
  });
});
