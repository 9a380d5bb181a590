import type { AnyPicture, RgbPicture } from "../image/encode-picture.ts";
import { resizeLanczos, resizeLanczosGray } from "../image/resize-lanczos.ts";
import { joinLayers, splitLayers, type SplitPicture } from "../image/transparency.ts";
import { SIZE_MULTIPLE_PX } from "../pipeline/limits.ts";
import { foreseeMemory } from "../pipeline/memory-plan.ts";
import { defaultSteps } from "../pipeline/resolve-request.ts";
import type { SanaPipeline } from "../pipeline/sana-pipeline.ts";
import type { ProgressEvent } from "../pipeline/types.ts";
import { workModelOf, workOf } from "../pipeline/work.ts";
import { type PixelSize, targetSize } from "./target-size.ts";
import type { CreativeCost, CreativeOptions, TileProgress } from "./types.ts";

/** Between keeping the picture (0.2) and finding new detail (0.5). */
export const DEFAULT_CREATIVE_STRENGTH = 0.35;
/** Beside the networks: the picture in bytes before and after, in float32 before encoding and after decoding. */
const HOST_BYTES_PER_PIXEL = 3 + 3 + 12 + 12;
/** What a released upscaler leaves in the process: code, threads' heaps, its graph; 205 MB were measured. */
const UPSCALER_REST_BYTES = 205e6;

/**
 * Draws a picture anew at a bigger size: enlarged, encoded, some noise added, denoised with its own prompt, decoded.
 * Encoding and decoding go by tiles where the memory that the pipeline allows asks for it. Transparency is kept.
 *
 * @throws {UserError} as the pipeline does; `invalid_option` when the picture is that large already.
 */
export async function upscaleCreatively(
  pipeline: SanaPipeline,
  picture: AnyPicture,
  options: CreativeOptions,
): Promise<AnyPicture> {
  const { prompt, negativePrompt, longestSide, seed, signal } = options;
  const strength = options.strength ?? DEFAULT_CREATIVE_STRENGTH;
  const target = targetSize(picture, longestSide);
  const canvas = canvasOf(target);
  const steps = defaultSteps(pipeline.checkpoint, strength);
  const walked = steps - Math.trunc(Math.max(steps - steps * strength, 0));
  const progress = new Progress(walked, options.onProgress);
  const { colour, alpha } = await enlargeFirst(picture, target, {
    ...options,
    onProgress: (at) => progress.enlarging(at),
  });
  const { pictures } = await pipeline.generate(
    {
      prompt,
      negativePrompt,
      ...canvas,
      binning: false,
      steps,
      initImage: extend(colour, canvas),
      strength,
      seed,
    },
    { signal, onProgress: (event) => progress.drawing(event) },
  );
  const [drawn] = pictures;
  if (drawn === undefined) throw new Error("The pipeline drew no picture.");
  await progress.done();
  return joinLayers({ colour: crop(drawn, target), alpha });
}

/** Each tile of the enlarging, then encoding, each step and decoding are a piece each. */
class Progress {
  readonly #walked: number;
  readonly #report: CreativeOptions["onProgress"];
  /** Of the enlarging; 0 where it is one resize. */
  #tiles = 0;

  constructor(walked: number, report: CreativeOptions["onProgress"]) {
    this.#walked = walked;
    this.#report = report;
  }

  async enlarging({ tile, tiles }: TileProgress): Promise<void> {
    this.#tiles = tiles;
    await this.#say(tile);
  }

  async drawing(event: ProgressEvent): Promise<void> {
    const done: Partial<Record<ProgressEvent["stage"], number>> = {
      denoise: 1,
      decode: this.#walked + 1,
    };
    const step = event.stage === "denoise" ? event.step : 0;
    await this.#say(this.#tiles + (done[event.stage] ?? 0) + step);
  }

  async done(): Promise<void> {
    await this.#say(this.#tiles + this.#walked + 2);
  }

  async #say(tile: number): Promise<void> {
    await this.#report?.({ tile, tiles: this.#tiles + this.#walked + 2 });
  }
}

/**
 * What {@link upscaleCreatively} will take for a picture of this size after the enlarging that comes first: encoding and
 * decoding in the tiles that the pipeline itself chooses.
 */
export async function predictCreative(
  pipeline: SanaPipeline,
  size: PixelSize,
  { longestSide, strength = DEFAULT_CREATIVE_STRENGTH }: { longestSide: number; strength?: number },
): Promise<CreativeCost> {
  const target = targetSize(size, longestSide);
  const canvas = canvasOf(target);
  const { manifest } = pipeline.checkpoint;
  const flops = workOf(workModelOf(pipeline.checkpoint), {
    ...canvas,
    steps: defaultSteps(pipeline.checkpoint, strength),
    guidanceScale: manifest.guidanceScale,
    count: 1,
    strength,
    isEncoded: true,
  });
  const planned = { latentHeightPx: canvas.height, latentWidthPx: canvas.width, initImage: true };
  const plan = await foreseeMemory(pipeline, planned, pipeline.memory);
  const hostBytes = HOST_BYTES_PER_PIXEL * canvas.width * canvas.height + UPSCALER_REST_BYTES;
  const peakMemoryBytes = plan.peakBytes + hostBytes;
  return { ...target, flops, peakMemoryBytes, devicePeakMemoryBytes: plan.devicePeakBytes };
}

async function enlargeFirst(
  picture: AnyPicture,
  target: PixelSize,
  { longestSide, upscaler, signal, onProgress }: CreativeOptions,
): Promise<SplitPicture> {
  if (upscaler !== undefined) {
    try {
      const options = { longestSide, signal, onProgress };
      const { picture: enlarged } = await upscaler.upscale(picture, options);
      return splitLayers(enlarged);
    } finally {
      // The pipeline has planned with its memory.
      await upscaler.release();
    }
  }
  const { colour, alpha } = splitLayers(picture);
  return {
    colour: resizeLanczos(colour, target),
    alpha: alpha === null ? null : resizeLanczosGray(alpha, colour, target),
  };
}

/** The sizes that the autoencoder takes. */
function canvasOf({ width, height }: PixelSize): PixelSize {
  const fill = (side: number): number => Math.ceil(side / SIZE_MULTIPLE_PX) * SIZE_MULTIPLE_PX;
  return { width: fill(width), height: fill(height) };
}

/** Repeats the last row and column until the canvas is full. */
function extend({ rgb, width, height }: RgbPicture, canvas: PixelSize): RgbPicture {
  if (width === canvas.width && height === canvas.height) return { rgb, width, height };
  const filled = new Uint8Array(3 * canvas.width * canvas.height);
  for (let y = 0; y < canvas.height; y += 1) {
    const from = 3 * width * Math.min(y, height - 1);
    const to = 3 * canvas.width * y;
    filled.set(rgb.subarray(from, from + 3 * width), to);
    const last = rgb.subarray(from + 3 * (width - 1), from + 3 * width);
    for (let x = width; x < canvas.width; x += 1) filled.set(last, to + 3 * x);
  }
  return { rgb: filled, ...canvas };
}

function crop({ rgb, width, height }: RgbPicture, target: PixelSize): RgbPicture {
  if (width === target.width && height === target.height) return { rgb, width, height };
  const cut = new Uint8Array(3 * target.width * target.height);
  for (let y = 0; y < target.height; y += 1) {
    const from = 3 * width * y;
    cut.set(rgb.subarray(from, from + 3 * target.width), 3 * target.width * y);
  }
  return { rgb: cut, ...target };
}
