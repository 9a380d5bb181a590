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
  const parameters = new Parameters(g, weights, "encoder.");
  const input = g.input("sample", "float32", [
    symbol("batch"),
    config.imageChannels,
    symbol("height"),
    symbol("width"),
  ]);
  const { stages, unshuffle } = config.encoder;
  let x = convIn(g, g.cast(input, computeType), { config, parameters });
  for (const [index, stage] of stages.entries()) {
    const at = parameters.at(`down_blocks.${index}`);
    for (let layer = 0; layer < stage.layers; layer++) {
      x = g.scope(`down_blocks.${index}/${layer}`, () =>
        stageBlock(g, x, { stage, headDim: config.headDim, parameters: at.at(String(layer)) }),
      );
    }
    const deeper = stages[index + 1];
    if (deeper === undefined || stage.layers === 0) continue;
    x = g.scope(`down_blocks.${index}/${stage.layers}`, () =>
      downBlock(g, x, {
        inChannels: stage.channels,
        outChannels: deeper.channels,
        parameters: at.at(String(stage.layers)),
        shortcut: true,
        unshuffle,
      }),
    );
  }
  const latents = g.cast(convOut(g, x, { config, parameters }), "float32");
  g.output("latents", g.mul(latents, g.scalar(config.scalingFactor)));
  return g.finish();
}

interface Context {
  readonly config: AutoencoderConfig;
  readonly parameters: Parameters;
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
