import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "../src/pipeline/decode.ts";
import { encodeImage } from "../src/pipeline/encode-image.ts";
import { prepareLatents } from "../src/pipeline/prepare-latents.ts";
import { resolveRequest } from "../src/pipeline/resolve-request.ts";
import type { SanaPipeline } from "../src/pipeline/sana-pipeline.ts";
import type { Bench, BenchResult } from "./bench-result.ts";
import {
  type EmojiBench,
  type Judgement,
  PICTURE_SIDE,
  drawAll,
  judge,
  loadEmoji,
  prepareEmojiBench,
} from "./support/emoji-pictures.ts";
import { psnr } from "./support/psnr.ts";

/** Shares to reach, by category; each language has the last one's. */
const GOALS: Readonly<Record<string, number>> = {
  single: 0.95,
  colour: 0.9,
  pair: 0.6,
  number: 0.6,
  size: 0.6,
  side: 0.6,
  hue: 0.6,
};
const LANGUAGE_GOAL = 0.85;
/** Decibels on pictures that the autoencoder was not trained on. */
const AUTOENCODER_GOAL = 25;
/** Prompts for single objects that are drawn with several seeds each. */
const SEEN_AGAIN = 12;
const SEEDS = 4;
/** Root mean square difference, of 255; a light tint behind one of two like pictures makes some 20. */
const SEEDS_GOAL = 20;

export const embedded: Bench = {
  about:
    "share of prompts, none a caption in training, whose picture by the built-in model is nearest to the right emoji",
  run,
};

async function run(): Promise<BenchResult> {
  const goal = `single >= ${GOALS["single"]}, colour >= ${GOALS["colour"]}, compositions >= ${GOALS["pair"]}, languages >= ${LANGUAGE_GOAL}, seeds >= ${SEEDS_GOAL} apart, autoencoder >= ${AUTOENCODER_GOAL} dB`;
  const bench = await prepareEmojiBench();
  if (bench === null) {
    return { value: 0, unit: "share", reference: null, ratio: null, goal, met: false };
  }
  const pipeline = await loadEmoji();
  const decibels = await autoencoderDecibels(pipeline, bench);
  const start = performance.now();
  const pictures = await drawAll(pipeline, bench.prompts);
  const seconds = (performance.now() - start) / 1000 / bench.prompts.length;
  const seedsApart = await differenceOfSeeds(pipeline, bench);
  await pipeline.release();
  const { kinds, everyday, classifierOnOriginals } = await judge(bench, bench.prompts, pictures);
  const value = kinds["single"]?.retrieval ?? 0;
  const reference = kinds["single"]?.shuffled ?? 0;
  return {
    value,
    unit: "share of single objects",
    reference,
    ratio: value / Math.max(reference, 1 / bench.prompts.length),
    goal,
    met:
      decibels >= AUTOENCODER_GOAL &&
      seedsApart >= SEEDS_GOAL &&
      Object.entries(kinds).every(reaches),
    details: {
      kinds,
      everyday,
      classifierOnOriginals,
      autoencoderDecibels: decibels,
      seedsApart,
      secondsPerPicture: seconds,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    },
  };
}

function reaches([kind, { retrieval }]: readonly [string, Judgement["kinds"][string]]): boolean {
  return retrieval >= (GOALS[kind] ?? (kind.startsWith("language") ? LANGUAGE_GOAL : 0));
}

/** Root mean square difference (of 255) between two pictures of one prompt: the mean over pairs of four seeds and over prompts. */
async function differenceOfSeeds(pipeline: SanaPipeline, { prompts }: EmojiBench): Promise<number> {
  const differences: number[] = [];
  for (const { prompt } of prompts.filter(({ kind }) => kind === "single").slice(0, SEEN_AGAIN)) {
    const { pictures } = await pipeline.generate({ prompt, seed: 0, count: SEEDS });
    for (const [index, { rgb }] of pictures.entries())
      for (const other of pictures.slice(0, index))
        differences.push(255 / 10 ** (psnr(rgb, other.rgb) / 20));
  }
  return differences.reduce((sum, value) => sum + value, 0) / differences.length;
}

/** Mean PSNR of held-out scenes, encoded and decoded. */
async function autoencoderDecibels(pipeline: SanaPipeline, { out }: EmojiBench): Promise<number> {
  const scenes = await readFile(join(out, "held-out.raw"));
  const bytes = 3 * PICTURE_SIDE ** 2;
  const values: number[] = [];
  for (let from = 0; from < scenes.length; from += bytes) {
    const rgb = scenes.subarray(from, from + bytes);
    const initImage = { rgb, width: PICTURE_SIDE, height: PICTURE_SIDE };
    const request = resolveRequest(pipeline.checkpoint, { prompt: "", seed: 0, initImage });
    const latents = await encodeImage(pipeline, request);
    const [prepared] = prepareLatents(pipeline.checkpoint, request, latents);
    if (latents === null || prepared === undefined) throw new Error("no latents were made");
    const { picture } = await decode(pipeline, { ...prepared, clean: latents }, request);
    values.push(psnr(rgb, picture.rgb));
  }
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
