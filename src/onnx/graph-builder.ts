import { type Dim, type Shape, broadcast, dividedBy, label, plus, product, times } from "./dim.ts";
import { GraphCore, multiplyAdds, type Operand, type WeightSource } from "./graph-core.ts";
import { type ElementType, dataTypeOf } from "./model-proto.ts";

export interface ConvOptions {
  readonly bias?: Operand | undefined;
  readonly stride?: number;
  /** Zero padding: top, left, bottom, right, in pixels. */
  readonly pads?: readonly [number, number, number, number];
  readonly groups?: number;
}

/**
 * Operators as typed calls: operands in, operand out, shapes carried along.
 * `computeType` is what weights and constants are cast to; ONNX Runtime folds those casts when it loads the graph.
 */
export class GraphBuilder extends GraphCore {
  readonly computeType: ElementType;

  constructor(name: string, computeType: ElementType = "float32") {
    super(name);
    this.computeType = computeType;
  }

  /** A weight of the checkpoint in the type that the graph computes in. */
  parameter(source: WeightSource, dims: readonly number[] = source.dims): Operand {
    const stored = this.weight(source, dims);
    if (stored.type === this.computeType) return stored;
    return this.once(`cast ${stored.name}`, () => this.cast(stored, this.computeType));
  }

  /** A number in the type of `like`. */
  number(value: number, like: Operand): Operand {
    return this.once(`number ${value} ${like.type}`, () =>
      this.cast(this.scalar(value), like.type),
    );
  }

  cast(x: Operand, type: ElementType): Operand {
    if (x.type === type) return x;
    return this.node("Cast", [x], { type, shape: x.shape, attributes: { to: dataTypeOf(type) } });
  }

  add(a: Operand, b: Operand): Operand {
    return this.#elementwise("Add", a, b);
  }

  sub(a: Operand, b: Operand): Operand {
    return this.#elementwise("Sub", a, b);
  }

  mul(a: Operand, b: Operand): Operand {
    return this.#elementwise("Mul", a, b);
  }

  div(a: Operand, b: Operand): Operand {
    return this.#elementwise("Div", a, b);
  }

  unary(
    opType: "Relu" | "Mish" | "Tanh" | "Sqrt" | "Reciprocal" | "Neg" | "Sin" | "Cos",
    x: Operand,
  ): Operand {
    return this.node(opType, [x], { shape: x.shape });
  }

  /** x * sigmoid(x). */
  silu(x: Operand): Operand {
    return this.microsoft("QuickGelu", [x], {
      shape: x.shape,
      attributes: { alpha: { float: 1 } },
    });
  }

  /** GELU, exact or by its tanh approximation. */
  gelu(x: Operand, approximate: "none" | "tanh"): Operand {
    return this.node("Gelu", [x], { shape: x.shape, attributes: { approximate } });
  }

  clip(x: Operand, min: number, max: number): Operand {
    return this.node("Clip", [x, this.number(min, x), this.number(max, x)], { shape: x.shape });
  }

  softmax(x: Operand): Operand {
    return this.node("Softmax", [x], { shape: x.shape, attributes: { axis: -1 } });
  }

  where(condition: Operand, a: Operand, b: Operand): Operand {
    return this.node("Where", [condition, a, b], {
      type: a.type,
      shape: broadcast(condition.shape, broadcast(a.shape, b.shape)),
    });
  }

  compare(opType: "LessOrEqual" | "Greater", a: Operand, b: Operand): Operand {
    return this.node(opType, [a, b], { type: "bool", shape: broadcast(a.shape, b.shape) });
  }

  /** Batched matrix product [.., M, K] x [.., K, N]; leading axes broadcast. */
  matMul(a: Operand, b: Operand): Operand {
    const [m, k] = a.shape.slice(-2);
    const n = b.shape.at(-1);
    if (m === undefined || k === undefined || n === undefined)
      throw new Error("MatMul needs two axes on each side.");
    const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    return this.node("MatMul", [a, b], {
      shape: [...batch, m, n],
      flops: multiplyAdds(product(batch), m, k, n),
    });
  }

  /** x [.., in] times weight [out, in] transposed, plus bias [out]: torch's Linear, on the weight as it is stored. */
  linear(x: Operand, weight: Operand, bias?: Operand): Operand {
    const outer = x.shape.slice(0, -1);
    const [outFeatures, inFeatures] = weight.shape;
    if (outFeatures === undefined || inFeatures === undefined)
      throw new Error("A linear layer's weight has two axes.");
    const rows = product(outer);
    const flat = outer.length === 1 ? x : this.reshape(x, [rows, inFeatures]);
    const y = this.node("Gemm", [flat, weight, ...(bias === undefined ? [] : [bias])], {
      shape: [rows, outFeatures],
      attributes: { transB: 1 },
      flops: multiplyAdds(rows, inFeatures, outFeatures),
    });
    return outer.length === 1 ? y : this.reshapeLike(y, x, [...outer, outFeatures]);
  }

