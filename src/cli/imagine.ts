import { join } from "node:path";

import { Command, Option } from "commander";

import { loadConfig, PRECISIONS, PROVIDERS, SOFTWARE } from "../config.ts";
import { decodePictureFile } from "../image/decode-picture.ts";
import { encodePicture } from "../image/encode-picture.ts";
import type { Recipe } from "../image/recipe.ts";
import { MAX_COUNT, MAX_GUIDANCE_SCALE, MAX_SIDE_PX, MAX_STEPS } from "../pipeline/limits.ts";
import type {
  GenerateRequest,
  GenerateResult,
  LoadOptions,
  Picture,
  ProgressEvent,
  StageReport,
} from "../pipeline/types.ts";
import { createLogger } from "../log.ts";
import { findModel } from "../models/find-model.ts";
import { type ImagineOptions, numberBetween, toRequest, wholeNumber } from "./imagine-options.ts";
import { catchInterrupt } from "./interrupt.ts";
import { checkWritable, type OutputFiles, planOutput, writePicture } from "./output-files.ts";
import { peakMemory, type PeakMemory } from "./peak-memory.ts";
import { restartForMemory } from "./restart.ts";
import { printLines } from "./print.ts";
import { createProgress } from "./progress.ts";
import { TraceFile } from "./trace-file.ts";

const AFTER_HELP = `
Whatever is left out takes the model's own default. With --count N, picture k has the seed SEED + k and goes to
FILE-k. A file that --out names is replaced; without --out, a new name is made from the prompt and the seed.
MODEL, PROVIDER, PRECISION and MEMORY of the environment or of .env are the defaults (see .env.example).

Examples:
  npx sanabot imagine "a red apple" --out apple.png
  npx sanabot imagine "a castle at night" --width 1344 --height 768 --seed 7 --count 4 --out castle.webp
  npx sanabot imagine "a watercolour" --init-image photo.jpg --strength 0.6`;

const PRECISION = new Option(
  "--precision <name>",
  "how to compute; int8 keeps the text encoder's weights in 8 bits, and nothing else yet",
).choices(PRECISIONS);

const VAE_TILING = new Option(
  "--vae-tiling <how>",
  "large pictures: exactly, or in 512 px tiles that fade as with diffusers' enable_tiling()",
).choices(["exact", "diffusers"]);

/** The command `imagine`: one prompt to picture files. */
export function imagineCommand(): Command {
  const whole = (flags: string, text: string, [min, max]: [number, number?]) =>
    new Option(flags, text).argParser(wholeNumber(min, max));
  return new Command("imagine")
    .description("draw a prompt and write the pictures to files")
    .argument("<prompt...>", "what to draw")
    .option(
      "--model <id-or-dir>",
      "a model's name, or its folder in the layout of Hugging Face diffusers",
    )
    .option("--out <file>", "where to write: .png, .webp or .jpg")
    .addOption(whole("--width <n>", "pixels", [1, MAX_SIDE_PX]))
    .addOption(whole("--height <n>", "pixels", [1, MAX_SIDE_PX]))
    .addOption(whole("--steps <n>", "denoising steps", [1, MAX_STEPS]))
    .option(
      "--guidance <x>",
      "how closely to follow the prompt; 1 turns guidance off",
      numberBetween(0, MAX_GUIDANCE_SCALE),
    )
    .option("--negative <text>", "what to keep away from")
    .addOption(
      whole(
        "--seed <n>",
        "0 to 2^53 - 1; the same seed gives the same picture (default: random)",
        [0],
      ),
    )
    .addOption(whole("--count <n>", "how many pictures", [1, MAX_COUNT]).default(1))
    .addOption(
      new Option("--scheduler <name>", "how to walk from noise to picture").choices([
        "dpm++",
        "euler",
        "scm",
      ]),
    )
    .option("--init-image <file>", "a picture to start from")
    .option(
      "--strength <x>",
      "how far to leave the picture, above 0 to 1",
      numberBetween(0, 1, { above: true }),
    )
    .option(
      "--no-binning",
      "take width and height as given (multiples of 32), not the nearest aspect bin",
    )
    .addOption(new Option("--provider <name>", "where to compute").choices(PROVIDERS))
    .addOption(PRECISION)
    .addOption(VAE_TILING)
    .addOption(
      new Option("--rng <kind>", "whose random stream a seed means: torch's on CPU or on CUDA")
        .choices(["cpu", "cuda"])
        .default("cpu"),
    )
    .option("--trace <file>", "write the tensors between the stages to a safetensors file")
    .option("--json", "print one JSON object about the run")
    .addHelpText("after", AFTER_HELP)
    .action((prompt: string[], options: ImagineOptions) => imagine(prompt.join(" "), options));
}

