import { decoderBandSteps } from "../models/autoencoder-dc/band-graphs.ts";
import { splitDecoder } from "../models/autoencoder-dc/decoder-graph.ts";
import type { OnnxGraph } from "../onnx/graph-core.ts";
import { peakBytes } from "../onnx/peak-memory.ts";
import { partLimitBytes } from "./activation-limit.ts";
import { runBands } from "./bands.ts";
import { decoderTiles, isCut, runBlended } from "./blended-tiles.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { FloatTensor, Stages } from "./stages.ts";
import {
  type Planes,
  cutOut,
  planTiles,
  planesOf,
  putInto,
  TILE_SIDES,
  tilesFit,
} from "./tiles.ts";
import type { Tiling } from "./types.ts";

/** RGB in [-1, 1], unclamped: [1, 3, H, W]. */
export type DecodedImage = FloatTensor;

interface Parts {
  readonly checkpoint: Checkpoint;
  readonly stages: Stages;
}

interface Latents {
  readonly data: Float32Array;
  readonly dims: readonly [1, number, number, number];
}

export interface DecodeOptions {
  /** Bytes that the values between the decoder's nodes may take. */
  readonly memoryLimitBytes: number;
  /** Called before each tile or band. */
  readonly onTile?: ((tile: number, tiles: number) => void) | undefined;
  /** `diffusers`: large pictures in overlapping tiles that fade into one another; see {@link runBlended}. */
  readonly tiling?: Tiling | undefined;
}

/**
 * Latents [1, C, h, w] to a picture, whole where that fits the limit. Otherwise the stages that look at the whole
 * picture run whole, or in bands where even they do not fit, and the convolutions after them tile by tile with a halo.
 * All of it gives the same picture.
 */
export async function decodeLatents(
  parts: Parts,
  latents: Latents,
  options: DecodeOptions,
): Promise<DecodedImage> {
  if (options.tiling === "diffusers") return decodeBlended(parts, latents, options);
  const plan = await planDecode(parts, latents.dims, options.memoryLimitBytes);
  if (plan.tile === null) return parts.stages.runFor("sample", "vae-decoder", { latents });
  const features = plan.isBanded
    ? await decodeBands(parts, latents, options)
    : await decodeFeatures(parts, latents);
  return decodeTiles(parts, features, { ...options, tile: plan.tile });
}

async function decodeBlended(
  { checkpoint, stages }: Parts,
  { data, dims: [, channels, height, width] }: Latents,
  { onTile }: DecodeOptions,
): Promise<DecodedImage> {
  const tiles = decoderTiles(checkpoint.vae.config.compression);
  const count = Math.ceil(height / tiles.stride) * Math.ceil(width / tiles.stride);
  let tile = 0;
  const decodeTile = async (part: Planes): Promise<Planes> => {
    onTile?.(tile++, count);
    const latents = { data: part.data, dims: [1, channels, part.height, part.width] };
    return planesOf(await stages.runFor("sample", "vae-decoder", { latents }));
  };
  const whole = { data, channels, height, width };
  const image = isCut(whole, tiles)
    ? await runBlended(whole, tiles, decodeTile)
    : await decodeTile(whole);
  return { data: image.data, dims: [1, image.channels, image.height, image.width] };
}

export interface DecodePlan {
  /** The side of a tile in pixels of the features; null where the picture is decoded whole. */
  readonly tile: number | null;
  /** Whether the deep stages go by bands. */
  readonly isBanded: boolean;
  /** Bytes between the nodes at the worst moment, with the features and the picture that the host keeps for tiles. */
  readonly activationBytes: number;
  /** Bytes of the loaded networks without the values of their runs. */
  readonly loadedBytes: number;
}

/** How latents of this size are decoded within the limit. */
export async function planDecode(
  { checkpoint, stages }: Parts,
  [batch, , height, width]: Latents["dims"],
  memoryLimitBytes: number,
): Promise<DecodePlan> {
  const whole = await stages.graph("vae-decoder");
  const wholeBytes = whole.peakActivationBytes({ batch, height, width });
  const loadedBytes = peakBytes(whole);
  if (wholeBytes <= memoryLimitBytes)
    return { tile: null, isBanded: false, activationBytes: wholeBytes, loadedBytes };

  const { config } = checkpoint.vae;
  const { channels, stage } = splitDecoder(config);
  const scale = config.compression / 2 ** stage;
  const limit = partLimitBytes(memoryLimitBytes);
  const features = await stages.graph("vae-decoder-features");
  const featureBytes = features.peakActivationBytes({ batch, height, width });
  const picture = await stages.graph("vae-decoder-picture");
  const size = { height: height * scale, width: width * scale };
  const { side, bytes } = chooseTile(picture, size, { limit, halo: splitDecoder(config).halo });
  const isBanded = featureBytes > memoryLimitBytes;
  const pixels = height * width * config.compression ** 2;
  const kept = 4 * (channels * size.height * size.width + config.imageChannels * pixels);
  return {
    tile: side,
    isBanded,
    activationBytes: Math.max(isBanded ? limit : featureBytes, bytes) + kept,
    // A band's graph, which is forgotten after its pass, is no larger than that of the tiles.
    loadedBytes: (isBanded ? 0 : peakBytes(features)) + peakBytes(picture),
  };
}

/** The largest tile whose values fit the limit, else the smallest. */
function chooseTile(
  graph: OnnxGraph,
  { height, width }: { height: number; width: number },
  { limit, halo }: { limit: number; halo: number },
): { side: number; bytes: number } {
  // Tiles at a corner, at a border and inside follow one another.
  const bytesOf = (side: number): number =>
    graph.peakActivationBytes(
      { batch: 1, height: side + halo, width: side + halo },
      { batch: 1, height: side + halo, width: side + 2 * halo },
      { batch: 1, height: side + 2 * halo, width: side + 2 * halo },
    );
  const fits = (side: number): boolean =>
    tilesFit(height, { tile: side, halo }) && tilesFit(width, { tile: side, halo });
  const side =
    TILE_SIDES.find((each) => fits(each) && bytesOf(each) <= limit) ?? TILE_SIDES.at(-1) ?? 1;
  return { side, bytes: bytesOf(side) };
}

async function decodeFeatures({ stages }: Parts, latents: Latents): Promise<Planes> {
  return planesOf(await stages.runFor("features", "vae-decoder-features", { latents }));
}

function decodeBands(
  { checkpoint, stages }: Parts,
  { data, dims: [, channels, height, width] }: Latents,
  { memoryLimitBytes, onTile }: DecodeOptions,
): Promise<Planes> {
  const steps = decoderBandSteps(checkpoint.vae.config, checkpoint.vae.weights);
  return runBands({ data, channels, height, width }, steps, {
    stages,
    name: "vae-decoder-features",
    memoryLimitBytes: partLimitBytes(memoryLimitBytes),
    onPass: onTile,
  });
}

async function decodeTiles(
  { checkpoint, stages }: Parts,
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
