import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from "../../src/safetensors/float16.ts";

const allPatterns = Uint16Array.from({ length: 0x1_0000 }, (_, i) => i);

/** Bits of every value, so that NaN and signed zeros compare too. */
function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

test("every half widens to the value that the engine's own Float16Array gives", () => {
  const expected = new Float32Array(new Float16Array(allPatterns.buffer));
  const differing = float16ToFloat32(allPatterns).filter(
    (value, i) => !Object.is(value, expected[i]),
  );
  assert.equal(differing.length, 0);
});

test("every half that is a number survives widening and narrowing", () => {
  const numbers = allPatterns.filter((half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0);
  assert.deepEqual(float32ToFloat16(float16ToFloat32(numbers)), numbers);
});

test("narrowing to halves rounds as the engine does around every representable value", () => {
  const halves = float16ToFloat32(allPatterns);
  const near = new Float32Array(3 * halves.length);
  for (const [i, value] of halves.entries()) {
    const next = halves[i + 1] ?? value;
    near.set(
      [value * (1 + 2 ** -20), (value + next) / 2, ((value + next) / 2) * (1 + 2 ** -22)],
      3 * i,
    );
  }
  const finite = near.filter((value) => !Number.isNaN(value));
  const expected = new Uint16Array(new Float16Array(finite).buffer);
  assert.deepEqual(float32ToFloat16(finite), expected);
});

test("NaN stays NaN and 65520 becomes infinite as a half", () => {
  const halves = float32ToFloat16(
    Float32Array.of(Number.NaN, 65519, 65520, -70000, 2 ** -25, 2 ** -24),
  );
  assert.equal((halves[0] ?? 0) & 0x7c00, 0x7c00);
  assert.notEqual((halves[0] ?? 0) & 0x3ff, 0);
  assert.deepEqual([...halves.subarray(1)], [0x7bff, 0x7c00, 0xfc00, 0, 1]);
});

test("every bfloat16 survives widening and narrowing, NaN as quiet NaN", () => {
  const widened = bfloat16ToFloat32(allPatterns);
  assert.deepEqual(
    bitsOf(widened),
    Uint32Array.from(allPatterns, (half) => half << 16),
  );
  const numbers = allPatterns.filter((_, i) => !Number.isNaN(widened[i]));
  assert.deepEqual(float32ToBfloat16(bfloat16ToFloat32(numbers)), numbers);
  assert.ok(bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(Number.NaN))).every(Number.isNaN));
});

test("narrowing to bfloat16 rounds to nearest and ties to even", () => {
  const bits = Uint32Array.of(0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0x3f80_7fff, 0x7f7f_ffff);
  const narrowed = float32ToBfloat16(new Float32Array(bits.buffer));
  assert.deepEqual([...narrowed], [0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80]);
});

test("a part of a larger buffer converts on its own", () => {
  const source = new Uint16Array([0, 0x3c00, 0xc000, 0]).subarray(1, 3);
  const target = new Float32Array(4);
  float16ToFloat32(source, target.subarray(1, 3));
  assert.deepEqual([...target], [0, 1, -2, 0]);
});
