import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import sharp from "sharp";

import { parseConfig } from "../../src/config.ts";
import { readRecipe } from "../../src/image/read-recipe.ts";
import { recipeFromJson, recipeToJson } from "../../src/image/recipe.ts";
import { Inference } from "../../src/inference/inference.ts";
import type { TaskProgress, TaskSource, UpscaleTask } from "../../src/inference/messages.ts";
import { ModelHost } from "../../src/inference/model-host.ts";
import { ProgressReporter } from "../../src/inference/progress-reporter.ts";
import { upscale } from "../../src/inference/upscale.ts";
import { Session } from "../../src/onnx/session.ts";
import { LANCZOS_NAME } from "../../src/upscale/types.ts";
import { seededIntegers } from "../support/seeded-random.ts";

const PARENT = "0b7a1d0e-7f5c-4a3e-9d5b-0123456789ab";
const PROMPT = "a red apple";

describe("the inference process as it enlarges", () => {
  let dataDir: string;
  let inference: Inference;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "sanabot-enlarge-"));
    inference = open("esrgan-slim");
  });
  after(async () => {
    await inference.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function open(upscaler: string): Inference {
    return new Inference({
      environment: { ...process.env, DATA_DIR: dataDir, PROVIDER: "cpu", UPSCALER: upscaler },
      log: () => undefined,
      onCrash: () => undefined,
    });
  }

  function taskFor(source: TaskSource, change: Partial<UpscaleTask> = {}): UpscaleTask {
    return {
      kind: "upscale",
      model: "emoji",
      source,
      mode: "faithful",
      longestSide: 512,
      prompt: PROMPT,
      strength: null,
      seed: 3,
      output: { limitBytes: 10 * 2 ** 20, originalName: "big", parent: PARENT },
      ...change,
    };
  }

  /** A file as a member may send it. */
  async function file(
    { width, height, channels }: { width: number; height: number; channels: 3 | 4 },
    format: "png" | "gif" = "png",
  ): Promise<TaskSource> {
    const random = seededIntegers(11);
    const pixels = Uint8Array.from({ length: width * height * channels }, () => random(256));
    const pageHeight = format === "gif" ? height / 2 : height;
    const raw = { width, height, channels, pageHeight };
    return { kind: "file", bytes: await sharp(pixels, { raw }).toFormat(format).toBuffer() };
  }

  async function drawn(): Promise<TaskSource> {
    const { pictures } = await inference.run({
      kind: "generate",
      model: "emoji",
      prompt: PROMPT,
      negativePrompt: "",
      width: 256,
      height: 256,
      count: 1,
      steps: 2,
      guidanceScale: 2,
      seed: 7,
      source: null,
      strength: null,
      output: { limitBytes: 10 * 2 ** 20, originalName: "small", parent: null },
    });
    const [picture] = pictures;
    assert.ok(picture !== undefined && picture.latents !== null);
    return { kind: "latents", latents: picture.latents, recipe: picture.recipe };
  }

  it("keeps the recipe and names the picture that it was made from, in the posted file and in the original", async () => {
    const source = await drawn();
    const { pictures, method } = await inference.run(taskFor(source));
    const [picture] = pictures;
    assert.ok(picture !== undefined && source.kind === "latents");
    assert.equal(method, "ESRGAN slim x2");
    const recipe = await readRecipe(picture.file.data);
    const upscaled = { width: 512, height: 512, method: "ESRGAN slim x2" };
    const expected = { ...source.recipe, parent: PARENT, upscaled };
    assert.deepEqual(recipe, recipeFromJson(recipeToJson(expected)));
    const original = await readFile(join(dataDir, "originals", picture.original));
    assert.deepEqual(await readRecipe(original), recipe);
    const { format, width } = await sharp(original).metadata();
    assert.deepEqual([format, width], ["png", 512]);
  });

  it("draws anew what the network has enlarged, with one row of progress for both", async () => {
    const seen: TaskProgress[] = [];
    const task = taskFor(await drawn(), { mode: "creative", longestSide: 320, strength: 0.3 });
    const made = await inference.run(task, { onProgress: (at) => seen.push(at) });
    const [picture] = made.pictures;
    assert.deepEqual([picture?.width, picture?.height], [320, 320]);
    assert.deepEqual(
      [picture?.recipe.upscaled?.strength, picture?.recipe.upscaled?.seed],
      [0.3, 3],
    );
    const tiles = seen.flatMap((at) => (at.stage === "upscale" ? [at.tile] : []));
    assert.deepEqual(
      tiles,
      tiles.toSorted((a, b) => a - b),
    );
    const last = seen.findLast((at) => at.stage === "upscale");
    assert.ok(last?.stage === "upscale" && last.tile === last.tiles);
  });

  it("keeps the transparency of a member's picture", async () => {
    const source = await file({ width: 40, height: 30, channels: 4 });
    const { pictures } = await inference.run(taskFor(source, { longestSide: 80 }));
    const { hasAlpha, width, height } = await sharp(pictures[0]?.file.data).metadata();
    assert.deepEqual([hasAlpha, width, height], [true, 80, 60]);
  });

  it("says so where the file is smaller than the picture so that it fits", async () => {
    const source = await file({ width: 128, height: 128, channels: 3 });
    const output = { limitBytes: 20_000, originalName: "tight", parent: null };
    const { pictures } = await inference.run(taskFor(source, { output }));
    const [picture] = pictures;
    assert.ok(picture !== undefined && picture.file.data.length <= 20_000);
    const { width, height } = await sharp(picture.file.data).metadata();
    assert.ok(width < 512);
    assert.equal(picture.file.remark, `${width} × ${height}`);
    const original = await sharp(join(dataDir, "originals", picture.original)).metadata();
    assert.equal(original.width, 512);
  });

  it("refuses an animation", async () => {
    const source = await file({ width: 20, height: 40, channels: 3 }, "gif");
    await assert.rejects(inference.run(taskFor(source)), {
      code: "invalid_image",
      reason: { name: "image-animated", parameters: {} },
    });
  });

  it("stops a cancelled task between two tiles and takes the next one", async () => {
    const source = await file({ width: 600, height: 16, channels: 3 });
    const controller = new AbortController();
    const tiles: number[] = [];
    const task = taskFor(source, { longestSide: 2400 });
    const cancelled = inference.run(task, {
      signal: controller.signal,
      onProgress: (at) => {
        if (at.stage !== "upscale") return;
        tiles.push(at.tile);
        controller.abort();
      },
    });
    await assert.rejects(cancelled, { code: "cancelled" });
    assert.ok(!tiles.includes(3), `tiles ${tiles.join()}`);
    const next = await inference.run(taskFor(source, { longestSide: 1200 }));
    assert.equal(next.pictures[0]?.width, 1200);
  });

  it("frees its network when the picture is enlarged", async (t) => {
    const config = parseConfig({ DATA_DIR: dataDir, PROVIDER: "cpu", UPSCALER: "esrgan-slim" });
    const host = new ModelHost(config, () => undefined);
    const released = t.mock.method(Session.prototype, "release");
    const reporter = new ProgressReporter(() => undefined);
    const { signal } = new AbortController();
    const source = await file({ width: 40, height: 30, channels: 3 });
    const made = await upscale({ host, config, reporter, signal }, taskFor(source));
    assert.equal(made.method, "ESRGAN slim x8");
    assert.equal(released.mock.callCount(), 1);
  });

  it("resizes where there is no network, by name and next to nothing in price", async () => {
    const resizing = open("lanczos");
    const { upscaleFlopsPerPixel } = await resizing.run({ kind: "device", model: "emoji" });
    const source = await file({ width: 40, height: 30, channels: 3 });
    const { method } = await resizing.run(taskFor(source));
    await resizing.stop();
    assert.deepEqual([upscaleFlopsPerPixel, method], [0, LANCZOS_NAME]);
  });
});
