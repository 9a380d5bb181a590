import { buildDecoderGraph } from "../models/autoencoder-dc/decoder-graph.ts";
import { buildEncoderGraph } from "../models/autoencoder-dc/encoder-graph.ts";
import { buildTransformerGraph } from "../models/sana-transformer/transformer-graph.ts";
import type { Sizes } from "../onnx/dim.ts";
import type { OnnxGraph } from "../onnx/graph-core.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** `fixed + perPixel x pixels`: every network of Sana is linear in the picture's area. */
interface LinearWork {
  readonly fixed: number;
  readonly perPixel: number;
}

/** What a checkpoint's networks compute, in floating-point operations, as its graphs say; small enough to be published. */
export interface WorkModel {
  /** One run of the transformer for one picture, without guidance. */
  readonly step: LinearWork;
  readonly decode: LinearWork;
  readonly encode: LinearWork;
  /** Runs of the transformer for each step: 2 with guidance. */
  readonly passesWhenGuided: 1 | 2;
}

/** What decides the work of a request. */
export interface WorkRequest {
  /** Pixels of one picture. */
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly count: number;
  readonly guidanceScale: number;
  /** Null: from noise. Else the part of the steps that is walked. */
  readonly strength: number | null;
  /** Whether a picture must be encoded first. */
  readonly isEncoded: boolean;
}

/** A prompt of a usual length; the text encoder itself is not counted: behind its kept prefix it costs little. */
const PROMPT_TOKENS = 32;
/** Two sizes that give the line; multiples of 32. */
const SMALL_PX = 256;
const LARGE_PX = 512;

/** Reads the work of a checkpoint off its graphs; no weight is loaded. */
export function workModelOf({ transformer, vae, manifest }: Checkpoint): WorkModel {
  const { compression } = vae.config;
  const graph = buildTransformerGraph(transformer.config, transformer.weights, {
    computeType: "float32",
    clampAttention: manifest.clampAttention,
  });
  return {
    step: lineOf(graph, (px) => ({
      batch: 1,
      tokens: PROMPT_TOKENS,
      height: px / compression,
      width: px / compression,
    })),
    decode: lineOf(buildDecoderGraph(vae.config, vae.weights, "float32"), (px) => ({
      batch: 1,
      height: px / compression,
      width: px / compression,
    })),
    encode: lineOf(buildEncoderGraph(vae.config, vae.weights, "float32"), (px) => ({
      batch: 1,
      height: px,
      width: px,
    })),
    passesWhenGuided: transformer.config.guidanceEmbeds ? 1 : 2,
  };
}

function lineOf(graph: OnnxGraph, sizes: (px: number) => Sizes): LinearWork {
  const [small, large] = [graph.flops(sizes(SMALL_PX)), graph.flops(sizes(LARGE_PX))];
  const perPixel = (large - small) / (LARGE_PX ** 2 - SMALL_PX ** 2);
  return { fixed: Math.max(0, small - perPixel * SMALL_PX ** 2), perPixel };
}

/** Floating-point operations of a request. */
export function workOf(model: WorkModel, request: WorkRequest): number {
  const pixels = request.width * request.height;
  const of = ({ fixed, perPixel }: LinearWork): number => fixed + perPixel * pixels;
  const passes = request.guidanceScale > 1 ? model.passesWhenGuided : 1;
  const steps = Math.max(1, Math.round(request.steps * (request.strength ?? 1)));
  const each = of(model.step) * passes * steps + of(model.decode);
  return request.count * each + (request.isEncoded ? of(model.encode) : 0);
}
