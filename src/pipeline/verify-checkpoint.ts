import { join } from "node:path";
import { UserError, throwIfCancelled } from "../errors.ts";
import { type DownloadRecord, readDownloadRecord } from "../models/hub/download-record.ts";
import { hashFile } from "../models/hub/hash-file.ts";
import { openSafetensors } from "../safetensors/safetensors-file.ts";
import { type BuiltGraph, buildGraphs } from "./build-graphs.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { SanaPipeline } from "./sana-pipeline.ts";
import type { LoadOptions, StageReport } from "./types.ts";

export interface VerifyOptions extends LoadOptions {
  /** Draw the smallest picture at the end; true by default. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((event: VerifyEvent) => void) | undefined;
}

/** What is being done; `hash` comes with each piece that was read. */
export type VerifyEvent =
  | { readonly step: "shapes" | "dry-run" }
  | { readonly step: "hash"; readonly doneBytes: number; readonly totalBytes: number };

export interface VerifyResult {
  readonly name: string;
  readonly graphs: readonly BuiltGraph[];
  /** Tensors that are in the files and in no network. They do no harm, but somebody should know. */
  readonly unusedTensors: readonly string[];
  /** Files whose SHA-256 is that of the download; null where the folder has no record of one. */
  readonly hashedFiles: number | null;
  /** Of the smallest picture; null where none was asked for. */
  readonly dryRun: {
    readonly milliseconds: number;
    readonly stages: readonly StageReport[];
  } | null;
}

const SMALLEST_PX = 32;

/**
 * Checks a folder from the outside in: configs, every tensor's name, dtype and shape, every file's SHA-256, and that
 * the smallest picture can be drawn.
 * @throws UserError model_not_found, model_invalid, disk, out_of_memory, cancelled
 */
export async function verifyCheckpoint(options: VerifyOptions): Promise<VerifyResult> {
  const { onProgress, signal } = options;
  onProgress?.({ step: "shapes" });
  const checkpoint = await openCheckpoint(options.modelDir);
  const { graphs, unusedTensors } = await buildGraphs(checkpoint, options);
  const strays = await tensorsBesideIndex(checkpoint);

  throwIfCancelled(signal, "before the files were read");
  const record = await readDownloadRecord(checkpoint.folder);
  const hashedFiles = record === null ? null : await checkHashes(checkpoint, record, options);

  throwIfCancelled(signal, "before the dry run");
  if (options.dryRun !== false) onProgress?.({ step: "dry-run" });
  return {
    name: checkpoint.manifest.name,
    graphs,
    unusedTensors: [...unusedTensors, ...strays],
    hashedFiles,
    dryRun: options.dryRun === false ? null : await drawSmallest(options),
  };
}

/** Tensors of the shards that their index does not list. */
async function tensorsBesideIndex({
  transformer,
  vae,
  textEncoder,
}: Checkpoint): Promise<string[]> {
  const found: string[] = [];
  for (const [component, { weights }] of Object.entries({
    transformer,
    vae,
    text_encoder: textEncoder,
  })) {
    for (const path of weights.files) {
      const { tensors } = await openSafetensors(path);
      for (const name of tensors.keys())
        if (!weights.has(name)) found.push(`${component}: ${name}`);
    }
  }
  return found;
}

async function checkHashes(
  { folder }: Checkpoint,
  { id, files }: DownloadRecord,
  { onProgress, signal }: VerifyOptions,
): Promise<number> {
  const totalBytes = files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  let doneBytes = 0;
  const onBytes = (bytes: number): void => {
    doneBytes += bytes;
    onProgress?.({ step: "hash", doneBytes, totalBytes });
  };
  const damaged: string[] = [];
  for (const { path, sha256 } of files) {
    if ((await hashFile(join(folder, path), { signal, onBytes })) !== sha256) damaged.push(path);
  }
  if (damaged.length === 0) return files.length;
  throw new UserError(
    "model_invalid",
    `${damaged.join(", ")} in ${folder} changed since the download. Delete what changed and pull ${id} again.`,
  );
}

async function drawSmallest(
  options: VerifyOptions,
): Promise<{ milliseconds: number; stages: StageReport[] }> {
  const start = performance.now();
  const pipeline = await SanaPipeline.load(options);
  try {
    let isFinite = true;
    const { stages } = await pipeline.generate(
      {
        prompt: "a red apple",
        seed: 0,
        width: SMALLEST_PX,
        height: SMALLEST_PX,
        binning: false,
        steps: 1,
      },
      {
        signal: options.signal,
        trace: {
          add: (_, values) => {
            if (values instanceof Float32Array) isFinite &&= values.every(Number.isFinite);
          },
        },
      },
    );
    if (isFinite) return { milliseconds: performance.now() - start, stages };
  } finally {
    await pipeline.release();
  }
  throw new UserError(
    "model_invalid",
    `${options.modelDir} computes values that are not numbers: its weights are damaged, or too large for ${options.precision}.`,
  );
}
