import { parse, relative } from "node:path";
import { type Dim, type Shape, type Sizes, evaluate } from "./dim.ts";
import {
  type AttributeValue,
  type ElementType,
  type ExternalData,
  attribute,
  dataTypeOf,
  externalTensor,
  inlineTensor,
  node,
  serializeModel,
  valueInfo,
} from "./model-proto.ts";

import { type NodeRecord, peakActivationBytes, weightBytes } from "./peak-memory.ts";

/** A value in a graph: what one node makes and others take. */
export interface Operand {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
}

/** A weight as it lies in a file, seen under any shape that has as many elements. */
export interface WeightSource extends ExternalData {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
}

export interface NodeOptions {
  readonly type?: ElementType;
  readonly shape: Shape;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  /** Floating-point operations of this node: 2 for each multiply-add. */
  readonly flops?: (sizes: Sizes) => number;
}

/** A finished graph: its bytes, where its weights lie, and what it costs. */
export interface OnnxGraph {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The root that external data locations are relative to, or null where the graph has none. */
  readonly externalRoot: string | null;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly nodeCount: number;
  /** Floating-point operations of one run, matrix products and convolutions only (2 for each multiply-add). */
  readonly flops: (sizes: Sizes) => number;
  /** Bytes of its weights, once, in the type that it computes in. */
  readonly weightBytes: number;
  /** Bytes that the values between its nodes take when these runs follow one another on ONNX Runtime's CPU provider. */
  readonly peakActivationBytes: (...runs: Sizes[]) => number;
}

const MICROSOFT = "com.microsoft";

/**
 * Collects nodes, constants and weights of one graph. Names are paths: a node inside the scopes
 * `transformer_blocks.0` and `attn1` is called `/transformer_blocks.0/attn1/Add`, so that an error
 * of ONNX Runtime says where it arose. A weight keeps its name in the checkpoint, without a slash,
 * so the two can never collide.
 */
