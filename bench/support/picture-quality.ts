import type { RgbPicture } from "../../src/image/encode-picture.ts";

/** One value a pixel. */
export interface Plane {
  readonly values: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** SSIM's window and constants (Wang et al. 2004): a Gaussian of 11 x 11 with a deviation of 1.5. */
const RADIUS = 5;
const DEVIATION = 1.5;
const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/** Luminance as papers on super-resolution take it (BT.601, 16 to 235), without a border of `crop` pixels. */
export function luminance({ rgb, width, height }: RgbPicture, crop: number): Plane {
  const size = { width: width - 2 * crop, height: height - 2 * crop };
  const values = new Float64Array(size.width * size.height);
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const at = 3 * ((y + crop) * width + x + crop);
      const [red = 0, green = 0, blue = 0] = rgb.subarray(at, at + 3);
      values[y * size.width + x] = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255;
    }
  }
  return { values, ...size };
}

/** Peak signal-to-noise ratio in dB; equal planes have 100. */
export function psnrOf(actual: Plane, expected: Plane): number {
  let squares = 0;
  for (const [i, value] of actual.values.entries())
    squares += (value - (expected.values[i] ?? 0)) ** 2;
  return Math.min(100, 10 * Math.log10(255 ** 2 / (squares / actual.values.length)));
}

/** Mean structural similarity, 1 for equal planes. */
export function ssimOf(a: Plane, b: Plane): number {
  const product = (p: Plane, q: Plane): Plane => ({
    ...p,
    values: p.values.map((value, i) => value * (q.values[i] ?? 0)),
  });
  const [meanA, meanB] = [blur(a), blur(b)];
  const [squareA, squareB, both] = [blur(product(a, a)), blur(product(b, b)), blur(product(a, b))];
  const similarities = meanA.map((muA, i) => {
    const muB = meanB[i] ?? 0;
    const varianceA = (squareA[i] ?? 0) - muA ** 2;
    const varianceB = (squareB[i] ?? 0) - muB ** 2;
    const covariance = (both[i] ?? 0) - muA * muB;
    return (
      ((2 * muA * muB + C1) * (2 * covariance + C2)) /
      ((muA ** 2 + muB ** 2 + C1) * (varianceA + varianceB + C2))
    );
  });
  return similarities.reduce((sum, value) => sum + value, 0) / similarities.length;
}

/** Gaussian means of every window that lies inside. */
function blur({ values, width, height }: Plane): Float64Array {
  const weights = Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * DEVIATION ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const [innerWidth, innerHeight] = [width - 2 * RADIUS, height - 2 * RADIUS];
  const rows = new Float64Array(innerWidth * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < innerWidth; x += 1) {
      let mean = 0;
      for (const [tap, weight] of weights.entries())
        mean += weight * (values[y * width + x + tap] ?? 0);
      rows[y * innerWidth + x] = mean / sum;
    }
  }
  const blurred = new Float64Array(innerWidth * innerHeight);
  for (let i = 0; i < blurred.length; i += 1) {
    let mean = 0;
    for (const [tap, weight] of weights.entries())
      mean += weight * (rows[i + tap * innerWidth] ?? 0);
    blurred[i] = mean / sum;
  }
  return blurred;
}
