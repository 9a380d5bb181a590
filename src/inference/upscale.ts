import { SOFTWARE } from "../config.ts";
import { throwIfCancelled } from "../errors.ts";
import { decodeStill } from "../image/decode-picture.ts";
import type { AnyPicture } from "../image/encode-picture.ts";
import { readRecipe } from "../image/read-recipe.ts";
import type { Recipe } from "../image/recipe.ts";
import type { SanaPipeline } from "../pipeline/sana-pipeline.ts";
import { upscaleCreatively } from "../upscale/upscale.ts";
import type { TileProgress, Upscaled, UpscaleOptions } from "../upscale/types.ts";
import { finishFile } from "./finish-file.ts";
import { drawAgain, type TaskContext } from "./generate.ts";
import { unpackLatents } from "./latents.ts";
import type { Made, TaskSource, UpscaleTask } from "./messages.ts";

/** Enlarges a picture: made again at full quality where it is ours, else from the file that was sent. */
export async function upscale(context: TaskContext, task: UpscaleTask): Promise<Made> {
  const { reporter, config, signal, host } = context;
  const start = performance.now();
  reporter.at({ stage: "load" });
  const source = await sourceOf(task, context);
  const onProgress = ({ tile, tiles }: TileProgress): void =>
    reporter.at({ stage: "upscale", tile, tiles });
  const { longestSide, mode } = task;
  const enlarged =
    mode === "faithful"
      ? await enlarge(host, source.picture, { longestSide, signal, onProgress })
      : await redraw(source.picture, task, { ...context, onProgress });
  throwIfCancelled(signal, "before the picture was encoded");
  reporter.at({ stage: "encode-file" });
  const { picture, name } = enlarged;
  const { width, height } = picture;
  const how = mode === "faithful" ? {} : { strength: task.strength ?? undefined, seed: task.seed };
  const upscaled = { width, height, method: name, ...how };
  const recipe = {
    ...(source.recipe ?? recipeOf(task, source.picture)),
    ...(task.output.parent === null ? {} : { parent: task.output.parent }),
    upscaled,
    software: SOFTWARE,
  };
  const { dataDir } = config;
  const files = await finishFile(picture, {
    recipe: source.recipe === null ? null : recipe,
    output: task.output,
    index: 0,
    dataDir,
    signal,
  });
  const { seed } = recipe;
  return {
    pictures: [{ ...files, recipe, width, height, seed, latents: null }],
    stages: [],
    method: name,
    milliseconds: Math.round(performance.now() - start),
  };
}

/** The network is freed then: the next picture may need its memory, and no idle clock would. */
async function enlarge(
  host: TaskContext["host"],
  picture: AnyPicture,
  options: UpscaleOptions,
): Promise<Upscaled> {
  const upscaler = await host.upscaler();
  try {
    return await upscaler.upscale(picture, options);
  } finally {
    await upscaler.release();
  }
}

interface Source {
  readonly picture: AnyPicture;
  readonly recipe: Recipe | null;
}

async function sourceOf({ source, model }: UpscaleTask, context: TaskContext): Promise<Source> {
  if (source.kind === "file") {
    const { bytes } = source;
    return { picture: await decodeStill(bytes), recipe: await readRecipe(bytes) };
  }
  const pipeline = await context.host.pipeline(model, context.signal);
  return { picture: await ownPicture(source, pipeline, context), recipe: source.recipe };
}

/** One of ours, decoded again from its latents, or drawn again. */
async function ownPicture(
  source: Exclude<TaskSource, { kind: "file" }>,
  pipeline: SanaPipeline,
  { signal }: TaskContext,
): Promise<AnyPicture> {
  if (source.kind === "recipe") return drawAgain(pipeline, source.recipe, signal);
  const { width, height } = source.recipe;
  return pipeline.decodeLatents(unpackLatents(source.latents), { width, height, signal });
}

async function redraw(
  picture: AnyPicture,
  { model, prompt, strength, longestSide, seed }: UpscaleTask,
  {
    host,
    signal,
    onProgress,
  }: TaskContext & { readonly onProgress: (progress: TileProgress) => void },
): Promise<Pick<Upscaled, "picture" | "name">> {
  const pipeline = await host.pipeline(model, signal);
  const drawn = await upscaleCreatively(pipeline, picture, {
    prompt,
    ...(strength === null ? {} : { strength }),
    longestSide,
    seed,
    signal,
    onProgress,
    upscaler: await host.upscaler(),
  });
  return { picture: drawn, name: pipeline.checkpoint.manifest.name };
}

/** For a picture that brought no recipe. */
function recipeOf(
  { prompt, seed, model }: UpscaleTask,
  { width, height }: { width: number; height: number },
): Recipe {
  return {
    prompt,
    negativePrompt: "",
    width,
    height,
    steps: 1,
    guidanceScale: 0,
    scheduler: "none",
    seed,
    rng: "cpu",
    model: { name: model, hash: "" },
    software: SOFTWARE,
  };
}
