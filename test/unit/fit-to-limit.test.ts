import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import sharp from "sharp";

import { UserError } from "../../src/errors.ts";
import { type AnyPicture, encodePicture } from "../../src/image/encode-picture.ts";
import { fitToLimit } from "../../src/image/fit-to-limit.ts";
import { readRecipe } from "../../src/image/read-recipe.ts";
import type { Recipe } from "../../src/image/recipe.ts";
import { psnr } from "../support/compare.ts";
import { seededIntegers } from "../support/seeded-random.ts";

const MIB = 2 ** 20;
const RECIPE: Recipe = {
  prompt: "a castle at night",
  negativePrompt: "",
  width: 1024,
  height: 1024,
  steps: 20,
  guidanceScale: 4.5,
  scheduler: "dpm++",
  seed: 7,
  rng: "cpu",
  parent: "1234/0",
  upscaled: { width: 4096, height: 4096, method: "ESRGAN thick x4" },
  model: { name: "emoji", hash: "00ff" },
  software: "sanabot 0.1.0",
};

/** Smooth shapes under noise, which decides how well it is compressed. */
function picture(side: number, noise: number): { rgb: Uint8Array; width: number; height: number } {
  const random = seededIntegers(3);
  const rgb = new Uint8Array(3 * side * side);
  for (let i = 0; i < rgb.length; i += 1) {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const wave = 110 + 80 * Math.sin(x / 97 + (i % 3)) * Math.cos(y / 61);
    rgb[i] = wave + (noise === 0 ? 0 : random(noise));
  }
  return { rgb, width: side, height: side };
}

async function pixelsOf(
  file: Uint8Array,
): Promise<{ width: number; height: number; data: Buffer }> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

describe("fitToLimit at 4096 x 4096", () => {
  const large = picture(4096, 16);
  let png: Buffer;
  before(async () => {
    png = await encodePicture(large, { format: "png", recipe: RECIPE });
  });

  for (const mebibytes of [1, 8, 10, 20, 50, 100]) {
    it(`gives a file that fits ${mebibytes} MiB, opens, and holds the recipe`, async () => {
      const limitBytes = mebibytes * MIB;
      const fitted = await fitToLimit(large, { limitBytes, recipe: RECIPE, png });
      assert.ok(fitted.data.length <= limitBytes, `${fitted.data.length} bytes`);
      const { width, height, data } = await pixelsOf(fitted.data);
      assert.deepEqual([width, height], [fitted.width, fitted.height]);
      assert.equal(fitted.isReduced, width < 4096);
      if (fitted.isReduced) assert.equal(fitted.quality, 80);
      else if (fitted.quality === null) assert.ok(data.equals(large.rgb), "lossless it is not");
      else assert.ok(psnr(data, large.rgb, 255) > 30);
      assert.deepEqual(await readRecipe(fitted.data), RECIPE);
    });
  }
});

describe("fitToLimit", () => {
  const small = picture(512, 16);
  const bytesOf = async (
    options: Omit<Parameters<typeof encodePicture>[1], "recipe">,
  ): Promise<number> => (await encodePicture(small, { recipe: null, ...options })).length;
  const fit = (limitBytes: number, source: AnyPicture = small): ReturnType<typeof fitToLimit> =>
    fitToLimit(source, { limitBytes, recipe: null });

  it("gives PNG as long as it fits, then lossless WebP", async () => {
    const [png, webp] = [
      await bytesOf({ format: "png" }),
      await bytesOf({ format: "webp", quality: "lossless" }),
    ];
    assert.equal((await fit(png * 1.02)).format, "png");
    const fitted = await fit(webp * 1.02);
    assert.deepEqual([fitted.format, fitted.quality, fitted.isReduced], ["webp", null, false]);
  });

  it("prefers JPEG with full colour at a quality, then WebP at the same, and never goes below 80", async () => {
    const jpeg = await fit((await bytesOf({ format: "jpeg", quality: 95 })) * 1.02);
    assert.deepEqual([jpeg.format, jpeg.quality], ["jpeg", 95]);
    const { chromaSubsampling } = await sharp(jpeg.data).metadata();
    assert.equal(chromaSubsampling, "4:4:4");
    const webp = await fit((await bytesOf({ format: "webp", quality: 80 })) * 1.02);
    assert.deepEqual([webp.format, webp.quality, webp.isReduced], ["webp", 80, false]);
  });

  it("gives up pixels only below that, few of them, and says so", async () => {
    const least = await bytesOf({ format: "webp", quality: 80 });
    const fitted = await fit(least * 0.8);
    assert.ok(fitted.isReduced && fitted.data.length <= least * 0.8);
    assert.ok(fitted.width > 512 * Math.sqrt(0.6) && fitted.width === fitted.height);
  });

  it("keeps transparency at every step", async () => {
    const rgba = new Uint8Array(4 * 256 * 256);
    const random = seededIntegers(5);
    for (let i = 0; i < rgba.length; i += 1) rgba[i] = i % 4 === 3 ? (i >> 10) % 256 : random(256);
    const source = { rgba, width: 256, height: 256 };
    for (const limit of [400_000, 100_000, 30_000, 10_000]) {
      const fitted = await fit(limit, source);
      assert.notEqual(fitted.format, "jpeg");
      const { width, data } = await pixelsOf(fitted.data);
      assert.equal(data.length, 4 * width * width);
      assert.ok(fitted.data.length <= limit);
      // The last row is the most opaque, the first is not there.
      assert.ok((data[3] ?? 255) < 30 && (data.at(-1) ?? 0) > 225);
    }
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(
      fitToLimit(small, { limitBytes: 1000, recipe: null, signal }),
      (error) => error instanceof UserError && error.code === "cancelled",
    );
  });

  it("says so when nothing fits", async () => {
    await assert.rejects(
      fit(100),
      (error) => error instanceof UserError && /fits 100 bytes/.test(error.message),
    );
  });
});
