/** Peak signal-to-noise ratio of equally many bytes, in dB; infinite where they are equal. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  const total = a.reduce((sum, value, i) => sum + (value - (b[i] ?? Number.NaN)) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (total / a.length));
}
