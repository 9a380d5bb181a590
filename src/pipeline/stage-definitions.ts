import { UserError } from "../errors.ts";
import {
  buildDecoderFeaturesGraph,
  buildDecoderGraph,
  buildDecoderPictureGraph,
} from "../models/autoencoder-dc/decoder-graph.ts";
import {
  buildEncoderFeaturesGraph,
  buildEncoderGraph,
  buildEncoderLatentsGraph,
} from "../models/autoencoder-dc/encoder-graph.ts";
import { buildTextEncoderGraph } from "../models/gemma2/text-encoder-graph.ts";
import { buildConditioningGraph } from "../models/sana-transformer/conditioning-graph.ts";
import { buildTransformerGraph } from "../models/sana-transformer/transformer-graph.ts";
import { machineMemoryBytes } from "../onnx/machine-memory.ts";
import type { ElementType } from "../onnx/model-proto.ts";
import { elementCount } from "../safetensors/header.ts";
import type { Weights } from "../safetensors/checkpoint-weights.ts";
import { type ProviderChoice, chooseProvider } from "../onnx/choose-provider.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { BuiltStage, StageAttempts, StageDefinition } from "./stages.ts";
import { int8Linear } from "../models/gemma2/int8-linear.ts";
import { TEXT_CARD_SHARE, TEXT_MEMORY_SHARE } from "../models/memory-shares.ts";
import type { LoadOptions, Provider, StageName, StageReport } from "./types.ts";

type StagePrecision = StageReport["precision"];

/**
 * With CUDA the text encoder is on the card where it takes no more than its share of it (Gemma's 8.1 GB: from 24 GB on).
 * With DirectML and WebGPU the text encoder stays on the CPU: behind its kept prefix a prompt costs it little, and a
 * card of 8 GB has room for the transformer and the decoder.
 */
const HOSTS_TEXT_ENCODER = new Set<Provider>(["cpu", "cuda"]);
/** A weight in 8 bits and its share of its block's scale, of one in float32. */
const INT8_SHARE = (1 + 4 / 32) / 4;
/** Below this, starting a GPU takes longer than it saves. */
const WORTH_A_GPU_BYTES = 256 * 2 ** 20;

/** The provider that was asked for, else the best of this machine; a small model stays on the CPU. */
export async function resolveProvider(
  checkpoint: Checkpoint,
  options: LoadOptions,
): Promise<ProviderChoice> {
  if (options.provider !== "auto")
    return { provider: options.provider, reason: `${options.provider} was asked for` };
  if (modelBytes(checkpoint) >= WORTH_A_GPU_BYTES)
    return chooseProvider({ cacheDir: options.cacheDir });
  return {
    provider: "cpu",
    reason: "cpu is used: the model is too small for a GPU to be worth its start",
  };
}

/**
 * Where each stage runs and in which precision, and how its graph is built. Where the provider was not asked for by
 * name, the CPU takes over from one that fails.
 */
export function defineStages(
  checkpoint: Checkpoint,
  options: LoadOptions & {
    provider: Provider;
    isChosen?: boolean;
    /** Of the graphics card; undefined: not known. */
    deviceMemoryBytes?: number | undefined;
  },
): Record<StageName, StageAttempts> {
  const first = stagesOn(options.provider, checkpoint, options);
  if (options.isChosen !== true || options.provider === "cpu")
    return mapStages(first, (stage): StageAttempts => [stage]);
  const onCpu = stagesOn("cpu", checkpoint, options);
  return mapStages(first, (stage, name): StageAttempts => {
    return stage.provider === "cpu" ? [stage] : [stage, onCpu[name]];
  });
}

function mapStages<T>(
  stages: Record<StageName, StageDefinition>,
  map: (stage: StageDefinition, name: StageName) => T,
): Record<StageName, T> {
  const entries = Object.entries(stages) as [StageName, StageDefinition][];
  return Object.fromEntries(entries.map(([name, stage]) => [name, map(stage, name)])) as Record<
    StageName,
    T
  >;
}

