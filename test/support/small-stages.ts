import { symbol } from "../../src/onnx/dim.ts";
import { GraphBuilder } from "../../src/onnx/graph-builder.ts";
import type { OnnxGraph, Operand } from "../../src/onnx/graph-core.ts";
import type { Provider } from "../../src/onnx/session.ts";
import { type StageAttempts, type StageDefinition, Stages } from "../../src/pipeline/stages.ts";
import type { StageName } from "../../src/pipeline/types.ts";

/** What {@link smallGraph}s are run with. */
export const x = { data: Float32Array.of(1, 2), dims: [1, 2] };

/** A graph named `small` from `x` [batch, 2] to `y`. */
export function smallGraph(build: (g: GraphBuilder, input: Operand) => Operand): OnnxGraph {
  const g = new GraphBuilder("small");
  g.output("y", build(g, g.input("x", "float32", [symbol("batch"), 2])));
  return g.finish();
}

export const doubled = smallGraph((g, input) => g.add(input, input));

export function stage(provider: Provider, graph: OnnxGraph = doubled): StageDefinition {
  return { provider, precision: "fp32", build: () => ({ graph }) };
}

/** Stages of which every one is made in these ways. */
export function stagesOf(
  ways: StageAttempts,
  log?: (line: string) => void,
  idleMs?: number,
): Stages {
  const attempts = new Proxy({} as Record<StageName, StageAttempts>, { get: () => ways });
  return new Stages(attempts, { log, idleMs });
}
