import { symbol } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { Parameters } from "../parameters.ts";
import { attentionFromSums, attentionSums, runCount, stageBlock } from "./blocks.ts";
import type { AutoencoderConfig, StageConfig } from "./config.ts";
import { decoderIn, splitDecoder } from "./decoder-graph.ts";
import { latentsOut, splitEncoder } from "./encoder-graph.ts";
import { downBlock, upBlock } from "./resample.ts";

/**
 * The autoencoder's deep half as steps that each work on bands of rows, for pictures whose values do not fit whole.
 * Linear attention needs of the whole picture only its sums, so a block takes two passes: one that sums, one that
 * applies. Nothing is approximated.
 */
export type BandStep = LocalStep | AttentionStep;

/** A band's result depends on its rows and `halo` rows on each side. */
export interface LocalStep {
  readonly kind: "local";
  readonly halo: number;
  /** Rows and columns of the result for one of the input: 2, 1 or 1/2. */
  readonly scale: number;
  readonly channels: number;
  /** Input x [1, C, h, w]; output y. */
  readonly build: () => OnnxGraph;
}

export interface AttentionStep {
  readonly kind: "attention";
  /** Lengths of the sums: [1, runs, headDim + 1, headDim]. */
  readonly sums: readonly [1, number, number, number];
  /** Rows on each side that the first pass needs: half the largest multi-scale kernel. */
  readonly sumHalo: number;
  /** Rows on each side that the second pass needs: one more, for GLUMBConv. */
  readonly halo: number;
  /** Inputs x [1, C, h, w], rows [2]; output sums. */
  readonly buildSums: () => OnnxGraph;
  /** Inputs x, sums; output y [1, C, h, w]. */
  readonly build: () => OnnxGraph;
}

/** From latents to {@link splitDecoder}'s features. */
export function decoderBandSteps(config: AutoencoderConfig, weights: Weights): BandStep[] {
  const { stages } = config.decoder;
  const deepest = { inChannels: config.latentChannels, outChannels: stages.at(-1)?.channels ?? 0 };
  const first = localStep(
    "in",
    { scale: 1, halo: 1, channels: deepest, prefix: "decoder.", weights },
    (g, x, parameters) => decoderIn(g, x, { config, parameters }),
  );
  const steps: BandStep[] = [first];
  const { stage: last } = splitDecoder(config);
  for (let index = stages.length - 1; index >= last; index--)
    steps.push(...upSteps(config, weights, index));
  return steps;
}

function upSteps(config: AutoencoderConfig, weights: Weights, index: number): BandStep[] {
  const { stages, interpolate } = config.decoder;
  const [stage, deeper] = [stages[index], stages[index + 1]];
  if (stage === undefined || stage.layers === 0) return [];
  const at = (entry: number): string => `decoder.up_blocks.${index}.${entry}.`;
  const offset = deeper === undefined ? 0 : 1;
  const layers = layerSteps(stage, { config, weights, at: (layer) => at(layer + offset) });
  if (deeper === undefined) return layers;
  const channels = { inChannels: deeper.channels, outChannels: stage.channels };
  const up = localStep(
    "up",
    { scale: 2, halo: 1, channels, prefix: at(0), weights },
    (g, x, parameters) => upBlock(g, x, { ...channels, parameters, shortcut: true, interpolate }),
  );
  return layers.toSpliced(0, 0, up);
}

/** From {@link splitEncoder}'s features to latents. */
export function encoderBandSteps(config: AutoencoderConfig, weights: Weights): BandStep[] {
  const { stages } = config.encoder;
  const steps: BandStep[] = [];
  for (let index = splitEncoder(config).stage; index < stages.length; index++)
    steps.push(...downSteps(config, weights, index));
  const deepest = { inChannels: stages.at(-1)?.channels ?? 0, outChannels: config.latentChannels };
  const last = localStep(
    "out",
    { scale: 1, halo: 1, channels: deepest, prefix: "encoder.", weights },
    (g, x, parameters) => latentsOut(g, x, { config, parameters }),
  );
  steps.push(last);
  return steps;
}

function downSteps(config: AutoencoderConfig, weights: Weights, index: number): BandStep[] {
  const { stages, unshuffle } = config.encoder;
  const [stage, deeper] = [stages[index], stages[index + 1]];
  if (stage === undefined) return [];
  const at = (entry: number): string => `encoder.down_blocks.${index}.${entry}.`;
  const layers = layerSteps(stage, { config, weights, at });
  if (deeper === undefined || stage.layers === 0) return layers;
  const channels = { inChannels: stage.channels, outChannels: deeper.channels };
  // One row is read above; two keep the rows in pairs.
  const down = localStep(
    "down",
    { scale: 1 / 2, halo: 2, channels, prefix: at(stage.layers), weights },
    (g, x, parameters) => downBlock(g, x, { ...channels, parameters, shortcut: true, unshuffle }),
  );
  return layers.concat(down);
}

function layerSteps(
  stage: StageConfig,
  {
    config,
    weights,
    at,
  }: { config: AutoencoderConfig; weights: Weights; at: (layer: number) => string },
): BandStep[] {
  const { headDim } = config;
  return Array.from({ length: stage.layers }, (_, layer): BandStep => {
    const prefix = at(layer);
    const channels = { inChannels: stage.channels, outChannels: stage.channels };
    if (stage.block === "ResBlock") {
      return localStep(
        "layer",
        { scale: 1, halo: 2, channels, prefix, weights },
        (g, x, parameters) => stageBlock(g, x, { stage, headDim, parameters }),
      );
    }
    const context = (g: GraphBuilder) => ({
      stage,
      headDim,
      parameters: new Parameters(g, weights, prefix),
    });
    const runs = runCount({ stage, headDim });
    const sumHalo = Math.max(0, ...stage.multiscales.map((kernel) => Math.floor(kernel / 2)));
    return {
      kind: "attention",
      sums: [1, runs, headDim + 1, headDim],
      sumHalo,
      halo: sumHalo + 1,
      buildSums: () => {
        const g = new GraphBuilder("dc-ae-attention-sums");
        const rows = g.input("rows", "int64", [2]);
        g.output("sums", attentionSums(g, { x: bandIn(g, stage.channels), rows }, context(g)));
        return g.finish();
      },
      build: () => {
        const g = new GraphBuilder("dc-ae-attention");
        const sums = g.input("sums", "float32", [1, runs, headDim + 1, headDim]);
        g.output("y", attentionFromSums(g, { x: bandIn(g, stage.channels), sums }, context(g)));
        return g.finish();
      },
    };
  });
}

interface LocalOptions {
  readonly scale: number;
  readonly halo: number;
  readonly channels: { readonly inChannels: number; readonly outChannels: number };
  readonly prefix: string;
  readonly weights: Weights;
}

function localStep(
  name: string,
  { scale, halo, channels, prefix, weights }: LocalOptions,
  build: (g: GraphBuilder, x: Operand, parameters: Parameters) => Operand,
): LocalStep {
  return {
    kind: "local",
    scale,
    halo,
    channels: channels.outChannels,
    build: () => {
      const g = new GraphBuilder(`dc-ae-${name}`);
      g.output("y", build(g, bandIn(g, channels.inChannels), new Parameters(g, weights, prefix)));
      return g.finish();
    },
  };
}

/** Rows of a picture that keeps its width. */
function bandIn(g: GraphBuilder, channels: number): Operand {
  return g.input("x", "float32", [symbol("batch"), channels, symbol("height"), symbol("width")]);
}
