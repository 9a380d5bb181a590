import { UserError } from "../errors.ts";
import { MAX_SIDE_PX } from "../pipeline/limits.ts";

/** Pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size with the same proportions whose longer side has `longestSide` pixels.
 *
 * @throws {UserError} `invalid_option` when that is no enlargement, or more than 8192 pixels.
 */
export function targetSize({ width, height }: PixelSize, longestSide: number): PixelSize {
  if (!Number.isInteger(longestSide) || longestSide < 1 || longestSide > MAX_SIDE_PX) {
    throw new UserError(
      "invalid_option",
      `The longer side is to have ${longestSide} pixels; it must be a whole number up to ${MAX_SIDE_PX}.`,
    );
  }
  const longest = Math.max(width, height);
  if (longest >= longestSide) {
    throw new UserError(
      "invalid_option",
      `The picture has ${width} x ${height} pixels already; upscaling to ${longestSide} would gain nothing.`,
      { reason: { name: "already-large", parameters: { width, height, wanted: longestSide } } },
    );
  }
  const scaled = (side: number): number => Math.max(1, Math.round((side * longestSide) / longest));
  return { width: scaled(width), height: scaled(height) };
}
