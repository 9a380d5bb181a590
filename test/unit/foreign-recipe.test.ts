import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32 } from "node:zlib";

import sharp from "sharp";

import { encodePicture } from "../../src/image/encode-picture.ts";
import { parseParameters, readForeignRecipe } from "../../src/image/foreign-recipe.ts";

const PIXELS = { create: { width: 8, height: 8, channels: 3, background: "red" } } as const;
const PARAMETERS = [
  "a red apple, (shiny:1.2)",
  "on a table",
  "Negative prompt: blurry, text",
  'Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, Size: 512x512, Model: "a, b", Version: v1.9',
].join("\n");

/** A PNG chunk as every program writes it. */
function textChunk(keyword: string, text: string): Buffer {
  return Buffer.from(`${keyword}\0${text}`, "latin1");
}

/** Puts a tEXt chunk behind a PNG's header. */
async function pngWith(keyword: string, text: string): Promise<Buffer> {
  const png = await sharp(PIXELS).png().toBuffer();
  const data = textChunk(keyword, text);
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write("tEXt", 4, "latin1");
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

describe("recipes of other programs", () => {
  it("are read from AUTOMATIC1111's parameters in a PNG", async () => {
    const found = await readForeignRecipe(await pngWith("parameters", PARAMETERS));
    assert.equal(found?.origin, "a1111");
    assert.equal(found.prompt, "a red apple, (shiny:1.2)\non a table");
    assert.equal(found.negativePrompt, "blurry, text");
    assert.deepEqual(found.settings.slice(0, 5), [
      ["Steps", "20"],
      ["Sampler", "DPM++ 2M"],
      ["CFG scale", "7"],
      ["Seed", "42"],
      ["Size", "512x512"],
    ]);
    assert.deepEqual(
      found.settings.find(([name]) => name === "Model"),
      ["Model", "a, b"],
    );
  });

  it("are read from the EXIF user comment of our own JPEG, which others read the same way", async () => {
    const recipe = {
      prompt: "ein Käfer, 甲虫",
      negativePrompt: "",
      width: 8,
      height: 8,
      steps: 3,
      guidanceScale: 4.5,
      scheduler: "dpm++",
      seed: 7,
      rng: "cpu",
      model: { name: "emoji", hash: "abc" },
      software: "sanabot 0.1.0",
    } as const;
    const picture = { rgb: new Uint8Array(8 * 8 * 3), width: 8, height: 8 };
    const jpeg = await encodePicture(picture, { format: "jpeg", recipe });
    const found = await readForeignRecipe(jpeg);
    assert.equal(found?.prompt, "ein Käfer, 甲虫");
    assert.deepEqual(found.settings[0], ["Steps", "3"]);
  });

  it("are read from ComfyUI's graph by the links of its sampler", async () => {
    const graph = {
      "1": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sd15.safetensors" } },
      "2": { class_type: "CLIPTextEncode", inputs: { text: "blurry", clip: ["1", 1] } },
      "3": { class_type: "CLIPTextEncode", inputs: { text: "a fox", clip: ["1", 1] } },
      "4": { class_type: "ConditioningCombine", inputs: { conditioning_1: ["3", 0] } },
      "5": {
        class_type: "KSampler",
        inputs: {
          seed: 5,
          steps: 12,
          cfg: 6.5,
          sampler_name: "euler",
          positive: ["4", 0],
          negative: ["2", 0],
        },
      },
    };
    const found = await readForeignRecipe(await pngWith("prompt", JSON.stringify(graph)));
    assert.equal(found?.origin, "comfyui");
    assert.equal(found.prompt, "a fox");
    assert.equal(found.negativePrompt, "blurry");
    assert.deepEqual(found.settings, [
      ["Steps", "12"],
      ["Sampler", "euler"],
      ["CFG scale", "6.5"],
      ["Seed", "5"],
      ["Model", "sd15.safetensors"],
    ]);
  });

  it("end where a graph links in circles", async () => {
    const graph = {
      "1": { class_type: "A", inputs: { in: ["2", 0] } },
      "2": { class_type: "B", inputs: { in: ["1", 0] } },
      "3": { class_type: "KSampler", inputs: { positive: ["1", 0], negative: ["2", 0], seed: 1 } },
    };
    const found = await readForeignRecipe(await pngWith("prompt", JSON.stringify(graph)));
    assert.equal(found?.prompt, "");
  });

  it("are not found in a plain picture, in no picture, or in text that only looks like them", async () => {
    assert.equal(await readForeignRecipe(await sharp(PIXELS).png().toBuffer()), null);
    assert.equal(await readForeignRecipe(Buffer.from("no picture")), null);
    assert.equal(parseParameters("just a caption: nothing, more: less"), null);
    assert.equal(
      await readForeignRecipe(await pngWith("prompt", '{"1":{"class_type":"X"}}')),
      null,
    );
  });

  it("take no longer on a hostile line of settings", () => {
    const began = performance.now();
    assert.equal(parseParameters(`a\n${" a".repeat(100_000)}`), null);
    assert.ok(performance.now() - began < 1000);
  });
});