export class GraphCore {
  readonly #name: string;
  readonly #nodes: ReturnType<typeof node>[] = [];
  readonly #initializers: ReturnType<typeof inlineTensor>[] = [];
  readonly #inputs: Operand[] = [];
  readonly #outputs: Operand[] = [];
  readonly #used = new Map<string, number>();
  readonly #interned = new Map<string, Operand>();
  readonly #costs: ((sizes: Sizes) => number)[] = [];
  readonly #records: NodeRecord[] = [];
  #path = "";
  #externalRoot: string | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  /** Names everything that `build` adds below `name`. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#path;
    this.#path = `${outer}/${name}`;
    try {
      return build();
    } finally {
      this.#path = outer;
    }
  }

  input(name: string, type: ElementType, shape: Shape): Operand {
    const operand = { name, type, shape };
    this.#inputs.push(operand);
    return operand;
  }

  /** Gives `operand` to the caller under `name`, as float32 or int64 always. */
  output(name: string, operand: Operand): void {
    const type = operand.type === "int64" ? "int64" : "float32";
    const opType = operand.type === type ? "Identity" : "Cast";
    const attributes = opType === "Cast" ? [attribute("to", dataTypeOf(type))] : [];
    this.#nodes.push(
      node({
        name: `/output/${name}`,
        opType,
        domain: "",
        inputs: [operand.name],
        outputs: [name],
        attributes,
      }),
    );
    const given = { name, type, shape: operand.shape } as const;
    this.#records.push({ opType, inputs: [operand], outputs: [given] });
    this.#outputs.push(given);
  }

  /** Adds one node with one output. An input that is undefined is left out (ONNX's optional inputs). */
  node(opType: string, inputs: readonly (Operand | undefined)[], options: NodeOptions): Operand {
    const [first] = this.nodes(opType, inputs, { ...options, shapes: [options.shape] });
    if (first === undefined) throw new Error(`${opType} has no output.`);
    return first;
  }

  /** Adds one node with an output for each of `shapes`. */
  nodes(
    opType: string,
    inputs: readonly (Operand | undefined)[],
    options: Omit<NodeOptions, "shape"> & { readonly shapes: readonly Shape[] },
  ): Operand[] {
    const name = this.#unique(`${this.#path}/${opType}`);
    const type = options.type ?? inputs.find((operand) => operand !== undefined)?.type;
    if (type === undefined) throw new Error(`${name}: the element type is not known.`);
    const outputs = options.shapes.map((shape, index) => ({
      name: `${name}:${index}`,
      type,
      shape,
    }));
    this.#nodes.push(
      node({
        name,
        opType,
        domain: options.domain ?? "",
        inputs: inputs.map((operand) => operand?.name ?? ""),
        outputs: outputs.map((operand) => operand.name),
        attributes: Object.entries(options.attributes ?? {}).map(([key, value]) =>
          attribute(key, value),
        ),
      }),
    );
    if (options.flops !== undefined) this.#costs.push(options.flops);
    this.#records.push({
      opType,
      inputs: inputs.filter((operand) => operand !== undefined),
      outputs,
    });
    return outputs;
  }

  /** A node of ONNX Runtime's own operator set. */
  microsoft(
    opType: string,
    inputs: readonly (Operand | undefined)[],
    options: NodeOptions,
  ): Operand {
    return this.node(opType, inputs, { ...options, domain: MICROSOFT });
  }

  /** A constant, stored once for each type, shape and value. */
  constant(type: "float32" | "int64", values: readonly number[], dims: readonly number[]): Operand {
    const key = `${type}[${dims.join(",")}]=${values.join(",")}`;
    return this.#intern(key, () => {
      const bytes =
        type === "float32"
          ? new Uint8Array(Float32Array.from(values).buffer)
          : new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      const name = `/constant/${this.#interned.size}`;
      this.#initializers.push(inlineTensor(name, type, { dims, bytes }));
      return { name, type, shape: [...dims] };
    });
  }

  /** A list of integers: axes, shapes, bounds of a slice. */
  ints(...values: readonly number[]): Operand {
    return this.constant("int64", values, [values.length]);
  }

  scalar(value: number): Operand {
    return this.constant("float32", [value], []);
  }

  /** A weight that stays in its file (ONNX external data); `dims` may view the same elements differently. */
  weight(source: WeightSource, dims: readonly number[] = source.dims): Operand {
    const view =
      dims.join(",") === source.dims.join(",") ? source.name : `${source.name}[${dims.join(",")}]`;
    return this.#intern(`weight ${view}`, () => {
      const root = parse(source.path).root;
      if (this.#externalRoot !== null && this.#externalRoot !== root) {
        throw new Error(
          `Weights of one graph must lie on one drive; found ${this.#externalRoot} and ${root}.`,
        );
      }
      this.#externalRoot = root;
      const location = relative(root, source.path).replaceAll("\\", "/");
      const { offset, byteLength } = source;
      this.#initializers.push(
        externalTensor(view, source.type, { dims, location, offset, byteLength }),
      );
      return { name: view, type: source.type, shape: [...dims] };
    });
  }

  /** A tensor that travels inside the graph, for weights whose file does not hold them as ONNX wants them. */
  tensor(name: string, values: Float32Array, dims: readonly number[]): Operand {
    return this.#intern(`tensor ${name}`, () => {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      this.#initializers.push(inlineTensor(name, "float32", { dims, bytes }));
      return { name, type: "float32", shape: [...dims] };
    });
  }

  /** Returns what `build` made the first time that this key was asked for. */
  once(key: string, build: () => Operand): Operand {
    return this.#intern(key, build);
  }

  /** Writes the graph. The builder must not be used afterwards. */
  finish(): OnnxGraph {
    const info = (operand: Operand): ReturnType<typeof valueInfo> =>
      valueInfo(operand.name, operand.type, operand.shape);
    const bytes = serializeModel({
      name: this.#name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs.map(info),
      output: this.#outputs.map(info),
    });
    const costs = this.#costs;
    const records = this.#records;
    const inputs = this.#inputs;
    return {
      name: this.#name,
      bytes,
      externalRoot: this.#externalRoot,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodeCount: this.#nodes.length,
      flops: (sizes) => costs.reduce((total, cost) => total + cost(sizes), 0),
      weightBytes: weightBytes(records, inputs),
      peakActivationBytes: (...runs) => peakActivationBytes(records, inputs, runs),
    };
  }

  #intern(key: string, build: () => Operand): Operand {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const operand = build();
    this.#interned.set(key, operand);
    return operand;
  }

  #unique(name: string): string {
    const count = this.#used.get(name) ?? 0;
    this.#used.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}

/** Twice the product of some lengths: the operations of that many multiply-adds. */
export function multiplyAdds(...dims: readonly Dim[]): (sizes: Sizes) => number {
  return (sizes) => dims.reduce<number>((total, dim) => total * evaluate(dim, sizes), 2);
}
