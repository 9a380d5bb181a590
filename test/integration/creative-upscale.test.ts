import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it } from "node:test";

import { PROJECT_DIR } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";
import { resizeLanczos } from "../../src/image/resize-lanczos.ts";
import { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import type { TileProgress } from "../../src/upscale/types.ts";
import { predictCreative, upscaleCreatively, Upscaler } from "../../src/upscale/upscale.ts";
import { psnr } from "../support/compare.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

const cacheDir = await temporaryFolder();
/** The one checkpoint here that draws what it is asked for. */
const pipeline = await SanaPipeline.load({
  modelDir: join(PROJECT_DIR, "models/emoji"),
  cacheDir,
  provider: "cpu",
  precision: "fp32",
  memory: "all",
});
after(() => pipeline.release());
const PROMPT = "a red apple";
const { pictures } = await pipeline.generate({ prompt: PROMPT, seed: 1, width: 160, height: 160 });
const [apple] = pictures;
assert.ok(apple !== undefined);

describe("upscaleCreatively", () => {
  it("draws the picture anew at the size that is asked for, and it stays what it is", async () => {
    const upscaler = await Upscaler.load({ upscaler: "esrgan-slim", provider: "cpu", cacheDir });
    after(() => upscaler.release());
    const progress: TileProgress[] = [];
    const drawn = await upscaleCreatively(pipeline, apple, {
      prompt: PROMPT,
      strength: 0.3,
      longestSide: 240,
      seed: 5,
      upscaler,
      onProgress: (event) => void progress.push(event),
    });
    assert.deepEqual([drawn.width, drawn.height], [240, 240]);
    assert.ok("rgb" in drawn);
    const back = resizeLanczos(drawn, apple);
    const likeness = psnr(back.rgb, apple.rgb, 255);
    assert.ok(likeness > 18, `${likeness} dB`);
    assert.ok(likeness < 60, "nothing was drawn");
    const last = progress.at(-1);
    assert.equal(last?.tile, last?.tiles);
    const tiles = progress.map(({ tile }) => tile);
    assert.deepEqual(
      tiles,
      tiles.toSorted((a, b) => a - b),
    );
    assert.ok(new Set(tiles).size > 4);
  });

  it("is the same for the same seed, and another for another", async () => {
    const draw = async (seed: number): Promise<string> => {
      const options = { prompt: PROMPT, strength: 0.4, longestSide: 192, seed };
      const drawn = await upscaleCreatively(pipeline, apple, options);
      assert.ok("rgb" in drawn);
      return Buffer.from(drawn.rgb).toString("base64");
    };
    const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
    assert.ok(first === again);
    assert.ok(first !== other);
  });

  it("keeps proportions that the model's sizes do not have, and transparency", async () => {
    const rgba = new Uint8Array(4 * 100 * 61).fill(200);
    for (let i = 0; i < 100 * 61; i += 1) rgba[4 * i + 3] = i % 100 < 50 ? 0 : 255;
    const picture = { rgba, width: 100, height: 61 };
    const options = { prompt: "a wall", strength: 0.2, longestSide: 150, seed: 1 };
    const drawn = await upscaleCreatively(pipeline, picture, options);
    assert.ok("rgba" in drawn);
    assert.deepEqual([drawn.width, drawn.height], [150, 92]);
    assert.deepEqual([drawn.rgba[3], drawn.rgba[4 * 149 + 3]], [0, 255]);
  });

  it("stops between two steps", async () => {
    const controller = new AbortController();
    const cancelled = upscaleCreatively(pipeline, apple, {
      prompt: PROMPT,
      strength: 0.5,
      longestSide: 192,
      seed: 1,
      signal: controller.signal,
      onProgress: ({ tile }) => {
        if (tile === 2) controller.abort();
      },
    });
    await assert.rejects(
      cancelled,
      (error) => error instanceof UserError && error.code === "cancelled",
    );
  });
});

describe("upscaleCreatively, cancelled while its network enlarges", () => {
  it("frees that network", async () => {
    let released = 0;
    const upscaler = {
      upscale: async () => {
        throw new UserError("cancelled", "Cancelled.");
      },
      release: async () => void (released += 1),
    };
    const options = { prompt: PROMPT, longestSide: 192, seed: 1, upscaler };
    await assert.rejects(upscaleCreatively(pipeline, apple, options), { code: "cancelled" });
    assert.equal(released, 1);
  });
});

describe("predictCreative", () => {
  it("grows with the picture's area and the strength", async () => {
    const size = { width: 160, height: 160 };
    const cost = (longestSide: number, strength: number): ReturnType<typeof predictCreative> =>
      predictCreative(pipeline, size, { longestSide, strength });
    const [small, large, strong] = [
      await cost(320, 0.3),
      await cost(640, 0.3),
      await cost(320, 0.6),
    ];
    assert.ok(large.flops > 3.5 * small.flops && large.flops < 4.5 * small.flops);
    assert.ok(strong.flops > small.flops);
    assert.ok(large.peakMemoryBytes > small.peakMemoryBytes);
    assert.deepEqual([large.width, large.height], [640, 640]);
  });

  for (const provider of ["cuda", "dml", "webgpu"] as const) {
    it(`tells the graphics card's memory from the machine's with ${provider}`, async () => {
      const onCard = await SanaPipeline.load({
        modelDir: join(PROJECT_DIR, "models/emoji"),
        cacheDir,
        provider,
        precision: "fp32",
        memory: "all",
      });
      after(() => onCard.release());
      const size = { width: 1024, height: 1024 };
      const card = await predictCreative(onCard, size, { longestSide: 4096 });
      const processor = await predictCreative(pipeline, size, { longestSide: 4096 });
      assert.equal(processor.devicePeakMemoryBytes, 0);
      assert.ok(card.devicePeakMemoryBytes > 1e9, `${card.devicePeakMemoryBytes}`);
      // The picture itself stays on the machine.
      assert.ok(card.peakMemoryBytes >= 30 * 4096 ** 2 && card.peakMemoryBytes < 1e9);
    });
  }
});
