import assert from "node:assert/strict";
import { test } from "node:test";

import type { RgbPicture } from "../../src/image/encode-picture.ts";
import { Upscaler } from "../../src/upscale/upscale.ts";
import { psnr } from "../support/compare.ts";
import { noWebgpu } from "../support/software-vulkan.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

test(
  "ESRGAN on WebGPU draws what it draws on the CPU",
  { skip: noWebgpu, timeout: 300_000 },
  async () => {
    const rgb = Uint8Array.from(
      { length: 3 * 24 * 20 },
      (_, i) => 128 + 120 * Math.sin(i * i * 0.01),
    );
    const picture: RgbPicture = { rgb, width: 24, height: 20 };
    const cacheDir = await temporaryFolder();
    const drawn: Uint8Array[] = [];
    for (const provider of ["cpu", "webgpu"] as const) {
      const upscaler = await Upscaler.load({ upscaler: "esrgan-slim", provider, cacheDir });
      const made = await upscaler.upscale(picture, { longestSide: 72 });
      // A provider that fails hands over to the CPU, which would prove nothing.
      assert.deepEqual([upscaler.provider, made.name], [provider, "ESRGAN slim x3"]);
      assert.ok("rgb" in made.picture);
      drawn.push(made.picture.rgb);
      await upscaler.release();
    }
    const [onCpu, onGpu] = drawn;
    assert.ok(onCpu !== undefined && onGpu !== undefined);
    assert.ok(psnr(onGpu, onCpu, 255) > 55);
  },
);
