import { join } from "node:path";

import { type Config, PROJECT_DIR } from "../config.ts";
import { findModel } from "../models/find-model.ts";
import { openCheckpoint } from "../pipeline/checkpoint.ts";
import { SanaPipeline } from "../pipeline/sana-pipeline.ts";
import { workModelOf } from "../pipeline/work.ts";
import { Upscaler } from "../upscale/upscaler.ts";
import type { ModelDescription } from "./messages.ts";

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
    const { modelsDir, provider, precision, memory, dataDir } = this.#config;
    const pipeline = await SanaPipeline.load({
      modelDir: await findModel(name, modelsDir),
      cacheDir: join(dataDir, "cache"),
      provider,
      precision,
      memory,
      log: this.#log,
      signal,
    });
    this.#loaded = { name, pipeline };
    return pipeline;
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
