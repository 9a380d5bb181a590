import { type Sizes, evaluate, product } from "./dim.ts";
import type { Operand } from "./graph-core.ts";

/** A node as the estimate needs it. */
export interface NodeRecord {
  readonly opType: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

const ELEMENT_BYTES = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
} as const;
/** ONNX Runtime gives these their input's buffer. */
const VIEWS = new Set(["Reshape", "Identity", "Unsqueeze"]);
/** ONNX Runtime writes these over their first input where nothing else needs it. */
const IN_PLACE = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Relu",
  "Sqrt",
  "Reciprocal",
  "Neg",
  "Clip",
  "Softmax",
  "QuickGelu",
  "Gelu",
]);

/** Bytes of the weights and of what follows from them alone, once, as the graph computes with them. */
export function weightBytes(records: readonly NodeRecord[], inputs: readonly Operand[]): number {
  const produced = new Set(inputs.map(({ name }) => name));
  const constants = new Map<string, number>();
  for (const { inputs: taken, outputs } of records) {
    if (isFolded(taken, produced)) continue;
    for (const operand of taken) {
      if (!produced.has(operand.name)) constants.set(operand.name, bytesOf(operand, {}));
    }
    for (const { name } of outputs) produced.add(name);
  }
  return [...constants.values()].reduce((total, bytes) => total + bytes, 0);
}

/**
 * Bytes of the values between the nodes at the worst moment of one run, inputs and outputs included.
 * Follows the graph in its order, as ONNX Runtime's sequential executor does on the CPU: a value is allocated when its
 * node runs and freed after its last use; views and in-place operators share a buffer; what follows from constants
 * alone is folded at load.
 */
export function peakActivationBytes(
  records: readonly NodeRecord[],
  inputs: readonly Operand[],
  sizes: Sizes,
): number {
  const lastUse = lastUses(records);
  const buffers = new Map<string, Buffer>();
  const produced = new Set<string>();
  let live = 0;
  let peak = 0;
  const hold = ({ name }: Operand, buffer: Buffer): void => {
    produced.add(name);
    buffers.set(name, buffer);
    buffer.holders += 1;
  };
  const allocate = (operand: Operand): void => {
    const bytes = bytesOf(operand, sizes);
    live += bytes;
    hold(operand, { bytes, holders: 0 });
  };
  const free = (name: string): void => {
    const buffer = buffers.get(name);
    if (buffer === undefined) return;
    buffers.delete(name);
    buffer.holders -= 1;
    if (buffer.holders === 0) live -= buffer.bytes;
  };
  for (const input of inputs) allocate(input);
  for (const [index, { opType, inputs: taken, outputs }] of records.entries()) {
    if (isFolded(taken, produced)) continue;
    const [first] = taken;
    const shared = first === undefined ? undefined : buffers.get(first.name);
    const isLast =
      first !== undefined && lastUse.get(first.name) === index && shared?.holders === 1;
    for (const output of outputs) {
      const fits = shared !== undefined && shared.bytes === bytesOf(output, sizes);
      if (fits && (VIEWS.has(opType) || (IN_PLACE.has(opType) && isLast))) hold(output, shared);
      else allocate(output);
    }
    peak = Math.max(peak, live);
    for (const { name } of taken) if (lastUse.get(name) === index) free(name);
  }
  return peak;
}

/** A node whose inputs are all constants is computed once, at load. */
function isFolded(taken: readonly Operand[], produced: ReadonlySet<string>): boolean {
  return taken.length > 0 && !taken.some(({ name }) => produced.has(name));
}

interface Buffer {
  readonly bytes: number;
  /** Names that stand for this memory. */
  holders: number;
}

function lastUses(records: readonly NodeRecord[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const [index, { inputs }] of records.entries())
    for (const { name } of inputs) last.set(name, index);
  return last;
}

function bytesOf({ type, shape }: Operand, sizes: Sizes): number {
  return ELEMENT_BYTES[type] * evaluate(product(shape), sizes);
}
