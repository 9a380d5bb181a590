import type { PixelSize } from "./resize-and-crop.ts";

const CHANNELS = 3;
/** Adding and taking away 2^23 in float32 rounds a value below it to a whole number, halves to even. */
const ROUNDING = 2 ** 23;
const { fround } = Math;

/**
 * A decoded picture as bytes, as diffusers' postprocess: clamp(x/2 + 0.5, 0, 1)·255, halves rounded to even.
 * @param values [3, H, W] in [-1, 1]; beyond is clamped, NaN becomes 0
 * @returns [H, W, 3]
 * @throws RangeError when there are more or fewer values
 */
export function toRgb8(values: Float32Array, { height, width }: PixelSize): Uint8Array {
  const pixels = height * width;
  if (values.length !== CHANNELS * pixels) {
    throw new RangeError(`${values.length} values are no RGB picture of ${height} x ${width}.`);
  }
  const rgb = new Uint8Array(values.length);
  values.forEach((value, i) => {
    const unit = Math.min(Math.max(fround(fround(value * 0.5) + 0.5), 0), 1);
    const pixel = i % pixels;
    rgb[pixel * CHANNELS + (i - pixel) / pixels] = fround(fround(unit * 255) + ROUNDING) - ROUNDING;
  });
  return rgb;
}
