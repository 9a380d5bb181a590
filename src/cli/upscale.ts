import { readFile } from "node:fs/promises";

import { Command, Option } from "commander";

import { loadConfig, PROVIDERS, SOFTWARE, UPSCALERS } from "../config.ts";
import { UserError } from "../errors.ts";
import { decodeFile, decodeStill } from "../image/decode-picture.ts";
import { encodePicture } from "../image/encode-picture.ts";
import { readRecipe } from "../image/read-recipe.ts";
import type { Recipe } from "../image/recipe.ts";
import { createLogger } from "../log.ts";
import { MAX_SIDE_PX } from "../pipeline/limits.ts";
import { targetSize } from "../upscale/target-size.ts";
import type { CreativeCost, TileProgress, UpscaleCost, UpscaleOptions } from "../upscale/types.ts";
import { stderrBar } from "./bar.ts";
import { numberBetween, wholeNumber } from "./imagine-options.ts";
import { catchInterrupt } from "./interrupt.ts";
import { planOutput, writePicture } from "./output-files.ts";
import { printJson, printLines } from "./print.ts";
import { type Outcome, prepareUpscale, type UpscaleWork } from "./upscale-work.ts";

const MODES = ["faithful", "creative", "lanczos"] as const;
const DEFAULT_SIDE_PX = 4096;

const AFTER_HELP = `
faithful   a super-resolution network makes the picture sharper and keeps what it shows; the default. UPSCALER of the
           environment, or --upscaler, chooses it: ${UPSCALERS.join(", ")}, or an .onnx file.
creative   a Sana model draws the picture anew at the big size, with the prompt that is kept in the file or --prompt.
lanczos    no network: resized and mildly sharpened.

Transparency and the recipe that sanabot kept in the file are kept. A file that --out names is replaced.

Examples:
  npx sanabot upscale apple.png --out apple-4k.png
  npx sanabot upscale photo.jpg --out photo-2k.webp --to 2048
  npx sanabot upscale castle.png --out castle-4k.png --mode creative --model Sana_1600M_4Kpx_BF16_diffusers --strength 0.3`;

/** As commander hands them over. */
interface UpscaleCommandOptions {
  out: string;
  to: number;
  mode: (typeof MODES)[number];
  prompt?: string;
  strength?: number;
  seed?: number;
  model?: string;
  upscaler?: string;
  provider?: (typeof PROVIDERS)[number];
  json?: boolean;
}

/** The command `upscale`: one picture file to a bigger one. */
export function upscaleCommand(): Command {
  return new Command("upscale")
    .description("make a picture bigger and sharper")
    .argument("<in>", "a PNG, JPEG, WebP, TIFF, AVIF or still GIF file")
    .requiredOption("--out <file>", "where to write: .png, .webp or .jpg")
    .addOption(
      new Option("--to <n>", "pixels of the longer side")
        .argParser(wholeNumber(2, MAX_SIDE_PX))
        .default(DEFAULT_SIDE_PX),
    )
    .addOption(new Option("--mode <name>", "how").choices(MODES).default("faithful"))
    .option("--upscaler <name-or-file>", "the network for faithful, and before creative")
    .option("--prompt <text>", "creative: what the picture shows (default: from the file)")
    .option(
      "--strength <x>",
      "creative: how far to leave the picture, above 0 to 1; 0.2 to 0.5 is sensible",
      numberBetween(0, 1, { above: true }),
    )
    .addOption(
      new Option("--seed <n>", "creative: 0 to 2^53 - 1 (default: random)").argParser(
        wholeNumber(0),
      ),
    )
    .option("--model <id-or-dir>", "creative: the Sana model")
    .addOption(new Option("--provider <name>", "where to compute").choices(PROVIDERS))
    .option("--json", "print one JSON object about the run")
    .addHelpText("after", AFTER_HELP)
    .action(upscale);
}

