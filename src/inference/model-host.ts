import { cpus } from "node:os";
import { join } from "node:path";

import { type Config, PROJECT_DIR } from "../config.ts";
import { findModel } from "../models/find-model.ts";
import { openCheckpoint } from "../pipeline/checkpoint.ts";
import { SanaPipeline } from "../pipeline/sana-pipeline.ts";
import { resolveProvider } from "../pipeline/stage-definitions.ts";
import { workModelOf } from "../pipeline/work.ts";
import { predictCreative, predictUpscale, Upscaler } from "../upscale/upscale.ts";
import type { ModelDescription, TaskResults } from "./messages.ts";

/** The usual enlargement, whose price stands for all. */
const UPSCALED_FROM_PX = 1024;
const UPSCALED_TO_PX = 4096;

/** Holds the one model that is loaded. */
export class ModelHost {
  readonly #config: Config;
  readonly #log: (line: string) => void;
  #upscaler: Upscaler | null = null;
  #loaded: { name: string; pipeline: SanaPipeline } | null = null;

  constructor(config: Config, log: (line: string) => void) {
    this.#config = config;
    this.#log = log;
  }

  /** The pipeline of a model; another one that is loaded is released first. */
  async pipeline(name: string, signal?: AbortSignal): Promise<SanaPipeline> {
    if (this.#loaded?.name === name) return this.#loaded.pipeline;
    await this.release();
    const pipeline = await this.#open(name, signal);
    this.#loaded = { name, pipeline };
    return pipeline;
  }

  /** A pipeline whose weights are loaded when they are first needed. */
  async #open(name: string, signal?: AbortSignal): Promise<SanaPipeline> {
    const { modelsDir, provider, precision, memory, dataDir, unloadAfterMinutes } = this.#config;
    return SanaPipeline.load({
      modelDir: await findModel(name, modelsDir),
      cacheDir: join(dataDir, "cache"),
      provider,
      precision,
      memory,
      unloadAfterMs: unloadAfterMinutes === 0 ? undefined : unloadAfterMinutes * 60_000,
      log: this.#log,
      signal,
    });
  }

  async describe(name: string): Promise<ModelDescription> {
    const folder = await findModel(name, this.#config.modelsDir);
    const checkpoint = await openCheckpoint(folder);
    const { manifest, transformer, vae, hash } = checkpoint;
    const nativeSize = transformer.config.sampleSize * vae.config.compression;
    return {
      name,
      title: manifest.name,
      licence: manifest.license ?? "see the model's own files",
      hash,
      nativeSize,
      defaultWidth: manifest.defaultWidth ?? nativeSize,
      defaultHeight: manifest.defaultHeight ?? nativeSize,
      defaultSteps: manifest.numInferenceSteps,
      defaultGuidance: manifest.guidanceScale,
      ignoresNegativePrompt: transformer.config.guidanceEmbeds,
      isBuiltIn: folder.startsWith(join(PROJECT_DIR, "models")),
      work: workModelOf(checkpoint),
    };
  }

  /** Where a model would run and what enlarging costs; no weight is loaded. */
  async device(name: string): Promise<TaskResults["device"]> {
    const { modelsDir, provider, precision, memory, dataDir, upscaler } = this.#config;
    const modelDir = await findModel(name, modelsDir);
    const options = { modelDir, cacheDir: join(dataDir, "cache"), provider, precision, memory };
    const choice = await resolveProvider(await openCheckpoint(modelDir), options);
    const [first] = cpus();
    const cost = await predictUpscale(
      { width: UPSCALED_FROM_PX, height: UPSCALED_FROM_PX },
      { longestSide: UPSCALED_TO_PX, upscaler },
    );
    return {
      device: [
        choice.provider,
        first?.model ?? "unknown processor",
        `${cpus().length} threads`,
      ].join(", "),
      upscaleFlopsPerPixel: cost.flops / (cost.width * cost.height),
    };
  }

  /** Bytes that drawing a picture anew at 4096 x 4096 takes at the worst moment; no weight is loaded. */
  async creativePeakBytes(name: string): Promise<TaskResults["creative"]> {
    const loaded = this.#loaded?.name === name ? this.#loaded.pipeline : null;
    const pipeline = loaded ?? (await this.#open(name));
    const size = { width: UPSCALED_FROM_PX, height: UPSCALED_FROM_PX };
    const cost = await predictCreative(pipeline, size, { longestSide: UPSCALED_TO_PX });
    if (loaded === null) await pipeline.release();
    return { host: cost.peakMemoryBytes, device: cost.devicePeakMemoryBytes };
  }

  /** The upscaler, loaded when it is first needed. */
  async upscaler(): Promise<Upscaler> {
    const { provider, dataDir, upscaler } = this.#config;
    this.#upscaler ??= await Upscaler.load({
      upscaler,
      provider,
      cacheDir: join(dataDir, "cache"),
      log: this.#log,
    });
    return this.#upscaler;
  }

  /** Frees all memory of networks; may be called twice. */
  async release(): Promise<void> {
    const [loaded, upscaler] = [this.#loaded, this.#upscaler];
    this.#loaded = null;
    this.#upscaler = null;
    await loaded?.pipeline.release();
    await upscaler?.release();
  }
}
