import { UserError } from "../errors.ts";
import type { Sizes } from "../onnx/dim.ts";
import type { OnnxGraph } from "../onnx/graph-core.ts";
import { peakBytes } from "../onnx/peak-memory.ts";
import { Session, type Tensor } from "../onnx/session.ts";
import type { Provider, StageName, StageReport } from "./types.ts";

/** One way to make a stage. */
export interface StageDefinition {
  readonly provider: Provider;
  readonly precision: StageReport["precision"];
  readonly build: () => BuiltStage | Promise<BuiltStage>;
}

/** The ways to make a stage, the best first: where one fails at its load or in a run, the next takes over. */
export type StageAttempts = readonly [StageDefinition, ...StageDefinition[]];

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

export interface StagesOptions {
  /** Milliseconds without a run after which all memory is freed; undefined: never. */
  readonly idleMs?: number | undefined;
  /** Of the graphics card, all of it; undefined: not known. */
  readonly deviceMemoryBytes?: number | undefined;
  /** Receives a line when a stage moves to another provider or is unloaded. */
  readonly log?: ((line: string) => void) | undefined;
}

type Feeds = Readonly<Record<string, Tensor>>;

/** The smallest card that the makers of Sana name; taken where the card cannot be asked. */
const ASSUMED_DEVICE_BYTES = 8e9;

/**
 * The networks of a checkpoint, loaded when first run. With `sequential` only one is in memory at a time;
 * otherwise each stays until release(), until nothing was run for `idleMs`, or until another needs its memory.
 */
export class Stages {
  readonly #attempts: Readonly<Record<StageName, StageAttempts>>;
  readonly #options: StagesOptions;
  /** How many attempts of a stage have failed. */
  readonly #failed = new Map<StageName, number>();
  readonly #loaded = new Map<StageName, { session: Session; graph: OnnxGraph }>();
  readonly #built = new Map<StageDefinition, BuiltStage>();
  #reports = new Map<StageName, StageReport>();
  #running = 0;
  #idle: NodeJS.Timeout | undefined;
  /** Whether only one network is in memory at a time. */
  isSequential = false;

  constructor(attempts: Readonly<Record<StageName, StageAttempts>>, options: StagesOptions = {}) {
    this.#attempts = attempts;
    this.#options = options;
  }

  /**
   * Runs a stage once, loading it first where needed. Not for two calls at a time.
   * @throws UserError out_of_memory before loading what the machine has no room for
   */
  async run(name: StageName, feeds: Feeds): Promise<Record<string, Tensor>> {
    return this.#busy(async () => {
      for (;;) {
        try {
          return await this.#runOnce(name, feeds);
        } catch (error) {
          if (!(await this.#moveOn(name, error))) throw error;
        }
      }
    });
  }

  /** Runs a stage once for the one output that is wanted, which must be float32. */
  async runFor(output: string, name: StageName, feeds: Feeds): Promise<FloatTensor> {
    return floatsOf(await this.run(name, feeds), output, name);
  }

