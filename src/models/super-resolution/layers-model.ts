import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";

import { UserError } from "../../errors.ts";

/** A network as TensorFlow.js' `layers-model` format keeps it: Keras' layers in an order that can be computed. */
export interface LayersModel {
  readonly layers: readonly Layer[];
  /** Name of the layer whose output is the network's. */
  readonly output: string;
  /** By `LAYER/kernel` and `LAYER/bias`, row-major. */
  readonly weights: ReadonlyMap<string, LayerWeight>;
}

export interface LayerWeight {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

export type Layer = z.infer<typeof layerSchema>;

/** The largest known topology has 200 KB; the format is read whole. */
const MAX_TOPOLOGY_BYTES = 4 * 2 ** 20;
/** Ten times the largest known weights. */
const MAX_WEIGHT_BYTES = 2 ** 28;

const layerSchema = z.object({
  name: z.string().min(1),
  class_name: z.string(),
  config: z.record(z.string(), z.unknown()),
  /** Keras: a list of calls, each a list of `[layer, node, tensor, arguments]`; a layer is called once here. */
  inbound_nodes: z
    .array(z.array(z.tuple([z.string(), z.literal(0), z.literal(0)]).rest(z.unknown())))
    .max(1)
    .transform(([call = []]) => call.map(([name]) => name)),
});

const modelSchema = z.object({
  format: z.literal("layers-model"),
  modelTopology: z.object({
    model_config: z.object({
      config: z.object({
        layers: z.array(layerSchema),
        output_layers: z.tuple([z.tuple([z.string(), z.literal(0), z.literal(0)])]),
      }),
    }),
  }),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string()),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().positive()),
          dtype: z.literal("float32"),
          quantization: z.undefined().optional(),
        }),
      ),
    }),
  ),
});

/**
 * Reads `model.json` and the weights beside it.
 *
 * @throws {UserError} `model_not_found` when a file is missing, `model_invalid` when one does not fit the format.
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = parseModel(await readBounded(path), path);
  const { layers, output_layers: outputs } = modelTopology.model_config.config;
  const weights = new Map<string, LayerWeight>();
  for (const { paths, weights: specs } of weightsManifest) {
    // A tensor may begin in one file and end in the next.
    const shards = await Promise.all(
      paths.map((name) => readBounded(join(dirname(path), basename(name)))),
    );
    const bytes = Buffer.concat(shards);
    let offset = 0;
    for (const { name, shape } of specs) {
      const length = 4 * shape.reduce((total, dim) => total * dim, 1);
      if (offset + length > bytes.length) {
        throw invalid(path, `its weights end before ${name}`);
      }
      const values = new Float32Array(bytes.buffer, bytes.byteOffset + offset, length / 4);
      weights.set(name, { values, dims: shape });
      offset += length;
    }
    if (offset !== bytes.length) throw invalid(path, "its weights are longer than their list");
  }
  return { layers, output: outputs[0][0], weights };
}

function parseModel(bytes: Buffer, path: string): z.infer<typeof modelSchema> {
  if (bytes.length > MAX_TOPOLOGY_BYTES) throw invalid(path, `it has ${bytes.length} bytes`);
  try {
    return modelSchema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    const reason =
      cause instanceof z.ZodError
        ? cause.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`)[0]
        : "it is not JSON";
    throw new UserError(
      "model_invalid",
      `${path} is no layers model that can be read: ${reason}.`,
      {
        cause,
      },
    );
  }
}

async function readBounded(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("model_not_found", `${path} cannot be read: ${reason}.`, { cause });
  });
  if (bytes.length > MAX_WEIGHT_BYTES) throw invalid(path, `it has ${bytes.length} bytes`);
  return bytes;
}

function invalid(path: string, reason: string): UserError {
  return new UserError("model_invalid", `${path} cannot be used: ${reason}.`);
}
