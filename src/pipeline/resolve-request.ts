import { UserError } from "../errors.ts";
import { binsForSampleSize, classifyHeightWidthBin } from "./aspect-bins.ts";
import type { Checkpoint } from "./checkpoint.ts";
import {
  MAX_COUNT,
  MAX_GUIDANCE_SCALE,
  MAX_SIDE_PX,
  MAX_STEPS,
  SIZE_MULTIPLE_PX,
} from "./limits.ts";
import type { NoiseKind } from "./random/noise-generator.ts";
import type { SchedulerName } from "./schedulers/schedule.ts";
import { createSchedule } from "./schedulers/scheduler-config.ts";
import { checkSprintSteps, sprintSteps } from "./sprint-steps.ts";
import type { GenerateRequest, InitImage, InitLatents } from "./types.ts";

/** A request with every default filled in and every value checked. */
export interface ResolvedRequest {
  readonly prompt: string;
  /** Null where the checkpoint or the guidance scale leaves it no effect. */
  readonly negativePrompt: string | null;
  /** The finished picture's size in pixels. */
  readonly width: number;
  readonly height: number;
  /** The size that is generated, then fitted to width and height; multiples of 32. */
  readonly latentWidthPx: number;
  readonly latentHeightPx: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly seed: number;
  readonly count: number;
  readonly scheduler: SchedulerName;
  readonly initImage: InitImage | null;
  readonly initLatents: InitLatents | null;
  readonly strength: number | undefined;
  readonly rng: NoiseKind;
}

/** Latents are at least 1 x 1. */
const MIN_SIDE_PX = SIZE_MULTIPLE_PX;
/** SanaSprintImg2ImgPipeline's default, and a middle way for the others. */
const DEFAULT_STRENGTH = 0.6;

/** @throws UserError invalid_option naming the value and what is allowed */
export function resolveRequest(checkpoint: Checkpoint, request: GenerateRequest): ResolvedRequest {
  const { manifest, transformer, scheduler } = checkpoint;
  const guidanceScale = inRange("guidance scale", request.guidanceScale ?? manifest.guidanceScale, {
    min: 0,
    max: MAX_GUIDANCE_SCALE,
  });
  const isGuided = !transformer.config.guidanceEmbeds && guidanceScale > 1;
  if (transformer.config.guidanceEmbeds && (request.negativePrompt ?? "") !== "") {
    throw new UserError(
      "invalid_option",
      `${manifest.name} is a Sprint model, which knows no negative prompt.`,
    );
  }
  const hasStart = request.initImage !== undefined || request.initLatents !== undefined;
  if (request.strength !== undefined && !hasStart) {
    throw new UserError("invalid_option", "A strength needs a picture to start from.");
  }
  const strength = hasStart ? (request.strength ?? DEFAULT_STRENGTH) : undefined;
  const asked = request.steps ?? defaultSteps(checkpoint, strength);
  const steps = whole("number of steps", asked, { min: 1, max: MAX_STEPS });
  // What does not fit together is said before anything is computed.
  createSchedule(scheduler, { steps, scheduler: request.scheduler, strength });
  if (scheduler.name === "scm" && strength !== undefined) checkSprintSteps(steps, strength);
  const count = whole("number of pictures", request.count ?? 1, { min: 1, max: MAX_COUNT });
  return {
    prompt: request.prompt,
    negativePrompt: isGuided ? (request.negativePrompt ?? "") : null,
    ...resolveSize(checkpoint, request),
    steps,
    guidanceScale,
    seed: whole("seed", request.seed, { min: 0, max: Number.MAX_SAFE_INTEGER - count + 1 }),
    count,
    scheduler: request.scheduler ?? scheduler.name,
    initImage: request.initImage ?? null,
    initLatents: request.initLatents ?? null,
    strength,
    rng: request.rng ?? "cpu",
  };
}

