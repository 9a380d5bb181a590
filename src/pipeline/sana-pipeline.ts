import { throwIfCancelled } from "../errors.ts";
import { askNvidia } from "../onnx/nvidia.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { decode } from "./decode.ts";
import { type StepState, denoise } from "./denoise.ts";
import { encodeImage } from "./encode-image.ts";
import { encodePrompt } from "./encode-prompt.ts";
import { prepareLatents } from "./prepare-latents.ts";
import { Preview } from "./preview.ts";
import { type ResolvedRequest, resolveRequest } from "./resolve-request.ts";
import { foreseeMemory, planMemory } from "./memory-plan.ts";
import { defineStages, resolveProvider } from "./stage-definitions.ts";
import { Stages } from "./stages.ts";
import { TextEncoder } from "./text/text-encoder.ts";
import { TraceRecorder } from "./trace-recorder.ts";
import type {
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  InitLatents,
  LoadOptions,
  MemoryPolicy,
  Picture,
  Tiling,
} from "./types.ts";

/**
 * Sana from prompt to picture, on a checkpoint as Hugging Face diffusers saves it. Loading reads and checks the
 * checkpoint; each network is loaded when it first runs. One generate() at a time.
 */
export class SanaPipeline {
  readonly checkpoint: Checkpoint;
  readonly stages: Stages;
  readonly textEncoder: TextEncoder;
  readonly preview: Preview;
  readonly memory: MemoryPolicy;
  readonly tiling: Tiling;

  private constructor(
    parts: Pick<
      SanaPipeline,
      "checkpoint" | "stages" | "textEncoder" | "preview" | "memory" | "tiling"
    >,
  ) {
    this.checkpoint = parts.checkpoint;
    this.stages = parts.stages;
    this.textEncoder = parts.textEncoder;
    this.preview = parts.preview;
    this.memory = parts.memory;
    this.tiling = parts.tiling;
  }

  /** @throws UserError model_not_found or model_invalid, naming the file and what is wrong with it */
  static async load(options: LoadOptions): Promise<SanaPipeline> {
    throwIfCancelled(options.signal, "before the model was loaded");
    const checkpoint = await openCheckpoint(options.modelDir);
    const choice = await resolveProvider(checkpoint, options);
    options.log?.(choice.reason);
    const card = choice.provider === "cpu" ? null : await askNvidia();
    const deviceMemoryBytes = card?.memoryBytes;
    const attempts = defineStages(checkpoint, {
      ...options,
      deviceMemoryBytes,
      provider: choice.provider,
      isChosen: options.provider === "auto",
    });
    const stages = new Stages(attempts, {
      idleMs: options.unloadAfterMs,
      deviceMemoryBytes,
      log: options.log,
    });
    const usual = resolveRequest(checkpoint, { prompt: "", seed: 0 });
    const { policy } = await foreseeMemory({ checkpoint, stages }, usual, options.memory);
    stages.isSequential = policy === "sequential";
    const [{ precision }] = attempts["text-encoder"];
    const textEncoder = new TextEncoder({
      checkpoint,
      stages,
      cacheDir: options.cacheDir,
      precision,
    });
    const preview = await Preview.open({ checkpoint, stages }, options.cacheDir);
    const { memory, tiling = "exact" } = options;
    return new SanaPipeline({ checkpoint, stages, textEncoder, preview, memory, tiling });
  }

  /**
   * Draws the requested pictures; picture k is that of seed + k alone.
   * @throws UserError invalid_option for a value out of range, out_of_memory before anything is loaded, cancelled
   *   between stages and steps
   */
  async generate(wanted: GenerateRequest, options: GenerateOptions = {}): Promise<GenerateResult> {
    const { signal, onProgress } = options;
    const request = resolveRequest(this.checkpoint, wanted);
    const { policy } = await planMemory(this, request, this.memory);
    this.stages.isSequential = policy === "sequential";
    const trace = new TraceRecorder(options.trace);

    await onProgress?.({ stage: "encode-prompt" });
    const prompt = await encodePrompt(this, request);
    trace.prompt(prompt);

    throwIfCancelled(signal, "after the prompt was encoded");
    if (request.initImage !== null) await onProgress?.({ stage: "encode-image" });
    const cleanLatents = await encodeImage(this, { ...request, signal });
    const pictures = prepareLatents(this.checkpoint, request, cleanLatents);
    trace.prepared(pictures);

    const denoised = [];
    for (const [index, picture] of pictures.entries()) {
      const { guidanceScale } = request;
      const { stepCount: steps } = picture.schedule;
      const onStep = async ({ step, latents, predicted }: StepState): Promise<void> => {
        trace.latents(step, latents, picture.dims);
        const preview = () => this.preview.render(predicted, picture.dims);
        await onProgress?.({ stage: "denoise", picture: index, step, steps, preview });
      };
      const clean = await denoise(this, picture, { prompt, guidanceScale, signal, onStep });
      denoised.push({ ...picture, clean });
    }

    const finished = [];
    for (const [index, picture] of denoised.entries()) {
      throwIfCancelled(signal, "before a picture was decoded");
      await onProgress?.({ stage: "decode", picture: index });
      const { decoded, picture: drawn } = await decode(this, picture, { ...request, signal });
      trace.decoded(decoded);
      await this.preview.learn(picture, decoded);
      finished.push(drawn);
    }
    trace.finish();
    return { pictures: finished, ...this.#report(request) };
  }

  /** The picture again that kept latents once gave, at the size that it was fitted to. */
  async decodeLatents(
    { data, width: latentWidthPx, height: latentHeightPx }: InitLatents,
    size: { width: number; height: number; signal?: AbortSignal | undefined },
  ): Promise<Picture> {
    const { compression, latentChannels } = this.checkpoint.vae.config;
    const dims = [1, latentChannels, latentHeightPx / compression, latentWidthPx / compression];
    const kept = { clean: data, dims: dims as [1, number, number, number], seed: 0 };
    return (await decode(this, kept, { ...size, latentWidthPx, latentHeightPx })).picture;
  }

  /** Frees all memory; may be called twice. */
  async release(): Promise<void> {
    await this.stages.release();
  }

  #report(request: ResolvedRequest): Omit<GenerateResult, "pictures"> {
    return {
      settings: {
        prompt: request.prompt,
        negativePrompt: request.negativePrompt ?? "",
        width: request.width,
        height: request.height,
        steps: request.steps,
        guidanceScale: request.guidanceScale,
        scheduler: request.scheduler,
        strength: request.strength,
        rng: request.rng,
      },
      stages: this.stages.takeReports(),
      model: { name: this.checkpoint.manifest.name, hash: this.checkpoint.hash },
    };
  }
}
