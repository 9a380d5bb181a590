import { isOutOfMemory, UserError } from "../errors.ts";
import { ASSUMED_CARD_BYTES } from "../models/memory-shares.ts";
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
  /** Of a graph that is a part of a stage's work. */
  #part: Session | null = null;
  #running = 0;
  #mayMoveOn = true;
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
    return this.#busy(() =>
      this.#persist(name, async () => this.#timed(name, await this.#session(name, feeds), feeds)),
    );
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
      try {
        for (const { feeds, use } of runs) {
          const given = feeds();
          const made = await this.#persist(name, async () => {
            this.#part ??= await this.#load(name, graph);
            return this.#timed(name, this.#part, given);
          });
          use(floatsOf(made, output, name));
        }
      } finally {
        await this.#unload();
      }
    });
  }

  /**
   * Does work that its caller can also do in smaller parts: a stage that runs out of memory fails instead of going on
   * with its next provider.
   */
  async withoutMovingOn<T>(work: () => Promise<T>): Promise<T> {
    this.#mayMoveOn = false;
    try {
      return await work();
    } finally {
      this.#mayMoveOn = true;
    }
  }

  /** Tells the owner a line about where and how the model runs. */
  say(line: string): void {
    this.#options.log?.(line);
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
    return this.#options.deviceMemoryBytes ?? ASSUMED_CARD_BYTES;
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

  async #unload(): Promise<void> {
    const sessions = [...this.#loaded.values()].map(({ session }) => session);
    if (this.#part !== null) sessions.push(this.#part);
    this.#loaded.clear();
    this.#part = null;
    await Promise.all(sessions.map((session) => session.release()));
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
    this.say("The model was unloaded: nobody needed it for a while.");
    // What failed may succeed by then: a game has given the card's memory back.
    this.#failed.clear();
    await this.#unload();
  }

  /** Repeats a stage's run until it succeeds: without the other networks beside it, then by the stage's next way. */
  async #persist<T>(name: StageName, run: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        const isMended = (await this.#makeAlone(name, error)) || (await this.#moveOn(name, error));
        if (!isMended) throw error;
      }
    }
  }

  /** Unloads the other networks where a stage ran out of memory beside them; false where there are none. */
  async #makeAlone(name: StageName, error: unknown): Promise<boolean> {
    if (!isOutOfMemory(error) || [...this.#loaded.keys()].every((each) => each === name))
      return false;
    this.say(`The ${name} ran out of memory and is tried again without the other networks.`);
    this.isSequential = true;
    await this.#unload();
    return true;
  }

  /** Goes to the stage's next way after a failure; false where there is none. */
  async #moveOn(name: StageName, error: unknown): Promise<boolean> {
    const failed = this.#failed.get(name) ?? 0;
    const next = this.#attempts[name][failed + 1];
    if (next === undefined || (!this.#mayMoveOn && isOutOfMemory(error))) return false;
    const reason = error instanceof Error ? error.message : String(error);
    this.say(
      `The ${name} failed on ${this.provider(name)} and goes on with ${next.provider}: ${reason}`,
    );
    const sessions = [this.#loaded.get(name)?.session, this.#part];
    this.#loaded.delete(name);
    this.#part = null;
    this.#reports.delete(name);
    this.#failed.set(name, failed + 1);
    // A session whose device is lost may not even end well.
    for (const session of sessions) await session?.release().catch(() => undefined);
    return true;
  }

  async #session(name: StageName, feeds: Feeds): Promise<Session> {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded.session;
    if (this.isSequential) await this.#unload();
    const { graph } = await this.#build(name);
    if (this.provider(name) === "cpu") await this.#makeRoom(graph, sizesOf(graph, feeds));
    const session = await this.#load(name, graph);
    this.#loaded.set(name, { session, graph });
    return session;
  }

  async #load(name: StageName, graph: OnnxGraph): Promise<Session> {
    const start = performance.now();
    const session = await Session.create(graph, { provider: this.provider(name) });
    this.#report(name).loadMilliseconds += performance.now() - start;
    return session;
  }

  async #timed(name: StageName, session: Session, feeds: Feeds): Promise<Record<string, Tensor>> {
    const start = performance.now();
    const outputs = await session.run(feeds);
    const report = this.#report(name);
    report.milliseconds += performance.now() - start;
    report.calls += 1;
    return outputs;
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
    const known = this.#built.get(definition);
    if (known !== undefined) return known;
    const built = await definition.build();
    this.#built.set(definition, built);
    const { weightError } = built;
    if (weightError !== undefined)
      this.say(
        `The ${name} has weights in 8 bits, rounded by ${percent(weightError)} of their size.`,
      );
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
      ...(definition === this.#attempts[name][0]
        ? {}
        : { insteadOf: this.#attempts[name][0].provider }),
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

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
