import assert from "node:assert/strict";
import { test } from "node:test";
import { resizeAndCrop } from "../../src/pipeline/resize-and-crop.ts";
import { toRgb8 } from "../../src/pipeline/to-rgb8.ts";

const FOUR_BY_SIX = Float32Array.from({ length: 24 }, (_, i) => 0.1 * i);
const FROM = { height: 4, width: 6 };

function close(actual: Float32Array, expected: readonly number[], tolerance = 1e-5): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    const wanted = expected[i] ?? Number.NaN;
    assert.ok(Math.abs(value - wanted) <= tolerance, `value ${i} is ${value}, expected ${wanted}`);
  }
}

test("a picture is enlarged and cropped as torch does", () => {
  const resized = resizeAndCrop(FOUR_BY_SIX, FROM, { height: 5, width: 5 });
  assert.equal(resized.length, 25);
  close(resized.subarray(0, 5), [0.07857, 0.16429, 0.25, 0.33571, 0.42143]);
  close(resized.subarray(20), [1.87857, 1.96429, 2.05, 2.13571, 2.22143]);
});

test("a picture is made smaller without antialiasing as torch does", () => {
  const resized = resizeAndCrop(FOUR_BY_SIX, FROM, { height: 3, width: 4 });
  close(
    resized,
    [0.125, 0.275, 0.425, 0.575, 0.925, 1.075, 1.225, 1.375, 1.725, 1.875, 2.025, 2.175],
  );
});

test("every plane is resized on its own", () => {
  const planes = new Float32Array(72);
  for (let plane = 0; plane < 3; plane++)
    planes.set(
      FOUR_BY_SIX.map((value) => value + plane),
      24 * plane,
    );
  const to = { height: 7, width: 3 };
  const resized = resizeAndCrop(planes, FROM, to);
  const one = resizeAndCrop(FOUR_BY_SIX, FROM, to);
  for (let plane = 0; plane < 3; plane++) {
    close(
      resized.subarray(21 * plane, 21 * plane + 21),
      Array.from(one, (value) => value + plane),
    );
  }
});

test("a picture of the right size is passed through", () => {
  assert.equal(resizeAndCrop(FOUR_BY_SIX, FROM, FROM), FOUR_BY_SIX);
});

test("a product that truncates one pixel short still covers the size asked for", () => {
  for (let height = 1; height < 60; height++) {
    for (let wanted = 1; wanted < 60; wanted++) {
      const values = new Float32Array(2 * height).fill(0.5);
      const resized = resizeAndCrop(values, { height, width: 2 }, { height: wanted, width: 1 });
      assert.equal(resized.length, wanted);
      assert.ok(resized.every((value) => Math.abs(value - 0.5) < 1e-6));
    }
  }
});

test("values that are no whole planes are a bug that is reported", () => {
  assert.throws(
    () => resizeAndCrop(new Float32Array(25), FROM, { height: 1, width: 1 }),
    RangeError,
  );
  assert.throws(() => toRgb8(new Float32Array(24), FROM), RangeError);
});

test("channels become interleaved bytes, halves rounded to even and the rest clamped", () => {
  const values = Float32Array.of(
    -0.5,
    0,
    0.25,
    0.5,
    -1,
    1,
    -3,
    7,
    Number.NaN,
    1 / 255,
    -1 / 255,
    0.9,
  );
  const rgb = toRgb8(values, { height: 1, width: 4 });
  const [red, green, blue] = [0, 1, 2].map((channel) => rgb.filter((_, i) => i % 3 === channel));
  assert.deepEqual([...(red ?? [])], [64, 128, 159, 191]);
  assert.deepEqual([...(green ?? [])], [0, 255, 0, 255]);
  assert.deepEqual([...(blue ?? [])], [0, 128, 127, 242]);
});