  /** Two-dimensional convolution of x [B, C, H, W] with weight [O, C/groups, kh, kw]. */
  conv(x: Operand, weight: Operand, options: ConvOptions = {}): Operand {
    const { bias, stride = 1, pads = [0, 0, 0, 0], groups = 1 } = options;
    const [batch, , height, width] = x.shape;
    const [outChannels, inChannels, kernelHeight, kernelWidth] = weight.shape;
    if (
      batch === undefined ||
      height === undefined ||
      width === undefined ||
      outChannels === undefined
    ) {
      throw new Error("Conv needs [B, C, H, W] and [O, C, kh, kw].");
    }
    if (
      inChannels === undefined ||
      typeof kernelHeight !== "number" ||
      typeof kernelWidth !== "number"
    ) {
      throw new Error("A convolution's kernel must have a known size.");
    }
    const outHeight = convolved(height, kernelHeight - pads[0] - pads[2], stride);
    const outWidth = convolved(width, kernelWidth - pads[1] - pads[3], stride);
    return this.node("Conv", [x, weight, ...(bias === undefined ? [] : [bias])], {
      shape: [batch, outChannels, outHeight, outWidth],
      attributes: {
        group: groups,
        strides: [stride, stride],
        pads: [...pads],
        kernel_shape: [kernelHeight, kernelWidth],
      },
      flops: multiplyAdds(
        batch,
        outChannels,
        outHeight,
        outWidth,
        inChannels,
        kernelHeight * kernelWidth,
      ),
    });
  }

  /** Normalises the last axis to mean 0 and variance 1 (biased), without an affine part. Statistics are float32. */
  layerNorm(x: Operand, epsilon: number): Operand {
    const width = x.shape.at(-1);
    if (typeof width !== "number") throw new Error("LayerNorm needs a known last axis.");
    const scale = this.once(`ones ${width} ${x.type}`, () =>
      this.cast(
        this.constant(
          "float32",
          Array.from({ length: width }, () => 1),
          [width],
        ),
        x.type,
      ),
    );
    return this.node("LayerNormalization", [x, scale], {
      shape: x.shape,
      attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
    });
  }

  /** x / sqrt(mean(x^2) + epsilon) * weight over the last axis. Statistics are float32. */
  rmsNorm(x: Operand, weight: Operand, epsilon: number): Operand {
    return this.node("SimplifiedLayerNormalization", [x, weight], {
      shape: x.shape,
      attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
    });
  }

  /** Reduces one axis to length 1. */
  reduce(
    opType: "ReduceMean" | "ReduceSum" | "ReduceSumSquare",
    x: Operand,
    axis: number,
  ): Operand {
    const shape = x.shape.map((dim, index) => (index === axis ? 1 : dim));
    return this.node(opType, [x, this.ints(axis)], { shape, attributes: { keepdims: 1 } });
  }

  /** Reshape to lengths of which all but one are known or stay in their place. */
  reshape(x: Operand, shape: Shape): Operand {
    let inferred = 0;
    const target = shape.map((dim, axis) => {
      if (typeof dim === "number") return dim;
      const same = x.shape[axis];
      if (same !== undefined && label(same) === label(dim)) return 0;
      inferred += 1;
      return -1;
    });
    if (inferred > 1)
      throw new Error(`Reshape to [${shape.map(label).join(", ")}] has more than one open length.`);
    return this.node("Reshape", [x, this.ints(...target)], { shape });
  }

  /** Reshape to `shape`, whose leading lengths are those of `like` (one axis fewer than `shape`, or as many). */
  reshapeLike(x: Operand, like: Operand, shape: Shape): Operand {
    const open = shape.filter((dim) => typeof dim !== "number").length;
    if (open <= 1) return this.reshape(x, shape);
    const last = shape.at(-1);
    if (typeof last !== "number") throw new Error("reshapeLike needs a known last length.");
    const leading = this.shapeOf(like, 0, shape.length - 1);
    return this.reshapeTo(x, this.concat([leading, this.ints(last)], 0), shape);
  }

  /** Reshape to lengths that are computed when the graph runs; `shape` says what they will be. */
  reshapeTo(x: Operand, lengths: Operand, shape: Shape): Operand {
    return this.node("Reshape", [x, lengths], { shape });
  }

  /** The lengths of axes `start` to `end` (exclusive) of x, as int64. */
  shapeOf(x: Operand, start: number, end: number): Operand {
    return this.once(`shape ${x.name} ${start}:${end}`, () =>
      this.node("Shape", [x], { type: "int64", shape: [end - start], attributes: { start, end } }),
    );
  }

