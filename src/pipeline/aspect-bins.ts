/** Latent sizes by nominal height/width ratio, in pixels: `[height, width]`. */
export type AspectBins = Readonly<Record<string, readonly [number, number]>>;

/**
 * diffusers' tables ASPECT_RATIO_512_BIN to ASPECT_RATIO_4096_BIN, which are multiples of each other: ratio, then
 * height and width in 1/32 of the native side. Those with a star exist at 2048 and 4096 only.
 */
const TABLE =
  "0.25 16 64, 0.26* 16 62, 0.27* 16 60, 0.28 16 58, 0.32 18 56, 0.33 18 54, 0.35 18 52, 0.4 20 50, 0.42 20 48, " +
  "0.48 22 46, 0.5 22 44, 0.52 22 42, 0.57 24 42, 0.6 24 40, 0.68 26 38, 0.72 26 36, 0.78 28 36, 0.82 28 34, " +
  "0.88 30 34, 0.94 30 32, 1.0 32 32, 1.07 32 30, 1.13 34 30, 1.21 34 28, 1.29 36 28, 1.38 36 26, 1.46 38 26, " +
  "1.67 40 24, 1.75 42 24, 2.0 44 22, 2.09 46 22, 2.4 48 20, 2.5 50 20, 2.89* 52 18, 3.0 54 18, 3.11* 56 18, " +
  "3.62* 58 16, 3.75* 60 16, 3.88* 62 16, 4.0 64 16";

/** Sample sizes (native side / 32) that diffusers has a table for: 512, 1024, 2048 and 4096 px. */
const SAMPLE_SIZES = new Set([16, 32, 64, 128]);
const SMALLEST_WITH_ALL_ROWS = 64;

/**
 * The aspect bins of a checkpoint by its transformer's sample_size; null for sizes that diffusers has no table for.
 * The order of the rows decides ties.
 */
export function binsForSampleSize(sampleSize: number): AspectBins | null {
  if (!SAMPLE_SIZES.has(sampleSize)) return null;
  const bins: Record<string, readonly [number, number]> = {};
  for (const row of TABLE.split(", ")) {
    const [ratio = "", height, width] = row.split(" ");
    if (ratio.endsWith("*") && sampleSize < SMALLEST_WITH_ALL_ROWS) continue;
    bins[ratio.replace("*", "")] = [Number(height) * sampleSize, Number(width) * sampleSize];
  }
  return bins;
}

/**
 * The `[height, width]` whose nominal ratio is nearest to that of the picture asked for; the first one on ties.
 * @throws RangeError for an empty table
 */
export function classifyHeightWidthBin(
  height: number,
  width: number,
  bins: AspectBins,
): readonly [number, number] {
  const wanted = height / width;
  let nearest: readonly [number, number] | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [ratio, size] of Object.entries(bins)) {
    const distance = Math.abs(Number(ratio) - wanted);
    if (distance >= smallest) continue;
    smallest = distance;
    nearest = size;
  }
  if (nearest === undefined) throw new RangeError("A table of aspect bins has no rows.");
  return nearest;
}
