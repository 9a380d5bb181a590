import type { CatalogueEntry, Family } from "./catalogue.ts";

/** A transformer's inner width and blocks, and its parameters as diffusers makes it. */
interface TransformerSize {
  readonly width: number;
  readonly layers: number;
  readonly parameters: number;
}

const TRANSFORMERS: Readonly<Record<Family, TransformerSize>> = {
  "sana-0.6b": { width: 1152, layers: 28, parameters: 591_747_872 },
  "sana-1.6b": { width: 2240, layers: 20, parameters: 1_604_462_752 },
  "sana-1.5-1.6b": { width: 2240, layers: 20, parameters: 1_604_641_952 },
  "sana-1.5-4.8b": { width: 2240, layers: 60, parameters: 4_721_825_952 },
  "sprint-0.6b": { width: 1152, layers: 28, parameters: 593_501_216 },
  "sprint-1.6b": { width: 2240, layers: 20, parameters: 1_610_237_472 },
  "sprint-teacher-0.6b": { width: 1152, layers: 28, parameters: 591_876_896 },
  // Only the pipeline's own transformer is used; the ControlNet beside it is not downloaded.
  "controlnet-0.6b": { width: 1152, layers: 28, parameters: 591_747_872 },
};
const GEMMA_PARAMETERS = 2_614_341_888;
/** Stays on disk: the few rows that a prompt needs are read from the file. */
const GEMMA_EMBEDDINGS = 256_000 * 2304;
const AUTOENCODER_PARAMETERS = 312_250_275;
const DECODER_PARAMETERS = 159_223_171;
const CAPTION_CHANNELS = 2304;
/** tokenizer.json and tokenizer.model. */
const TOKENIZER_BYTES = 22_000_000;

/** A weight in 8 bits and its share of its block's scale (32 weights, one float32). */
const INT8_BYTES = 1 + 4 / 32;
/** Between a network's nodes: the decoder's, which draws in tiles from 3.5 GiB on; per pixel of the picture below. */
const MAX_ACTIVATION_BYTES = 3.76e9;
const ACTIVATION_BYTES_PER_PIXEL = 3073;
/** Node, ONNX Runtime and the tokenizer. */
const PROGRAM_BYTES = 400e6;

/** The built graphs' operations over their parameters: 2 for each, and the attention's own products. */
const FLOPS_PER_PARAMETER = 2.05;
/** Of the built decoder graph; exactly linear in the pixels. */
const DECODER_FLOPS_PER_PIXEL = 7.04e6;
const PIXELS_PER_TOKEN = 32 * 32;

/** How many weights a family's transformer has. */
export function transformerParameters(family: Family): number {
  return TRANSFORMERS[family].parameters;
}

/** What a checkpoint's files take on disk: the transformer as recommended, Gemma in BF16, the autoencoder in F32. */
export function downloadBytes({ family }: CatalogueEntry): number {
  const transformer = 2 * TRANSFORMERS[family].parameters;
  return transformer + 2 * GEMMA_PARAMETERS + 4 * AUTOENCODER_PARAMETERS + TOKENIZER_BYTES;
}

/** What the text encoder takes when it is loaded; its table of embeddings stays on disk. */
export function textEncoderBytes(precision: MemoryPrecision["text"]): number {
  return (GEMMA_PARAMETERS - GEMMA_EMBEDDINGS) * (precision === "int8" ? INT8_BYTES : 4);
}

export interface MemoryEstimate {
  /** Every network loaded at once. */
  readonly all: number;
  /** One network at a time. */
  readonly sequential: number;
}

/** How the transformer and the text encoder are computed. */
export interface MemoryPrecision {
  readonly transformer: "fp32" | "fp16";
  readonly text: "fp32" | "int8";
  /** Where the text encoder stays on the CPU, it takes none of the card's memory. */
  readonly withText?: boolean;
}

/**
 * An estimate, from parameter counts, of the bytes that a checkpoint takes when it draws a picture of its native
 * size. The CPU keeps 16-bit weights as float32.
 */
export function estimateMemory(
  { family, nativePx }: CatalogueEntry,
  { transformer, text, withText = true }: MemoryPrecision,
): MemoryEstimate {
  const pixels = nativePx * nativePx;
  const activations = Math.min(MAX_ACTIVATION_BYTES, pixels * ACTIVATION_BYTES_PER_PIXEL);
  // Beside the decoder's, the values of the other networks are small.
  const stages = [
    withText ? textEncoderBytes(text) : 0,
    TRANSFORMERS[family].parameters * (transformer === "fp16" ? 2 : 4),
    DECODER_PARAMETERS * 4 + activations,
  ];
  return {
    all: stages.reduce((total, bytes) => total + bytes, PROGRAM_BYTES),
    sequential: Math.max(...stages) + PROGRAM_BYTES,
  };
}

/** An estimate of the floating-point operations of one picture of native size at the recommended steps. */
export function estimatePictureFlops(entry: CatalogueEntry): number {
  const { family, nativePx, numInferenceSteps } = entry;
  const pixels = nativePx * nativePx;
  const { width, layers, parameters } = TRANSFORMERS[family];
  // The caption's projection and its keys and values are computed once, over tokens of the prompt.
  const conditioning = width * (CAPTION_CHANNELS + width) + 2 * layers * width * width;
  const forward = (FLOPS_PER_PARAMETER * (parameters - conditioning) * pixels) / PIXELS_PER_TOKEN;
  const isGuided = !isDistilled(family);
  return forward * numInferenceSteps * (isGuided ? 2 : 1) + DECODER_FLOPS_PER_PIXEL * pixels;
}

function isDistilled(family: Family): boolean {
  return family === "sprint-0.6b" || family === "sprint-1.6b";
}
