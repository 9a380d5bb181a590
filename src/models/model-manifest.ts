import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";

import { catalogueEntryOf, type CatalogueEntry } from "./catalogue.ts";
import { COMPLEX_HUMAN_INSTRUCTION } from "./complex-human-instruction.ts";
import { readConfig } from "./read-config.ts";

/** What a checkpoint's own config files do not say about how to use it. */
export interface ModelManifest {
  name: string;
  license: string | null;
  description: string | null;
  /** Lines before every prompt; null: none. */
  complexHumanInstruction: readonly string[] | null;
  /** Prompt embeddings that the transformer sees at most. */
  maxSequenceLength: number;
  /** `[height, width]` in pixels by nominal height/width ratio; null: diffusers' table for the sample size. */
  resolutionBins: Readonly<Record<string, readonly [number, number]>> | null;
  /** Pixels; null: the checkpoint's sample size x 32. */
  defaultHeight: number | null;
  /** Pixels; null: the checkpoint's sample size x 32. */
  defaultWidth: number | null;
  numInferenceSteps: number;
  guidanceScale: number;
  /** Clamp the self-attention's output to fp16's range in every precision. */
  clampAttention: boolean;
  /** Apply the soft-cap of the text encoder's config to its attention logits; off as in today's transformers. */
  attnLogitSoftcapping: boolean;
}

/** diffusers' defaults of `SanaPipeline` and `SanaSprintPipeline`. */
const MAX_SEQUENCE_LENGTH = 300;
const STEPS = 20;
const SPRINT_STEPS = 2;
const GUIDANCE_SCALE = 4.5;

const MANIFEST_NAME = "sanabot.json";
/** 4K pictures are the largest that Sana makes; their bins reach 8192. */
const sizePx = z.int().min(32).max(8192).multipleOf(32);
const ratio = z
  .string()
  .regex(/^\d+(\.\d+)?$/, "a bin's key is its height divided by its width, like 0.57");
const instructionLine = z.string().max(10_000);

/** `sanabot.json`: each key that is left out takes the catalogue's value, else diffusers'. */
const manifestSchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  license: z.string().max(1000).nullish(),
  description: z.string().max(10_000).nullish(),
  complex_human_instruction: z.array(instructionLine).max(100).nullable().optional(),
  max_sequence_length: z.int().min(1).max(4096).optional(),
  resolution_bins: z
    .record(ratio, z.tuple([sizePx, sizePx]))
    .refine((bins) => Object.keys(bins).length > 0, "at least one bin, or null")
    .nullable()
    .optional(),
  default_height: sizePx.nullish(),
  default_width: sizePx.nullish(),
  num_inference_steps: z.int().min(1).max(1000).optional(),
  guidance_scale: z.number().min(0).max(100).optional(),
  clamp_attention: z.boolean().optional(),
  attn_logit_softcapping: z.boolean().optional(),
});

type ManifestFile = z.infer<typeof manifestSchema>;

const modelIndexSchema = z.looseObject({ _class_name: z.string() });

/**
 * Reads what a checkpoint folder says about itself: `sanabot.json`, else the catalogue's entry for the folder's name,
 * else diffusers' defaults.
 *
 * @throws {UserError} `model_invalid` when a file is there but does not fit, naming the fields.
 */
export async function readManifest(folder: string): Promise<ModelManifest> {
  const file = (await isFile(join(folder, MANIFEST_NAME)))
    ? await readConfig(folder, MANIFEST_NAME, manifestSchema)
    : {};
  const entry = catalogueEntryOf(folder);
  const steps = entry?.numInferenceSteps ?? ((await isSprint(folder)) ? SPRINT_STEPS : STEPS);
  return withDefaults(file, { name: entry?.id ?? basename(resolve(folder)), steps, entry });
}

interface Defaults {
  name: string;
  steps: number;
  entry: CatalogueEntry | undefined;
}

function withDefaults(file: ManifestFile, { name, steps, entry }: Defaults): ModelManifest {
  const instruction = file.complex_human_instruction;
  return {
    name: file.name ?? name,
    license: file.license ?? entry?.license ?? null,
    description: file.description ?? null,
    complexHumanInstruction: instruction === undefined ? COMPLEX_HUMAN_INSTRUCTION : instruction,
    maxSequenceLength: file.max_sequence_length ?? MAX_SEQUENCE_LENGTH,
    resolutionBins: file.resolution_bins ?? null,
    defaultHeight: file.default_height ?? null,
    defaultWidth: file.default_width ?? null,
    numInferenceSteps: file.num_inference_steps ?? steps,
    guidanceScale: file.guidance_scale ?? GUIDANCE_SCALE,
    clampAttention: file.clamp_attention ?? entry?.clampAttention ?? false,
    attnLogitSoftcapping: file.attn_logit_softcapping ?? false,
  };
}

async function isSprint(folder: string): Promise<boolean> {
  if (!(await isFile(join(folder, "model_index.json")))) return false;
  const { _class_name: className } = await readConfig(folder, "model_index.json", modelIndexSchema);
  return className.startsWith("SanaSprint");
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
