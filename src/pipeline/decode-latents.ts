import { splitDecoder } from "../models/autoencoder-dc/decoder-graph.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { FloatTensor, Stages } from "./stages.ts";
import { type Planes, cutOut, planTiles, putInto, TILE_SIDES, tilesFit } from "./tiles.ts";

/** RGB in [-1, 1], unclamped: [1, 3, H, W]. */
export type DecodedImage = FloatTensor;

export interface DecodeOptions {
  /** Bytes that the values between the decoder's nodes may take. */
  readonly memoryLimitBytes: number;
  /** Called before each tile. */
  readonly onTile?: ((tile: number, tiles: number) => void) | undefined;
}

/**
 * Latents [1, C, h, w] to a picture, whole where that fits the limit. Otherwise the stages that look at the whole
 * picture run whole, and the convolutions after them tile by tile with a halo, which gives the same picture.
 */
export async function decodeLatents(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  latents: { readonly data: Float32Array; readonly dims: readonly [1, number, number, number] },
  options: DecodeOptions,
): Promise<DecodedImage> {
  const tile = await chooseTile({ checkpoint, stages }, latents.dims, options.memoryLimitBytes);
  if (tile === null) return stages.runFor("sample", "vae-decoder", { latents });
  const features = await stages.runFor("features", "vae-decoder-features", { latents });
  const [, channels = 0, height = 0, width = 0] = features.dims;
  return decodeTiles(
    { checkpoint, stages },
    { data: features.data, channels, height, width },
    { ...options, tile },
  );
}

/** The side of the decoder's tiles for a latent of this size, or null where it is decoded whole. */
export async function chooseTile(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  [batch, , height, width]: readonly [number, number, number, number],
  memoryLimitBytes: number,
): Promise<number | null> {
  const { config } = checkpoint.vae;
  const whole = await stages.graph("vae-decoder");
  if (whole.peakActivationBytes({ batch, height, width }) <= memoryLimitBytes) return null;
  const { halo, stage } = splitDecoder(config);
  const scale = config.compression / 2 ** stage;
  const graph = await stages.graph("vae-decoder-picture");
  const fits = (side: number): boolean => {
    const outer = side + 2 * halo;
    const isCut =
      tilesFit(height * scale, { tile: side, halo }) &&
      tilesFit(width * scale, { tile: side, halo });
    return (
      isCut && graph.peakActivationBytes({ batch, height: outer, width: outer }) <= memoryLimitBytes
    );
  };
  return TILE_SIDES.find(fits) ?? TILE_SIDES.at(-1) ?? null;
}

async function decodeTiles(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  features: Planes,
  { tile: side, onTile }: DecodeOptions & { tile: number },
): Promise<DecodedImage> {
  const { config } = checkpoint.vae;
  const { halo, scale } = splitDecoder(config);
  const [height, width] = [features.height * scale, features.width * scale];
  const image = {
    data: new Float32Array(config.imageChannels * height * width),
    channels: config.imageChannels,
    height,
    width,
  };
  const tiles = planTiles(features.height, features.width, { tile: side, halo });
  for (const [index, { inner, outer, interior }] of tiles.entries()) {
    onTile?.(index, tiles.length);
    const sample = await stages.runFor("sample", "vae-decoder-picture", {
      features: {
        data: cutOut(features, outer),
        dims: [1, features.channels, outer.height, outer.width],
      },
      interior: { data: BigInt64Array.from(interior, BigInt), dims: [4] },
    });
    putInto(image, sample.data, {
      top: inner.top * scale,
      left: inner.left * scale,
      height: inner.height * scale,
      width: inner.width * scale,
    });
  }
  return { data: image.data, dims: [1, image.channels, height, width] };
}
