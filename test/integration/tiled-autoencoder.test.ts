import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UserError } from "../../src/errors.ts";
import { decodeLatents, planDecode } from "../../src/pipeline/decode-latents.ts";
import { encodeImage } from "../../src/pipeline/encode-image.ts";
import { encodeSample } from "../../src/pipeline/encode-sample.ts";
import { resolveRequest } from "../../src/pipeline/resolve-request.ts";
import { planTiles, tilesFit } from "../../src/pipeline/tiles.ts";
import { psnr, relativeError } from "../support/compare.ts";
import { loadTiny } from "../support/tiny-checkpoint.ts";

const GENEROUS = 2 ** 40;

for (const [name, height, width] of [
  ["base", 20, 13],
  ["lite", 24, 40],
] as const) {
  describe(`decoding ${name} by tiles`, async () => {
    const pipeline = await loadTiny(name);
    const dims = [1, 8, height, width] as const;
    const data = Float32Array.from({ length: 8 * height * width }, (_, i) => 2 * Math.sin(i * i));
    const whole = await decodeLatents(pipeline, { data, dims }, { memoryLimitBytes: GENEROUS });

    test("gives the picture of the whole decoder, seams included", async () => {
      let tiles = 0;
      const tiled = await decodeLatents(
        pipeline,
        { data, dims },
        { memoryLimitBytes: 1, onTile: (_, count) => (tiles = count) },
      );
      assert.ok(tiles > 1, `${tiles} tiles`);
      assert.deepEqual([...tiled.dims], [...whole.dims]);
      assert.ok(psnr(tiled.data, whole.data, 2) > 60);
    });

    test("is chosen only where the whole does not fit the limit", async () => {
      assert.equal((await planDecode(pipeline, dims, GENEROUS)).tile, null);
      assert.ok(((await planDecode(pipeline, dims, 1)).tile ?? 0) > 0);
    });
  });
}

for (const name of ["base", "lite"]) {
  test(`encoding ${name} by tiles gives the latents of the whole encoder`, async () => {
    const pipeline = await loadTiny(name);
    const [height, width] = [640, 1088];
    const data = Float32Array.from({ length: 3 * height * width }, (_, i) =>
      Math.sin(i * 0.011 + (i % width) * 0.07),
    );
    const sample = { data, channels: 3, height, width };
    const whole = await encodeSample(pipeline, sample, { memoryLimitBytes: GENEROUS });
    const tiled = await encodeSample(pipeline, sample, { memoryLimitBytes: 1 });
    const calls =
      pipeline.stages.takeReports().find(({ stage }) => stage === "vae-encoder-features")?.calls ??
      0;
    assert.ok(calls > 1, `${calls} tiles`);
    assert.ok(relativeError(tiled, whole) < 1e-4, `${relativeError(tiled, whole)}`);
  });
}

test("encoding by tiles or bands can be stopped before each of them", async () => {
  const pipeline = await loadTiny("base");
  const [height, width] = [640, 1088];
  const sample = { data: new Float32Array(3 * height * width), channels: 3, height, width };
  for (const tiling of ["exact", "diffusers"] as const) {
    let parts = 0;
    const onPart = (): void => void (parts += 1);
    await encodeSample(pipeline, sample, { memoryLimitBytes: 1, onPart, tiling });
    for (const last of [2, parts]) {
      let part = 0;
      const stop = (): void => {
        if (++part === last) throw new UserError("cancelled", "Cancelled.");
      };
      const stopped = encodeSample(pipeline, sample, { memoryLimitBytes: 1, onPart: stop, tiling });
      await assert.rejects(stopped, { code: "cancelled" });
      assert.equal(part, last);
    }
  }
});

test("a picture to start from is not encoded any further once its request is cancelled", async () => {
  const { checkpoint, stages } = await loadTiny("base");
  const rgb = new Uint8Array(3 * 640 * 1088);
  const initImage = { rgb, width: 1088, height: 640 };
  const wanted = { prompt: "", seed: 1, width: 1088, height: 640, binning: false, initImage };
  const request = { ...resolveRequest(checkpoint, wanted), signal: AbortSignal.abort() };
  await assert.rejects(encodeImage({ checkpoint, stages, tiling: "diffusers" }, request), {
    code: "cancelled",
    message: "Cancelled while the picture to start from was encoded.",
  });
});

describe("tiles", () => {
  test("cover the grid once and read their halo only inside it", () => {
    const covered = new Uint8Array(50 * 70);
    for (const { inner, outer, interior } of planTiles(50, 70, { tile: 32, halo: 7 })) {
      for (let y = inner.top; y < inner.top + inner.height; y++) {
        for (let x = inner.left; x < inner.left + inner.width; x++)
          covered[y * 70 + x] = (covered[y * 70 + x] ?? 0) + 1;
      }
      assert.equal(inner.top - outer.top, 7 * (interior[0] ?? 0));
      assert.equal(outer.left + outer.width - inner.left - inner.width, 7 * (interior[3] ?? 0));
    }
    assert.ok(covered.every((count) => count === 1));
  });

  test("are refused where one would be shorter than its neighbour's halo", () => {
    assert.equal(tilesFit(40, { tile: 32, halo: 7 }), true);
    assert.equal(tilesFit(12, { tile: 8, halo: 7 }), false);
  });
});