/** Steps where nobody asks for a number. @param strength - Where it begins from a picture. */
export function defaultSteps(
  { manifest, scheduler }: Pick<Checkpoint, "manifest" | "scheduler">,
  strength: number | undefined,
): number {
  const usual = manifest.numInferenceSteps;
  return scheduler.name === "scm" && strength !== undefined ? sprintSteps(usual, strength) : usual;
}

type Sizes = Pick<ResolvedRequest, "width" | "height" | "latentWidthPx" | "latentHeightPx">;

function resolveSize(checkpoint: Checkpoint, request: GenerateRequest): Sizes {
  if (request.initLatents !== undefined)
    return sizeOfLatents(checkpoint, request, request.initLatents);
  const wanted = wantedSize(checkpoint, request);
  const width = whole("width", wanted.width, { min: MIN_SIDE_PX, max: MAX_SIDE_PX });
  const height = whole("height", wanted.height, { min: MIN_SIDE_PX, max: MAX_SIDE_PX });
  const { sampleSize } = checkpoint.transformer.config;
  const bins = checkpoint.manifest.resolutionBins ?? binsForSampleSize(sampleSize);
  if (request.binning !== false && bins !== null) {
    const [latentHeightPx, latentWidthPx] = classifyHeightWidthBin(height, width, bins);
    return { width, height, latentWidthPx, latentHeightPx };
  }
  for (const [name, value] of [
    ["width", width],
    ["height", height],
  ] as const) {
    if (value % SIZE_MULTIPLE_PX === 0) continue;
    const lower = Math.max(MIN_SIDE_PX, value - (value % SIZE_MULTIPLE_PX));
    throw new UserError(
      "invalid_option",
      `The ${name} is ${value}; without aspect bins it must be a multiple of ${SIZE_MULTIPLE_PX}, such as ${lower} or ${lower + SIZE_MULTIPLE_PX}.`,
    );
  }
  return { width, height, latentWidthPx: width, latentHeightPx: height };
}

/** Latents keep their own size, since another one would need decoding and encoding; the finished picture is fitted. */
function sizeOfLatents(
  { vae }: Checkpoint,
  wanted: Pick<GenerateRequest, "width" | "height">,
  { data, width, height }: InitLatents,
): Sizes {
  const { compression, latentChannels } = vae.config;
  if (data.length * compression ** 2 !== latentChannels * width * height) {
    throw new RangeError(`${data.length} latents do not make a picture of ${width} x ${height}`);
  }
  return {
    width: wanted.width ?? width,
    height: wanted.height ?? height,
    latentWidthPx: width,
    latentHeightPx: height,
  };
}

/** What was asked for; else the given picture's proportions at the checkpoint's own area; else the checkpoint's own size. */
function wantedSize(
  { manifest, transformer, vae }: Checkpoint,
  request: GenerateRequest,
): { width: number; height: number } {
  const native = transformer.config.sampleSize * vae.config.compression;
  const own = { width: manifest.defaultWidth ?? native, height: manifest.defaultHeight ?? native };
  const { width, height, initImage } = request;
  if (width !== undefined || height !== undefined || initImage === undefined) {
    return { width: width ?? own.width, height: height ?? own.height };
  }
  const scale = Math.sqrt((own.width * own.height) / (initImage.width * initImage.height));
  const fit = (side: number): number => {
    const rounded = Math.round((side * scale) / SIZE_MULTIPLE_PX) * SIZE_MULTIPLE_PX;
    return Math.min(MAX_SIDE_PX, Math.max(MIN_SIDE_PX, rounded));
  };
  return { width: fit(initImage.width), height: fit(initImage.height) };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function whole(what: string, value: number, range: Range): number {
  if (Number.isInteger(value)) return inRange(what, value, range);
  throw new UserError("invalid_option", `The ${what} is ${value}; it must be a whole number.`);
}

function inRange(what: string, value: number, { min, max }: Range): number {
  if (value >= min && value <= max) return value;
  throw new UserError(
    "invalid_option",
    `The ${what} is ${value}; it must be from ${min} to ${max}.`,
  );
}
