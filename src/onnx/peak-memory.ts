import { type Sizes, evaluate, product } from "./dim.ts";
import type { Operand } from "./graph-core.ts";

/** A node as the estimate needs it. */
export interface NodeRecord {
  readonly opType: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/** What a session holds at most, in bytes. */
export interface PeakMemory {
  /** Weights and folded constants, once, as the graph computes with them. */
  readonly weights: number;
  /** Values between the nodes at the worst moment of one run, inputs and outputs included. */
  readonly activations: number;
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

/**
 * Follows a graph in its order, as ONNX Runtime's sequential executor does on the CPU: a value is allocated when its
 * node runs and freed after its last use; views and in-place operators share a buffer; what follows from constants
 * alone is folded at load.
 */
export function peakMemory(
  records: readonly NodeRecord[],
  inputs: readonly Operand[],
  sizes: Sizes,
): PeakMemory {
  const lastUse = lastUses(records);
  const produced = new Set(inputs.map(({ name }) => name));
  const buffers = new Map<string, Buffer>();
  const constants = new Map<string, number>();
  let live = 0;
  let peak = 0;
  const hold = (operand: Operand, buffer: Buffer): void => {
    produced.add(operand.name);
    buffers.set(operand.name, buffer);
    buffer.holders += 1;
  };
  for (const input of inputs) {
    const bytes = bytesOf(input, sizes);
    live += bytes;
    hold(input, { bytes, holders: 0 });
  }
  for (const [index, { opType, inputs: taken, outputs }] of records.entries()) {
    const isConstant = !taken.some(({ name }) => produced.has(name));
    if (isConstant && taken.length > 0) continue;
    for (const operand of taken)
      if (!produced.has(operand.name)) constants.set(operand.name, bytesOf(operand, sizes));
    const [first] = taken;
    const shared = first === undefined ? undefined : buffers.get(first.name);
    const isLast =
      first !== undefined && lastUse.get(first.name) === index && shared?.holders === 1;
    for (const output of outputs) {
      const bytes = bytesOf(output, sizes);
      if (
        shared !== undefined &&
        (VIEWS.has(opType) || (IN_PLACE.has(opType) && isLast && bytes === shared.bytes))
      ) {
        hold(output, shared);
        continue;
      }
      live += bytes;
      hold(output, { bytes, holders: 0 });
    }
    peak = Math.max(peak, live);
    for (const { name } of [...taken, ...outputs]) {
      const buffer = buffers.get(name);
      if (buffer === undefined || (lastUse.get(name) ?? -1) > index) continue;
      if (!lastUse.has(name) && outputs.some((output) => output.name === name)) continue;
      buffers.delete(name);
      buffer.holders -= 1;
      if (buffer.holders === 0) live -= buffer.bytes;
    }
  }
  const weights = [...constants.values()].reduce((total, bytes) => total + bytes, 0);
  return { weights, activations: peak };
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
