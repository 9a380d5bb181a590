import { creditsOf } from "../quota/credits.ts";
import { workOf } from "../pipeline/work.ts";
import type { JobRequest } from "./job-request.ts";
import type { ModelDirectory } from "./model-directory.ts";
import type { Size } from "./sizes.ts";
import type { ModelReport } from "./worker-report.ts";

/** What costs something: a request, the size of one finished picture, and the model. */
export interface Priced {
  readonly request: JobRequest;
  readonly size: Size;
  readonly model: ModelReport;
}

/** Of an upscaler that no worker has described: ESRGAN thick at x4, by its graph. */
const USUAL_UPSCALE_FLOPS_PER_PIXEL = 2.2e6;

/** Twice a grid of four, or twice one picture of twice the side: those are asked for every day and need no second thought. */
const DEAR_FROM_USUAL_PICTURES = 8;

/** What a request costs in thousandths of a credit, by its floating-point operations. */
export async function costOf(priced: Priced, models: ModelDirectory): Promise<number> {
  const { request } = priced;
  if (request.kind === "generate") return creditsOf(generationFlops(priced.model, request));
  return creditsOf(await upscaleFlops(priced, request, models));
}

/** What a picture with all of a model's defaults costs; prices are shown in multiples of it. */
export function usualCost(model: ModelReport): number {
  return creditsOf(
    workOf(model.work, {
      width: model.defaultWidth,
      height: model.defaultHeight,
      steps: model.defaultSteps,
      guidanceScale: model.defaultGuidance,
      count: 1,
      strength: null,
      isEncoded: false,
    }),
  );
}

/** A cost as people read it: in pictures with all of a model's defaults. */
export function inUsualPictures(cost: number, model: ModelReport): number {
  return cost / usualCost(model);
}

/** Whether a request is begun only when its member has seen what it costs. Drawing a picture anew at 4K always is. */
export function isDear(request: JobRequest, usualPictures: number): boolean {
  if (request.kind === "upscale" && request.mode === "creative") return true;
  return usualPictures >= DEAR_FROM_USUAL_PICTURES;
}

function generationFlops(
  model: ModelReport,
  request: Extract<JobRequest, { kind: "generate" }>,
): number {
  const { width, height, steps, count, guidanceScale, strength, source } = request;
  const isEncoded = source?.kind === "attachment";
  return workOf(model.work, { width, height, steps, count, guidanceScale, strength, isEncoded });
}

async function upscaleFlops(
  { size, model }: Priced,
  { mode, strength }: Extract<JobRequest, { kind: "upscale" }>,
  models: ModelDirectory,
): Promise<number> {
  const reports = await models.reports();
  const perPixel = reports.find(
    (report) => report.upscaleFlopsPerPixel !== null,
  )?.upscaleFlopsPerPixel;
  const faithful = (perPixel ?? USUAL_UPSCALE_FLOPS_PER_PIXEL) * size.width * size.height;
  if (mode === "faithful") return faithful;
  const { defaultGuidance: guidanceScale, defaultSteps: steps } = model;
  const work = { ...size, steps, count: 1, guidanceScale, strength };
  return faithful + workOf(model.work, { ...work, isEncoded: true });
}
