import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { OnnxGraph } from "./graph-core.ts";
import { checkProviderFiles, explainOrtError } from "./session-errors.ts";

export type Provider = "cpu" | "cuda" | "dml" | "webgpu";

/** A dense array in host memory, row-major. */
export interface Tensor {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads inside one operator; by default ONNX Runtime's choice, one for each physical core. */
  readonly threads?: number | undefined;
}

/**
 * A loaded graph. Inputs and outputs are float32 or int64 only: onnxruntime-node 1.30 refuses float16
 * inputs on Node 24, so graphs cast inside.
 */
export class Session {
  readonly provider: Provider;
  readonly #graph: OnnxGraph;
  readonly #session: InferenceSession;
  #released = false;

  private constructor(graph: OnnxGraph, session: InferenceSession, provider: Provider) {
    this.#graph = graph;
    this.#session = session;
    this.provider = provider;
  }

  static async create(graph: OnnxGraph, options: SessionOptions): Promise<Session> {
    const extra = {
      session: {
        // Weights do not mix with the arena's blocks, so that these can be foreseen.
        use_device_allocator_for_initializers: "1",
        ...(graph.externalRoot === null
          ? {}
          : { model_external_initializers_file_folder_path: graph.externalRoot }),
      },
    };
    const where = { graph: graph.name, provider: options.provider, doing: "load" } as const;
    checkProviderFiles(options.provider);
    const session = await InferenceSession.create(graph.bytes, {
      executionProviders: [options.provider],
      graphOptimizationLevel: "all",
      // Freed blocks are kept: without the arena each value's pages are zeroed anew, a fifth of a decoder's CPU time,
      // and a transformer's first call took 1 GB instead of 70 MB. ONNX Runtime's memory patterns would add a block of
      // all values' size to the arena at the second run (bench/LOG.md).
      enableCpuMemArena: true,
      enableMemPattern: false,
      // Fatal only: an error is thrown as well, and told in words.
      logSeverityLevel: 4,
      extra,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    }).catch((error: unknown) => {
      throw explainOrtError(error, where);
    });
    return new Session(graph, session, options.provider);
  }

  /** Runs the graph once. Shapes are checked here, so that an error names the input. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.#released) throw new Error(`${this.#graph.name}: the session was released.`);
    const inputs = Object.fromEntries(
      this.#graph.inputs.map((input) => {
        const tensor = feeds[input.name];
        if (tensor === undefined)
          throw new Error(`${this.#graph.name}: input ${input.name} is missing.`);
        return [input.name, toOrt(tensor, `${this.#graph.name}: ${input.name}`)];
      }),
    );
    const where = { graph: this.#graph.name, provider: this.provider, doing: "run" } as const;
    const outputs = await this.#session.run(inputs).catch((error: unknown) => {
      throw explainOrtError(error, where);
    });
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name, fromOrt(value, name)]),
    );
  }

  /** Frees the session's memory; a second call does nothing. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#session.release();
  }
}

function toOrt(tensor: Tensor, what: string): OrtTensor {
  const size = tensor.dims.reduce((total, dim) => total * dim, 1);
  if (size !== tensor.data.length) {
    throw new Error(
      `${what} has ${tensor.data.length} values for the shape [${tensor.dims.join(", ")}].`,
    );
  }
  return tensor.data instanceof Float32Array
    ? new OrtTensor("float32", tensor.data, tensor.dims)
    : new OrtTensor("int64", tensor.data, tensor.dims);
}

function fromOrt(value: InferenceSession.ReturnType[string], name: string): Tensor {
  if (
    value instanceof OrtTensor &&
    (value.data instanceof Float32Array || value.data instanceof BigInt64Array)
  ) {
    return { data: value.data, dims: value.dims };
  }
  throw new Error(`Output ${name} is neither float32 nor int64.`);
}
