import type { Provider } from "../onnx/session.ts";
import type { SchedulerName } from "./schedulers/schedule.ts";

export type { Provider } from "../onnx/session.ts";
/** `auto` picks by provider, checkpoint and memory; `int8` is weight-only and for the text encoder. */
type Precision = "auto" | "fp32" | "fp16" | "int8";
/** Which stages stay loaded: `sequential` holds one at a time. */
export type MemoryPolicy = "auto" | "all" | "sequential";

/** How pictures that do not fit whole go through the autoencoder: exactly, or as diffusers' enable_tiling() does. */
export type Tiling = "exact" | "diffusers";

/** What it takes to open a checkpoint. */
export interface LoadOptions {
  /** A folder in the layout of Hugging Face diffusers. */
  modelDir: string;
  /** Where prefix keys and values and converted weights are kept. */
  cacheDir: string;
  provider: Provider | "auto";
  precision: Precision;
  memory: MemoryPolicy;
  /** `exact` by default. */
  tiling?: Tiling | undefined;
  /** Milliseconds without work after which the networks are unloaded; undefined: never. */
  unloadAfterMs?: number | undefined;
  /** Receives a line about where the model runs and why, and when that changes. */
  log?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** A decoded picture at its own size; the pipeline asks `image/` to resize it. */
export interface InitImage {
  /** Interleaved RGB, `3 * width * height` bytes. */
  rgb: Uint8Array;
  width: number;
  height: number;
}

/** Clean latents of a picture that was made before, in the transformer's scale. */
export interface InitLatents {
  /** [C, height / 32, width / 32] for an autoencoder of compression 32. */
  data: Float32Array;
  /** Pixels. */
  width: number;
  height: number;
}

/** What to draw. Whatever is left out takes the checkpoint's own default. */
export interface GenerateRequest {
  prompt: string;
  negativePrompt?: string | undefined;
  /** Pixels. */
  width?: number | undefined;
  /** Pixels. */
  height?: number | undefined;
  steps?: number | undefined;
  guidanceScale?: number | undefined;
  /** 0 to 2^53 - 1; picture k uses `seed + k`. */
  seed: number;
  count?: number | undefined;
  scheduler?: SchedulerName | undefined;
  initImage?: InitImage | undefined;
  /** Instead of `initImage`: begins from these at their own size, without the loss of decoding and encoding. */
  initLatents?: InitLatents | undefined;
  /** Above 0 to 1, only with a picture or latents to start from. */
  strength?: number | undefined;
  /** False: width and height as given, multiples of 32. */
  binning?: boolean | undefined;
  /** Whose random stream a seed means. */
  rng?: "cpu" | "cuda" | undefined;
}

/** Sent when a stage begins, and before the first and after each denoising step. */
export type ProgressEvent =
  | { stage: "load" | "encode-prompt" | "encode-image" | "decode"; picture?: number | undefined }
  | {
      stage: "denoise";
      picture: number;
      step: number;
      steps: number;
      /** What the picture will look like by now; null before the first step, or where nothing is known yet. */
      preview: () => Promise<PreviewPicture | null>;
    };

/** A small picture: one pixel for each of the latent's, or the decoded one where the decoder is small. */
export interface PreviewPicture {
  /** Interleaved RGB. */
  rgb: Uint8Array;
  width: number;
  height: number;
}

/**
 * The networks that a picture passes through, in this order: the encoder only for a given picture; encoder and
 * decoder whole or, for a large picture, in two parts.
 */
export type StageName =
  | "text-encoder"
  | "conditioning"
  | "vae-encoder"
  | "vae-encoder-features"
  | "vae-encoder-latents"
  | "transformer"
  | "vae-decoder"
  | "vae-decoder-features"
  | "vae-decoder-picture";

/** How long a stage took in one request, and where it ran. */
export interface StageReport {
  stage: StageName;
  /** Running it, all calls together. */
  milliseconds: number;
  /** Loading it; 0 when it was loaded already. */
  loadMilliseconds: number;
  calls: number;
  provider: Provider;
  precision: "fp32" | "fp16" | "int8";
  /** Weights in 8 bits: the root of their squared rounding errors over that of their squares. */
  weightError?: number;
  /** Where it was to run, if that failed. */
  insteadOf?: Provider;
}

/** Receives the tensors between the stages. */
export interface Trace {
  add(name: string, data: Float32Array | BigInt64Array, shape: readonly number[]): void;
}

/** How a request is watched and stopped. */
export interface GenerateOptions {
  signal?: AbortSignal | undefined;
  /** Awaited: the work goes on when it has returned. */
  onProgress?: ((event: ProgressEvent) => void | Promise<void>) | undefined;
  trace?: Trace | undefined;
}

/** A finished picture. */
export interface Picture {
  /** Interleaved RGB, `3 * width * height` bytes. */
  rgb: Uint8Array;
  width: number;
  height: number;
  seed: number;
  /** What was decoded: a later picture can begin from them. */
  latents: InitLatents;
}

/** The pictures, and the settings that they were really made with. */
export interface GenerateResult {
  pictures: Picture[];
  settings: {
    prompt: string;
    negativePrompt: string;
    width: number;
    height: number;
    steps: number;
    guidanceScale: number;
    scheduler: string;
    strength?: number | undefined;
    rng: "cpu" | "cuda";
  };
  stages: StageReport[];
  model: { name: string; hash: string };
}
