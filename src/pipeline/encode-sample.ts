import { splitEncoder } from "../models/autoencoder-dc/encoder-graph.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { FloatTensor, Stages } from "./stages.ts";
import { type Planes, cutOut, planTiles, putInto, TILE_SIDES } from "./tiles.ts";

/** A picture in [-1, 1] to latents [1, C, h, w], whole where that fits the limit, else its convolutions by tiles. */
export async function encodeSample(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  sample: Planes,
  memoryLimitBytes: number,
): Promise<Float32Array> {
  const { height, width, channels } = sample;
  const tile = await chooseTile({ checkpoint, stages }, { height, width }, memoryLimitBytes);
  const latents =
    tile === null
      ? await stages.runFor("latents", "vae-encoder", {
          sample: { data: sample.data, dims: [1, channels, height, width] },
        })
      : await encodeTiles({ checkpoint, stages }, sample, tile);
  return latents.data;
}

/** The side of the encoder's tiles in pixels of the features, or null where the picture is encoded whole. */
async function chooseTile(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  { height, width }: { height: number; width: number },
  memoryLimitBytes: number,
): Promise<number | null> {
  const whole = await stages.graph("vae-encoder");
  if (whole.peakActivationBytes({ batch: 1, height, width }) <= memoryLimitBytes) return null;
  const { halo, scale } = splitEncoder(checkpoint.vae.config);
  const graph = await stages.graph("vae-encoder-features");
  const fits = (side: number): boolean => {
    const outer = (side + 2 * halo) * scale;
    return graph.peakActivationBytes({ batch: 1, height: outer, width: outer }) <= memoryLimitBytes;
  };
  return TILE_SIDES.find(fits) ?? TILE_SIDES.at(-1) ?? null;
}

async function encodeTiles(
  { checkpoint, stages }: { checkpoint: Checkpoint; stages: Stages },
  sample: Planes,
  side: number,
): Promise<FloatTensor> {
  const { halo, scale, channels } = splitEncoder(checkpoint.vae.config);
  const [height, width] = [sample.height / scale, sample.width / scale];
  const features = { data: new Float32Array(channels * height * width), channels, height, width };
  for (const { inner, outer } of planTiles(height, width, { tile: side, halo })) {
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
  return stages.runFor("latents", "vae-encoder-latents", {
    features: { data: features.data, dims: [1, channels, height, width] },
  });
}
