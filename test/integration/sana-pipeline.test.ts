import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { UserError } from "../../src/errors.ts";
import type { GenerateRequest, ProgressEvent } from "../../src/pipeline/types.ts";
import { relativeError } from "../support/compare.ts";
import { loadTiny, temporaryFolder } from "../support/tiny-checkpoint.ts";

const request: GenerateRequest = {
  prompt: "a red apple",
  seed: 11,
  width: 64,
  height: 96,
  steps: 4,
  binning: false,
};

/** A picture with a different colour at each corner. */
function gradient(
  width: number,
  height: number,
): { rgb: Uint8Array; width: number; height: number } {
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    rgb.set([(255 * (i % width)) / width, (255 * Math.floor(i / width)) / height, 128], 3 * i);
  }
  return { rgb, width, height };
}

describe("SanaPipeline", async () => {
  const pipeline = await loadTiny("base");

  test("draws picture k of a request as that of seed + k alone", async () => {
    const together = await pipeline.generate({ ...request, count: 3 });
    const alone = await pipeline.generate({ ...request, seed: request.seed + 2 });
    assert.deepEqual(
      together.pictures.map(({ seed }) => seed),
      [11, 12, 13],
    );
    assert.deepEqual(together.pictures[2]?.rgb, alone.pictures[0]?.rgb);
    assert.notDeepEqual(together.pictures[0]?.rgb, together.pictures[1]?.rgb);
  });

  test("draws the same picture again for the same request", async () => {
    const [first, second] = [await pipeline.generate(request), await pipeline.generate(request)];
    assert.deepEqual(first.pictures[0]?.rgb, second.pictures[0]?.rgb);
  });

  test("reports every step and stage in order", async () => {
    const events: ProgressEvent[] = [];
    await pipeline.generate(
      { ...request, count: 2 },
      { onProgress: (event) => void events.push(event) },
    );
    const words = events.map((event) =>
      event.stage === "denoise" ? `${event.picture}:${event.step}/${event.steps}` : event.stage,
    );
    const steps = (picture: number): string[] =>
      [0, 1, 2, 3, 4].map((step) => `${picture}:${step}/4`);
    assert.deepEqual(words, ["encode-prompt", ...steps(0), ...steps(1), "decode", "decode"]);
  });

  test("shows what the picture is becoming after each step, the last preview being the picture", async () => {
    const previews: (Uint8Array | undefined)[] = [];
    const onProgress = async (event: ProgressEvent): Promise<void> => {
      if (event.stage === "denoise") previews.push((await event.preview())?.rgb);
    };
    const { pictures } = await pipeline.generate(request, { onProgress });
    assert.equal(previews.length, 5);
    assert.equal(previews[0], undefined);
    assert.deepEqual(previews[4], pictures[0]?.rgb);
  });

  test("stops between two steps, says after which, and can be used again", async () => {
    const controller = new AbortController();
    const onProgress = (event: ProgressEvent): void => {
      if (event.stage === "denoise" && event.step === 2) controller.abort();
    };
    await assert.rejects(
      pipeline.generate(request, { signal: controller.signal, onProgress }),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.code, "cancelled");
        assert.match(error.message, /after step 2 of 4/);
        return true;
      },
    );
    assert.equal((await pipeline.generate(request)).pictures.length, 1);
  });

  test("reports each stage's time, provider and precision, and the weights' hash", async () => {
    const { stages, model } = await pipeline.generate(request);
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ["text-encoder", "conditioning", "transformer", "vae-decoder"],
    );
    assert.equal(stages.find(({ stage }) => stage === "transformer")?.calls, 8);
    assert.ok(
      stages.every(({ provider, precision }) => provider === "cpu" && precision === "fp32"),
    );
    assert.match(model.hash, /^[0-9a-f]{16}$/);
  });

  test("changes a given picture more the greater the strength", async () => {
    const initImage = gradient(64, 96);
    const draw = async (strength: number): Promise<Uint8Array> => {
      const { pictures } = await pipeline.generate({ ...request, steps: 10, initImage, strength });
      return pictures[0]?.rgb ?? new Uint8Array();
    };
    const [least, some, most] = [await draw(0.1), await draw(0.4), await draw(0.8)];
    const distance = (rgb: Uint8Array): number =>
      rgb.reduce((sum, value, i) => sum + (value - (least[i] ?? 0)) ** 2, 0);
    assert.ok(
      distance(some) > 0 && distance(most) > distance(some),
      `${distance(some)} < ${distance(most)}`,
    );
  });

  test("takes a given picture's proportions where no size is asked for", async () => {
    const { pictures } = await pipeline.generate({
      prompt: "a cat",
      seed: 1,
      steps: 2,
      binning: false,
      initImage: gradient(200, 100),
    });
    const [picture] = pictures;
    assert.ok(
      picture !== undefined && picture.width > 1.5 * picture.height,
      `${picture?.width} x ${picture?.height}`,
    );
  });

  test("holds one network at a time with the memory policy sequential, and draws the same", async () => {
    const sequential = await loadTiny("base", { memory: "sequential" });
    const [a, b] = [await sequential.generate(request), await pipeline.generate(request)];
    assert.deepEqual(a.pictures[0]?.rgb, b.pictures[0]?.rgb);
  });

  const refused: [string, Partial<GenerateRequest>, RegExp][] = [
    [
      "a width that is no multiple of 32",
      { width: 100 },
      /width is 100.*multiple of 32, such as 96 or 128/,
    ],
    ["a fractional number of steps", { steps: 2.5 }, /steps is 2.5; it must be a whole number/],
    ["no steps", { steps: 0 }, /steps is 0; it must be from 1 to 1000/],
    ["a guidance scale that is no number", { guidanceScale: Number.NaN }, /guidance scale is NaN/],
    ["a negative seed", { seed: -1 }, /seed is -1; it must be from 0/],
    ["a strength without a picture", { strength: 0.5 }, /strength needs a picture/],
    ["a strength above 1", { strength: 1.5, initImage: gradient(32, 32) }, /strength is 1.5/],
    ["the scheduler of another family", { scheduler: "scm" }, /scm does not fit this checkpoint/],
  ];
  for (const [what, change, message] of refused) {
    test(`refuses ${what} with a sentence`, async () => {
      await assert.rejects(pipeline.generate({ ...request, ...change }), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test("draws where nothing can be kept on the disk", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    const unkept = await loadTiny("base", { cacheDir: join(file, "cache") });
    assert.deepEqual(
      (await unkept.generate(request)).pictures[0]?.rgb,
      (await pipeline.generate(request)).pictures[0]?.rgb,
    );
  });

  test("says so where the 8-bit weights, which it needs on the disk, cannot be written", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    await assert.rejects(loadTiny("base", { cacheDir: join(file, "cache"), precision: "int8" }), {
      code: "disk",
      message: /8-bit weights .* cannot be written to .*Free some space/,
    });
  });

  test("may be released twice", async () => {
    const other = await loadTiny("base");
    await other.generate(request);
    await other.release();
    await other.release();
  });
});

