import { cutOut, type Planes, putInto } from "./tiles.ts";

/** diffusers' AutoencoderDC: enable_tiling() cuts pictures into these, in pixels. */
const TILE_PX = 512;
const STRIDE_PX = 448;

export interface BlendedTiles {
  /** Side of a tile and distance of two, in pixels of what is cut. */
  readonly tile: number;
  readonly stride: number;
  /** Pixels of the result for one of what is cut. */
  readonly scale: number;
}

/** diffusers' tiles for a decoder that makes `compression` pixels of one. */
export function decoderTiles(
  compression: number,
  tilePx = TILE_PX,
  stridePx = STRIDE_PX,
): BlendedTiles {
  return { tile: tilePx / compression, stride: stridePx / compression, scale: compression };
}

/** diffusers' tiles for an encoder that makes one pixel of `compression`. */
export function encoderTiles(
  compression: number,
  tilePx = TILE_PX,
  stridePx = STRIDE_PX,
): BlendedTiles {
  return { tile: tilePx, stride: stridePx, scale: 1 / compression };
}

/** Whether diffusers would cut it at all. */
export function isCut({ height, width }: Planes, { tile }: BlendedTiles): boolean {
  return height > tile || width > tile;
}

/**
 * Runs the autoencoder on overlapping tiles and fades each into those above and to the left of it, as diffusers does.
 * Not what the whole picture would give, since attention sees one tile at a time; for those who want its pictures.
 * Source: diffusers AutoencoderDC.tiled_decode and tiled_encode (SANA.md 4.8).
 */
export async function runBlended(
  x: Planes,
  tiles: BlendedTiles,
  run: (tile: Planes) => Promise<Planes>,
): Promise<Planes> {
  const { tile, stride, scale } = tiles;
  const overlap = Math.round((tile - stride) * scale);
  const step = Math.round(stride * scale);
  let made: Planes | null = null;
  let above: Planes[] = [];
  for (let top = 0; top < x.height; top += stride) {
    const row: Planes[] = [];
    for (let left = 0; left < x.width; left += stride) {
      const height = Math.min(tile, x.height - top);
      const width = Math.min(tile, x.width - left);
      const part = {
        data: cutOut(x, { top, left, height, width }),
        channels: x.channels,
        height,
        width,
      };
      const result = await run(scale < 1 ? padded(part, 1 / scale) : part);
      const [upper, before] = [above[row.length], row.at(-1)];
      if (upper !== undefined) fade(upper, result, { overlap, axis: "rows" });
      if (before !== undefined) fade(before, result, { overlap, axis: "columns" });
      row.push(result);
      made ??= emptyLike(x, result, scale);
      place(made, result, { top: Math.round(top * scale), left: Math.round(left * scale), step });
    }
    above = row;
  }
  if (made === null) throw new Error("There is nothing to cut into tiles.");
  return made;
}

/** Zeros at the right and the bottom, up to whole pixels of the result. */
function padded(part: Planes, multiple: number): Planes {
  const { channels } = part;
  const [height, width] = [part.height, part.width].map(
    (side) => Math.ceil(side / multiple) * multiple,
  );
  if (height === undefined || width === undefined) return part;
  const whole = { data: new Float32Array(channels * height * width), channels, height, width };
  putInto(whole, part.data, { top: 0, left: 0, height: part.height, width: part.width });
  return whole;
}

/** b[i] = a[a.length - e + i] (1 - i/e) + b[i] i/e over the first e rows or columns. */
function fade(
  a: Planes,
  b: Planes,
  { overlap, axis }: { overlap: number; axis: "rows" | "columns" },
): void {
  const isRows = axis === "rows";
  const extent = isRows
    ? Math.min(a.height, b.height, overlap)
    : Math.min(a.width, b.width, overlap);
  const height = isRows ? extent : Math.min(a.height, b.height);
  const width = isRows ? Math.min(a.width, b.width) : extent;
  for (let channel = 0; channel < b.channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let column = 0; column < width; column++) {
        const share = (isRows ? y : column) / extent;
        const [fromY, fromX] = isRows
          ? [a.height - extent + y, column]
          : [y, a.width - extent + column];
        const at = (channel * b.height + y) * b.width + column;
        const from = a.data[(channel * a.height + fromY) * a.width + fromX] ?? 0;
        b.data[at] = from * (1 - share) + (b.data[at] ?? 0) * share;
      }
    }
  }
}

function emptyLike(x: Planes, { channels }: Planes, scale: number): Planes {
  const [height, width] = [Math.ceil(x.height * scale), Math.ceil(x.width * scale)];
  return { data: new Float32Array(channels * height * width), channels, height, width };
}

/** Puts the part of a tile that the next ones do not bring. */
function place(
  made: Planes,
  tile: Planes,
  { top, left, step }: { top: number; left: number; step: number },
): void {
  const height = Math.min(step, tile.height, made.height - top);
  const width = Math.min(step, tile.width, made.width - left);
  putInto(made, cutOut(tile, { top: 0, left: 0, height, width }), { top, left, height, width });
}
