import { symbol } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { ElementType } from "../../onnx/model-proto.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { Parameters } from "../parameters.ts";
import { stageBlock } from "./blocks.ts";
import type { AutoencoderConfig } from "./config.ts";
import { outerStage } from "./decoder-graph.ts";
import { downBlock } from "./resample.ts";

/**
 * Picture to latents; deterministic.
 *
 * Input  sample [B, 3, H, W] in [-1, 1]; H and W multiples of the compression factor
 * Output latents [B, C, H/f, W/f] in the transformer's scale (times scaling_factor)
 * Source: diffusers models/autoencoders/autoencoder_dc.py, Encoder.
 */
export function buildEncoderGraph(
  config: AutoencoderConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("dc-ae-encoder", computeType);
  const context = { config, parameters: new Parameters(g, weights, "encoder.") };
  let x = convIn(g, sampleIn(g, config), context);
  for (const index of config.encoder.stages.keys()) x = encoderStage(g, x, { ...context, index });
  g.output("latents", latentsOut(g, x, context));
  return g.finish();
}

/**
 * The first part of the encoder, convolutions only, for one tile of the picture with its halo.
 *
 * Input  sample [B, 3, H, W], a tile
 * Output features [B, channels of stage k, H/s, W/s]; near an inner side `halo` of them are wrong; see {@link splitEncoder}
 */
export function buildEncoderFeaturesGraph(
  config: AutoencoderConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("dc-ae-encoder-features", computeType);
  const context = { config, parameters: new Parameters(g, weights, "encoder.") };
  let x = convIn(g, sampleIn(g, config), context);
  const { stage: split } = splitEncoder(config);
  for (let index = 0; index < split; index++) x = encoderStage(g, x, { ...context, index });
  g.output("features", x);
  return g.finish();
}

/**
 * The rest of the encoder, which looks at the whole picture.
 *
 * Input  features [B, channels of stage k, h, w]
 * Output latents [B, C, h', w']
 */
export function buildEncoderLatentsGraph(
  config: AutoencoderConfig,
  weights: Weights,
  computeType: ElementType,
): OnnxGraph {
  const g = new GraphBuilder("dc-ae-encoder-latents", computeType);
  const context = { config, parameters: new Parameters(g, weights, "encoder.") };
  const { stage: split, channels } = splitEncoder(config);
  const size = [symbol("batch"), channels, symbol("height"), symbol("width")];
  let x = g.cast(g.input("features", "float32", size), computeType);
  for (let index = split; index < config.encoder.stages.length; index++) {
    x = encoderStage(g, x, { ...context, index });
  }
  g.output("latents", latentsOut(g, x, context));
  return g.finish();
}

export interface EncoderSplit {
  /** The first stage that looks at the whole picture: the features are what it takes. */
  readonly stage: number;
  readonly channels: number;
  /** Pixels of the picture for one of the features, along a side. */
  readonly scale: number;
  /** Features that a tile needs beyond its own, on each side. */
  readonly halo: number;
}

/** Where the encoder divides into what needs a neighbourhood only and what needs the whole picture. */
export function splitEncoder(config: AutoencoderConfig): EncoderSplit {
  const { stages } = config.encoder;
  const firstGlobal = stages.findIndex(
    ({ block, layers }) => block === "EfficientViTBlock" && layers > 0,
  );
  const stage = firstGlobal === -1 ? stages.length - 1 : firstGlobal;
  // Going down, a pixel sees twice as far and one more; a residual block sees two pixels.
  let margin = 0;
  for (let index = stage - 1; index >= 0; index--) {
    margin = 2 * margin + 1 + 2 * (stages[index]?.layers ?? 0);
  }
  const scale = 2 ** stage;
  return {
    stage,
    channels: stages[stage]?.channels ?? 0,
    scale,
    halo: Math.ceil((margin + 1) / scale),
  };
}

interface Context {
  readonly config: AutoencoderConfig;
  readonly parameters: Parameters;
}

function sampleIn(g: GraphBuilder, { imageChannels }: AutoencoderConfig): Operand {
  const size = [symbol("batch"), imageChannels, symbol("height"), symbol("width")];
  return g.cast(g.input("sample", "float32", size), g.computeType);
}

/** One stage: its layers, and its down block unless it is the deepest. A stage without layers has neither. */
function encoderStage(
  g: GraphBuilder,
  x: Operand,
  { config, parameters, index }: Context & { index: number },
): Operand {
  const { stages, unshuffle } = config.encoder;
  const [stage, deeper] = [stages[index], stages[index + 1]];
  if (stage === undefined) throw new Error(`The encoder has no stage ${index}.`);
  const at = parameters.at(`down_blocks.${index}`);
  let y = x;
  for (let layer = 0; layer < stage.layers; layer++) {
    y = g.scope(`down_blocks.${index}/${layer}`, () =>
      stageBlock(g, y, { stage, headDim: config.headDim, parameters: at.at(String(layer)) }),
    );
  }
  if (deeper === undefined || stage.layers === 0) return y;
  const entry = String(stage.layers);
  const channels = { inChannels: stage.channels, outChannels: deeper.channels };
  return g.scope(`down_blocks.${index}/${entry}`, () =>
    downBlock(g, y, { ...channels, parameters: at.at(entry), shortcut: true, unshuffle }),
  );
}

export function latentsOut(g: GraphBuilder, x: Operand, context: Context): Operand {
  return g.mul(g.cast(convOut(g, x, context), "float32"), g.scalar(context.config.scalingFactor));
}

function convIn(g: GraphBuilder, image: Operand, { config, parameters }: Context): Operand {
  const { channels, empty } = outerStage(config.encoder.stages);
  return g.scope("conv_in", () => {
    if (empty) {
      return downBlock(g, image, {
        inChannels: config.imageChannels,
        outChannels: channels,
        parameters: parameters.at("conv_in"),
        shortcut: false,
        unshuffle: config.encoder.unshuffle,
      });
    }
    return g.conv(image, parameters.get("conv_in.weight", [channels, config.imageChannels, 3, 3]), {
      bias: parameters.get("conv_in.bias", [channels]),
      pads: [1, 1, 1, 1],
    });
  });
}

/** A convolution to the latent's channels, plus the mean of each run of channels. */
function convOut(g: GraphBuilder, x: Operand, { config, parameters }: Context): Operand {
  const [batch = 1, width, height = 1, columns = 1] = x.shape;
  if (typeof width !== "number") throw new Error("The number of channels must be known.");
  const { latentChannels } = config;
  return g.scope("conv_out", () => {
    const conv = g.conv(x, parameters.get("conv_out.weight", [latentChannels, width, 3, 3]), {
      bias: parameters.get("conv_out.bias", [latentChannels]),
      pads: [1, 1, 1, 1],
    });
    if (!config.encoder.outShortcut) return conv;
    const runs = [batch, latentChannels, width / latentChannels, height, columns] as const;
    const grouped = g.reshapeTo(
      x,
      g.concat(
        [g.shapeOf(x, 0, 1), g.ints(latentChannels, width / latentChannels), g.shapeOf(x, 2, 4)],
        0,
      ),
      runs,
    );
    const mean = g.node("ReduceMean", [grouped, g.ints(2)], {
      shape: conv.shape,
      attributes: { keepdims: 0 },
    });
    return g.add(conv, mean);
  });
}
