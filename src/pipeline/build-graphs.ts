import type { OnnxGraph } from "../onnx/graph-core.ts";
import type { Sizes } from "../onnx/dim.ts";
import type { Weights } from "../safetensors/checkpoint-weights.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { resolveRequest } from "./resolve-request.ts";
import { defineStages } from "./stage-definitions.ts";
import { stageSizes } from "./stage-sizes.ts";
import type { StageName } from "./types.ts";

/** A network as ONNX Runtime will be given it. */
export interface BuiltGraph {
  readonly stage: StageName;
  readonly nodes: number;
  /** As the graph computes with them. */
  readonly weightBytes: number;
  /** Of one run for a picture of the checkpoint's default size; the text encoder's for a prompt of 32 tokens. */
  readonly flops: number;
  /** Bytes between its nodes at the worst moment of that run, an estimate. */
  readonly activationBytes: number;
  readonly milliseconds: number;
}

export interface BuiltCheckpoint {
  readonly graphs: readonly BuiltGraph[];
  /** Tensors of the files that no graph points to, as `component: name`. */
  readonly unusedTensors: readonly string[];
}

/**
 * Builds every graph of a checkpoint in float32, which checks the name, dtype and shape of each tensor that is used;
 * no session is made and no weight read.
 * @throws UserError model_invalid naming the first tensor that does not fit
 */
export async function buildGraphs(
  checkpoint: Checkpoint,
  { cacheDir }: { cacheDir: string },
): Promise<BuiltCheckpoint> {
  const watch = new TensorWatch(checkpoint);
  const stages = defineStages(watch.checkpoint, {
    cacheDir,
    modelDir: checkpoint.folder,
    provider: "cpu",
    precision: "fp32",
    memory: "auto",
  });
  watch.begin();
  const request = resolveRequest(checkpoint, { prompt: "", seed: 0 });
  const graphs: BuiltGraph[] = [];
  for (const [name, [{ build }]] of Object.entries(stages)) {
    const stage = name as StageName;
    const start = performance.now();
    const { graph } = await build();
    const milliseconds = performance.now() - start;
    graphs.push({ stage, ...costsOf(graph, stageSizes(stage, checkpoint, request)), milliseconds });
  }
  return { graphs, unusedTensors: watch.unused() };
}

function costsOf(
  graph: OnnxGraph,
  sizes: Sizes,
): Pick<BuiltGraph, "nodes" | "weightBytes" | "flops" | "activationBytes"> {
  return {
    nodes: graph.nodeCount,
    weightBytes: graph.weightBytes,
    flops: graph.flops(sizes),
    activationBytes: graph.peakActivationBytes(sizes),
  };
}

/** Notes which tensors of a checkpoint are asked for. */
class TensorWatch {
  readonly checkpoint: Checkpoint;
  readonly #asked: ReadonlyMap<Weights, Set<string>>;
  readonly #parts: readonly { component: string; weights: Weights; ignored: RegExp }[];

  constructor(checkpoint: Checkpoint) {
    const { transformer, vae, textEncoder } = checkpoint;
    // The host reads the embedding's rows; head and frequencies, which some uploads have, only continue texts.
    const host = /(^|\.)(embed_tokens\.weight|lm_head\.weight|rotary_emb\.inv_freq)$/;
    this.#parts = [
      { component: "transformer", weights: transformer.weights, ignored: /^$/ },
      { component: "vae", weights: vae.weights, ignored: /^$/ },
      { component: "text_encoder", weights: textEncoder.weights, ignored: host },
    ];
    this.#asked = new Map(this.#parts.map(({ weights }) => [weights, new Set<string>()]));
    this.checkpoint = {
      ...checkpoint,
      transformer: { ...transformer, weights: this.#watched(transformer.weights) },
      vae: { ...vae, weights: this.#watched(vae.weights) },
      textEncoder: { ...textEncoder, weights: this.#watched(textEncoder.weights) },
    };
  }

  /** Forgets what was asked for so far. */
  begin(): void {
    for (const names of this.#asked.values()) names.clear();
  }

  unused(): string[] {
    return this.#parts.flatMap(({ component, weights, ignored }) =>
      [...weights.names()]
        .filter((name) => this.#asked.get(weights)?.has(name) === false && !ignored.test(name))
        .map((name) => `${component}: ${name}`),
    );
  }

  #watched(weights: Weights): Weights {
    return {
      ...weights,
      get: (name) => {
        this.#asked.get(weights)?.add(name);
        return weights.get(name);
      },
    };
  }
}
