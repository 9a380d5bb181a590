import { symbol, times } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { ElementType } from "../../onnx/model-proto.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { Parameters } from "../parameters.ts";
import type { SanaTransformerConfig } from "./config.ts";
import { embedTime } from "./time-embedding.ts";
import { transformerBlock } from "./transformer-block.ts";

/** SanaModulatedNorm of the output has its own epsilon, whatever norm_eps says. */
const OUTPUT_NORM_EPSILON = 1e-6;

export interface TransformerGraphOptions {
  readonly computeType: ElementType;
  /** Clamp self-attention's output to float16's range, in any precision (SANA.md trap 2). */
  readonly clampAttention: boolean;
}

/**
 * One call of the denoising network, without what the conditioning graph has computed.
 *
 * Inputs  hidden_states [B, C, h, w]; timestep [1]; guidance [1] (Sprint only);
 *         cross_key [L, 1, heads, d, S]; cross_value [L, 1, heads, S, d];
 *         position_x [1, D, 1, w] and position_y [1, D, h, 1] (only with interpolation_scale)
 * Output  sample [B, C, h, w]: the velocity noise - data
 */
export function buildTransformerGraph(
  config: SanaTransformerConfig,
  weights: Weights,
  options: TransformerGraphOptions,
): OnnxGraph {
  const g = new GraphBuilder("sana-transformer", options.computeType);
  const parameters = new Parameters(g, weights);
  const { latents, timestep, guidance, crossKey, crossValue } = transformerInputs(g, config);
  const time = embedTime(
    g,
    { timestep, guidance },
    { config, parameters: parameters.at("time_embed") },
  );
  const [batch = 1, , height = 1, width = 1] = latents.shape;
  const grid = {
    height,
    width,
    lengths: g.shapeOf(latents, 2, 4),
    batch: g.shapeOf(latents, 0, 1),
  };
  let x = patchEmbed(g, g.cast(latents, options.computeType), { config, parameters });
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `transformer_blocks.${layer}`;
    x = g.scope(name, () =>
      transformerBlock(g, x, {
        config,
        parameters: parameters.at(name),
        modulation: time.modulation,
        crossKey: g.cast(g.pick(crossKey, 0, layer), options.computeType),
        crossValue: g.cast(g.pick(crossValue, 0, layer), options.computeType),
        clampAttention: options.clampAttention,
        grid,
      }),
    );
  }

  const sample = projectOut(g, x, { config, parameters, embedded: time.embedded });
  const lengths = g.concat([grid.batch, g.ints(config.outChannels), grid.lengths], 0);
  g.output(
    "sample",
    g.reshapeTo(g.transpose(sample, [0, 2, 1]), lengths, [
      batch,
      config.outChannels,
      height,
      width,
    ]),
  );
  return g.finish();
}

function transformerInputs(g: GraphBuilder, config: SanaTransformerConfig) {
  const { inChannels, layers, crossHeads, crossHeadDim } = config;
  const tokens = symbol("tokens");
  return {
    latents: g.input("hidden_states", "float32", [
      symbol("batch"),
      inChannels,
      symbol("height"),
      symbol("width"),
    ]),
    timestep: g.input("timestep", "float32", [1]),
    guidance: config.guidanceEmbeds ? g.input("guidance", "float32", [1]) : undefined,
    crossKey: g.input("cross_key", "float32", [layers, 1, crossHeads, crossHeadDim, tokens]),
    crossValue: g.input("cross_value", "float32", [layers, 1, crossHeads, tokens, crossHeadDim]),
  };
}

/** [B, N, D] -> [B, N, C]: the last norm, modulated by the time, and the projection to velocities. */
function projectOut(
  g: GraphBuilder,
  x: Operand,
  {
    config,
    parameters,
    embedded,
  }: { config: SanaTransformerConfig; parameters: Parameters; embedded: Operand },
): Operand {
  const { innerDim, outChannels } = config;
  return g.scope("norm_out", () => {
    const table = g.add(parameters.get("scale_shift_table", [2, innerDim]), embedded); // [2, D]
    const shift = g.slice(table, 0, { start: 0, end: 1 });
    const scale = g.slice(table, 0, { start: 1, end: 2 });
    const normed = g.layerNorm(x, OUTPUT_NORM_EPSILON);
    return g.linear(
      g.add(g.mul(normed, g.add(scale, g.number(1, scale))), shift),
      parameters.get("proj_out.weight", [outChannels, innerDim]),
      parameters.get("proj_out.bias", [outChannels]),
    );
  });
}

/** [B, C, h, w] -> [B, h*w, D]: a linear layer on each latent pixel, plus its position where the checkpoint has one. */
function patchEmbed(
  g: GraphBuilder,
  latents: Operand,
  { config, parameters }: { config: SanaTransformerConfig; parameters: Parameters },
): Operand {
  const { inChannels, innerDim } = config;
  const [batch = 1, , height = 1, width = 1] = latents.shape;
  return g.scope("patch_embed", () => {
    const pixels = g.conv(
      latents,
      parameters.get("patch_embed.proj.weight", [innerDim, inChannels, 1, 1]),
      {
        bias: parameters.get("patch_embed.proj.bias", [innerDim]),
      },
    );
    const placed = config.interpolationScale === null ? pixels : addPositions(g, pixels);
    const columns = g.reshapeTo(
      placed,
      g.concat([g.shapeOf(latents, 0, 1), g.ints(innerDim, -1)], 0),
      [batch, innerDim, times(height, width)],
    );
    return g.transpose(columns, [0, 2, 1]);
  });
}

/**
 * Each pixel's column and row. Added one after the other where the picture still has its sides: as one embedding of all
 * tokens they took 0.25 GB more of a 4K picture's memory.
 */
function addPositions(g: GraphBuilder, pixels: Operand): Operand {
  const [, channels = 1, height = 1, width = 1] = pixels.shape;
  const x = g.input("position_x", "float32", [1, channels, 1, width]);
  const y = g.input("position_y", "float32", [1, channels, height, 1]);
  return g.add(g.add(pixels, g.cast(x, g.computeType)), g.cast(y, g.computeType));
}
