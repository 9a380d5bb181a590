import type { FloatTensor } from "./stages.ts";

/** A part of a picture's grid, in its pixels. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** One tile: what it makes, what it reads for that, and which of its sides lie inside the picture. */
export interface Tile {
  readonly inner: Rectangle;
  readonly outer: Rectangle;
  /** Top, left, bottom, right: 1 where the tile has a halo, 0 at the picture's border. */
  readonly interior: readonly [number, number, number, number];
}

/** Values in planes: [C, H, W] flattened. */
export interface Planes {
  readonly data: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A network's output [1, C, H, W] as planes. */
export function planesOf({ data, dims }: FloatTensor): Planes {
  const [, channels = 0, height = 0, width = 0] = dims;
  return { data, channels, height, width };
}

/** Sides of a tile that are tried, in pixels of the features; smaller ones cost more in their halos than they save. */
export const TILE_SIDES = [256, 192, 128, 96, 80, 64, 48, 32];

/**
 * Cuts a grid into tiles of nearly equal size, at most `tile` on a side, row by row; each reads `halo` pixels more
 * on its inner sides. A side that is closer to the border than the halo reads as far as the border.
 */
export function planTiles(
  height: number,
  width: number,
  { tile, halo }: { tile: number; halo: number },
): Tile[] {
  const rows = cuts(height, tile);
  const columns = cuts(width, tile);
  return rows.flatMap(([top, bottom]) =>
    columns.map(([left, right]): Tile => {
      const inner = { top, left, height: bottom - top, width: right - left };
      const outerTop = Math.max(0, top - halo);
      const outerLeft = Math.max(0, left - halo);
      const outer = {
        top: outerTop,
        left: outerLeft,
        height: Math.min(height, bottom + halo) - outerTop,
        width: Math.min(width, right + halo) - outerLeft,
      };
      return {
        inner,
        outer,
        interior: [flag(top > 0), flag(left > 0), flag(bottom < height), flag(right < width)],
      };
    }),
  );
}

/** Whether every inner side has its whole halo, as the decoder's cropping asks. */
export function tilesFit(length: number, { tile, halo }: { tile: number; halo: number }): boolean {
  const parts = cuts(length, tile);
  return parts.length === 1 || parts.every(([start, end]) => end - start >= halo);
}

/** Copies a rectangle out: [C, height, width]. */
export function cutOut(planes: Planes, { top, left, height, width }: Rectangle): Float32Array {
  const part = new Float32Array(planes.channels * height * width);
  for (let row = 0; row < planes.channels * height; row++) {
    const y = Math.floor(row / height) * planes.height + top + (row % height);
    const from = y * planes.width + left;
    part.set(planes.data.subarray(from, from + width), row * width);
  }
  return part;
}

/** Copies [C, height, width] into its place. */
export function putInto(
  planes: Planes,
  part: Float32Array,
  { top, left, height, width }: Rectangle,
): void {
  for (let row = 0; row < planes.channels * height; row++) {
    const y = Math.floor(row / height) * planes.height + top + (row % height);
    planes.data.set(part.subarray(row * width, (row + 1) * width), y * planes.width + left);
  }
}

function cuts(length: number, tile: number): [number, number][] {
  const count = Math.ceil(length / tile);
  const at = (index: number): number => Math.round((length * index) / count);
  return Array.from({ length: count }, (_, index) => [at(index), at(index + 1)]);
}

function flag(value: boolean): number {
  return value ? 1 : 0;
}
