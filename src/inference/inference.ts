import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import PQueue from "p-queue";

import { UserError } from "../errors.ts";
import { ALLOCATOR_ENVIRONMENT } from "../onnx/allocator-environment.ts";
import { CancelGrace } from "./cancel-grace.ts";
import type { FromChild, Task, TaskProgress, TaskResults, ToChild } from "./messages.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
/** The child says every second that it is alive; this long without a word, it hangs. */
const DEFAULT_SILENCE_MS = 15_000;
const START_DEADLINE_MS = 60_000;
const MIN_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 30_000;
const STOP_GRACE_MS = 2000;

/** How the child ended in the middle of a task: the task may be tried once more, but not by the same process. */
export type CrashCause = "exit" | "abort" | "killed" | "hang" | "deadline";

export class InferenceCrash extends Error {
  readonly reason: CrashCause;

  constructor(reason: CrashCause, message: string) {
    super(message);
    this.name = "InferenceCrash";
    this.reason = reason;
  }
}

/** A fault of ours inside the child; its stack is the child's. */
class InferenceFault extends Error {
  constructor(message: string, stack: string | undefined) {
    super(message);
    this.name = "InferenceFault";
    if (stack !== undefined) this.stack = stack;
  }
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the task's start; then the child is killed. */
  readonly deadlineMs?: number | undefined;
  readonly onProgress?: ((progress: TaskProgress, preview: Uint8Array | null) => void) | undefined;
}

export interface InferenceOptions {
  /** The environment of the child: DATA_DIR, MODELS_DIR, PROVIDER and so on, as `config.ts` reads them. */
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Milliseconds without a word after which the child is taken to hang. */
  readonly silenceMs?: number | undefined;
  readonly onCrash?: ((reason: CrashCause) => void) | undefined;
}

interface Running {
  readonly id: number;
  readonly task: Task;
  readonly options: RunOptions;
  readonly resolve: (result: TaskResults[Task["kind"]]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The lane of one GPU: a child process that draws, one task at a time, and the supervisor that starts it again, later and
 * later, when it dies. A task's promise settles only when the child has answered or is gone, so that two never compute
 * at once.
 */
export class Inference {
  readonly #options: InferenceOptions;
  /** No timeout and no signal: both would free the lane while the work goes on (QUEUE.md section 4). */
  readonly #lane = new PQueue({ concurrency: 1 });
  #child: ChildProcess | null = null;
  #ready: Promise<void> | null = null;
  #running: Running | null = null;
  #killedFor: CrashCause | null = null;
  #grace = new CancelGrace(Date.now());
  #lastWordAt = 0;
  #residentBytes = 0;
  #nextId = 1;
  #backOffMs = 0;
  #isStopping = false;

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /** Bytes that the child held when it last said so. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  get isAlive(): boolean {
    return this.#child?.connected === true;
  }

  /** Starts the child; without it the first task does. */
  async start(): Promise<void> {
    await this.#ensureChild();
  }

  /**
   * Runs a task when the lane is free.
   *
   * @throws {UserError} as the pipeline does; `cancelled` when the signal aborted.
   * @throws {InferenceCrash} when the child died of it or hung.
   * @throws {InferenceFault} for a bug.
   */
  async run<Kind extends Task["kind"]>(
    task: Extract<Task, { kind: Kind }>,
    options: RunOptions = {},
  ): Promise<TaskResults[Kind]> {
    const result = await this.#lane.add(() => this.#runNow(task, options));
    return result as TaskResults[Kind];
  }

  /** Ends the child; a running task fails with a crash. May be called twice. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once("exit", () => done()));
    child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
    await gone;
    clearTimeout(timer);
  }

  async #runNow(task: Task, options: RunOptions): Promise<TaskResults[Task["kind"]]> {
    if (options.signal?.aborted === true) throw cancelled(options.signal);
    await this.#ensureChild();
    const watch = this.#watch(options);
    try {
      return await new Promise((resolve, reject) => {
        this.#running = { id: this.#nextId++, task, options, resolve, reject };
        this.#send({ type: "run", id: this.#running.id, task });
      });
    } finally {
      watch.stop();
      this.#running = null;
    }
  }

  /** Kills the child when it is silent, over its deadline, or deaf to a cancellation. */
  #watch({ signal, deadlineMs }: RunOptions): { stop: () => void } {
    const { silenceMs = DEFAULT_SILENCE_MS } = this.#options;
    this.#lastWordAt = Date.now();
    this.#grace = new CancelGrace(Date.now());
    const silence = setInterval(() => {
      if (Date.now() - this.#lastWordAt > silenceMs) this.#kill("hang");
    }, silenceMs / 10);
    const deadline =
      deadlineMs === undefined ? undefined : setTimeout(() => this.#kill("deadline"), deadlineMs);
    let grace: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      if (this.#running !== null) this.#send({ type: "cancel", id: this.#running.id });
      grace = setTimeout(() => this.#kill("killed"), this.#grace.milliseconds(Date.now()));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    return {
      stop: () => {
        clearInterval(silence);
        clearTimeout(deadline);
        clearTimeout(grace);
        signal?.removeEventListener("abort", onAbort);
      },
    };
  }

  #kill(reason: CrashCause): void {
    this.#killedFor ??= reason;
    this.#child?.kill("SIGKILL");
  }

  #send(message: ToChild): void {
    // A child that is gone by now ends the task through its exit event.
    this.#child?.send(message, () => undefined);
  }

  async #ensureChild(): Promise<void> {
    if (this.#isStopping) throw new InferenceCrash("exit", "The inference process is stopped");
    this.#ready ??= this.#startChild().catch((error: unknown) => {
      this.#ready = null;
      throw error;
    });
    await this.#ready;
  }

