import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { z } from "zod";
import { decodePictureFile } from "../../src/image/decode-picture.ts";
import type { GenerateRequest } from "../../src/pipeline/types.ts";
import { readTensor } from "../../src/safetensors/read-tensor.ts";
import { openSafetensors } from "../../src/safetensors/safetensors-file.ts";
import { psnr, relativeError } from "../support/compare.ts";
import { loadTiny, temporaryFolder } from "../support/tiny-checkpoint.ts";

/** The contract of DESIGN.md section 6. */
const MAX_RELATIVE_ERROR = 1e-4;
const MIN_PSNR_DB = 55;

const folder = join(import.meta.dirname, "pipelines/cases");
const caseSchema = z.object({
  checkpoint: z.string(),
  prompt: z.string(),
  negative: z.string(),
  width: z.number(),
  height: z.number(),
  steps: z.number(),
  guidance: z.number(),
  seed: z.number(),
  count: z.number(),
  scheduler: z.enum(["euler"]).nullable(),
  init_image: z.string().nullable(),
  strength: z.number().nullable(),
  binning: z.boolean(),
});

async function readCase(name: string): Promise<{ checkpoint: string; request: GenerateRequest }> {
  const recorded = caseSchema.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
  const { checkpoint, prompt, negative, width, height, steps, guidance, seed, count, binning } =
    recorded;
  const image = recorded.init_image;
  return {
    checkpoint,
    request: {
      prompt,
      negativePrompt: negative,
      width,
      height,
      steps,
      seed,
      count,
      binning,
      guidanceScale: guidance,
      scheduler: recorded.scheduler ?? undefined,
      initImage: image === null ? undefined : await decodePictureFile(join(folder, image)),
      strength: recorded.strength ?? undefined,
    },
  };
}

function numbers(values: ArrayLike<number> | BigInt64Array): number[] {
  return Array.from(values as ArrayLike<number>, Number);
}

const cacheDir = await temporaryFolder();

describe("pictures that diffusers' own pipelines drew", () => {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  for (const name of names) {
    test(`${name}: every traced tensor within 1e-4, the picture over 55 dB`, async () => {
      const { checkpoint, request } = await readCase(name);
      const pipeline = await loadTiny(checkpoint, { cacheDir });
      const traced = new Map<
        string,
        { data: ArrayLike<number> | BigInt64Array; shape: readonly number[] }
      >();
      const result = await pipeline.generate(request, {
        trace: { add: (key, data, shape) => void traced.set(key, { data, shape }) },
      });
      const { tensors } = await openSafetensors(join(folder, `${name}.safetensors`));
      for (const [key, location] of tensors) {
        const expected = numbers(await readTensor(location));
        if (key === "image") {
          assert.ok(
            psnr(result.pictures[0]?.rgb ?? [], toBytes(expected, location.shape), 255) >
              MIN_PSNR_DB,
            key,
          );
          continue;
        }
        if (key === "clean") continue;
        const actual = traced.get(key);
        assert.ok(actual !== undefined, `${key} is not in the trace`);
        assert.deepEqual([...actual.shape], [...location.shape], key);
        const error = relativeError(numbers(actual.data), expected);
        assert.ok(error < MAX_RELATIVE_ERROR, `${key}: relative error ${error}`);
        if (key === "decoded") assert.ok(psnr(numbers(actual.data), expected, 2) > MIN_PSNR_DB);
      }
      await pipeline.release();
    });
  }
});

/** [1, 3, H, W] in [0, 1] to interleaved bytes. */
function toBytes(values: readonly number[], shape: readonly number[]): number[] {
  const [, channels = 3, height = 0, width = 0] = shape;
  return Array.from({ length: values.length }, (_, i) => {
    const value = values[(i % channels) * height * width + Math.floor(i / channels)] ?? 0;
    return Math.round(value * 255);
  });
}
