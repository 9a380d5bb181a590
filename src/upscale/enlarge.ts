import { throwIfCancelled } from "../errors.ts";
import type { RgbPicture } from "../image/encode-picture.ts";
import { planTiles, type Rectangle, type Tile } from "../pipeline/tiles.ts";
import type { LoadedNetwork, NetworkPlan } from "./network.ts";
import type { UpscaleOptions } from "./types.ts";

/** Bytes that a tile's run may take: with what waits to be collected, twice that were measured at x8. */
const TILE_LIMIT_BYTES = 2 ** 29;
/** Sides that are tried; a smaller tile is heard and cancelled sooner, and at 256 the halos cost 15 % at 1024. */
const TILE_SIDES = [256, 192, 128, 96, 64];
const CHANNELS = 3;

/** The tiles that a network is run on for a picture of this size. */
export function planNetworkTiles(
  plan: NetworkPlan,
  { width, height }: { width: number; height: number },
): Tile[] {
  const { halo, fixedSide } = plan;
  if (fixedSide !== null) return planTiles(height, width, { tile: fixedSide - 2 * halo, halo });
  const fits = (side: number): boolean => plan.runBytes(side + 2 * halo) <= TILE_LIMIT_BYTES;
  const tile = TILE_SIDES.find(fits) ?? TILE_SIDES.at(-1) ?? 64;
  return planTiles(height, width, { tile, halo });
}

/** What a tile costs: its pixels with halo and padding. */
export function inputSize({ outer }: Tile, { fixedSide, multiple }: NetworkPlan): Size {
  if (fixedSide !== null) return { height: fixedSide, width: fixedSide };
  const fill = (length: number): number => Math.ceil(length / multiple) * multiple;
  return { height: fill(outer.height), width: fill(outer.width) };
}

export interface EnlargeOptions extends Pick<UpscaleOptions, "signal"> {
  readonly tiles: readonly Tile[];
  /** Awaited before each tile. */
  readonly onTile: (index: number) => void | Promise<void>;
}

/**
 * Enlarges a picture by the network's own scale, tile by tile: at any time only one tile is held in float32.
 *
 * @throws {UserError} `cancelled` between two tiles and after the last one.
 */
export async function enlarge(
  network: LoadedNetwork,
  picture: RgbPicture,
  { tiles, signal, onTile }: EnlargeOptions,
): Promise<RgbPicture> {
  const { scale } = network;
  const [width, height] = [picture.width * scale, picture.height * scale];
  const enlarged = { rgb: new Uint8Array(CHANNELS * width * height), width, height };
  for (const [index, tile] of tiles.entries()) {
    throwIfCancelled(signal, `before tile ${index + 1} of ${tiles.length}`);
    await onTile(index);
    const size = inputSize(tile, network);
    const image = {
      data: cutTile(picture, tile.outer, size),
      dims: [1, CHANNELS, size.height, size.width],
    };
    const { [network.output]: made } = await network.session.run({ [network.input]: image });
    if (!(made?.data instanceof Float32Array) || made.dims[3] !== size.width * scale)
      throw new Error(`${network.title} made [${made?.dims.join(", ")}] of a tile.`);
    putTile(enlarged, tile, { data: made.data, scale, ...size });
    // Given back at once: what waits to be collected took as much again as a tile's run.
    free(image.data);
    free(made.data);
  }
  throwIfCancelled(signal, `after tile ${tiles.length} of ${tiles.length}`);
  return enlarged;
}

function free({ buffer }: Float32Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/** [3, H, W] in [0, 1]; where the tile is smaller than the input, its last row and column are repeated. */
function cutTile({ rgb, width }: RgbPicture, outer: Rectangle, size: Size): Float32Array {
  const plane = size.height * size.width;
  const cut = new Float32Array(CHANNELS * plane);
  for (let y = 0; y < size.height; y += 1) {
    const row = (outer.top + Math.min(y, outer.height - 1)) * width + outer.left;
    for (let x = 0; x < size.width; x += 1) {
      const from = CHANNELS * (row + Math.min(x, outer.width - 1));
      const to = y * size.width + x;
      for (let channel = 0; channel < CHANNELS; channel += 1)
        cut[channel * plane + to] = (rgb[from + channel] ?? 0) / 255;
    }
  }
  return cut;
}

/** Writes the inner part of what the network made of a tile, as bytes. */
function putTile(
  enlarged: RgbPicture,
  { inner, outer }: Tile,
  made: Size & { readonly data: Float32Array; readonly scale: number },
): void {
  const { data, scale } = made;
  const stride = made.width * scale;
  const plane = made.height * scale * stride;
  // Clamps and rounds what is written to it.
  const rgb = new Uint8ClampedArray(enlarged.rgb.buffer, enlarged.rgb.byteOffset);
  for (let y = 0; y < inner.height * scale; y += 1) {
    const from = ((inner.top - outer.top) * scale + y) * stride + (inner.left - outer.left) * scale;
    const to = CHANNELS * ((inner.top * scale + y) * enlarged.width + inner.left * scale);
    for (let x = 0; x < inner.width * scale; x += 1) {
      for (let channel = 0; channel < CHANNELS; channel += 1)
        rgb[to + CHANNELS * x + channel] = (data[channel * plane + from + x] ?? 0) * 255;
    }
  }
}
