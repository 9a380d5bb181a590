import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AspectBins,
  binsForSampleSize,
  classifyHeightWidthBin,
} from "../../src/pipeline/aspect-bins.ts";

function binsOf(sampleSize: number): AspectBins {
  const bins = binsForSampleSize(sampleSize);
  assert.ok(bins !== null);
  return bins;
}

test("the four tables have diffusers' numbers of rows, and others do not exist", () => {
  const rows = [16, 32, 64, 128].map((size) => Object.keys(binsOf(size)).length);
  assert.deepEqual(rows, [33, 33, 40, 40]);
  assert.equal(binsForSampleSize(8), null);
});

test("sizes grow with the checkpoint's native side and are multiples of 32", () => {
  assert.deepEqual(
    [16, 32, 64, 128].map((size) => binsOf(size)["0.57"]),
    [
      [384, 672],
      [768, 1344],
      [1536, 2688],
      [3072, 5376],
    ],
  );
  for (const size of [16, 32, 64, 128]) {
    assert.deepEqual(binsOf(size)["1.0"], [32 * size, 32 * size]);
    assert.ok(
      Object.values(binsOf(size))
        .flat()
        .every((side) => side % 32 === 0),
    );
  }
});

test("extreme ratios between the common ones exist from 2048 px on only", () => {
  assert.equal(binsOf(32)["3.75"], undefined);
  assert.deepEqual(binsOf(64)["3.75"], [3840, 1024]);
  assert.deepEqual(binsOf(128)["0.26"], [2048, 7936]);
});

test("sizes fall into the bins that diffusers chooses", () => {
  const chosen: [number, number, number, number][] = [
    [720, 1280, 768, 1344],
    [1280, 720, 1344, 768],
    [600, 1000, 768, 1280],
    [1000, 999, 1024, 1024],
    [768, 1344, 768, 1344],
    [100, 1000, 512, 2048],
    [1000, 100, 2048, 512],
  ];
  for (const [height, width, ...bin] of chosen) {
    assert.deepEqual(classifyHeightWidthBin(height, width, binsOf(32)), bin);
  }
});

test("the first of two bins at the same distance is chosen", () => {
  const bins = { "0.5": [1, 2], "1.5": [3, 2] } as const;
  assert.deepEqual(classifyHeightWidthBin(10, 10, bins), [1, 2]);
  assert.throws(() => classifyHeightWidthBin(1, 1, {}), RangeError);
});
