import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { COMPONENT_CONFIGS, FAMILIES } from "../../bench/support/full-size-configs.ts";
import { readTensorList, type TensorList } from "../../bench/support/tensor-lists.ts";

const FILE = "diffusion_pytorch_model.safetensors";
/** Of the 28: enough for a measurement. */
const LAYERS = 8;
/** Written over and over. */
const NOISE = Buffer.from(
  Float32Array.from({ length: 2 ** 20 }, (_, i) => 0.01 * Math.sin(i * i)).buffer,
);

/**
 * Eight blocks of Sana 0.6B's transformer, and the DC-AE, at their real sizes, for measurements of memory only. The
 * autoencoder's 1.25 GB are a hole behind a header, which takes no room on the disk; the transformer's 0.7 GB are
 * noise, since ONNX Runtime keeps only one of its equal matrices.
 */
export async function hollowCheckpoint(folder: string): Promise<void> {
  await writeHollow(
    join(folder, "vae"),
    COMPONENT_CONFIGS.vae,
    await readTensorList("dc-ae-f32c32"),
  );
  const tensors = Object.entries(await readTensorList("sana-0.6b")).filter(
    ([name]) => Number(/^transformer_blocks\.(\d+)/.exec(name)?.[1] ?? 0) < LAYERS,
  );
  const path = join(folder, "transformer");
  const config = { ...FAMILIES["sana-0.6b"].transformer, num_layers: LAYERS };
  const bytes = await writeHollow(path, config, Object.fromEntries(tensors));
  await fill(join(path, FILE), bytes);
}

/** Overwrites all but the header. */
async function fill(path: string, bytes: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    for (let at = size - bytes; at < size; at += NOISE.length)
      await file.write(NOISE, 0, Math.min(NOISE.length, size - at), at);
  } finally {
    await file.close();
  }
}

/** @returns the bytes behind the header */
async function writeHollow(folder: string, config: object, tensors: TensorList): Promise<number> {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, shape]): [string, object] => {
    const start = end;
    end += shape.reduce((bytes, dim) => bytes * dim, 4);
    return [name, { dtype: "F32", shape, data_offsets: [start, end] }];
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const file = await open(join(folder, FILE), "w");
  try {
    await file.write(Buffer.concat([length, header]));
    await file.truncate(length.length + header.length + end);
    return end;
  } finally {
    await file.close();
  }
}
