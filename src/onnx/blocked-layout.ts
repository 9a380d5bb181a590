import { type Dim, label } from "./dim.ts";
import { countUses, fuseConvolutions } from "./fused-nodes.ts";
import type { Operand } from "./graph-core.ts";
import type { NodeRecord } from "./peak-memory.ts";

/** Channels that ONNX Runtime keeps together: 16 with AVX-512, 8 with AVX2 and NEON. The larger takes no less memory. */
const BLOCK = 16;
/** Channels in the plain layout must be a multiple of this to be reordered. */
const ALIGNMENT = 4;
/** What takes a blocked value as it is; of our resizings all repeat pixels. */
const UNARY = new Set(["Relu", "Tanh", "QuickGelu", "Resize"]);

/**
 * The nodes as ONNX Runtime's CPU provider runs them: its layout optimiser lets convolutions work on blocks of
 * channels (NCHWc), with a copy of each value that goes from one layout to the other.
 * Source: onnxruntime core/optimizer/nchwc_transformer.cc; seen in the graph that a session writes out.
 */
export function inBlockedLayout(records: readonly NodeRecord[]): NodeRecord[] {
  const fused = fuseConvolutions(records);
  const layout = new Layout(countUses(fused));
  for (const record of fused) layout.add(record);
  return layout.nodes;
}

class Layout {
  readonly nodes: NodeRecord[] = [];
  /** How often each value is taken, by its plain name. */
  readonly #uses: ReadonlyMap<string, number>;
  /** The value whose height and width a blocked one is known to have. */
  readonly #sizedAs = new Map<string, string>();
  /** Values that exist in blocks, by their plain name. */
  readonly #blocked = new Map<string, Operand>();
  /** Values that were made in blocks; what follows from a plain value with a copy in blocks stays plain. */
  readonly #made = new Set<string>();
  /** Values that so far exist in blocks only. */
  readonly #notPlain = new Set<string>();

  constructor(uses: ReadonlyMap<string, number>) {
    this.#uses = uses;
  }

