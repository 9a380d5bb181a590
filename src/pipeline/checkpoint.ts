import { join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { type AutoencoderConfig, readAutoencoderConfig } from "../models/autoencoder-dc/config.ts";
import { catalogueEntryOf } from "../models/catalogue.ts";
import { type Gemma2Config, readGemma2Config } from "../models/gemma2/config.ts";
import { textModelPrefix } from "../models/gemma2/text-encoder-graph.ts";
import { hashModel } from "../models/model-hash.ts";
import { type ModelManifest, readManifest } from "../models/model-manifest.ts";
import { readConfigText } from "../models/read-config.ts";
import {
  type SanaTransformerConfig,
  readTransformerConfig,
} from "../models/sana-transformer/config.ts";
import { type Weights, openWeights } from "../safetensors/checkpoint-weights.ts";
import { type SchedulerConfig, parseSchedulerConfig } from "./schedulers/scheduler-config.ts";
import { type Tokenizer, loadTokenizer } from "./text/tokenizer.ts";

/** A folder in the diffusers layout, read and checked; no weight is loaded yet. */
export interface Checkpoint {
  readonly folder: string;
  readonly manifest: ModelManifest;
  readonly tokenizer: Tokenizer;
  readonly scheduler: SchedulerConfig;
  readonly textEncoder: { readonly config: Gemma2Config; readonly weights: Weights };
  readonly transformer: { readonly config: SanaTransformerConfig; readonly weights: Weights };
  readonly vae: { readonly config: AutoencoderConfig; readonly weights: Weights };
  /** The dtype that the makers recommend, where the catalogue knows the checkpoint. */
  readonly recommendedDtype: "fp16" | "bf16" | null;
  /** See {@link hashModel}. */
  readonly hash: string;
}

/**
 * @throws UserError model_not_found or model_invalid, naming the file and what does not fit
 */
export async function openCheckpoint(modelDir: string): Promise<Checkpoint> {
  const folder = resolve(modelDir);
  const at = (component: string): string => join(folder, component);
  const transformer = {
    config: await readTransformerConfig(at("transformer")),
    weights: await openWeights(at("transformer"), "diffusion_pytorch_model"),
  };
  const vae = {
    config: await readAutoencoderConfig(at("vae")),
    weights: await openWeights(at("vae"), "diffusion_pytorch_model"),
  };
  const textEncoder = {
    config: await readGemma2Config(at("text_encoder")),
    weights: await openWeights(at("text_encoder"), "model"),
  };
  checkWidths(folder, {
    transformer: transformer.config,
    vae: vae.config,
    textEncoder: textEncoder.config,
  });
  const tokenizer = await loadTokenizer(at("tokenizer"));
  checkEmbeddings({ folder, textEncoder, tokenizer });
  return {
    folder,
    manifest: await readManifest(folder),
    tokenizer,
    scheduler: await readScheduler(join(at("scheduler"), "scheduler_config.json")),
    textEncoder,
    transformer,
    vae,
    recommendedDtype: catalogueEntryOf(folder)?.dtype ?? null,
    hash: await hashModel([
      ...transformer.weights.files,
      ...textEncoder.weights.files,
      ...vae.weights.files,
    ]),
  };
}

/** What one part gives must be as wide as what the next takes. */
function checkWidths(
  folder: string,
  configs: {
    transformer: SanaTransformerConfig;
    vae: AutoencoderConfig;
    textEncoder: Gemma2Config;
  },
): void {
  const { transformer, vae, textEncoder } = configs;
  if (transformer.captionChannels !== textEncoder.hiddenSize) {
    throw new UserError(
      "model_invalid",
      `${folder}: the transformer takes captions of ${transformer.captionChannels} channels, the text encoder makes ${textEncoder.hiddenSize}.`,
    );
  }
  if (
    transformer.inChannels !== vae.latentChannels ||
    transformer.outChannels !== vae.latentChannels
  ) {
    throw new UserError(
      "model_invalid",
      `${folder}: the transformer has ${transformer.inChannels} to ${transformer.outChannels} channels, the autoencoder's latents ${vae.latentChannels}.`,
    );
  }
}

/** The table that the host reads, which no graph has. */
function checkEmbeddings({
  folder,
  textEncoder,
  tokenizer,
}: Pick<Checkpoint, "folder" | "textEncoder" | "tokenizer">): void {
  const { config, weights } = textEncoder;
  const table = weights.get(`${textModelPrefix(weights)}embed_tokens.weight`);
  const expected = [config.vocabSize, config.hiddenSize];
  if (table.shape.join(",") !== expected.join(","))
    throw new UserError(
      "model_invalid",
      `${table.path}: tensor ${table.name} has the shape [${table.shape.join(", ")}]; its config asks for [${expected.join(", ")}].`,
    );
  const largest = Math.max(...tokenizer.encode("a picture, 1 2 3: ü 猫"));
  if (largest >= config.vocabSize)
    throw new UserError(
      "model_invalid",
      `${folder}: the tokenizer gives the id ${largest}, and the text encoder knows ${config.vocabSize} ids. They are of two models.`,
    );
}

async function readScheduler(path: string): Promise<SchedulerConfig> {
  return parseSchedulerConfig(await readConfigText(path), path);
}
