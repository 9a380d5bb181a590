import { plus, symbol } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { ElementType } from "../../onnx/model-proto.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { Parameters } from "../parameters.ts";
import { stageBlock } from "./blocks.ts";
import type { AutoencoderConfig, StageConfig } from "./config.ts";
import { activate, channelRmsNorm } from "./norm.ts";
import { repeatChannels, upBlock } from "./resample.ts";

/**
 * Latents to picture.
 *
 * Input  latents [B, C, h, w] in the transformer's scale (scaling_factor is undone here)
 * Output sample [B, 3, f h, f w], nominally in [-1, 1], not clamped
 * Source: diffusers models/autoencoders/autoencoder_dc.py, Decoder.
 */
export function buildDecoderGraph(
  config: AutoencoderConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("dc-ae-decoder", computeType);
  const context = { config, parameters: new Parameters(g, weights, "decoder.") };
  let x = latentsIn(g, context);
  for (const index of stagesFrom(config, 0)) x = decoderStage(g, x, { ...context, index });
  g.output("sample", convOut(g, x, context));
  return g.finish();
}

/**
 * The first part of the decoder: all stages that look at the whole picture.
 *
 * Input  latents [B, C, h, w]
 * Output features [B, channels of stage k, s h, s w]; see {@link splitDecoder}
 */
export function buildDecoderFeaturesGraph(
  config: AutoencoderConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("dc-ae-decoder-features", computeType);
  const context = { config, parameters: new Parameters(g, weights, "decoder.") };
  let x = latentsIn(g, context);
  for (const index of stagesFrom(config, splitDecoder(config).stage)) {
    x = decoderStage(g, x, { ...context, index });
  }
  g.output("features", x);
  return g.finish();
}

/**
 * The rest of the decoder, convolutions only, for one tile with its halo. What a stage no longer needs of the halo
 * is cut off after it, so that the tile's picture is exactly that of the whole.
 *
 * Inputs features [B, C, h, w] with `halo` pixels more on each side that lies inside the picture;
 *        interior [4] int64: 1 for each such side (top, left, bottom, right), 0 at the picture's border
 * Output sample [B, 3, f h', f w'] of the tile without its halo
 */
export function buildDecoderPictureGraph(
  config: AutoencoderConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("dc-ae-decoder-picture", computeType);
  const context = { config, parameters: new Parameters(g, weights, "decoder.") };
  const { stage: split, channels, margins, halo } = splitDecoder(config);
  const features = g.input("features", "float32", [
    symbol("batch"),
    channels,
    symbol("height"),
    symbol("width"),
  ]);
  const interior = g.input("interior", "int64", [4]);
  let x = g.cast(features, computeType);
  let margin = halo;
  for (const index of stagesFrom(config, 0).filter((stage) => stage < split)) {
    const needed = margins[index] ?? 0;
    const afterUp = (y: Operand): Operand =>
      cropMargin(g, y, { interior, by: 2 * margin - needed });
    x = decoderStage(g, x, { ...context, index, afterUp });
    margin = needed;
  }
  const scale = outerStage(config.decoder.stages).empty ? 2 : 1;
  g.output("sample", cropMargin(g, convOut(g, x, context), { interior, by: scale * margin }));
  return g.finish();
}

export interface DecoderSplit {
  /** The last stage that looks at the whole picture: the features are what it makes. */
  readonly stage: number;
  readonly channels: number;
  /** Pixels of the picture for one of the features, along a side. */
  readonly scale: number;
  /** Features that a tile needs beyond its own, on each side. */
  readonly halo: number;
  /** The same at each later stage, in its pixels, after its up block. */
  readonly margins: readonly number[];
}

/** Where the decoder divides into what needs the whole picture and what needs a neighbourhood only. */
export function splitDecoder(config: AutoencoderConfig): DecoderSplit {
  const { stages, interpolate } = config.decoder;
  const firstGlobal = stages.findIndex(
    ({ block, layers }) => block === "EfficientViTBlock" && layers > 0,
  );
  const stage = firstGlobal === -1 ? stages.length - 1 : firstGlobal;
  const beforeUp = (margin: number): number =>
    interpolate ? Math.ceil((margin + 1) / 2) : Math.ceil(margin / 2) + 1;
  const { empty } = outerStage(stages);
  const margins: number[] = [];
  // What the last convolution needs; a residual block needs two pixels more.
  let margin = empty ? beforeUp(0) : 1;
  for (let index = empty ? 1 : 0; index < stage; index++) {
    margin += 2 * (stages[index]?.layers ?? 0);
    margins[index] = margin;
    margin = beforeUp(margin);
  }
  return {
    stage,
    channels: stages[stage]?.channels ?? 0,
    scale: 2 ** stage,
    halo: margin,
    margins,
  };
}

interface Context {
  readonly config: AutoencoderConfig;
  readonly parameters: Parameters;
}

