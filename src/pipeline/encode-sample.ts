import { encoderBandSteps } from "../models/autoencoder-dc/band-graphs.ts";
import { splitEncoder } from "../models/autoencoder-dc/encoder-graph.ts";
import { peakBytes } from "../onnx/peak-memory.ts";
import { partLimitBytes } from "./activation-limit.ts";
import { runBands } from "./bands.ts";
import { encoderTiles, isCut, runBlended } from "./blended-tiles.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Stages } from "./stages.ts";
import { type Planes, cutOut, planTiles, planesOf, putInto, TILE_SIDES } from "./tiles.ts";
import type { Tiling } from "./types.ts";

interface Parts {
  readonly checkpoint: Checkpoint;
  readonly stages: Stages;
}

export interface EncodeOptions {
  /** Bytes that the values between the encoder's nodes may take. */
  readonly memoryLimitBytes: number;
  /** Called before each tile, and before each pass over the picture by bands. */
  readonly onPart?: (() => void) | undefined;
  readonly tiling?: Tiling | undefined;
}

/**
 * A picture in [-1, 1] to latents [1, C, h, w], whole where that fits the limit; else its convolutions by tiles and,
 * where even the stages behind them do not fit whole, those by bands.
 */
export async function encodeSample(
  { checkpoint, stages }: Parts,
  sample: Planes,
  { memoryLimitBytes, onPart, tiling }: EncodeOptions,
): Promise<Float32Array> {
  const { height, width, channels } = sample;
  const tiles = encoderTiles(checkpoint.vae.config.compression);
  if (tiling === "diffusers" && isCut(sample, tiles)) {
    const { data } = await runBlended(sample, tiles, async (part) => {
      onPart?.();
      const dims = [1, channels, part.height, part.width];
      return planesOf(
        await stages.runFor("latents", "vae-encoder", { sample: { data: part.data, dims } }),
      );
    });
    return data;
  }
  const plan = await planEncode({ checkpoint, stages }, { height, width }, memoryLimitBytes);
  if (plan.tile === null) {
    const feeds = { sample: { data: sample.data, dims: [1, channels, height, width] } };
    return (await stages.runFor("latents", "vae-encoder", feeds)).data;
  }
  const features = await encodeTiles({ checkpoint, stages }, sample, {
    side: plan.tile,
    onPart,
  });
  if (plan.isBanded) {
    const { config, weights } = checkpoint.vae;
    const latents = await runBands(features, encoderBandSteps(config, weights), {
      stages,
      name: "vae-encoder-latents",
      memoryLimitBytes: partLimitBytes(memoryLimitBytes),
      onPass: onPart,
    });
    return latents.data;
  }
  const dims = [1, features.channels, features.height, features.width];
  const feeds = { features: { data: features.data, dims } };
  return (await stages.runFor("latents", "vae-encoder-latents", feeds)).data;
}

export interface EncodePlan {
  /** The side of a tile in pixels of the features; null where the picture is encoded whole. */
  readonly tile: number | null;
  /** Whether the deep stages go by bands. */
  readonly isBanded: boolean;
  /** Bytes between the nodes at the worst moment, with the features that the host keeps for tiles. */
  readonly activationBytes: number;
  /** Bytes of the loaded networks without the values of their runs. */
  readonly loadedBytes: number;
}

/** How a picture of this size in pixels is encoded within the limit. */
export async function planEncode(
  { checkpoint, stages }: Parts,
  { height, width }: { height: number; width: number },
  memoryLimitBytes: number,
): Promise<EncodePlan> {
  const whole = await stages.graph("vae-encoder");
  const wholeBytes = whole.peakActivationBytes({ batch: 1, height, width });
  const loadedBytes = peakBytes(whole);
  if (wholeBytes <= memoryLimitBytes)
    return { tile: null, isBanded: false, activationBytes: wholeBytes, loadedBytes };
  const { halo, scale, channels } = splitEncoder(checkpoint.vae.config);
  const features = await stages.graph("vae-encoder-features");
  const limit = partLimitBytes(memoryLimitBytes);
  // Tiles at a corner, at a border and inside follow one another.
  const bytesOf = (side: number): number => {
    const [short, long] = [(side + halo) * scale, (side + 2 * halo) * scale];
    return features.peakActivationBytes(
      { batch: 1, height: short, width: short },
      { batch: 1, height: short, width: long },
      { batch: 1, height: long, width: long },
    );
  };
  const tile = TILE_SIDES.find((side) => bytesOf(side) <= limit) ?? TILE_SIDES.at(-1) ?? 1;
  const latents = await stages.graph("vae-encoder-latents");
  const deep = { batch: 1, height: height / scale, width: width / scale };
  const deepBytes = latents.peakActivationBytes(deep);
  const isBanded = deepBytes > memoryLimitBytes;
  const kept = 4 * channels * deep.height * deep.width;
  return {
    tile,
    isBanded,
    activationBytes: Math.max(isBanded ? limit : deepBytes, bytesOf(tile)) + kept,
    loadedBytes: peakBytes(features) + (isBanded ? 0 : peakBytes(latents)),
  };
}

async function encodeTiles(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  sample: Planes,
  { side, onPart }: Pick<EncodeOptions, "onPart"> & { readonly side: number },
): Promise<Planes> {
  const { halo, scale, channels } = splitEncoder(checkpoint.vae.config);
  const [height, width] = [sample.height / scale, sample.width / scale];
  const features = { data: new Float32Array(channels * height * width), channels, height, width };
  for (const { inner, outer } of planTiles(height, width, { tile: side, halo })) {
    onPart?.();
    const [top, left] = [outer.top * scale, outer.left * scale];
    const size = { height: outer.height * scale, width: outer.width * scale };
    const made = await stages.runFor("features", "vae-encoder-features", {
      sample: {
        data: cutOut(sample, { top, left, ...size }),
        dims: [1, sample.channels, size.height, size.width],
      },
    });
    const own = { ...inner, top: inner.top - outer.top, left: inner.left - outer.left };
    const tile = { data: made.data, channels, height: outer.height, width: outer.width };
    putInto(features, cutOut(tile, own), inner);
  }
  return features;
}