  async #startChild(): Promise<void> {
    if (this.#backOffMs > 0) await new Promise((done) => setTimeout(done, this.#backOffMs));
    const child = fork(CHILD, {
      env: { ...ALLOCATOR_ENVIRONMENT, ...this.#options.environment },
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    this.#killedFor = null;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => this.#kill("hang"), START_DEADLINE_MS);
      child.on("message", (message) => {
        clearTimeout(timer);
        resolve();
        this.#hear(message as FromChild);
      });
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        const crash = this.#bury(child, { code, signal });
        reject(crash);
      });
    });
  }

  #hear(message: FromChild): void {
    this.#lastWordAt = Date.now();
    switch (message.type) {
      case "alive":
        this.#residentBytes = message.residentBytes;
        return;
      case "log":
        this.#options.log(message.line);
        return;
      case "progress":
        if (message.id !== this.#running?.id) return;
        this.#grace.step(Date.now());
        this.#running.options.onProgress?.(message.progress, message.preview);
        return;
      case "done":
        this.#backOffMs = 0;
        if (message.id === this.#running?.id) this.#running.resolve(message.result);
        return;
      case "failed":
        this.#backOffMs = 0;
        if (message.id === this.#running?.id) this.#running.reject(errorOf(message.error));
    }
  }

  #bury(child: ChildProcess, end: { code: number | null; signal: string | null }): InferenceCrash {
    const reason = this.#killedFor ?? causeOf(end);
    const crash = new InferenceCrash(
      reason,
      `The inference process ended (${end.signal ?? `exit code ${end.code}`}, ${reason})`,
    );
    if (this.#child === child) {
      this.#child = null;
      this.#ready = null;
    }
    this.#backOffMs = Math.min(MAX_BACK_OFF_MS, Math.max(MIN_BACK_OFF_MS, this.#backOffMs * 2));
    if (!this.#isStopping) {
      this.#options.log(crash.message);
      this.#options.onCrash?.(reason);
    }
    const { signal } = this.#running?.options ?? {};
    this.#running?.reject(signal?.aborted === true ? cancelled(signal) : crash);
    return crash;
  }
}

/** SIGKILL from outside is what Linux does to the process that takes too much memory. */
function causeOf({ signal }: { signal: string | null }): CrashCause {
  if (signal === "SIGKILL") return "killed";
  return signal === null ? "exit" : "abort";
}

function cancelled({ reason }: AbortSignal): UserError {
  return new UserError("cancelled", "Cancelled.", { cause: reason });
}

function errorOf(error: Extract<FromChild, { type: "failed" }>["error"]): Error {
  const { code, message, reason, stack } = error;
  if (code === null) return new InferenceFault(message, stack);
  return new UserError(code, message, { reason: reason ?? undefined });
}