describe("reduced precision", async () => {
  const exact = await loadTiny("base");
  const latents = async (pipeline: typeof exact): Promise<Float32Array> => {
    let last = new Float32Array();
    const add = (name: string, data: Float32Array | BigInt64Array): void => {
      if (name === "latents.4" && data instanceof Float32Array) last = Float32Array.from(data);
    };
    await pipeline.generate(request, { trace: { add } });
    return last;
  };

  test("float16 keeps the latents within 2 % of float32, with sums, norms and softmax in float32", async () => {
    const half = await loadTiny("base", { precision: "fp16" });
    const error = relativeError(await latents(half), await latents(exact));
    assert.ok(error > 0 && error < 0.02, `relative error ${error}`);
  });

  test("8-bit weights of the text encoder keep the latents within 5 % of float32", async () => {
    const rounded = await loadTiny("base", { precision: "int8" });
    const error = relativeError(await latents(rounded), await latents(exact));
    assert.ok(error > 0 && error < 0.05, `relative error ${error}`);
  });

  test("8-bit weights are reported with their relative error", async () => {
    const rounded = await loadTiny("base", { precision: "int8" });
    const { stages } = await rounded.generate(request);
    const [text] = stages;
    assert.equal(text?.precision, "int8");
    assert.ok(text.weightError !== undefined && text.weightError > 1e-4 && text.weightError < 0.01);
  });

  for (const [whose, mock] of [
    ["machine's", (t: TestContext) => t.mock.method(os, "totalmem", () => 1000)],
    ["container's", (t: TestContext) => t.mock.method(process, "constrainedMemory", () => 1000)],
  ] as const)
    test(`8-bit weights are chosen where float32 ones would fill the ${whose} memory`, async (t) => {
      mock(t);
      syncBuiltinESMExports();
      const small = await loadTiny("base", { precision: "auto" });
      t.mock.restoreAll();
      syncBuiltinESMExports();
      const { stages } = await small.generate(request);
      assert.deepEqual(
        stages.map(({ precision }) => precision),
        ["int8", "fp32", "fp32", "fp32"],
      );
    });

  test("float16 is refused for a Sprint checkpoint, whose pictures it ruins", async () => {
    await assert.rejects(
      loadTiny("sprint", { precision: "fp16" }),
      /Sprint model.*--precision fp32/,
    );
  });

  test("a Sprint checkpoint begins from a picture with enough steps to keep some of it", async () => {
    const sprint = await loadTiny("sprint");
    const from = async (shade: number, more: Partial<GenerateRequest> = {}) => {
      const initImage = { rgb: new Uint8Array(3 * 64 * 64).fill(shade), width: 64, height: 64 };
      return sprint.generate({ prompt: "a cat", seed: 1, initImage, binning: false, ...more });
    };
    const [dark, light] = [await from(0), await from(255)];
    assert.equal(dark.settings.steps, 4);
    assert.notDeepEqual(dark.pictures[0]?.rgb, light.pictures[0]?.rgb);
    assert.equal((await from(0, { strength: 0.8 })).settings.steps, 5);
    assert.equal((await from(0, { strength: 0.5 })).settings.steps, 2);
    await assert.rejects(from(0, { steps: 2 }), {
      code: "invalid_option",
      message: /With 2 steps and a strength of 0\.6 .* 3 steps or more, or .* at most 0\.5\./,
    });
  });
});