  /**
   * Runs a graph that is a part of a stage's work on each of `runs` and forgets it; time and provider count as the
   * stage's. Nothing else of the checkpoint is held meanwhile.
   */
  async runPart(
    name: StageName,
    { graph, output }: { graph: OnnxGraph; output: string },
    runs: readonly { feeds: () => Feeds; use: (made: FloatTensor) => void }[],
  ): Promise<void> {
    await this.#busy(async () => {
      await this.#unload();
      const start = performance.now();
      const session = await Session.create(graph, { provider: this.provider(name) });
      const report = this.#report(name);
      report.loadMilliseconds += performance.now() - start;
      try {
        for (const { feeds, use } of runs) {
          const given = feeds();
          const begun = performance.now();
          const made = await session.run(given);
          report.milliseconds += performance.now() - begun;
          report.calls += 1;
          use(floatsOf(made, output, name));
        }
      } finally {
        await session.release();
      }
    });
  }

  /** A stage's graph, built when it is first asked for; what a run would take is known from it before any loading. */
  async graph(name: StageName): Promise<OnnxGraph> {
    return (await this.#build(name)).graph;
  }

  /** Where a stage runs as things are. */
  provider(name: StageName): Provider {
    return this.#definition(name).provider;
  }

  /** What the machine has free for a stage, or all that the card has for one that runs there. */
  memoryBytes(name: StageName): number {
    if (this.provider(name) === "cpu") return process.availableMemory();
    return this.#options.deviceMemoryBytes ?? ASSUMED_DEVICE_BYTES;
  }

  /** What is held on the CPU for loaded networks, without the values of their runs, in bytes. */
  get heldBytes(): number {
    return [...this.#loaded.values()]
      .filter(({ session }) => session.provider === "cpu")
      .reduce((sum, { graph }) => sum + peakBytes(graph), 0);
  }

  /** What was run since the last call of this, in the order of first use. */
  takeReports(): StageReport[] {
    const reports = [...this.#reports.values()];
    this.#reports = new Map();
    return reports;
  }

  /** Frees every loaded stage; may be called twice. */
  async release(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#unload();
  }

  async #unload(except?: StageName): Promise<void> {
    const sessions = [...this.#loaded].filter(([name]) => name !== except);
    for (const [name] of sessions) this.#loaded.delete(name);
    await Promise.all(sessions.map(([, { session }]) => session.release()));
  }

  /** Keeps the idle clock from running out while something runs. */
  async #busy<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      const { idleMs } = this.#options;
      if (idleMs !== undefined && this.#running === 0)
        this.#idle = setTimeout(() => void this.#unloadIdle(), idleMs).unref();
    }
  }

  async #unloadIdle(): Promise<void> {
    if (this.#loaded.size === 0) return;
    this.#options.log?.("The model was unloaded: nobody needed it for a while.");
    await this.#unload();
  }

  async #runOnce(name: StageName, feeds: Feeds): Promise<Record<string, Tensor>> {
    const session = await this.#session(name, feeds);
    const start = performance.now();
    const outputs = await session.run(feeds);
    const report = this.#report(name);
    report.milliseconds += performance.now() - start;
    report.calls += 1;
    return outputs;
  }

  /** Goes to the stage's next way after a failure; false where there is none. */
  async #moveOn(name: StageName, error: unknown): Promise<boolean> {
    const failed = this.#failed.get(name) ?? 0;
    const next = this.#attempts[name][failed + 1];
    if (next === undefined) return false;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log?.(
      `The ${name} failed on ${this.provider(name)} and goes on with ${next.provider}: ${reason}`,
    );
    const loaded = this.#loaded.get(name);
    this.#loaded.delete(name);
    this.#reports.delete(name);
    this.#failed.set(name, failed + 1);
    // A session whose device is lost may not even end well.
    await loaded?.session.release().catch(() => undefined);
    return true;
  }

  async #session(name: StageName, feeds: Feeds): Promise<Session> {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded.session;
    if (this.isSequential) await this.#unload();
    const { provider } = this.#definition(name);
    const start = performance.now();
    const { graph } = await this.#build(name);
    if (provider === "cpu") await this.#makeRoom(graph, sizesOf(graph, feeds));
    const session = await Session.create(graph, { provider });
    this.#loaded.set(name, { session, graph });
    this.#report(name).loadMilliseconds += performance.now() - start;
    return session;
  }

  /** Unloads the others where a stage needs their memory, and refuses what does not fit then. */
  async #makeRoom(graph: OnnxGraph, sizes: Sizes): Promise<void> {
    const needed = peakBytes(graph, sizes);
    if (needed > process.availableMemory()) await this.#unload();
    // On Linux, a machine that runs out of memory kills the process without a word.
    const freeBytes = process.availableMemory();
    if (needed > freeBytes) throw noRoom(`The ${graph.name}`, { neededBytes: needed, freeBytes });
  }

  #definition(name: StageName): StageDefinition {
    const attempts = this.#attempts[name];
    return attempts[this.#failed.get(name) ?? 0] ?? attempts[0];
  }

  async #build(name: StageName): Promise<BuiltStage> {
    const definition = this.#definition(name);
    const built = this.#built.get(definition) ?? (await definition.build());
    this.#built.set(definition, built);
    return built;
  }

  #report(name: StageName): StageReport {
    const known = this.#reports.get(name);
    if (known !== undefined) return known;
    const definition = this.#definition(name);
    const { provider, precision } = definition;
    const weightError = this.#built.get(definition)?.weightError;
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

/** What is said where something does not fit; `what` begins the sentence. */
export function noRoom(
  what: string,
  {
    neededBytes,
    freeBytes,
    of = "memory",
  }: { neededBytes: number; freeBytes: number; of?: string },
): UserError {
  return new UserError(
    "out_of_memory",
    `${what} needs ${gibibytes(neededBytes)} of ${of} and ${gibibytes(freeBytes)} are free. Ask for a smaller picture, close other programs, set MEMORY=sequential, use --precision int8 for a smaller text encoder, or choose a smaller model.`,
  );
}

/** The values of a graph's symbols that its inputs have. */
function sizesOf(graph: OnnxGraph, feeds: Feeds): Sizes {
  const sizes: Record<string, number> = {};
  for (const { name, shape } of graph.inputs) {
    for (const [axis, dim] of shape.entries()) {
      const length = feeds[name]?.dims[axis];
      if (typeof dim !== "number" && length !== undefined) sizes[dim.label] = length;
    }
  }
  return sizes;
}

function floatsOf(made: Record<string, Tensor>, output: string, name: StageName): FloatTensor {
  const tensor = made[output];
  if (tensor?.data instanceof Float32Array) return { data: tensor.data, dims: tensor.dims };
  throw new Error(`The ${name} has no float32 output ${output}.`);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