  transpose(x: Operand, perm: readonly number[]): Operand {
    const shape = perm.map((axis) => {
      const dim = x.shape[axis];
      if (dim === undefined) throw new Error(`Transpose has no axis ${axis}.`);
      return dim;
    });
    return this.node("Transpose", [x], { shape, attributes: { perm } });
  }

  concat(parts: readonly Operand[], axis: number): Operand {
    const [first] = parts;
    if (first === undefined) throw new Error("Concat needs an operand.");
    const at = axis < 0 ? first.shape.length + axis : axis;
    const total = parts.reduce<Dim>((sum, part) => plus(sum, part.shape[at] ?? 0), 0);
    const shape = first.shape.map((dim, index) => (index === at ? total : dim));
    return this.node("Concat", parts, { shape, attributes: { axis: at } });
  }

  /** Elements start, start + step, .. below end of one axis of known length. */
  slice(x: Operand, axis: number, range: { start: number; end: number; step?: number }): Operand {
    const { start, end, step = 1 } = range;
    const shape = x.shape.map((dim, index) =>
      index === axis ? Math.ceil((end - start) / step) : dim,
    );
    return this.node(
      "Slice",
      [x, this.ints(start), this.ints(end), this.ints(axis), this.ints(step)],
      { shape },
    );
  }

  /** One axis of known length cut into equal parts. */
  split(x: Operand, axis: number, count: number): Operand[] {
    const length = x.shape[axis];
    if (typeof length !== "number" || length % count !== 0)
      throw new Error(
        `An axis of ${length === undefined ? "no" : label(length)} does not split into ${count}.`,
      );
    const shape = x.shape.map((dim, at) => (at === axis ? length / count : dim));
    return this.nodes("Split", [x], {
      shapes: Array.from({ length: count }, () => shape),
      attributes: { axis, num_outputs: count },
    });
  }

  /** The given indices of one axis, in their order, repeated where they repeat. */
  take(x: Operand, axis: number, indices: readonly number[]): Operand {
    const shape = x.shape.map((dim, at) => (at === axis ? indices.length : dim));
    return this.node("Gather", [x, this.ints(...indices)], { shape, attributes: { axis } });
  }

  /** One index of one axis, which falls away. */
  pick(x: Operand, axis: number, index: number): Operand {
    const shape = x.shape.filter((_, at) => at !== axis);
    return this.node("Gather", [x, this.constant("int64", [index], [])], {
      shape,
      attributes: { axis },
    });
  }

  unsqueeze(x: Operand, axis: number): Operand {
    return this.node("Unsqueeze", [x, this.ints(axis)], { shape: x.shape.toSpliced(axis, 0, 1) });
  }

  /** The inverse of depthToSpace in its DCR order: [B, C, H, W] -> [B, 4C, H/2, W/2], channel (2i + j) * C + c. */
  spaceToDepth(x: Operand): Operand {
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    return this.node("SpaceToDepth", [x], {
      shape: [batch, times(channels, 4), dividedBy(height, 2), dividedBy(width, 2)],
      attributes: { blocksize: 2 },
    });
  }

  /** Mean of each 2 x 2 square. */
  averagePool(x: Operand): Operand {
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    return this.node("AveragePool", [x], {
      shape: [batch, channels, dividedBy(height, 2), dividedBy(width, 2)],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    });
  }

  /**
   * Moves blocks of channels into a picture of `blocksize` times the size; CRD is torch's pixel_shuffle, DCR has the
   * block first, as TensorFlow's depth_to_space.
   */
  depthToSpace(x: Operand, mode: "CRD" | "DCR", blocksize = 2): Operand {
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    return this.node("DepthToSpace", [x], {
      shape: [
        batch,
        dividedBy(channels, blocksize ** 2),
        times(height, blocksize),
        times(width, blocksize),
      ],
      attributes: { blocksize, mode },
    });
  }

  /** Repeats each pixel of x [B, C, H, W] `scale` times in both directions. */
  upsampleNearest(x: Operand, scale: number): Operand {
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    const scales = this.constant("float32", [1, 1, scale, scale], [4]);
    return this.node("Resize", [x, undefined, scales], {
      shape: [batch, channels, times(height, scale), times(width, scale)],
      attributes: {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      },
    });
  }

  #elementwise(opType: string, a: Operand, b: Operand): Operand {
    return this.node(opType, [a, b], { shape: broadcast(a.shape, b.shape) });
  }
}

/** Length after a convolution whose kernel, less its padding, is `reach` long. */
function convolved(length: Dim, reach: number, stride: number): Dim {
  if (stride === 1) return plus(length, 1 - reach);
  if (typeof length === "number") return Math.floor((length - reach) / stride) + 1;
  if (reach !== stride && reach !== stride - 1)
    throw new Error("This stride and padding have no exact length.");
  return dividedBy(length, stride);
}
