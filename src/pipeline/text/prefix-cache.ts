import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../../errors.ts";
import { GRAPH_VERSION } from "../../models/graph-version.ts";
import type { Tensor } from "../../onnx/session.ts";
import { readFloats } from "../../safetensors/read-tensor.ts";
import { openSafetensors } from "../../safetensors/safetensors-file.ts";
import { writeSafetensors } from "../../safetensors/write-safetensors.ts";

/** What the text encoder computed for the tokens that every prompt begins with. */
export interface EncodedPrefix {
  readonly ids: readonly number[];
  /** last_hidden_state [P, C]. */
  readonly hidden: Float32Array;
  /** [L, 2, 1, kv heads, P, d]. */
  readonly keyValues: Tensor;
}

/** Everything that the numbers depend on. */
export interface PrefixKey {
  readonly ids: readonly number[];
  /** The text encoder's config, weights and precision. */
  readonly encoder: string;
}

/** Reads the prefix from `cacheDir`, or computes it and keeps it there. A file that does not fit is computed anew. */
export async function cachedPrefix(
  cacheDir: string,
  key: PrefixKey,
  compute: () => Promise<EncodedPrefix>,
): Promise<EncodedPrefix> {
  const digest = createHash("sha256")
    .update(JSON.stringify([GRAPH_VERSION, key.encoder, key.ids]))
    .digest("hex");
  const path = join(cacheDir, `prefix-${digest.slice(0, 32)}.safetensors`);
  const known = await readPrefix(path, key.ids);
  if (known !== null) return known;
  const prefix = await compute();
  // What cannot be kept is computed anew by the next start; this picture is drawn all the same.
  await keepPrefix(path, prefix).catch(() => undefined);
  return prefix;
}

async function keepPrefix(path: string, prefix: EncodedPrefix): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeSafetensors(path, [
    {
      name: "hidden",
      shape: [prefix.ids.length, prefix.hidden.length / prefix.ids.length],
      values: prefix.hidden,
    },
    { name: "key_values", shape: prefix.keyValues.dims, values: prefix.keyValues.data },
  ]);
}

async function readPrefix(path: string, ids: readonly number[]): Promise<EncodedPrefix | null> {
  try {
    const { tensors } = await openSafetensors(path);
    const hidden = tensors.get("hidden");
    const keyValues = tensors.get("key_values");
    if (hidden?.shape[0] !== ids.length || keyValues?.shape[4] !== ids.length) return null;
    return {
      ids,
      hidden: await readFloats(hidden),
      keyValues: { data: await readFloats(keyValues), dims: keyValues.shape },
    };
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** The first `count` tokens' keys and values: [L, 2, 1, kv, P, d] -> [L, 2, 1, kv, count, d]. */
export function firstTokens(keyValues: Tensor, count: number): Tensor {
  const [layers = 0, pair = 0, batch = 0, heads = 0, length = 0, width = 0] = keyValues.dims;
  if (count === length) return keyValues;
  const rows = layers * pair * batch * heads;
  const data = new Float32Array(rows * count * width);
  for (let row = 0; row < rows; row++) {
    const from = row * length * width;
    data.set(
      keyValues.data.subarray(from, from + count * width) as Float32Array,
      row * count * width,
    );
  }
  return { data, dims: [layers, pair, batch, heads, count, width] };
}
