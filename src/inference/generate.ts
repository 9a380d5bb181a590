import { type Config, SOFTWARE } from "../config.ts";
import { decodePicture } from "../image/decode-picture.ts";
import type { Recipe } from "../image/recipe.ts";
import type { SanaPipeline } from "../pipeline/sana-pipeline.ts";
import type { GenerateRequest, GenerateResult, Picture } from "../pipeline/types.ts";
import { packLatents, unpackLatents } from "./latents.ts";
import type { GenerateTask, Made, MadePicture, OutputRules, TaskSource } from "./messages.ts";
import type { ModelHost } from "./model-host.ts";
import { finishFile } from "./finish-file.ts";
import type { ProgressReporter } from "./progress-reporter.ts";

export interface TaskContext {
  readonly host: ModelHost;
  readonly config: Config;
  readonly reporter: ProgressReporter;
  readonly signal: AbortSignal;
}

/** Draws the pictures of a job, encodes them to fit their place, and keeps what their buttons will need. */
export async function generate(context: TaskContext, task: GenerateTask): Promise<Made> {
  const { reporter, signal, host } = context;
  const start = performance.now();
  reporter.at({ stage: "load" });
  const pipeline = await host.pipeline(task.model, signal);
  const request: GenerateRequest = {
    prompt: task.prompt,
    negativePrompt: task.negativePrompt === "" ? undefined : task.negativePrompt,
    width: task.width,
    height: task.height,
    count: task.count,
    steps: task.steps,
    guidanceScale: task.guidanceScale,
    seed: task.seed,
    strength: task.strength ?? undefined,
    ...(task.source === null ? {} : await startOf(task.source, pipeline, context)),
  };
  const onProgress = (event: Parameters<ProgressReporter["pipeline"]>[0]): Promise<void> =>
    reporter.pipeline(event, task.count);
  const result = await pipeline.generate(request, { signal, onProgress });
  reporter.at({ stage: "encode-file" });
  const pictures = await Promise.all(
    result.pictures.map((picture, index) =>
      finish({ picture, recipe: recipeOf(result, picture, task), index }, task.output, context),
    ),
  );
  return {
    pictures,
    stages: result.stages,
    method: null,
    milliseconds: Math.round(performance.now() - start),
  };
}

/** What the pipeline begins from: kept latents as they are, a recipe drawn again, a file decoded. */
async function startOf(
  source: TaskSource,
  pipeline: SanaPipeline,
  { signal }: TaskContext,
): Promise<Pick<GenerateRequest, "initLatents" | "initImage">> {
  switch (source.kind) {
    case "latents":
      return { initLatents: unpackLatents(source.latents) };
    case "recipe":
      return { initImage: await drawAgain(pipeline, source.recipe, signal) };
    case "file":
      return { initImage: await decodePicture(source.bytes) };
  }
}

/** A picture drawn again from its recipe, which must begin from noise. */
export async function drawAgain(
  pipeline: SanaPipeline,
  recipe: Recipe,
  signal: AbortSignal,
): Promise<Picture> {
  const { prompt, negativePrompt, width, height, steps, guidanceScale, seed, rng, binning } =
    recipe;
  const request = { prompt, width, height, steps, guidanceScale, seed, rng, binning };
  const { pictures } = await pipeline.generate(
    { ...request, negativePrompt: negativePrompt === "" ? undefined : negativePrompt },
    { signal },
  );
  const [picture] = pictures;
  if (picture === undefined) throw new Error("The pipeline drew nothing");
  return picture;
}

function recipeOf(
  { settings, stages, model }: GenerateResult,
  picture: Picture,
  { output: { parent } }: GenerateTask,
): Recipe {
  return {
    ...settings,
    ...(parent === null ? {} : { parent }),
    width: picture.width,
    height: picture.height,
    seed: picture.seed,
    binning: true,
    precision: stages.find(({ stage }) => stage === "transformer")?.precision,
    model,
    software: SOFTWARE,
  };
}

async function finish(
  { picture, recipe, index }: { picture: Picture; recipe: Recipe; index: number },
  output: OutputRules,
  { config, signal }: TaskContext,
): Promise<MadePicture> {
  const { width, height, seed } = picture;
  const files = await finishFile(picture, {
    recipe,
    output,
    index,
    dataDir: config.dataDir,
    signal,
  });
  return { ...files, recipe, width, height, seed, latents: packLatents(picture.latents) };
}
