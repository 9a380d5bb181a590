import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import { multiplyAdds } from "../../onnx/graph-core.ts";
import { product } from "../../onnx/dim.ts";
import type { Weights } from "../../safetensors/checkpoint-weights.ts";
import { readFloats } from "../../safetensors/read-tensor.ts";
import {
  type SafetensorsFile,
  type TensorLocation,
  openSafetensors,
} from "../../safetensors/safetensors-file.ts";
import { type NamedTensor, writeSafetensorsStream } from "../../safetensors/write-safetensors.ts";
import { GRAPH_VERSION } from "../graph-version.ts";
import type { Gemma2Config } from "./config.ts";
import type { LinearLayer } from "./linear-layers.ts";
import { textModelPrefix } from "./text-encoder-graph.ts";

/** Weights that share a scale: MatMulNBits takes powers of two from 16; 32 costs 12.5 % more than int8 alone. */
const BLOCK = 32;
/** MatMulNBits' zero point for 8 bits. */
const ZERO = 128;
const LEVELS = 127;
/** Activations stay float32 (MatMulNBits' accuracy_level): only weights are rounded. */
const FLOAT32_ACTIVATIONS = 1;

interface TextEncoderWeights {
  readonly config: Gemma2Config;
  readonly weights: Weights;
}

/**
 * The text encoder's linear layers with weights in 8 bits, a float32 scale for each run of 32. The rounded copy is
 * made once, one tensor at a time, and kept in `cacheDir`; its metadata tell the relative error.
 * @throws UserError not_supported for a checkpoint whose linear layers have biases
 */
export async function int8Linear(
  encoder: TextEncoderWeights,
  cacheDir: string,
): Promise<{ linear: (g: GraphBuilder) => LinearLayer; relativeError: number }> {
  if (encoder.config.attentionBias) {
    throw new UserError(
      "not_supported",
      "8-bit weights are not made for a text encoder with attention biases.",
    );
  }
  const { file, relativeError } = await int8Weights(encoder, cacheDir);
  const linear =
    (g: GraphBuilder): LinearLayer =>
    (x, { name, inFeatures, outFeatures }) =>
      g.scope(name, () => {
        const blocks = Math.ceil(inFeatures / BLOCK);
        const packed = external(file, `${name}.packed`, [outFeatures, blocks, BLOCK]);
        const scales = external(file, `${name}.scales`, [outFeatures * blocks]);
        return g.microsoft("MatMulNBits", [x, g.weight(packed), g.weight(scales)], {
          type: "float32",
          shape: [...x.shape.slice(0, -1), outFeatures],
          attributes: {
            K: inFeatures,
            N: outFeatures,
            bits: 8,
            block_size: BLOCK,
            accuracy_level: FLOAT32_ACTIVATIONS,
          },
          flops: multiplyAdds(product(x.shape.slice(0, -1)), inFeatures, outFeatures),
        });
      });
  return { linear, relativeError };
}

/** Reads the rounded copy or makes it; `relativeError` is the root of squared errors over that of squared weights. */
export async function int8Weights(
  { weights }: TextEncoderWeights,
  cacheDir: string,
): Promise<{ file: SafetensorsFile; relativeError: number }> {
  const digest = createHash("sha256")
    .update(JSON.stringify([GRAPH_VERSION, BLOCK, weights.fingerprint()]))
    .digest("hex");
  const path = join(cacheDir, `text-encoder-int8-${digest.slice(0, 32)}.safetensors`);
  const known = await openKnown(path);
  if (known !== null) return known;
  await mkdir(cacheDir, { recursive: true })
    .then(() => writeInt8(path, weights))
    .catch((error: unknown) => {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      throw new UserError(
        "disk",
        `The text encoder's 8-bit weights (up to 2.3 GB) cannot be written to ${cacheDir}: ${error.message}. Free some space, set DATA_DIR to another disk, or use --precision fp32.`,
        { cause: error },
      );
    });
  const made = await openKnown(path);
  if (made === null) throw new Error(`${path} was written but cannot be read.`);
  return made;
}

