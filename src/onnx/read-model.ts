import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import {
  ModelProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  type ValueInfoProto,
} from "onnx-buf";

import { UserError } from "../errors.ts";
import type { OnnxGraph } from "./graph-core.ts";

/** An input or output of a model file. */
export interface ModelValue {
  readonly name: string;
  /** ONNX's name of the element type: FLOAT, FLOAT16, INT64 ... */
  readonly type: string;
  /** Lengths, null where they are only known at run time; null altogether where the file does not say. */
  readonly dims: readonly (number | null)[] | null;
}

/** A graph that somebody else wrote. */
export interface OnnxFile {
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /** Elements of the weights of all convolutions. */
  readonly convWeights: number;
  /** Ready for a session; what it costs is not known but for the weights' bytes. */
  readonly graph: OnnxGraph;
}

/** A protobuf ends at 2 GiB; larger weights lie in files of their own. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * Reads a model file: its inputs and outputs, and what a session needs.
 *
 * @throws {UserError} `model_not_found` or `model_invalid`, naming the file.
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const bytes = await readModelBytes(path);
  const { graph } = parseModel(bytes, path);
  if (graph === undefined) throw invalid(path, "it has no graph");
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !stored.has(name)).map(valueOf);
  const outputs = graph.output.map(valueOf);
  const isExternal = graph.initializer.some(
    ({ dataLocation }) => dataLocation === DataLocation.EXTERNAL,
  );
  return {
    inputs,
    outputs,
    convWeights: convWeights(graph),
    graph: {
      name: path,
      bytes,
      externalRoot: isExternal ? dirname(resolve(path)) : null,
      inputs: inputs.map(operandOf),
      outputs: outputs.map(operandOf),
      nodeCount: graph.node.length,
      flops: unknownCost,
      weightBytes: graph.initializer.reduce((sum, { dims }) => sum + 4 * elements(dims), 0),
      peakActivationBytes: unknownCost,
    },
  };
}

async function readModelBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw invalid(path, `it has ${size} bytes; 2 GiB is the most`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("model_not_found", `${path} cannot be read: ${reason}.`, { cause });
  }
}

function parseModel(bytes: Uint8Array, path: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new UserError("model_invalid", `${path} is no ONNX model: it cannot be parsed.`, {
      cause,
    });
  }
}

function valueOf({ name, type }: ValueInfoProto): ModelValue {
  if (type?.value.case !== "tensorType") return { name, type: "no tensor", dims: null };
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }) =>
    value.case === "dimValue" && value.value > 0n ? Number(value.value) : null,
  );
  return { name, type: DataType[elemType] ?? String(elemType), dims: dims ?? null };
}

/** The session checks only names; the lengths are the model's own business. */
function operandOf({ name }: ModelValue): OnnxGraph["inputs"][number] {
  return { name, type: "float32", shape: [] };
}

function convWeights({ node, initializer }: GraphProto): number {
  const dims = new Map(initializer.map((tensor) => [tensor.name, tensor.dims]));
  return node
    .filter(({ opType }) => opType === "Conv")
    .reduce((sum, { input: [, weight = ""] }) => {
      const shape = dims.get(weight);
      return shape === undefined ? sum : sum + elements(shape);
    }, 0);
}

function elements(dims: readonly bigint[]): number {
  return dims.reduce((total, dim) => total * Number(dim), 1);
}

function unknownCost(): number {
  return Number.NaN;
}

function invalid(path: string, reason: string): UserError {
  return new UserError("model_invalid", `${path} cannot be used: ${reason}.`);
}