  add(record: NodeRecord): void {
    const { opType, inputs, outputs } = record;
    const [first] = inputs;
    const [output] = outputs;
    if (first === undefined || output === undefined) this.nodes.push(record);
    else if (opType === "Conv" && takesBlocks(record)) {
      const x = isReordered(record) ? this.#toBlocks(first) : this.#toPlain(first);
      this.#push(record, [x, ...inputs.slice(1)], output);
      if (keepsSize(record)) this.#sizedAs.set(output.name, this.#sizeOf(first));
    } else if (opType === "Add" && this.#isSumInBlocks(record)) this.#addSum(record, output);
    else if (this.#isInBlocks(record)) {
      const operands = inputs.map((input) => this.#blocked.get(input.name) ?? input);
      this.#push(record, operands, output);
      if (opType !== "Resize") this.#sizedAs.set(output.name, this.#sizeOf(first));
    } else this.nodes.push({ ...record, inputs: inputs.map((input) => this.#toPlain(input)) });
  }

  #push(record: NodeRecord, inputs: readonly Operand[], output: Operand): void {
    const blocked = inBlocks(output);
    this.#blocked.set(output.name, blocked);
    this.#made.add(output.name);
    this.#notPlain.add(output.name);
    this.nodes.push({ ...record, inputs, outputs: [blocked] });
  }

  #sizeOf({ name }: Operand): string {
    return this.#sizedAs.get(name) ?? name;
  }

  #isSumInBlocks({ inputs }: NodeRecord): boolean {
    const [a, b] = inputs;
    const isInBlocks = inputs.every(({ name }) => this.#made.has(name));
    return isInBlocks && a !== undefined && a.shape[1] === b?.shape[1];
  }

  /** A sum of two; where both are known to be of one size, a convolution that only it takes does it itself. */
  #addSum(record: NodeRecord, output: Operand): void {
    const blocked = record.inputs.map((input) => this.#blocked.get(input.name) ?? input);
    const sizes = new Set(record.inputs.map((input) => this.#sizeOf(input)));
    const last = this.nodes.at(-1);
    const isOnly = ({ name }: Operand): boolean =>
      this.#uses.get(name) === 1 && this.#blocked.get(name)?.name === last?.outputs[0]?.name;
    if (last?.opType === "Conv" && sizes.size === 1 && record.inputs.some(isOnly)) {
      this.nodes.pop();
      const sum = blocked.filter(({ name }) => name !== last.outputs[0]?.name);
      this.#push(last, [...last.inputs, ...sum], output);
    } else this.#push(record, blocked, output);
    const [size] = sizes;
    if (size !== undefined) this.#sizedAs.set(output.name, size);
  }

  #isInBlocks({ opType, inputs, outputs }: NodeRecord): boolean {
    if (UNARY.has(opType)) return inputs[0] !== undefined && this.#made.has(inputs[0].name);
    if (!inputs.every(({ name }) => this.#made.has(name))) return false;
    // A concatenation of channels, which is the only one of pictures here.
    const isJoined = opType === "Concat" && outputs[0]?.shape.length === 4;
    return isJoined && inputs.every(({ shape }) => isMultiple(shape[1], BLOCK));
  }

  #toBlocks(x: Operand): Operand {
    const known = this.#blocked.get(x.name);
    if (known !== undefined) return known;
    const blocked = inBlocks(x);
    this.#blocked.set(x.name, blocked);
    this.nodes.push({ opType: "ReorderInput", inputs: [x], outputs: [blocked] });
    return blocked;
  }

  #toPlain(x: Operand): Operand {
    const blocked = this.#blocked.get(x.name);
    if (blocked === undefined || !this.#notPlain.delete(x.name)) return x;
    this.nodes.push({ opType: "ReorderOutput", inputs: [blocked], outputs: [x] });
    return x;
  }
}

function takesBlocks({ inputs }: NodeRecord): boolean {
  const { channels, outChannels, perGroup, groups } = convolution(inputs);
  if (groups === 1) return perGroup < BLOCK || channels % ALIGNMENT === 0;
  if (outChannels % ALIGNMENT !== 0) return false;
  const isDepthwise = perGroup === 1 && outChannels === groups;
  return isDepthwise || (perGroup % BLOCK === 0 && (outChannels / groups) % BLOCK === 0);
}

/** Whether each pixel becomes one; lengths that are the same have the same label. */
function keepsSize({ inputs: [x], outputs: [y] }: NodeRecord): boolean {
  return [2, 3].every((axis) => {
    const [from, to] = [x?.shape[axis], y?.shape[axis]];
    return from !== undefined && to !== undefined && label(from) === label(to);
  });
}

/** A convolution of few channels, such as a picture's three, reads the plain layout. */
function isReordered({ inputs }: NodeRecord): boolean {
  const { perGroup, groups } = convolution(inputs);
  return groups > 1 || perGroup >= BLOCK;
}

function convolution([x, weight]: readonly Operand[]) {
  const [outChannels, perGroup] = weight?.shape ?? [];
  const channels = x?.shape[1];
  if (
    typeof channels !== "number" ||
    typeof outChannels !== "number" ||
    typeof perGroup !== "number"
  ) {
    throw new Error("A convolution's channels must be known.");
  }
  return { channels, outChannels, perGroup, groups: channels / perGroup };
}

/** The same value with its channels filled up to whole blocks. */
function inBlocks(x: Operand): Operand {
  const [batch = 1, channels, ...rest] = x.shape;
  if (typeof channels !== "number") throw new Error("A blocked value's channels must be known.");
  return {
    ...x,
    name: `${x.name} in blocks`,
    shape: [batch, Math.ceil(channels / BLOCK) * BLOCK, ...rest],
  };
}

function isMultiple(dim: Dim | undefined, of: number): boolean {
  return typeof dim === "number" && dim % of === 0;
}