function stagesOn(
  provider: Provider,
  checkpoint: Checkpoint,
  {
    precision,
    cacheDir,
    deviceMemoryBytes,
  }: LoadOptions & { deviceMemoryBytes?: number | undefined },
): Record<StageName, StageDefinition> {
  const network = transformerPrecision(checkpoint, { precision, provider });
  const text = textPrecision(checkpoint, precision);
  const computeType: ElementType = network === "fp16" ? "float16" : "float32";
  const { transformer, vae, manifest } = checkpoint;
  const define = (stage: StagePrecision, build: StageDefinition["build"]): StageDefinition => {
    return { provider, precision: stage, build };
  };
  const textFits = textBytes(checkpoint, text) <= TEXT_CARD_SHARE * (deviceMemoryBytes ?? Infinity);
  const textProvider = HOSTS_TEXT_ENCODER.has(provider) && textFits ? provider : "cpu";
  // The autoencoder and Gemma overflow in float16 (SANA.md 8.1), so they are float32 always.
  const autoencoder = (build: typeof buildDecoderGraph): StageDefinition =>
    define("fp32", () => ({ graph: build(vae.config, vae.weights, "float32") }));
  const clampAttention = manifest.clampAttention || network === "fp16";
  return {
    "text-encoder": {
      ...define(text, () => buildTextEncoder(checkpoint, text, cacheDir)),
      provider: textProvider,
    },
    conditioning: define(network, () => ({
      graph: buildConditioningGraph(transformer.config, transformer.weights, computeType),
    })),
    "vae-encoder": autoencoder(buildEncoderGraph),
    "vae-encoder-features": autoencoder(buildEncoderFeaturesGraph),
    "vae-encoder-latents": autoencoder(buildEncoderLatentsGraph),
    transformer: define(network, () => ({
      graph: buildTransformerGraph(transformer.config, transformer.weights, {
        computeType,
        clampAttention,
      }),
    })),
    "vae-decoder": autoencoder(buildDecoderGraph),
    "vae-decoder-features": autoencoder(buildDecoderFeaturesGraph),
    "vae-decoder-picture": autoencoder(buildDecoderPictureGraph),
  };
}

async function buildTextEncoder(
  { textEncoder, manifest }: Checkpoint,
  precision: StagePrecision,
  cacheDir: string,
): Promise<BuiltStage> {
  const { config, weights } = textEncoder;
  const softcap = manifest.attnLogitSoftcapping;
  if (precision !== "int8") return { graph: buildTextEncoderGraph(config, weights, { softcap }) };
  const { linear, relativeError } = await int8Linear(textEncoder, cacheDir);
  return {
    graph: buildTextEncoderGraph(config, weights, { softcap, linear }),
    weightError: relativeError,
  };
}

function textBytes({ textEncoder }: Checkpoint, precision: StagePrecision): number {
  const bytes = float32Bytes(textEncoder.weights);
  return precision === "int8" ? bytes * INT8_SHARE : bytes;
}

/** 8-bit weights where they are asked for, or where float32 ones would not fit this machine beside anything else. */
function textPrecision(
  { textEncoder }: Checkpoint,
  precision: LoadOptions["precision"],
): StagePrecision {
  if (precision === "int8") return "int8";
  const isTooLarge = float32Bytes(textEncoder.weights) > TEXT_MEMORY_SHARE * machineMemoryBytes();
  return precision === "auto" && isTooLarge && !textEncoder.config.attentionBias ? "int8" : "fp32";
}

/**
 * The transformer's precision. `auto` is float16 only on a GPU and only for checkpoints that were trained in it:
 * bfloat16-trained ones lose their pictures in float16 (SANA.md 8.1). `int8` so far means the text encoder alone.
 * @throws UserError not_supported for float16 with a Sprint checkpoint, which gives noise
 */
function transformerPrecision(
  checkpoint: Checkpoint,
  { precision, provider }: { precision: LoadOptions["precision"]; provider: Provider },
): "fp32" | "fp16" {
  switch (precision) {
    case "fp32":
    case "int8":
      return "fp32";
    case "auto":
      return provider !== "cpu" && checkpoint.recommendedDtype === "fp16" ? "fp16" : "fp32";
    case "fp16":
      if (!checkpoint.transformer.config.guidanceEmbeds) return "fp16";
      throw new UserError(
        "not_supported",
        `${checkpoint.manifest.name} is a Sprint model, which gives only noise in fp16; use --precision fp32.`,
      );
  }
}

function modelBytes({ textEncoder, transformer, vae }: Checkpoint): number {
  return [textEncoder, transformer, vae].reduce(
    (sum, { weights }) => sum + float32Bytes(weights),
    0,
  );
}

/** Resident once as float32, whatever the file's dtype; the embedding table stays on disk. */
function float32Bytes(weights: Weights): number {
  return [...weights.names()]
    .filter((name) => !name.endsWith("embed_tokens.weight") && !name.endsWith("lm_head.weight"))
    .reduce((sum, name) => sum + 4 * elementCount(weights.get(name).shape), 0);
}