function latentsIn(g: GraphBuilder, context: Context): Operand {
  const { latentChannels } = context.config;
  const input = g.input("latents", "float32", [
    symbol("batch"),
    latentChannels,
    symbol("height"),
    symbol("width"),
  ]);
  return decoderIn(g, input, context);
}

/** Latents in the transformer's scale to the deepest stage's channels. */
export function decoderIn(g: GraphBuilder, latents: Operand, context: Context): Operand {
  const { scalingFactor } = context.config;
  return convIn(g, g.cast(g.div(latents, g.scalar(scalingFactor)), g.computeType), context);
}

/** Stages with layers, deepest first, down to `last`. */
function stagesFrom({ decoder }: AutoencoderConfig, last: number): number[] {
  const indices = decoder.stages.map((_, index) => index).filter((index) => index >= last);
  return indices.reverse().filter((index) => (decoder.stages[index]?.layers ?? 0) > 0);
}

/** One stage: its up block, unless it is the deepest, and its layers. */
function decoderStage(
  g: GraphBuilder,
  x: Operand,
  {
    config,
    parameters,
    index,
    afterUp,
  }: Context & { index: number; afterUp?: (y: Operand) => Operand },
): Operand {
  const { stages, interpolate } = config.decoder;
  const stage = stages[index];
  const deeper = stages[index + 1];
  if (stage === undefined) throw new Error(`The decoder has no stage ${index}.`);
  const at = parameters.at(`up_blocks.${index}`);
  let y = x;
  if (deeper !== undefined) {
    const channels = { inChannels: deeper.channels, outChannels: stage.channels };
    y = g.scope(`up_blocks.${index}/0`, () =>
      upBlock(g, x, { ...channels, parameters: at.at("0"), shortcut: true, interpolate }),
    );
    y = afterUp?.(y) ?? y;
  }
  for (let layer = 0; layer < stage.layers; layer++) {
    const entry = String(deeper === undefined ? layer : layer + 1);
    y = g.scope(`up_blocks.${index}/${entry}`, () =>
      stageBlock(g, y, { stage, headDim: config.headDim, parameters: at.at(entry) }),
    );
  }
  return y;
}

/** Cuts `by` pixels from each side that lies inside the picture. */
function cropMargin(
  g: GraphBuilder,
  x: Operand,
  { interior, by }: { interior: Operand; by: number },
): Operand {
  if (by === 0) return x;
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  return g.scope("crop", () => {
    const cut = g.mul(interior, g.constant("int64", [by], []));
    const starts = g.slice(cut, 0, { start: 0, end: 2 });
    const ends = g.sub(g.shapeOf(x, 2, 4), g.slice(cut, 0, { start: 2, end: 4 }));
    return g.node("Slice", [x, starts, ends, g.ints(2, 3)], {
      shape: [batch, channels, plus(height, -2 * by), plus(width, -2 * by)],
    });
  });
}

function convIn(g: GraphBuilder, latents: Operand, { config, parameters }: Context): Operand {
  const width = config.decoder.stages.at(-1)?.channels ?? 0;
  return g.scope("conv_in", () => {
    const conv = g.conv(
      latents,
      parameters.get("conv_in.weight", [width, config.latentChannels, 3, 3]),
      {
        bias: parameters.get("conv_in.bias", [width]),
        pads: [1, 1, 1, 1],
      },
    );
    return config.decoder.inShortcut ? g.add(conv, repeatChannels(g, latents, width)) : conv;
  });
}

/** Norm, activation and the last convolution, which is an up block where stage 0 is empty (DC-AE-Lite, f64, f128). */
function convOut(g: GraphBuilder, x: Operand, { config, parameters }: Context): Operand {
  const { outActivation, interpolate } = config.decoder;
  const { channels, empty } = outerStage(config.decoder.stages);
  return g.scope("conv_out", () => {
    const normed = channelRmsNorm(g, x, { channels, parameters: parameters.at("norm_out") });
    const y = activate(g, normed, outActivation);
    if (empty) {
      return upBlock(g, y, {
        inChannels: channels,
        outChannels: config.imageChannels,
        parameters: parameters.at("conv_out"),
        shortcut: false,
        interpolate,
      });
    }
    return g.conv(y, parameters.get("conv_out.weight", [config.imageChannels, channels, 3, 3]), {
      bias: parameters.get("conv_out.bias", [config.imageChannels]),
      pads: [1, 1, 1, 1],
    });
  });
}

/** The width at the picture's end: of stage 0, or of stage 1 where stage 0 has no layers. */
export function outerStage(stages: readonly StageConfig[]): { channels: number; empty: boolean } {
  const [first, second] = stages;
  if (first === undefined || second === undefined)
    throw new Error("An autoencoder has at least two stages.");
  return first.layers > 0
    ? { channels: first.channels, empty: false }
    : { channels: second.channels, empty: true };
}