async function openKnown(
  path: string,
): Promise<{ file: SafetensorsFile; relativeError: number } | null> {
  try {
    const file = await openSafetensors(path);
    const error = [...file.tensors.values()].find(({ name }) => name === "relative_error");
    if (error === undefined) return null;
    const [relativeError = Number.NaN] = await readFloats(error);
    return { file, relativeError };
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

async function writeInt8(path: string, weights: Weights): Promise<void> {
  const prefix = textModelPrefix(weights);
  const layers = [...weights.names()]
    .filter((name) =>
      /^layers\.\d+\.(self_attn|mlp)\.\w+_proj\.weight$/.test(name.slice(prefix.length)),
    )
    .map((name) => ({
      location: weights.get(name),
      name: name.slice(prefix.length, -".weight".length),
    }));
  const specs = layers.flatMap(({ location, name }) => {
    const { rows, blocks } = layout(location);
    return [
      { name: `${name}.packed`, dtype: "U8" as const, shape: [rows, blocks, BLOCK] },
      { name: `${name}.scales`, dtype: "F32" as const, shape: [rows * blocks] },
    ];
  });
  async function* tensors(): AsyncGenerator<NamedTensor> {
    let squaredError = 0;
    let squaredWeights = 0;
    for (const { location, name } of layers) {
      const { rows, columns, blocks } = layout(location);
      const rounded = roundToInt8(await readFloats(location), { rows, columns });
      squaredError += rounded.squaredError;
      squaredWeights += rounded.squaredWeights;
      yield { name: `${name}.packed`, shape: [rows, blocks, BLOCK], values: rounded.packed };
      yield { name: `${name}.scales`, shape: [rows * blocks], values: rounded.scales };
    }
    yield {
      name: "relative_error",
      shape: [1],
      values: Float32Array.of(Math.sqrt(squaredError / squaredWeights)),
    };
  }
  await writeSafetensorsStream(path, {
    specs: [...specs, { name: "relative_error", dtype: "F32", shape: [1] }],
    tensors: tensors(),
  });
}

function layout({ shape }: TensorLocation): { rows: number; columns: number; blocks: number } {
  const [rows = 0, columns = 0] = shape;
  return { rows, columns, blocks: Math.ceil(columns / BLOCK) };
}

interface RoundedWeights {
  readonly packed: Uint8Array;
  readonly scales: Float32Array;
  readonly squaredError: number;
  readonly squaredWeights: number;
}

/** Each run of 32 weights of a row to 128 + round(w / scale), scale = largest magnitude / 127. */
function roundToInt8(
  values: Float32Array,
  { rows, columns }: { rows: number; columns: number },
): RoundedWeights {
  const blocks = Math.ceil(columns / BLOCK);
  const packed = new Uint8Array(rows * blocks * BLOCK).fill(ZERO);
  const scales = new Float32Array(rows * blocks);
  let squaredError = 0;
  let squaredWeights = 0;
  for (let index = 0; index < rows * blocks; index++) {
    const start = Math.floor(index / blocks) * columns + (index % blocks) * BLOCK;
    const run = values.subarray(start, start + Math.min(BLOCK, columns - (index % blocks) * BLOCK));
    let largest = 0;
    for (const value of run) largest = Math.max(largest, Math.abs(value));
    const scale = Math.fround(largest / LEVELS);
    scales[index] = scale;
    let at = index * BLOCK;
    for (const value of run) {
      const level = scale === 0 ? 0 : Math.round(value / scale);
      packed[at++] = ZERO + level;
      squaredError += (value - level * scale) ** 2;
      squaredWeights += value ** 2;
    }
  }
  return { packed, scales, squaredError, squaredWeights };
}

function external(file: SafetensorsFile, name: string, dims: readonly number[]) {
  const location = file.tensors.get(name);
  if (location === undefined)
    throw new Error(`${file.path} has no ${name}; delete it and it is made anew.`);
  const type = location.dtype === "U8" ? ("uint8" as const) : ("float32" as const);
  return {
    name,
    type,
    dims,
    path: location.path,
    offset: location.offset,
    byteLength: location.byteLength,
  };
}
