import { type Sizes, evaluate, product } from "./dim.ts";
import { Arena, type Chunk } from "./arena.ts";
import { inBlockedLayout } from "./blocked-layout.ts";
import type { OnnxGraph, Operand } from "./graph-core.ts";

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

/**
 * ONNX Runtime's own structures and code pages of a loaded graph: 0.5 to 2 MB were measured with 26 and 66 nodes, 22 with
 * 568, 20 to 36 with Sana's 700 to 2,500.
 */
const NODE_BYTES = 38e3;
const MAX_SESSION_BYTES = 28e6;

/** All that a loaded graph takes of the machine's memory when these runs follow one another; no run: loaded only. */
export function peakBytes(graph: OnnxGraph, ...runs: Sizes[]): number {
  const session = Math.min(MAX_SESSION_BYTES, NODE_BYTES * graph.nodeCount);
  return session + graph.weightBytes + (runs.length === 0 ? 0 : graph.peakActivationBytes(...runs));
}

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
 * Bytes that the values between the nodes take in the end when these runs follow one another, inputs included.
 * Follows the graph in its order, as ONNX Runtime's sequential executor does on the CPU: a value is allocated in the
 * arena when its node runs and freed after its last use; a reshape shares its input's buffer; what follows from
 * constants alone is folded at load; convolutions work on copies in blocks of channels and do some of what follows them
 * themselves. Nothing is written in place: of
 * our operators only activations could be, and only where ONNX Runtime knows both shapes, which it does not behind
 * symbolic lengths. Measured in processes of their own at Sana's real sizes: -9 to +1 % (bench/LOG.md).
 */
export function peakActivationBytes(
  records: readonly NodeRecord[],
  inputs: readonly Operand[],
  runs: readonly Sizes[],
): number {
  const nodes = inBlockedLayout(records);
  const arena = new Arena();
  for (const sizes of runs) runIn(arena, { nodes, inputs, sizes });
  // The caller's inputs lie outside the arena, and stay until a run ends.
  const given = runs.map((sizes) => inputs.reduce((sum, input) => sum + bytesOf(input, sizes), 0));
  return Math.max(0, ...given) + arena.residentBytes;
}

/** Allocates and frees as one run does. */
function runIn(
  arena: Arena,
  run: { nodes: readonly NodeRecord[]; inputs: readonly Operand[]; sizes: Sizes },
): void {
  const { nodes, inputs, sizes } = run;
  const lastUse = lastUses(nodes);
  const buffers = new Map<string, Buffer>();
  const hold = ({ name }: Operand, buffer: Buffer): void => {
    buffers.set(name, buffer);
    buffer.holders += 1;
  };
  const free = (name: string): void => {
    const buffer = buffers.get(name);
    if (buffer === undefined) return;
    buffers.delete(name);
    buffer.holders -= 1;
    if (buffer.holders === 0 && buffer.chunk !== null) arena.free(buffer.chunk);
  };
  const produced = new Set<string>();
  for (const input of inputs) {
    produced.add(input.name);
    hold(input, { chunk: null, holders: 0 });
  }
  for (const [index, { opType, inputs: taken, outputs }] of nodes.entries()) {
    if (isFolded(taken, produced)) continue;
    const [first] = taken;
    const shared = first === undefined ? undefined : buffers.get(first.name);
    for (const output of outputs) {
      produced.add(output.name);
      if (shared !== undefined && VIEWS.has(opType)) hold(output, shared);
      else hold(output, { chunk: arena.allocate(bytesOf(output, sizes)), holders: 0 });
    }
    for (const { name } of taken) if (lastUse.get(name) === index) free(name);
  }
  for (const name of buffers.keys()) free(name);
}

/** A node whose inputs are all constants is computed once, at load. */
function isFolded(taken: readonly Operand[], produced: ReadonlySet<string>): boolean {
  return taken.length > 0 && !taken.some(({ name }) => produced.has(name));
}

interface Buffer {
  /** Null for what the caller gave. */
  readonly chunk: Chunk | null;
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
