import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import type { Shape } from "./dim.ts";

/** Element types that our graphs use. */
export type ElementType = "float32" | "float16" | "bfloat16" | "int64" | "int32" | "uint8" | "bool";

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** A run of bytes in a file that holds a tensor. */
export interface ExternalData {
  readonly path: string;
  readonly offset: number;
  readonly byteLength: number;
}

const DATA_TYPES: Record<ElementType, DataType> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  bfloat16: DataType.BFLOAT16,
  int64: DataType.INT64,
  int32: DataType.INT32,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

const utf8 = new TextEncoder();

/** ONNX's number of an element type, as Cast's `to` wants it. */
export function dataTypeOf(type: ElementType): number {
  return DATA_TYPES[type];
}

/** An attribute: integers and lists of them as ints, `{ float }` as a float, text as bytes. */
export function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: utf8.encode(value),
    });
  }
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

/** A tensor whose bytes travel inside the model. */
export function inlineTensor(
  name: string,
  type: ElementType,
  value: { dims: readonly number[]; bytes: Uint8Array },
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: DATA_TYPES[type],
    dims: value.dims.map(BigInt),
    rawData: Uint8Array.from(value.bytes),
  });
}

/** A tensor whose bytes stay in a file; `location` is relative to the folder that the session is told. */
export function externalTensor(
  name: string,
  type: ElementType,
  value: { dims: readonly number[]; location: string; offset: number; byteLength: number },
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: DATA_TYPES[type],
    dims: value.dims.map(BigInt),
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: value.location },
      { key: "offset", value: String(value.offset) },
      { key: "length", value: String(value.byteLength) },
    ],
  });
}

/** A graph's input or output: name, type and shape, symbols by their label. */
export function valueInfo(name: string, type: ElementType, shape: Shape): ValueInfoProto {
  const dim = shape.map((length) => ({
    value:
      typeof length === "number"
        ? { case: "dimValue" as const, value: BigInt(length) }
        : { case: "dimParam" as const, value: length.label },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: DATA_TYPES[type], shape: { dim } } } },
  });
}

export interface NodeFields {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

export function node(fields: NodeFields): GraphProto["node"][number] {
  return create(NodeProtoSchema, {
    name: fields.name,
    opType: fields.opType,
    domain: fields.domain,
    input: [...fields.inputs],
    output: [...fields.outputs],
    attribute: [...fields.attributes],
  });
}

/** Opset 21 has Gelu, Shape with a range and LayerNormalization; `com.microsoft` holds ONNX Runtime's fused operators. */
const OPSET = 21n;
/** IR version 10 belongs to ONNX 1.16, the release of opset 21. */
const IR_VERSION = 10n;

export function serializeModel(
  graph: Pick<GraphProto, "name" | "node" | "initializer" | "input" | "output">,
): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: "sanabot",
      opsetImport: [
        { domain: "", version: OPSET },
        { domain: "com.microsoft", version: 1n },
      ],
      graph: create(GraphProtoSchema, graph),
    }),
  );
}
