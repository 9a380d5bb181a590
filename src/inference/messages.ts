import type { ErrorReason, UserErrorCode } from "../errors.ts";
import type { Recipe } from "../image/recipe.ts";
import type { StageReport } from "../pipeline/types.ts";
import type { WorkModel } from "../pipeline/work.ts";

/** Clean latents as float16, little-endian. */
export interface StoredLatents {
  /** [C, height / 32, width / 32]. */
  readonly float16: Uint8Array;
  /** Pixels that they decode to. */
  readonly width: number;
  readonly height: number;
}

/** What a task begins from. */
export type TaskSource =
  | { readonly kind: "latents"; readonly latents: StoredLatents; readonly recipe: Recipe }
  /** One of our pictures whose latents are gone: it is drawn again. */
  | { readonly kind: "recipe"; readonly recipe: Recipe }
  /** A whole file from anywhere. */
  | { readonly kind: "file"; readonly bytes: Uint8Array };

/** Where pictures go when they are done. */
export interface OutputRules {
  /** Bytes that one file may have. */
  readonly limitBytes: number;
  /** The names of the lossless originals are `NAME-INDEX.png`. */
  readonly originalName: string;
  /** The picture of ours that it is made from, for the file's recipe. */
  readonly parent: string | null;
}

/** One thing that the inference child is asked to do. */
export type Task =
  | { readonly kind: "describe"; readonly models: readonly string[] }
  /** Loads a model's weights before they are needed. */
  | { readonly kind: "load"; readonly model: string }
  | { readonly kind: "unload" }
  /** Where a model would run, and what enlarging costs. */
  | { readonly kind: "device"; readonly model: string }
  /** What drawing pictures anew at 4K with a model would take. */
  | { readonly kind: "creative"; readonly model: string }
  | GenerateTask
  | UpscaleTask;

export interface GenerateTask {
  readonly kind: "generate";
  readonly model: string;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly seed: number;
  readonly source: TaskSource | null;
  readonly strength: number | null;
  readonly output: OutputRules;
}

export interface UpscaleTask {
  readonly kind: "upscale";
  readonly model: string;
  readonly source: TaskSource;
  readonly mode: "faithful" | "creative";
  readonly longestSide: number;
  readonly prompt: string;
  readonly strength: number | null;
  readonly seed: number;
  readonly output: OutputRules;
}

/** A finished picture, ready to be posted and stored. */
export interface MadePicture {
  readonly file: {
    readonly name: string;
    readonly data: Uint8Array;
    /** Where it has fewer pixels than the picture so that it fits, how many: `3120 × 3120`. */
    readonly remark: string | null;
  };
  readonly recipe: Recipe;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** Null for an upscaled picture. */
  readonly latents: StoredLatents | null;
  /** The lossless file under DATA_DIR/originals. */
  readonly original: string;
  /** WebP, at most 256 pixels a side. */
  readonly thumbnail: Uint8Array;
}

export interface Made {
  readonly pictures: readonly MadePicture[];
  readonly stages: readonly StageReport[];
  /** How an upscaled picture was made, for the card; null for a drawn one. */
  readonly method: string | null;
  /** Milliseconds of the whole task. */
  readonly milliseconds: number;
}

/** A model as the child found it. */
export interface ModelDescription {
  /** What `model` of a task says. */
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly hash: string;
  /** Pixels. */
  readonly nativeSize: number;
  readonly defaultWidth: number;
  readonly defaultHeight: number;
  readonly defaultSteps: number;
  readonly defaultGuidance: number;
  readonly ignoresNegativePrompt: boolean;
  readonly isBuiltIn: boolean;
  readonly work: WorkModel;
}

/** What a task gives back, by its kind. */
export interface TaskResults {
  readonly describe: readonly ModelDescription[];
  readonly load: null;
  readonly unload: null;
  readonly device: {
    /** In words, the provider first: `cpu, AMD EPYC, 2 threads`. */
    readonly device: string;
    /** Floating-point operations for each pixel of an enlarged picture; 0 where Lanczos does it. */
    readonly upscaleFlopsPerPixel: number;
  };
  /** Bytes at the worst moment, of the machine and of the graphics card. */
  readonly creative: { readonly host: number; readonly device: number };
  readonly generate: Made;
  readonly upscale: Made;
}

/** How far a task is; sent before every step. */
export type TaskProgress =
  | {
      readonly stage: "load" | "encode-prompt" | "encode-image" | "decode" | "encode-file";
    }
  | {
      readonly stage: "denoise";
      readonly picture: number;
      readonly pictures: number;
      readonly step: number;
      readonly steps: number;
    }
  | { readonly stage: "upscale"; readonly tile: number; readonly tiles: number };

export type ToChild =
  | { readonly type: "run"; readonly id: number; readonly task: Task }
  | { readonly type: "cancel"; readonly id: number };

export type FromChild =
  /** Sent once when it can take tasks, then every second: its event loop is alive. */
  | { readonly type: "alive"; readonly residentBytes: number }
  | {
      readonly type: "progress";
      readonly id: number;
      readonly progress: TaskProgress;
      /** A small WebP, at most every two seconds. */
      readonly preview: Uint8Array | null;
    }
  | { readonly type: "done"; readonly id: number; readonly result: TaskResults[Task["kind"]] }
  | { readonly type: "failed"; readonly id: number; readonly error: TaskError }
  /** A line for the log, such as where a model runs and why. */
  | { readonly type: "log"; readonly line: string };

/** `code` is null for a bug of ours. */
export interface TaskError {
  readonly code: UserErrorCode | null;
  readonly message: string;
  readonly reason: ErrorReason | null;
  readonly stack: string | undefined;
}
