import { z } from "zod";

import { symbol } from "../../onnx/dim.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../onnx/graph-core.ts";
import type { Layer, LayersModel, LayerWeight } from "./layers-model.ts";

export interface LayersGraphOptions {
  readonly name: string;
  /** What the network's own numbers for black and white are apart: 1, or 255. */
  readonly range: number;
}

const convSchema = z.object({
  kernel_size: z.array(z.int().positive()).length(2),
  strides: z.tuple([z.literal(1), z.literal(1)]),
  padding: z.enum(["same", "valid"]),
  data_format: z.literal("channels_last"),
  dilation_rate: z.tuple([z.literal(1), z.literal(1)]),
  groups: z.literal(1),
  activation: z.literal("linear"),
  use_bias: z.literal(true),
});
const upsamplingSchema = z
  .object({
    size: z.tuple([z.int().positive(), z.int().positive()]),
    interpolation: z.literal("nearest"),
  })
  .refine(({ size: [height, width] }) => height === width);

/**
 * A super-resolution network of TensorFlow.js layers as an ONNX graph: `image` [1, 3, H, W] in [0, 1] to `enlarged`
 * [1, 3, N H, N W], about in [0, 1]. Channels move from the last axis, where Keras has them, to the second.
 *
 * @throws {Error} for a layer or a setting of one that these networks do not have.
 */
export function buildLayersGraph(
  model: LayersModel,
  { name, range }: LayersGraphOptions,
): OnnxGraph {
  const g = new GraphBuilder(name);
  const image = g.input("image", "float32", [1, 3, symbol("height"), symbol("width")]);
  const made = new Map<string, Operand>();
  for (const layer of model.layers) {
    const inputs = layer.inbound_nodes.map((from) => {
      const operand = made.get(from);
      if (operand === undefined) throw new Error(`${layer.name} comes before ${from}, its input.`);
      return operand;
    });
    const output = g.scope(layer.name, () => {
      if (layer.class_name !== "InputLayer") return addLayer(g, { layer, model }, inputs);
      return range === 1 ? image : g.mul(image, g.scalar(range));
    });
    made.set(layer.name, output);
  }
  const last = made.get(model.output);
  if (last === undefined) throw new Error(`There is no layer ${model.output}.`);
  g.output("enlarged", range === 1 ? last : g.mul(last, g.scalar(1 / range)));
  return g.finish();
}

function addLayer(
  g: GraphBuilder,
  { layer, model }: { layer: Layer; model: LayersModel },
  inputs: readonly Operand[],
): Operand {
  const [x] = inputs;
  if (x === undefined) throw new Error(`${layer.name} has no input.`);
  const { config } = layer;
  switch (layer.class_name) {
    case "Conv2D":
      return addConv(g, { layer, model }, x);
    case "Activation":
      if (config["activation"] !== "relu") break;
      return g.unary("Relu", x);
    case "Concatenate":
      if (config["axis"] !== 3) break;
      return g.concat(inputs, 1);
    case "Add":
      return inputs.reduce((sum, term) => g.add(sum, term));
    case "UpSampling2D":
      return g.upsampleNearest(x, upsamplingSchema.parse(config).size[0]);
    // Two layers of UpscalerJS' own, whose settings its code fixes: ESRGAN's residual scale and depth_to_space.
    case "MultiplyBeta":
      return g.mul(x, g.scalar(z.number().parse(config["beta"])));
    case "PixelShuffle2x":
    case "PixelShuffle3x":
    case "PixelShuffle4x":
    case "PixelShuffle8x":
      return g.depthToSpace(x, "DCR", z.int().positive().parse(config["scale"]));
  }
  throw new Error(`The layer ${layer.name} (${layer.class_name}) is not known.`);
}

function addConv(
  g: GraphBuilder,
  { layer, model }: { layer: Layer; model: LayersModel },
  x: Operand,
): Operand {
  const { kernel_size: size, padding } = convSchema.parse(layer.config);
  const kernel = weightOf(model, `${layer.name}/kernel`);
  const bias = weightOf(model, `${layer.name}/bias`);
  const [height = 0, width = 0, inChannels = 0, outChannels = 0] = kernel.dims;
  if (height !== size[0] || width !== size[1] || bias.dims[0] !== outChannels)
    throw new Error(`The weights of ${layer.name} do not have the sizes that it says.`);
  const oihw = toOihw(kernel.values, { taps: height * width, inChannels, outChannels });
  const dims = [outChannels, inChannels, height, width];
  const [y, x0] = padding === "same" ? [(height - 1) / 2, (width - 1) / 2] : [0, 0];
  return g.conv(x, g.tensor(`${layer.name}/kernel`, oihw, dims), {
    bias: g.tensor(`${layer.name}/bias`, bias.values, bias.dims),
    pads: [y, x0, y, x0],
  });
}

/** Keras' [height, width, in, out] to ONNX' [out, in, height, width]. */
function toOihw(
  values: Float32Array,
  { taps, inChannels, outChannels }: { taps: number; inChannels: number; outChannels: number },
): Float32Array {
  const moved = new Float32Array(values.length);
  for (const [at, value] of values.entries()) {
    const out = at % outChannels;
    const rest = (at - out) / outChannels;
    const channel = rest % inChannels;
    const tap = (rest - channel) / inChannels;
    moved[(out * inChannels + channel) * taps + tap] = value;
  }
  return moved;
}

function weightOf(model: LayersModel, name: string): LayerWeight {
  const weight = model.weights.get(name);
  if (weight === undefined) throw new Error(`There is no weight ${name}.`);
  return weight;
}
