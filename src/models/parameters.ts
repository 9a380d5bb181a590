import { UserError } from "../errors.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Operand, WeightSource } from "../onnx/graph-core.ts";
import type { ElementType } from "../onnx/model-proto.ts";
import type { Weights } from "../safetensors/checkpoint-weights.ts";
import type { Dtype } from "../safetensors/header.ts";
import type { TensorLocation } from "../safetensors/safetensors-file.ts";

const FLOAT_TYPES: Partial<Record<Dtype, ElementType>> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/**
 * The tensors below one name of a checkpoint, checked against the shape that the architecture gives them
 * before a graph points to their bytes.
 */
export class Parameters {
  readonly #weights: Weights;
  readonly #graph: GraphBuilder;
  readonly #prefix: string;

  constructor(graph: GraphBuilder, weights: Weights, prefix = "") {
    this.#graph = graph;
    this.#weights = weights;
    this.#prefix = prefix;
  }

  /** The tensors below `name`. */
  at(name: string): Parameters {
    return new Parameters(this.#graph, this.#weights, `${this.#prefix}${name}.`);
  }

  has(name: string): boolean {
    return this.#weights.has(this.#prefix + name);
  }

  /** The tensor `name`, which must have this shape, in the graph's compute type. */
  get(name: string, shape: readonly number[]): Operand {
    return this.#graph.parameter(this.#source(name, shape));
  }

  /** The tensor `name` of this shape, seen as `dims` (as many elements, same order). */
  getAs(name: string, shape: readonly number[], dims: readonly number[]): Operand {
    return this.#graph.parameter(this.#source(name, shape), dims);
  }

  /** Part `index` of `count` equal parts along the first axis: a run of the tensor's bytes. */
  part(
    name: string,
    shape: readonly number[],
    { index, count }: { index: number; count: number },
  ): Operand {
    const source = this.#source(name, shape);
    const [rows = 0, ...rest] = shape;
    const byteLength = source.byteLength / count;
    return this.#graph.parameter({
      ...source,
      name: `${source.name}[${index}/${count}]`,
      dims: [rows / count, ...rest],
      offset: source.offset + index * byteLength,
      byteLength,
    });
  }

  #source(name: string, shape: readonly number[]): WeightSource {
    return weightSource(this.#weights.get(this.#prefix + name), shape);
  }
}

/** @throws UserError model_invalid when the tensor has another shape or no floating-point type */
function weightSource(location: TensorLocation, shape: readonly number[]): WeightSource {
  const { name, path, offset, byteLength } = location;
  if (location.shape.join(",") !== shape.join(",")) {
    throw new UserError(
      "model_invalid",
      `${path}: tensor ${name} has the shape [${location.shape.join(", ")}]; its config asks for [${shape.join(", ")}].`,
    );
  }
  const type = FLOAT_TYPES[location.dtype];
  if (type === undefined) {
    throw new UserError(
      "model_invalid",
      `${path}: tensor ${name} is ${location.dtype}; allowed are F32, F16 and BF16.`,
    );
  }
  return { name, type, dims: [...shape], path, offset, byteLength };
}
