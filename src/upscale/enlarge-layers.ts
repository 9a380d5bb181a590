import type { RgbPicture } from "../image/encode-picture.ts";
import { resizeLanczos, resizeLanczosGray } from "../image/resize-lanczos.ts";
import type { SplitPicture } from "../image/transparency.ts";
import type { Tile } from "../pipeline/tiles.ts";
import { enlarge, planNetworkTiles } from "./enlarge.ts";
import type { LoadedNetwork } from "./network.ts";
import type { PixelSize } from "./target-size.ts";
import type { UpscaleOptions } from "./types.ts";

/**
 * Enlarges colour and transparency with a network to the size that is wanted. Transparency goes through it as a grey
 * picture, so that its edges are those of the colours; tiles where it is all alike are not computed.
 *
 * @throws {UserError} `cancelled` between two tiles and after the last one.
 */
export async function enlargeLayers(
  network: LoadedNetwork,
  { colour, alpha }: SplitPicture,
  options: Omit<UpscaleOptions, "longestSide"> & { readonly target: PixelSize },
): Promise<SplitPicture> {
  const { target, signal, onProgress } = options;
  const tiles = planNetworkTiles(network, colour);
  const veil = alpha === null ? null : planVeil(alpha, colour, tiles);
  const count = tiles.length + (veil?.mixed.length ?? 0);
  let done = 0;
  const onTile = async (): Promise<void> => {
    await onProgress?.({ tile: done, tiles: count });
    done += 1;
  };
  const { scale } = network;
  // Nothing names what the network made, so that the colour's 190 MB at x8 are free while the transparency is drawn.
  const resized = {
    colour: resizeLanczos(await enlarge(network, colour, { tiles, signal, onTile }), target),
    alpha: null,
  };
  if (veil === null) return finish(resized);
  const values = veilOf(
    await enlarge(network, veil.gray, { tiles: veil.mixed, signal, onTile }),
    veil,
    scale,
  );
  const size = { width: colour.width * scale, height: colour.height * scale };
  return finish({ ...resized, alpha: resizeLanczosGray(values, size, target) });

  async function finish(layers: SplitPicture): Promise<SplitPicture> {
    await onProgress?.({ tile: count, tiles: count });
    return layers;
  }
}

interface Veil {
  readonly gray: RgbPicture;
  /** Tiles with different values: they are enlarged. */
  readonly mixed: readonly Tile[];
  /** Tiles whose values, halo included, are all the same. */
  readonly even: readonly { readonly tile: Tile; readonly value: number }[];
}

function planVeil(alpha: Uint8Array, { width, height }: PixelSize, tiles: readonly Tile[]): Veil {
  const gray = { rgb: new Uint8Array(3 * alpha.length), width, height };
  for (const [i, value] of alpha.entries()) gray.rgb.fill(value, 3 * i, 3 * i + 3);
  const mixed: Tile[] = [];
  const even: { tile: Tile; value: number }[] = [];
  for (const tile of tiles) {
    const value = onlyValue(alpha, width, tile);
    if (value === null) mixed.push(tile);
    else even.push({ tile, value });
  }
  return { gray, mixed, even };
}

function onlyValue(alpha: Uint8Array, width: number, { outer }: Tile): number | null {
  const value = alpha[outer.top * width + outer.left] ?? 0;
  for (let y = outer.top; y < outer.top + outer.height; y += 1) {
    const row = alpha.subarray(y * width + outer.left, y * width + outer.left + outer.width);
    if (row.some((other) => other !== value)) return null;
  }
  return value;
}

/** One byte a pixel of the enlarged transparency. */
function veilOf(grown: RgbPicture, { even }: Veil, scale: number): Uint8Array {
  const values = new Uint8Array(grown.width * grown.height);
  for (let i = 0; i < values.length; i += 1) values[i] = grown.rgb[3 * i] ?? 0;
  for (const { tile, value } of even) {
    const { top, left, height, width } = tile.inner;
    for (let y = top * scale; y < (top + height) * scale; y += 1)
      values.fill(value, y * grown.width + left * scale, y * grown.width + (left + width) * scale);
  }
  return values;
}
