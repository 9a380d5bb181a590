import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

import { encodeFile } from "./safetensors-bytes.ts";
import { tinyCheckpoint } from "./tiny-checkpoint.ts";

export const REPOSITORY_ID = "Efficient-Large-Model/Tiny_diffusers";
export const LICENSE_TEXT = "Use these weights kindly.\n";
/** A file whose transfers the tests break: large enough to come in pieces. */
export const WEIGHTS = "transformer/diffusion_pytorch_model.safetensors";

/** The files of a tiny checkpoint that diffusers saved, as a repository would have them. */
export async function tinyRepositoryFiles(name = "base"): Promise<Record<string, Uint8Array>> {
  const folder = tinyCheckpoint(name);
  const files: Record<string, Uint8Array> = {
    LICENSE: Buffer.from(LICENSE_TEXT),
    "README.md": Buffer.from("# Tiny\n"),
    ".gitattributes": Buffer.from("*.safetensors filter=lfs\n"),
  };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).replaceAll(sep, "/")] = await readFile(path);
  }
  return files;
}

/** Weights of one tensor in this dtype, 2 KB: enough for the hub to keep them outside of git. */
export function weightsOf(dtype: "F32" | "F16" | "BF16"): Uint8Array {
  const bytes = 2048;
  const shape = [bytes / (dtype === "F32" ? 4 : 2)];
  return encodeFile({ [`only.${dtype}`]: { dtype, shape, data_offsets: [0, bytes] } }, bytes);
}

/** An index that puts its tensors into these shards. */
export function indexOf(...shards: string[]): Uint8Array {
  const weightMap = Object.fromEntries(shards.map((shard, index) => [`tensor.${index}`, shard]));
  return Buffer.from(JSON.stringify({ metadata: {}, weight_map: weightMap }));
}