async function upscale(file: string, options: UpscaleCommandOptions): Promise<void> {
  checkOptions(options);
  const config = loadConfig();
  const output = await planOutput(options.out, { prompt: "", seed: 0, count: 1 });
  const picture = await decodeFile(file, decodeStill);
  targetSize(picture, options.to);
  const recipe = await readRecipe(await readFile(file));
  const logger = createLogger(config.logLevel ?? "error");
  const started = performance.now();
  const { cost, outcome } = await watched(options, {
    ...options,
    picture,
    recipe,
    config,
    log: (line) => logger.info(line),
  });
  const milliseconds = Math.round(performance.now() - started);
  const { format } = output;
  const kept = recipe === null ? null : withUpscaled(recipe, outcome);
  await writePicture(options.out, await encodePicture(outcome.picture, { format, recipe: kept }));
  if (options.json === true) {
    const { width, height } = outcome.picture;
    const { method, name, drawn, memory: peakMemory, provider } = outcome;
    const from = { width: picture.width, height: picture.height };
    const files = [options.out];
    printJson({
      files,
      from,
      width,
      height,
      method,
      name,
      ...drawn,
      provider,
      milliseconds,
      peakMemory,
      cost,
    });
    return;
  }
  const { provider = outcome.provider, mode } = options;
  const isElsewhere = mode !== "lanczos" && provider !== outcome.provider;
  const isWhitened = "rgba" in outcome.picture && format === "jpeg";
  printLines([
    `${options.out} (${outcome.picture.width} x ${outcome.picture.height}, ${outcome.name})`,
    ...(isElsewhere
      ? [`It ran on ${outcome.provider}: ${provider} could not be used; npm run doctor says why.`]
      : []),
    ...(isWhitened
      ? ["JPEG knows no transparency: it became white. A .png or .webp keeps it."]
      : []),
  ]);
}

/** @throws {UserError} `invalid_option` for what the mode has no use for */
function checkOptions(options: UpscaleCommandOptions): void {
  const { mode, prompt, strength, seed, model, upscaler, provider } = options;
  if (mode !== "creative")
    refuseGiven(
      { prompt, strength, seed, model },
      "is for --mode creative; add that, or leave it out.",
    );
  if (mode === "lanczos")
    refuseGiven(
      { upscaler, provider },
      "is for --mode faithful or creative; --mode lanczos runs no network, so leave it out.",
    );
}

function refuseGiven(options: Readonly<Record<string, unknown>>, why: string): void {
  const name = Object.keys(options).find((option) => options[option] !== undefined);
  if (name !== undefined) throw new UserError("invalid_option", `--${name} ${why}`);
}

/** Runs the work with a bar on a terminal, until Ctrl-C asks it to stop. */
async function watched(
  { json, mode }: UpscaleCommandOptions,
  work: UpscaleWork,
): Promise<{ cost: UpscaleCost | CreativeCost; outcome: Outcome }> {
  const bar = createTileBar({ isShown: process.stderr.isTTY && json !== true });
  const interrupt = catchInterrupt(() => {
    bar.stop();
    process.stderr.write("Stopping after this tile; press Ctrl-C again to stop at once.\n");
  });
  const { signal } = interrupt;
  try {
    const prepared = await prepareUpscale(work, signal);
    try {
      const { cost } = prepared;
      if (json !== true && mode === "creative") process.stderr.write(`${describe(cost)}\n`);
      return { cost, outcome: await prepared.run({ signal, onProgress: bar.show }) };
    } finally {
      await prepared.release();
    }
  } finally {
    bar.stop();
    interrupt.dispose();
  }
}

interface TileBar {
  show: NonNullable<UpscaleOptions["onProgress"]>;
  stop(): void;
}

function createTileBar({ isShown }: { isShown: boolean }): TileBar {
  const bar = stderrBar("enlarging |{bar}| {value}/{total}");
  let [isStarted, isStopped] = [false, !isShown];
  return {
    show({ tile, tiles }: TileProgress) {
      if (isStopped) return;
      if (!isStarted) bar.start(tiles, tile);
      isStarted = true;
      bar.setTotal(tiles);
      bar.update(tile);
    },
    stop() {
      if (isStarted && !isStopped) bar.stop();
      isStopped = true;
    },
  };
}

function describe(cost: UpscaleCost | CreativeCost): string {
  const { width, height, flops, peakMemoryBytes } = cost;
  const teraflops = flops < 1e13 ? (flops / 1e12).toPrecision(2) : (flops / 1e12).toFixed(0);
  const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  const device = "devicePeakMemoryBytes" in cost ? cost.devicePeakMemoryBytes : 0;
  const card = device === 0 ? "" : ` and ${gibibytes(device)} GiB of the graphics card's`;
  return `Drawing ${width} x ${height} anew takes ${teraflops} TFLOP and up to ${gibibytes(peakMemoryBytes)} GiB of memory${card}.`;
}

/** The recipe still says how the picture was drawn; what was done to it since is said beside it. */
function withUpscaled(recipe: Recipe, { picture, name, drawn }: Outcome): Recipe {
  const { width, height } = picture;
  const upscaled = { width, height, method: name, strength: drawn?.strength, seed: drawn?.seed };
  return { ...recipe, upscaled, software: SOFTWARE };
}
