import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { nearestNames } from "./nearest-names.ts";
import type { SafetensorsFile, TensorLocation } from "./safetensors-file.ts";
import { openSafetensors } from "./safetensors-file.ts";

/** How a component's weight files are called: text encoders by transformers, everything else by diffusers. */
export type WeightsStem = "model" | "diffusion_pytorch_model";

/** Tried in this order where a folder has no plain files; what is in them only their headers say. */
const VARIANTS = ["fp32", "bf16", "fp16"] as const;
/** Same bound as a safetensors header, which lists the same names. */
const MAX_INDEX_BYTES = 100_000_000;
/** The largest Sana checkpoints have two shards; each costs an open file and a header. */
const MAX_SHARDS = 1000;
/** A name in the same folder: no separator, no drive, no leading dot. */
const SHARD_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}\.safetensors$/;

/** The tensors of one component of a checkpoint, wherever its files put them. */
export interface Weights {
  /** Absolute paths of all files, symbolic links resolved. */
  readonly files: readonly string[];
  /** @throws UserError model_invalid naming the missing tensor and the nearest present names */
  get(name: string): TensorLocation;
  has(name: string): boolean;
  names(): Iterable<string>;
  /** Hex SHA-256 over every file's header, size and time of change. */
  fingerprint(): string;
}

/**
 * Opens a component's weights by diffusers' naming: plain index, plain file, then index or file of a variant
 * (fp32, bf16, fp16) for folders that have nothing plain. An index wins over a single file beside it.
 * @throws UserError model_not_found when the folder has no such files, model_invalid when they contradict each other
 */
export async function openWeights(folder: string, stem: WeightsStem): Promise<Weights> {
  const present = new Set(await listFolder(folder));
  for (const variant of [undefined, ...VARIANTS]) {
    const index = indexNames(stem, variant).find((name) => present.has(name));
    if (index !== undefined) return openSharded(folder, index);
    const single = variant === undefined ? `${stem}.safetensors` : `${stem}.${variant}.safetensors`;
    if (present.has(single)) {
      const file = await openSafetensors(join(folder, single));
      return createWeights(resolve(folder), [file], file.tensors);
    }
  }
  throw new UserError(
    "model_not_found",
    `${resolve(folder)} holds no ${stem}.safetensors and no index of its shards.`,
  );
}

/** What the index of a variant's shards may be called, today's form first; undefined is the plain one. */
export function indexNames(stem: WeightsStem, variant: string | undefined): string[] {
  if (variant === undefined) return [`${stem}.safetensors.index.json`];
  return [`${stem}.safetensors.index.${variant}.json`, `${stem}.safetensors.${variant}.index.json`];
}

async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const code = error.code === "ENOENT" || error.code === "ENOTDIR" ? "model_not_found" : "disk";
    throw new UserError(code, `The folder ${resolve(folder)} cannot be read: ${error.message}.`, {
      cause: error,
    });
  });
}

async function openSharded(folder: string, indexName: string): Promise<Weights> {
  const indexPath = join(resolve(folder), indexName);
  const shardOf = await readWeightMap(indexPath);
  const shards = new Map<string, SafetensorsFile>();
  for (const shard of [...new Set(shardOf.values())].sort()) {
    shards.set(shard, await openSafetensors(join(folder, shard)));
  }
  const tensors = new Map<string, TensorLocation>();
  for (const [name, shard] of shardOf) {
    const location = shards.get(shard)?.tensors.get(name);
    if (location === undefined) {
      throw new UserError(
        "model_invalid",
        `${indexPath} puts tensor ${name} into ${shard}, which does not have it.`,
      );
    }
    tensors.set(name, location);
  }
  return createWeights(resolve(folder), [...shards.values()], tensors);
}

async function readWeightMap(indexPath: string): Promise<Map<string, string>> {
  const { size } = await stat(indexPath);
  if (size > MAX_INDEX_BYTES) {
    throw invalidIndex(indexPath, `it has ${size} bytes, and the limit is ${MAX_INDEX_BYTES}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(await readFile(indexPath, "utf8"));
  } catch (error) {
    throw invalidIndex(indexPath, "it is not JSON", error);
  }
  const parsed = z.object({ weight_map: z.looseObject({}) }).safeParse(value);
  if (!parsed.success) throw invalidIndex(indexPath, "it has no weight_map object");
  const shardOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(parsed.data.weight_map)) {
    if (typeof shard !== "string" || !SHARD_NAME.test(shard)) {
      throw invalidIndex(
        indexPath,
        `tensor ${name} names the file ${JSON.stringify(shard)}, not one in its folder`,
      );
    }
    shardOf.set(name, shard);
  }
  const shardCount = new Set(shardOf.values()).size;
  if (shardCount > MAX_SHARDS)
    throw invalidIndex(indexPath, `it names ${shardCount} files, at most ${MAX_SHARDS} are read`);
  if (shardCount === 0) throw invalidIndex(indexPath, "its weight_map is empty");
  return shardOf;
}

function createWeights(
  folder: string,
  files: readonly SafetensorsFile[],
  tensors: ReadonlyMap<string, TensorLocation>,
): Weights {
  return {
    files: files.map((file) => file.path),
    has: (name) => tensors.has(name),
    names: () => tensors.keys(),
    get(name) {
      const location = tensors.get(name);
      if (location !== undefined) return location;
      const near = nearestNames(name, tensors.keys());
      throw new UserError(
        "model_invalid",
        `The weights in ${folder} have no tensor ${name}; the nearest of their ${tensors.size} names are ${near.join(", ")}.`,
      );
    },
    fingerprint() {
      const hash = createHash("sha256");
      for (const file of files) hash.update(`${file.fingerprint}\n`);
      return hash.digest("hex");
    },
  };
}

function invalidIndex(indexPath: string, what: string, cause?: unknown): UserError {
  return new UserError("model_invalid", `${indexPath} is not a usable index of shards: ${what}.`, {
    cause,
  });
}
