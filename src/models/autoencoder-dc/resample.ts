import { dividedBy, times } from "../../onnx/dim.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Operand } from "../../onnx/graph-core.ts";
import type { Parameters } from "../parameters.ts";

export interface ResampleOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly parameters: Parameters;
  readonly shortcut: boolean;
}

/** One axis of nearest x2 followed by a 3-tap kernel (w0, w1, w2), as the 2-tap kernel of the even and odd outputs. */
const TAPS = [
  [
    [1, 0, 0],
    [0, 1, 1],
  ], // even: w0 on pixel y-1, w1+w2 on pixel y
  [
    [1, 1, 0],
    [0, 0, 1],
  ], // odd: w0+w1 on pixel y, w2 on pixel y+1
] as const;

/**
 * DCDownBlock2d: [B, Cin, H, W] -> [B, Cout, H/2, W/2]. A strided convolution, or one followed by pixel_unshuffle;
 * the shortcut is the mean over groups of pixel_unshuffle's channels.
 */
export function downBlock(
  g: GraphBuilder,
  x: Operand,
  options: ResampleOptions & { unshuffle: boolean },
): Operand {
  const { inChannels, outChannels, parameters, shortcut, unshuffle } = options;
  const width = unshuffle ? outChannels / 4 : outChannels;
  const conv = g.conv(x, parameters.get("conv.weight", [width, inChannels, 3, 3]), {
    bias: parameters.get("conv.bias", [width]),
    pads: [1, 1, 1, 1],
    stride: unshuffle ? 1 : 2,
  });
  const y = unshuffle ? pixelUnshuffleMean(g, conv, width * 4) : conv;
  return shortcut ? g.add(y, pixelUnshuffleMean(g, x, outChannels)) : y;
}

/**
 * torch's pixel_unshuffle(x, 2), then the mean of each run of 4 Cin / outChannels channels.
 * SpaceToDepth puts the place in the square first, torch the channel; the reshape in between turns one into the other.
 */
function pixelUnshuffleMean(g: GraphBuilder, x: Operand, outChannels: number): Operand {
  const [batch = 1, channels, height = 1, width = 1] = x.shape;
  if (typeof channels !== "number") throw new Error("The number of channels must be known.");
  const group = (4 * channels) / outChannels;
  if (group === 4) return g.averagePool(x);
  const blocks = g.spaceToDepth(x); // [B, 4C, h, w]
  const [pixelHeight, pixelWidth] = [dividedBy(height, 2), dividedBy(width, 2)];
  const flat = g.reshape(blocks, [batch, 4, channels, times(pixelHeight, pixelWidth)]);
  const ordered = g.transpose(flat, [0, 2, 1, 3]); // [B, C, 4, h*w]
  const grouped = g.reshape(ordered, [batch, outChannels, group, ordered.shape[3] ?? 1]);
  const mean = group === 1 ? grouped : g.reduce("ReduceMean", grouped, 2);
  const lengths = g.concat([g.shapeOf(x, 0, 1), g.ints(outChannels), g.shapeOf(blocks, 2, 4)], 0);
  return g.reshapeTo(mean, lengths, [batch, outChannels, pixelHeight, pixelWidth]);
}

/**
 * DCUpBlock2d: [B, Cin, H, W] -> [B, Cout, 2H, 2W].
 *
 * "interpolate" (nearest x2, then a 3x3 convolution) is done at the low resolution: each of the four sub-pixels is a
 * 2x2 convolution, which saves the enlarged tensor and 5/9 of the multiplications and is exact. The shortcut
 * (channels repeated, then pixel_shuffle) is added to each sub-pixel before they are woven together.
 */
export function upBlock(
  g: GraphBuilder,
  x: Operand,
  options: ResampleOptions & { interpolate: boolean },
): Operand {
  const { inChannels, outChannels, parameters, shortcut, interpolate } = options;
  const repeats = (4 * outChannels) / inChannels;
  if (!interpolate) {
    const wide = 4 * outChannels;
    const conv = g.conv(x, parameters.get("conv.weight", [wide, inChannels, 3, 3]), {
      bias: parameters.get("conv.bias", [wide]),
      pads: [1, 1, 1, 1],
    });
    return g.depthToSpace(shortcut ? g.add(conv, repeatChannels(g, x, wide)) : conv, "CRD");
  }
  const weight = parameters.getAs(
    "conv.weight",
    [outChannels, inChannels, 3, 3],
    [outChannels * inChannels, 9],
  );
  const bias = parameters.get("conv.bias", [outChannels]);
  const subPixels = [0, 1, 2, 3].map((index) => {
    const [row, column] = [index >> 1, index & 1];
    const folded = g.reshape(foldTaps(g, weight, { row, column }), [outChannels, inChannels, 2, 2]);
    const conv = g.conv(x, folded, { bias, pads: [1 - row, 1 - column, row, column] });
    if (!shortcut) return conv;
    const source = Array.from({ length: outChannels }, (_, c) =>
      Math.floor((4 * c + index) / repeats),
    );
    // Sub-pixels of one source share it.
    const shared = (): Operand =>
      g.once(`take ${x.name} ${source.join(",")}`, () => g.take(x, 1, source));
    return g.add(conv, repeats === 4 ? x : shared());
  });
  return g.depthToSpace(g.concat(subPixels, 1), "DCR");
}

/** [O*I, 9] -> [O*I, 4]: sums of the 3x3 taps that fall on one low-resolution pixel. ONNX Runtime folds it at load. */
function foldTaps(
  g: GraphBuilder,
  weight: Operand,
  { row, column }: { row: number; column: number },
): Operand {
  const vertical = TAPS[row] ?? TAPS[0];
  const horizontal = TAPS[column] ?? TAPS[0];
  const matrix: number[] = [];
  for (let tap = 0; tap < 9; tap++) {
    for (const v of vertical) {
      for (const h of horizontal) matrix.push((v[Math.floor(tap / 3)] ?? 0) * (h[tap % 3] ?? 0));
    }
  }
  const sums = g.cast(g.constant("float32", matrix, [9, 4]), weight.type);
  return g.node("MatMul", [weight, sums], { shape: [weight.shape[0] ?? 1, 4] });
}

/** torch's repeat_interleave along the channels, to `outChannels` of them. */
export function repeatChannels(g: GraphBuilder, x: Operand, outChannels: number): Operand {
  const channels = x.shape[1];
  if (typeof channels !== "number") throw new Error("The number of channels must be known.");
  const repeats = outChannels / channels;
  return g.take(
    x,
    1,
    Array.from({ length: outChannels }, (_, c) => Math.floor(c / repeats)),
  );
}
