import { symbol } from "../../onnx/dim.ts";
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
  const parameters = new Parameters(g, weights, "decoder.");
  const input = g.input("latents", "float32", [
    symbol("batch"),
    config.latentChannels,
    symbol("height"),
    symbol("width"),
  ]);
  const latents = g.cast(g.div(input, g.scalar(config.scalingFactor)), computeType);
  let x = convIn(g, latents, { config, parameters });
  const { stages, interpolate } = config.decoder;
  for (const [index, stage] of [...stages.entries()].reverse()) {
    const at = parameters.at(`up_blocks.${index}`);
    const deeper = stages[index + 1];
    const isUp = deeper !== undefined && stage.layers > 0;
    if (isUp) {
      x = g.scope(`up_blocks.${index}/0`, () =>
        upBlock(g, x, {
          inChannels: deeper.channels,
          outChannels: stage.channels,
          parameters: at.at("0"),
          shortcut: true,
          interpolate,
        }),
      );
    }
    for (let layer = 0; layer < stage.layers; layer++) {
      const entry = String(isUp ? layer + 1 : layer);
      x = g.scope(`up_blocks.${index}/${entry}`, () =>
        stageBlock(g, x, { stage, headDim: config.headDim, parameters: at.at(entry) }),
      );
    }
  }
  g.output("sample", convOut(g, x, { config, parameters }));
  return g.finish();
}

interface Context {
  readonly config: AutoencoderConfig;
  readonly parameters: Parameters;
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
