/** Pixels of a window's side, and the constants of Wang et al. 2004 for values of 0 to 255. */
const WINDOW = 8;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

interface Rgb {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Mean structural similarity of two pictures of one size, on luminance (BT.601), over windows of 8 x 8 that overlap by
 * half; 1 for the same picture. Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, 2004.
 */
export function ssim(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + WINDOW <= a.height; top += WINDOW / 2)
    for (let left = 0; left + WINDOW <= a.width; left += WINDOW / 2) {
      sum += windowSsim(x, y, { start: top * a.width + left, stride: a.width });
      windows += 1;
    }
  return sum / windows;
}

function luminance({ rgb }: Rgb): Float64Array {
  return Float64Array.from(
    { length: rgb.length / 3 },
    (_, i) =>
      0.299 * (rgb[3 * i] ?? 0) + 0.587 * (rgb[3 * i + 1] ?? 0) + 0.114 * (rgb[3 * i + 2] ?? 0),
  );
}

function windowSsim(
  x: Float64Array,
  y: Float64Array,
  { start, stride }: { start: number; stride: number },
): number {
  let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
  for (let row = 0; row < WINDOW; row++)
    for (let column = 0; column < WINDOW; column++) {
      const at = start + row * stride + column;
      const [u, v] = [x[at] ?? 0, y[at] ?? 0];
      sx += u;
      sy += v;
      sxx += u * u;
      syy += v * v;
      sxy += u * v;
    }
  const n = WINDOW * WINDOW;
  const [mx, my] = [sx / n, sy / n];
  const [vx, vy, cov] = [sxx / n - mx * mx, syy / n - my * my, sxy / n - mx * my];
  return ((2 * mx * my + C1) * (2 * cov + C2)) / ((mx * mx + my * my + C1) * (vx + vy + C2));
}
