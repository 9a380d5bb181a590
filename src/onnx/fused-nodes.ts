import type { NodeRecord } from "./peak-memory.ts";

/** Activations that a convolution does itself. */
const ACTIVATIONS = new Set(["Relu", "Tanh"]);

/**
 * The nodes after ONNX Runtime has made one of a convolution and what alone follows it: a product with a number goes
 * into the weights, an activation into the convolution.
 * Source: onnxruntime core/optimizer/conv_mul_fusion.cc, conv_activation_fusion.cc; seen in the graph that a session
 * writes out.
 */
export function fuseConvolutions(records: readonly NodeRecord[]): NodeRecord[] {
  const uses = countUses(records);
  const fused: NodeRecord[] = [];
  /** Where the convolution stands that makes a value. */
  const made = new Map<string, number>();
  const produced = new Set(records.flatMap(({ outputs }) => outputs.map(({ name }) => name)));
  for (const record of records) {
    const source = record.inputs.find(({ name }) => made.has(name) && uses.get(name) === 1);
    const at = source === undefined ? undefined : made.get(source.name);
    const conv = at === undefined ? undefined : fused[at];
    const [output] = record.outputs;
    if (at !== undefined && conv !== undefined && output !== undefined && joins(record, produced)) {
      fused[at] = { ...conv, outputs: record.outputs };
      made.set(output.name, at);
      continue;
    }
    if (record.opType === "Conv" && output !== undefined) made.set(output.name, fused.length);
    fused.push(record);
  }
  return fused;
}

/** How often each value is taken. */
export function countUses(records: readonly NodeRecord[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { name } of records.flatMap(({ inputs }) => inputs))
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

function joins({ opType, inputs }: NodeRecord, produced: ReadonlySet<string>): boolean {
  if (ACTIVATIONS.has(opType)) return true;
  const isNumber = inputs.some(({ name, shape }) => !produced.has(name) && shape.length === 0);
  return opType === "Mul" && isNumber;
}
