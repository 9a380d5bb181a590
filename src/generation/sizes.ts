import { MAX_SIDE_PX, SIZE_MULTIPLE_PX } from "../pipeline/limits.ts";

export interface Size {
  /** Pixels, multiples of 32. */
  readonly width: number;
  readonly height: number;
}

/** The size of an area of `side` x `side` with the proportions of width to height. */
export function sizeOf(side: number, { width, height }: { width: number; height: number }): Size {
  const scale = side / Math.sqrt(width * height);
  return { width: round(width * scale), height: round(height * scale) };
}

/** `W:H`; null for anything else. */
export function parseAspect(aspect: string): { width: number; height: number } | null {
  const match = /^(?<width>\d{1,3}):(?<height>\d{1,3})$/.exec(aspect);
  const width = Number(match?.groups?.["width"]);
  const height = Number(match?.groups?.["height"]);
  return width > 0 && height > 0 ? { width, height } : null;
}

function round(px: number): number {
  const nearest = Math.round(px / SIZE_MULTIPLE_PX) * SIZE_MULTIPLE_PX;
  return Math.min(MAX_SIDE_PX, Math.max(SIZE_MULTIPLE_PX, nearest));
}

/** The size of a picture enlarged to a longest side, as the upscaler will make it. */
export function enlarged(longestSide: number, { width, height }: Size): Size {
  const scale = longestSide / Math.max(width, height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
