import { randomInt } from "node:crypto";
import { join } from "node:path";

import type { Config } from "../config.ts";
import { UserError } from "../errors.ts";
import type { AnyPicture } from "../image/encode-picture.ts";
import type { Recipe } from "../image/recipe.ts";
import { findModel } from "../models/find-model.ts";
import type { Provider } from "../pipeline/types.ts";
import type { CreativeCost, UpscaleCost, UpscaleOptions } from "../upscale/types.ts";
import type { Upscaler } from "../upscale/upscale.ts";
import { peakMemory, type PeakMemory } from "./peak-memory.ts";
import { restartForMemory } from "./restart.ts";

/** Short enough to be passed on by voice. */
const MAX_RANDOM_SEED = 2 ** 32;

/** One picture and what is to become of it. */
export interface UpscaleWork {
  readonly picture: AnyPicture;
  /** The file's own. */
  readonly recipe: Recipe | null;
  readonly config: Config;
  readonly log: (line: string) => void;
  readonly mode: Outcome["method"];
  /** Pixels of the longer side. */
  readonly to: number;
  readonly upscaler?: string;
  readonly provider?: Config["provider"];
  /** The rest is for creative ones. */
  readonly prompt?: string;
  readonly strength?: number;
  readonly seed?: number;
  readonly model?: string;
}

export interface Outcome {
  readonly picture: AnyPicture;
  readonly method: "faithful" | "creative" | "lanczos";
  /** The method in words. */
  readonly name: string;
  /** Of a creative one. */
  readonly drawn?: { readonly prompt: string; readonly seed: number; readonly strength: number };
  readonly memory: PeakMemory;
  /** Where the network ran. */
  readonly provider: Provider;
}

type Watch = Pick<UpscaleOptions, "signal" | "onProgress">;

/** Work whose cost is known and that can begin. */
interface PreparedUpscale {
  readonly cost: UpscaleCost | CreativeCost;
  readonly run: (watch: Watch) => Promise<Outcome>;
  readonly release: () => Promise<void>;
}

/**
 * Opens what the work needs. Modules are imported here: they load ONNX Runtime's native library, which `--help` and a
 * wrong option do without.
 */
export async function prepareUpscale(
  work: UpscaleWork,
  signal: AbortSignal,
): Promise<PreparedUpscale> {
  const { picture, config, mode, to: longestSide, log } = work;
  if (mode === "creative") await restartForMemory(await modelOf(work));
  const upscale = await import("../upscale/upscale.ts");
  const name = mode === "lanczos" ? "lanczos" : (work.upscaler ?? config.upscaler);
  const provider = work.provider ?? config.provider;
  const cacheDir = join(config.dataDir, "cache");
  const upscaler = await upscale.Upscaler.load({ upscaler: name, provider, cacheDir, log });
  if (mode === "creative") return prepareCreative(work, { upscaler, signal });
  return {
    cost: await upscale.predictUpscale(picture, { longestSide, upscaler: name }),
    run: async (watch) => {
      const upscaled = await upscaler.upscale(picture, { longestSide, ...watch });
      const { provider: ranOn } = upscaler;
      return { ...upscaled, memory: await peakMemory([ranOn]), provider: ranOn };
    },
    release: () => upscaler.release(),
  };
}

function modelOf({ model, config }: UpscaleWork): Promise<string> {
  return findModel(model ?? config.model, config.modelsDir);
}

async function prepareCreative(
  work: UpscaleWork,
  { upscaler, signal }: { upscaler: Upscaler; signal: AbortSignal },
): Promise<PreparedUpscale> {
  const { DEFAULT_CREATIVE_STRENGTH, predictCreative, predictUpscale, upscaleCreatively } =
    await import("../upscale/upscale.ts");
  const { SanaPipeline } = await import("../pipeline/sana-pipeline.ts");
  const { picture, recipe, config, to: longestSide, log } = work;
  const prompt = work.prompt ?? recipe?.prompt;
  if (prompt === undefined) {
    throw new UserError(
      "invalid_option",
      "--mode creative needs the picture's prompt, and the file holds none: add --prompt TEXT.",
    );
  }
  const pipeline = await SanaPipeline.load({
    modelDir: await modelOf(work),
    cacheDir: join(config.dataDir, "cache"),
    provider: work.provider ?? config.provider,
    precision: config.precision,
    memory: config.memory,
    log,
    signal,
  });
  const strength = work.strength ?? DEFAULT_CREATIVE_STRENGTH;
  const drawn = { prompt, seed: work.seed ?? randomInt(MAX_RANDOM_SEED), strength };
  // A Sprint model refuses a negative prompt, also one that was another model's.
  const { guidanceEmbeds } = pipeline.checkpoint.transformer.config;
  const negativePrompt = guidanceEmbeds ? undefined : recipe?.negativePrompt;
  const network = work.upscaler ?? config.upscaler;
  const first = await predictUpscale(picture, { longestSide, upscaler: network });
  const then = await predictCreative(pipeline, picture, { longestSide, strength });
  const peakMemoryBytes = Math.max(first.peakMemoryBytes, then.peakMemoryBytes);
  return {
    cost: { ...then, flops: first.flops + then.flops, peakMemoryBytes },
    run: async (watch) => {
      const options = { ...watch, ...drawn, negativePrompt, longestSide, upscaler };
      const made = await upscaleCreatively(pipeline, picture, options);
      const { name } = pipeline.checkpoint.manifest;
      const ranOn = pipeline.stages.provider("transformer");
      const memory = await peakMemory([ranOn]);
      return { picture: made, method: "creative", name, drawn, memory, provider: ranOn };
    },
    release: async () => {
      await upscaler.release();
      await pipeline.release();
    },
  };
}