async function imagine(prompt: string, options: ImagineOptions): Promise<void> {
  const request = toRequest(prompt, options);
  const config = loadConfig();
  const modelDir = await findModel(options.model ?? config.model, config.modelsDir);
  await restartForMemory(modelDir);
  const load: LoadOptions = {
    modelDir,
    cacheDir: join(config.dataDir, "cache"),
    provider: options.provider ?? config.provider,
    precision: options.precision ?? config.precision,
    tiling: options.vaeTiling,
    memory: config.memory,
    log: (line) => createLogger(config.logLevel ?? "error").info(line),
  };
  const output = await planOutput(options.out, {
    prompt,
    seed: request.seed,
    count: options.count,
  });
  if (options.trace !== undefined) await checkWritable(options.trace, "--trace");
  if (options.initImage !== undefined)
    request.initImage = await decodePictureFile(options.initImage);

  const trace = options.trace === undefined ? undefined : new TraceFile();
  const started = performance.now();
  const { result, memory } = await draw(request, { load, trace, isQuiet: options.json === true });
  const milliseconds = Math.round(performance.now() - started);

  await Promise.all(
    result.pictures.map((picture, index) => save(picture, { index, output, result, options })),
  );
  if (options.trace !== undefined) await trace?.write(options.trace);
  report(result, { output, memory, milliseconds, isJson: options.json === true });
}

interface DrawContext {
  load: LoadOptions;
  trace: TraceFile | undefined;
  isQuiet: boolean;
}

async function draw(
  request: GenerateRequest,
  { load, trace, isQuiet }: DrawContext,
): Promise<{ result: GenerateResult; memory: PeakMemory }> {
  const progress = createProgress(request.count ?? 1, {
    isShown: process.stderr.isTTY && !isQuiet,
  });
  const interrupt = catchInterrupt(() => {
    progress.stop();
    process.stderr.write("Stopping after this step; press Ctrl-C again to stop at once.\n");
  });
  const { signal } = interrupt;
  try {
    progress.show({ stage: "load" });
    // Imported late: it loads ONNX Runtime's native library, which --help and a wrong option do without.
    const { SanaPipeline } = await import("../pipeline/sana-pipeline.ts");
    const pipeline = await SanaPipeline.load({ ...load, signal });
    try {
      const onProgress = (event: ProgressEvent): void => progress.show(event);
      const result = await pipeline.generate(request, { signal, onProgress, trace });
      return { result, memory: await peakMemory(result.stages.map(({ provider }) => provider)) };
    } finally {
      await pipeline.release();
    }
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

interface SaveContext {
  index: number;
  output: OutputFiles;
  result: GenerateResult;
  options: ImagineOptions;
}

async function save(
  picture: Picture,
  { index, output, result, options }: SaveContext,
): Promise<void> {
  const path = output.paths[index];
  if (path === undefined)
    throw new Error(`The pipeline drew more pictures than the ${output.paths.length} asked for`);
  const { settings, stages, model } = result;
  const recipe: Recipe = {
    ...settings,
    width: picture.width,
    height: picture.height,
    seed: picture.seed,
    binning: options.binning,
    precision: stages.find(({ stage }) => stage === "transformer")?.precision,
    model,
    software: SOFTWARE,
  };
  await writePicture(path, await encodePicture(picture, { format: output.format, recipe }));
}

interface ReportContext {
  output: OutputFiles;
  memory: PeakMemory;
  milliseconds: number;
  isJson: boolean;
}

function report(
  result: GenerateResult,
  { output, memory, milliseconds, isJson }: ReportContext,
): void {
  const { pictures, settings, stages, model } = result;
  if (isJson) {
    const files = output.paths;
    const seed = pictures[0]?.seed;
    const facts = { files, seed, milliseconds, peakMemory: memory, stages, model, settings };
    process.stdout.write(`${JSON.stringify(facts)}\n`);
    return;
  }
  printLines([
    ...pictures.map(
      ({ width, height, seed }, index) =>
        `${output.paths[index]} (${width} x ${height}, seed ${seed})`,
    ),
    ...stages.flatMap(describeStage),
  ]);
}

/** What the person did not ask for, or asked for and wants to know the price of. */
function describeStage({ stage, provider, insteadOf, weightError }: StageReport): string[] {
  return [
    ...(insteadOf === undefined
      ? []
      : [`The ${stage} ran on ${provider}: ${insteadOf} failed; LOG_LEVEL=info says why.`]),
    ...(weightError === undefined
      ? []
      : [
          `The ${stage} had weights in 8 bits, rounded by ${(100 * weightError).toFixed(1)} % of their size; all else is float32.`,
        ]),
  ];
}
