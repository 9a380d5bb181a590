/** Largest absolute difference over the reference's largest magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values against ${expected.length}.`);
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (Number.isNaN(gap)) return Number.NaN;
    difference = Math.max(difference, gap);
    magnitude = Math.max(magnitude, Math.abs(expected[i] ?? 0));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}

/** Peak signal-to-noise ratio in dB of values whose whole range is `range` wide. */
export function psnr(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  range: number,
): number {
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} values against ${expected.length}.`);
  let squares = 0;
  for (let i = 0; i < expected.length; i++)
    squares += ((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)) ** 2;
  return 10 * Math.log10(range ** 2 / (squares / expected.length));
}
