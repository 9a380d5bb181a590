import { join } from "node:path";

import { loadConfig } from "../config.ts";
import type { BuiltGraph } from "../pipeline/build-graphs.ts";
import type { VerifyEvent, VerifyResult } from "../pipeline/verify-checkpoint.ts";
import { type ByteProgress, createByteProgress } from "./byte-progress.ts";
import { findModel } from "../models/find-model.ts";
import { catchInterrupt } from "./interrupt.ts";
import { gigabytes, printJson, printLines, table } from "./print.ts";
import { restartForMemory } from "./restart.ts";

export interface VerifyCommandOptions {
  dryRun: boolean;
  json?: boolean;
}

/** More names than that are told by their number. */
const UNUSED_SHOWN = 10;

/** `models build`: what each graph of a checkpoint costs. */
export async function build(name: string, { json }: { json?: boolean }): Promise<void> {
  const config = loadConfig();
  const folder = await findModel(name, config.modelsDir);
  const { buildGraphs } = await import("../pipeline/build-graphs.ts");
  const { openCheckpoint } = await import("../pipeline/checkpoint.ts");
  const checkpoint = await openCheckpoint(folder);
  const built = await buildGraphs(checkpoint, { cacheDir: join(config.dataDir, "cache") });
  if (json === true) return printJson({ folder, ...built });
  printLines([`${checkpoint.manifest.name} (${folder})`, "", ...graphTable(built.graphs)]);
  printLines(unusedLines(built.unusedTensors));
}

/** `models verify`: shapes, hashes, and the smallest picture. */
export async function verify(name: string, options: VerifyCommandOptions): Promise<void> {
  const config = loadConfig();
  const modelDir = await findModel(name, config.modelsDir);
  await restartForMemory(modelDir);
  const isQuiet = options.json === true;
  const bar = createByteProgress("reading", { isShown: process.stderr.isTTY && !isQuiet });
  const interrupt = catchInterrupt(() => bar.stop());
  const { verifyCheckpoint } = await import("../pipeline/verify-checkpoint.ts");
  try {
    const result = await verifyCheckpoint({
      modelDir,
      cacheDir: join(config.dataDir, "cache"),
      provider: config.provider,
      precision: config.precision,
      memory: config.memory,
      dryRun: options.dryRun,
      signal: interrupt.signal,
      onProgress: (event) => showStep(event, { bar, isShown: process.stderr.isTTY && !isQuiet }),
    });
    bar.stop();
    if (isQuiet) return printJson({ folder: modelDir, ...result });
    printLines(describe(result));
  } finally {
    bar.stop();
    interrupt.dispose();
  }
}

function showStep(
  event: VerifyEvent,
  { bar, isShown }: { bar: ByteProgress; isShown: boolean },
): void {
  if (event.step === "hash") return bar.show(event.doneBytes, event.totalBytes, 0);
  bar.stop();
  // A large text encoder takes a minute to load.
  if (isShown && event.step === "dry-run")
    process.stderr.write("Drawing the smallest picture ...\n");
}

function describe({ name, graphs, unusedTensors, hashedFiles, dryRun }: VerifyResult): string[] {
  const { length } = graphs;
  return [
    `${name}: every tensor that its ${length} graphs use has the name, type and shape that the configs ask for.`,
    ...unusedLines(unusedTensors),
    hashedFiles === null
      ? "Hashes: not checked, as the folder was not made by `sanabot models pull`."
      : `Hashes: all ${hashedFiles} files are as they were downloaded.`,
    dryRun === null
      ? "Dry run: left out."
      : `Dry run: the smallest picture was drawn in ${(dryRun.milliseconds / 1000).toFixed(1)} s.`,
  ];
}

function unusedLines(names: readonly string[]): string[] {
  if (names.length === 0) return ["No tensor is left over."];
  const more = names.length - UNUSED_SHOWN;
  return [
    `No network uses these ${names.length} tensors: ${names.slice(0, UNUSED_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}.`,
  ];
}

function graphTable(graphs: readonly BuiltGraph[]): string[] {
  const rows = graphs.map(({ stage, nodes, weightBytes, flops, activationBytes, milliseconds }) => [
    stage,
    `${nodes}`,
    gigabytes(weightBytes),
    flops < 1e11 ? `${(flops / 1e9).toFixed(2)} GFLOP` : `${(flops / 1e12).toFixed(2)} TFLOP`,
    gigabytes(activationBytes),
    `${milliseconds.toFixed(0)} ms`,
  ]);
  return table([["graph", "nodes", "weights", "one run", "activations", "built in"], ...rows]);
}
