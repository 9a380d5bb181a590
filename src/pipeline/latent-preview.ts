import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { AutoencoderConfig } from "../models/autoencoder-dc/config.ts";
import { SANA_LATENT_RGB } from "../models/autoencoder-dc/latent-rgb.ts";
import { solveSymmetric } from "./solve-symmetric.ts";

/** One pixel of a latent to RGB in [-1, 1]: a weight for each channel, then a constant, for each colour. */
export type LatentRgb = readonly (readonly number[])[];

/** Values in planes, [C, height, width]. */
export interface PlaneValues {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Keeps the fit from chasing noise while there are few pictures; small against h * w pixels of unit variance. */
const RIDGE = 1e-2;
const COLOURS = 3;

const sumsSchema = z.object({
  pictures: z.int().nonnegative(),
  gram: z.array(z.array(z.number())),
  moments: z.array(z.array(z.number())),
});
type Sums = z.infer<typeof sumsSchema>;

/**
 * What a latent will look like, a pixel of it as one colour: a linear map fitted by least squares to the pictures
 * that this checkpoint has finished. Only the sums of the normal equations are kept, in `path`.
 */
export class LatentPreview {
  readonly #path: string;
  readonly #channels: number;
  readonly #fallback: LatentRgb | null;
  #sums: Sums;

  private constructor(path: string, config: AutoencoderConfig, sums: Sums) {
    this.#path = path;
    this.#channels = config.latentChannels;
    this.#fallback = isSanaAutoencoder(config) ? SANA_LATENT_RGB : null;
    this.#sums = sums;
  }

  /** Reads what was learnt before; a file that does not fit is begun anew. */
  static async open(path: string, config: AutoencoderConfig): Promise<LatentPreview> {
    const text = await readFile(path, "utf8").catch(() => "");
    const size = config.latentChannels + 1;
    const known = sumsSchema.safeParse(parseJson(text));
    const fits =
      known.success && known.data.gram.length === size && known.data.moments.length === size;
    const zeros = (columns: number): number[][] =>
      Array.from({ length: size }, () => Array.from({ length: columns }, () => 0));
    const empty = { pictures: 0, gram: zeros(size), moments: zeros(COLOURS) };
    return new LatentPreview(path, config, fits ? known.data : empty);
  }

  /** Learns from a finished picture: its clean latents, and its decoded RGB in [-1, 1], `scale` times as large. */
  async learn(latents: PlaneValues, decoded: PlaneValues): Promise<void> {
    const colours = averageDown(decoded, decoded.height / latents.height);
    const pixels = latents.height * latents.width;
    const { gram, moments } = this.#sums;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const features = this.#features(latents, pixel);
      for (const [i, a] of features.entries()) {
        const row = gram[i] ?? [];
        for (const [j, b] of features.entries()) row[j] = (row[j] ?? 0) + a * b;
        const moment = moments[i] ?? [];
        for (let c = 0; c < COLOURS; c++)
          moment[c] = (moment[c] ?? 0) + a * (colours[c * pixels + pixel] ?? 0);
      }
    }
    this.#sums = { pictures: this.#sums.pictures + 1, gram, moments };
    // What cannot be kept is learnt anew by the next start; the picture is there.
    await this.#keep().catch(() => undefined);
  }

  async #keep(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    await writeFile(this.#path, JSON.stringify(this.#sums));
  }

  /** RGB bytes, interleaved, one pixel for each of the latent's; null before anything is known of this autoencoder. */
  render(latents: PlaneValues): { rgb: Uint8Array; width: number; height: number } | null {
    const map = this.#map();
    if (map === null) return null;
    const { height, width } = latents;
    const rgb = new Uint8Array(COLOURS * height * width);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const features = this.#features(latents, pixel);
      for (const [c, weights] of map.entries()) {
        const value = weights.reduce((sum, weight, i) => sum + weight * (features[i] ?? 0), 0);
        rgb[COLOURS * pixel + c] = Math.round(255 * Math.min(1, Math.max(0, value / 2 + 0.5)));
      }
    }
    return { rgb, width, height };
  }

  #map(): LatentRgb | null {
    const { pictures, gram, moments } = this.#sums;
    if (pictures === 0) return this.#fallback;
    const regular = gram.map((row, i) => row.map((value, j) => (i === j ? value + RIDGE : value)));
    return Array.from({ length: COLOURS }, (_, c) =>
      solveSymmetric(
        regular,
        moments.map((moment) => moment[c] ?? 0),
      ),
    );
  }

  /** The pixel's channels and a 1. */
  #features({ data, height, width }: PlaneValues, pixel: number): number[] {
    const channels = Array.from(
      { length: this.#channels },
      (_, c) => data[c * height * width + pixel] ?? 0,
    );
    return [...channels, 1];
  }
}

/** The published matrix belongs to the autoencoder of the published checkpoints and to no other. */
function isSanaAutoencoder({
  latentChannels,
  scalingFactor,
  compression,
}: AutoencoderConfig): boolean {
  return latentChannels === 32 && scalingFactor === 0.41407 && compression === 32;
}

/** Mean of each square of `scale` pixels: [3, H, W] -> [3, H/scale, W/scale]. */
function averageDown({ data, height, width }: PlaneValues, scale: number): Float32Array {
  const [rows, columns] = [height / scale, width / scale];
  const means = new Float32Array(COLOURS * rows * columns);
  for (const [index, value] of data.entries()) {
    const y = Math.floor(Math.floor(index / width) / scale);
    const x = Math.floor((index % width) / scale);
    means[y * columns + x] = (means[y * columns + x] ?? 0) + value / scale ** 2;
  }
  return means;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
