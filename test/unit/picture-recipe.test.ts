import assert from "node:assert/strict";
import { describe, it } from "node:test";
import sharp from "sharp";

import { encodePicture, PICTURE_FORMATS } from "../../src/image/encode-picture.ts";
import { insertPngText } from "../../src/image/png-chunks.ts";
import { readRecipe } from "../../src/image/read-recipe.ts";
import { recipeToParameters, type Recipe } from "../../src/image/recipe.ts";

const WIDTH = 40;
const HEIGHT = 24;
const PICTURE = {
  rgb: new Uint8Array(3 * WIDTH * HEIGHT).map((_, i) => (i * 7) % 256),
  width: WIDTH,
  height: HEIGHT,
};

const RECIPE: Recipe = {
  prompt: 'Ein "roter" Apfel <b>&amp;</b>\n猫 😀, two: lines',
  negativePrompt: "unscharf, é",
  width: WIDTH,
  height: HEIGHT,
  steps: 20,
  guidanceScale: 4.5,
  scheduler: "dpm++",
  seed: Number.MAX_SAFE_INTEGER,
  rng: "cpu",
  strength: 0.6,
  precision: "fp32",
  model: { name: "Efficient-Large-Model/Sana", hash: "0123456789abcdef" },
  software: "sanabot 0.1.0",
};

describe("a picture's recipe", () => {
  for (const format of PICTURE_FORMATS) {
    it(`comes back whole from a ${format} file`, async () => {
      const file = await encodePicture(PICTURE, { format, recipe: RECIPE });
      assert.deepEqual(await readRecipe(file), RECIPE);
      const { format: written, width, height } = await sharp(file).metadata();
      assert.deepEqual(
        { written, width, height },
        { written: format, width: WIDTH, height: HEIGHT },
      );
    });

    it(`comes back from a ${format} file with a prompt of 10,000 characters in another script`, async () => {
      const recipe = { ...RECIPE, prompt: "猫".repeat(7000), negativePrompt: "" };
      assert.deepEqual(await readRecipe(await encodePicture(PICTURE, { format, recipe })), recipe);
    });

    it(`keeps its beginning in a ${format} file when the prompt is longer than a file segment`, async () => {
      const recipe = {
        ...RECIPE,
        prompt: "a cat ".repeat(16_000),
        negativePrompt: "猫".repeat(50_000),
      };
      const found = await readRecipe(await encodePicture(PICTURE, { format, recipe }));
      assert.ok(found);
      assert.ok(found.prompt.length > 8000);
      assert.ok(recipe.prompt.startsWith(found.prompt));
      assert.equal(found.seed, recipe.seed);
    });
  }

  it("leaves the pixels of a PNG as they are", async () => {
    const file = await encodePicture(PICTURE, { format: "png", recipe: RECIPE });
    assert.deepEqual(new Uint8Array(await sharp(file).raw().toBuffer()), PICTURE.rgb);
  });

  it("is in a PNG as AUTOMATIC1111's parameters, too", async () => {
    const file = await encodePicture(PICTURE, { format: "png", recipe: RECIPE });
    const { comments } = await sharp(file).metadata();
    assert.equal(
      comments?.find(({ keyword }) => keyword === "parameters")?.text,
      recipeToParameters(RECIPE),
    );
  });

  for (const format of ["webp", "jpeg"] as const) {
    it(`is in a ${format} file's EXIF UserComment as UTF-16, too`, async () => {
      const file = await encodePicture(PICTURE, { format, recipe: RECIPE });
      const { exif } = await sharp(file).metadata();
      assert.ok(exif);
      const text = exif.subarray(exif.indexOf("UNICODE\0") + 8);
      const words = Buffer.from(text.subarray(0, text.length - (text.length % 2)))
        .swap16()
        .toString("utf16le");
      assert.ok(words.startsWith(recipeToParameters(RECIPE)));
    });
  }

  it("is written in the order and wording that other programs parse", () => {
    assert.equal(
      recipeToParameters({ ...RECIPE, prompt: "a cat", negativePrompt: "dog" }),
      "a cat\nNegative prompt: dog\nSteps: 20, Sampler: dpm++, CFG scale: 4.5, Seed: 9007199254740991, Size: 40x24, " +
        "Model hash: 0123456789, Model: Efficient-Large-Model/Sana, Denoising strength: 0.6, RNG: CPU, Version: sanabot 0.1.0",
    );
  });
});

describe("readRecipe", () => {
  const plain = () => sharp(PICTURE.rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

  it("finds nothing in a picture without a recipe", async () => {
    assert.equal(await readRecipe(await plain().png().toBuffer()), null);
    assert.equal(await readRecipe(await plain().jpeg().toBuffer()), null);
  });

  it("finds nothing in bytes that are no picture", async () => {
    assert.equal(await readRecipe(new Uint8Array()), null);
    assert.equal(await readRecipe(Buffer.from("not a picture")), null);
  });

  it("finds nothing in a recipe with a wrong field", async () => {
    const png = await plain().png().toBuffer();
    for (const wrong of [
      "{",
      "[]",
      "null",
      JSON.stringify({ ...RECIPE, seed: -1 }),
      JSON.stringify({ ...RECIPE, rng: 1 }),
    ]) {
      assert.equal(await readRecipe(insertPngText(png, { sanabot: wrong })), null, wrong);
    }
  });

  it("finds nothing in a text chunk that is larger than any recipe", async () => {
    const png = await plain().png().toBuffer();
    const huge = JSON.stringify({ ...RECIPE, prompt: "x".repeat(5_000_000) });
    assert.equal(await readRecipe(insertPngText(png, { sanabot: huge })), null);
  });

  it("finds the recipe where another program wrote the XMP property as an attribute", async () => {
    const json = JSON.stringify(RECIPE)
      .replaceAll("&", "&amp;")
      .replaceAll('"', "&quot;")
      .replaceAll("<", "&lt;");
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description sanabot:recipe="${json}"/></x:xmpmeta>`;
    assert.deepEqual(await readRecipe(await plain().withXmp(xmp).webp().toBuffer()), RECIPE);
  });

  it("survives every file that is cut short", async () => {
    for (const format of PICTURE_FORMATS) {
      const file = await encodePicture(PICTURE, { format, recipe: RECIPE });
      for (let length = 0; length < file.length; length += 97) {
        const found = await readRecipe(file.subarray(0, length));
        if (found !== null) assert.deepEqual(found, RECIPE);
      }
    }
  });
});
