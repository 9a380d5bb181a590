import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { PROJECT_DIR } from "../../src/config.ts";
import { SanaPipeline } from "../../src/pipeline/sana-pipeline.ts";
import type { GenerateRequest, Picture } from "../../src/pipeline/types.ts";
import { temporaryFolder } from "../support/tiny-checkpoint.ts";

/** Enough for this model; its default is for a little more detail. */
const request: GenerateRequest = { prompt: "a red apple", seed: 21, steps: 8 };

describe("the embedded model", async () => {
  const pipeline = await SanaPipeline.load({
    modelDir: join(PROJECT_DIR, "models/emoji"),
    cacheDir: await temporaryFolder(),
    provider: "cpu",
    precision: "fp32",
    memory: "all",
  });
  after(() => pipeline.release());

  const draw = async (wanted: Partial<GenerateRequest> = {}): Promise<Picture> => {
    const { pictures } = await pipeline.generate({ ...request, ...wanted });
    const [picture] = pictures;
    assert.ok(picture !== undefined);
    return picture;
  };

  test("draws an apple that is red in the middle on a bright background", async () => {
    const { rgb, width, height } = await draw();
    const [red = 0, green = 0, blue = 0] = meanColour(rgb, { width, height }, 0.2);
    assert.ok(red > green + 60 && red > blue + 60, `middle ${red} ${green} ${blue}`);
    const corner = rgb.subarray(0, 3);
    assert.ok(Math.min(...corner) > 200, `corner ${corner.join(" ")}`);
  });

  test("draws four visibly different pictures from four seeds", async () => {
    const { pictures } = await pipeline.generate({ ...request, count: 4 });
    for (const [i, one] of pictures.entries())
      for (const other of pictures.slice(i + 1)) {
        const distance = difference(one.rgb, other.rgb);
        assert.ok(distance > 4, `seeds ${one.seed} and ${other.seed} differ by ${distance} of 255`);
      }
  });

  test("draws another picture when a negative prompt is given", async () => {
    const [plain, without] = [await draw(), await draw({ negativePrompt: "a small apple" })];
    assert.ok(difference(plain.rgb, without.rgb) > 4);
  });

  test("changes a given picture more the greater the strength, and little at 0.2", async () => {
    const initImage = await draw();
    const changes: number[] = [];
    for (const strength of [0.2, 0.5, 0.9]) {
      const { rgb } = await draw({
        prompt: "a green tree",
        seed: 5,
        steps: 10,
        initImage,
        strength,
      });
      changes.push(difference(rgb, initImage.rgb));
    }
    const [least = 0, some = 0, most = 0] = changes;
    assert.ok(least < some && some < most, changes.join(" < "));
    assert.ok(least < most / 2, `${least} of ${most}`);
  });

  test("draws wide and tall pictures that are not empty", async () => {
    for (const [width, height] of [
      [352, 192],
      [192, 352],
    ] as const) {
      const { rgb, ...size } = await draw({ width, height });
      assert.deepEqual([size.width, size.height], [width, height]);
      const [red = 0, green = 0] = meanColour(rgb, size, 0.2);
      assert.ok(red > green + 30, `middle of ${width} x ${height}: ${red} ${green}`);
    }
  });
});

/** Root mean square difference of bytes. */
function difference(a: Uint8Array, b: Uint8Array): number {
  const total = a.reduce((sum, value, i) => sum + (value - (b[i] ?? Number.NaN)) ** 2, 0);
  return Math.sqrt(total / a.length);
}

/** Mean red, green and blue of the middle, whose sides are this share of the picture's. */
function meanColour(
  rgb: Uint8Array,
  { width, height }: { width: number; height: number },
  share: number,
): number[] {
  const sums = [0, 0, 0];
  const [halfWidth, halfHeight] = [
    Math.floor((width * share) / 2),
    Math.floor((height * share) / 2),
  ];
  for (let y = -halfHeight; y < halfHeight; y++) {
    for (let x = -halfWidth; x < halfWidth; x++) {
      const at = 3 * (Math.floor(height / 2 + y) * width + Math.floor(width / 2 + x));
      for (const channel of [0, 1, 2])
        sums[channel] = (sums[channel] ?? 0) + (rgb[at + channel] ?? 0);
    }
  }
  return sums.map((sum) => sum / (4 * halfWidth * halfHeight));
}
