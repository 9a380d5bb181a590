import { UserError } from "../errors.ts";
import type { OnnxGraph } from "../onnx/graph-core.ts";
import { Session, type Tensor } from "../onnx/session.ts";
import type { Provider, StageName, StageReport } from "./types.ts";

/** How one stage is made when it is first needed. */
export interface StageDefinition {
  readonly provider: Provider;
  readonly precision: StageReport["precision"];
  readonly build: () => BuiltStage | Promise<BuiltStage>;
}

export interface BuiltStage {
  readonly graph: OnnxGraph;
  /** Only where weights were rounded; see {@link StageReport}. */
  readonly weightError?: number;
}

/** A stage's output. */
export interface FloatTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/**
 * The networks of a checkpoint, loaded when first run. With `sequential` only one is in memory at a time;
 * otherwise each stays until release().
 */
export class Stages {
  readonly #definitions: Readonly<Record<StageName, StageDefinition>>;
  readonly #sequential: boolean;
  readonly #loaded = new Map<StageName, Session>();
  readonly #built = new Map<StageName, BuiltStage>();
  #reports = new Map<StageName, StageReport>();

  constructor(
    definitions: Readonly<Record<StageName, StageDefinition>>,
    options: { sequential: boolean },
  ) {
    this.#definitions = definitions;
    this.#sequential = options.sequential;
  }

  /** Whether only one network is in memory at a time. */
  get isSequential(): boolean {
    return this.#sequential;
  }

  /** Runs a stage once, loading it first where needed. Not for two calls at a time. */
  async run(
    name: StageName,
    feeds: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>> {
    const session = await this.#session(name);
    const start = performance.now();
    const outputs = await session.run(feeds);
    const report = this.#report(name);
    report.milliseconds += performance.now() - start;
    report.calls += 1;
    return outputs;
  }

  /** Runs a stage once for the one output that is wanted, which must be float32. */
  async runFor(
    output: string,
    name: StageName,
    feeds: Readonly<Record<string, Tensor>>,
  ): Promise<FloatTensor> {
    const tensor = (await this.run(name, feeds))[output];
    if (tensor?.data instanceof Float32Array) return { data: tensor.data, dims: tensor.dims };
    throw new Error(`The ${name} has no float32 output ${output}.`);
  }

  /** A stage's graph, built when it is first asked for; what a run would take is known from it before any loading. */
  async graph(name: StageName): Promise<OnnxGraph> {
    return (await this.#build(name)).graph;
  }

  /** What was run since the last call of this, in the order of first use. */
  takeReports(): StageReport[] {
    const reports = [...this.#reports.values()];
    this.#reports = new Map();
    return reports;
  }

  /** Frees every loaded stage; may be called twice. */
  async release(): Promise<void> {
    const sessions = [...this.#loaded.values()];
    this.#loaded.clear();
    await Promise.all(sessions.map((session) => session.release()));
  }

  async #session(name: StageName): Promise<Session> {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded;
    if (this.#sequential) await this.release();
    const definition = this.#definitions[name];
    const start = performance.now();
    const { graph } = await this.#build(name);
    if (definition.provider === "cpu") checkMemory(graph);
    const session = await Session.create(graph, { provider: definition.provider });
    this.#loaded.set(name, session);
    this.#report(name).loadMilliseconds += performance.now() - start;
    return session;
  }

  async #build(name: StageName): Promise<BuiltStage> {
    const built = this.#built.get(name) ?? (await this.#definitions[name].build());
    this.#built.set(name, built);
    return built;
  }

  #report(name: StageName): StageReport {
    const known = this.#reports.get(name);
    if (known !== undefined) return known;
    const { provider, precision } = this.#definitions[name];
    const weightError = this.#built.get(name)?.weightError;
    const report: StageReport = {
      stage: name,
      milliseconds: 0,
      loadMilliseconds: 0,
      calls: 0,
      provider,
      precision,
      ...(weightError === undefined ? {} : { weightError }),
    };
    this.#reports.set(name, report);
    return report;
  }
}

/** Refuses what would drive the machine out of memory; on Linux that kills the process without a word. */
function checkMemory({ name, weightBytes }: OnnxGraph): void {
  const free = process.availableMemory();
  if (weightBytes <= free) return;
  throw new UserError(
    "out_of_memory",
    `The ${name} needs ${gibibytes(weightBytes)} of memory and ${gibibytes(free)} are free. Close other programs, set MEMORY=sequential, use --precision int8 for a smaller text encoder, or choose a smaller model.`,
  );
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
