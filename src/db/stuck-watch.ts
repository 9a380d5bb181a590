import { Worker } from "node:worker_threads";

/** What a {@link StuckWatch} shares with its thread. */
export interface WatchData {
  /** One number: of the task that runs, or 0. */
  readonly shared: SharedArrayBuffer;
  readonly message: string;
  /** How often the thread looks, and at how many looks in a row the same task is one that will never end. */
  readonly lookEveryMs: number;
  readonly looks: number;
}

const LOOK_EVERY_MS = 500;
/** A number of an int32 that is not 0. */
const MAX_TASK = 2 ** 31 - 1;

/**
 * Ends the process when a task blocks its thread for good: a thread of its own watches, since no timer of the blocked one
 * would come. Looks are counted, not seconds, so that a process that was asleep is not taken for a blocked one.
 */
export class StuckWatch {
  readonly #task = new Int32Array(new SharedArrayBuffer(4));
  readonly #thread: Worker;
  #last = 0;

  /** @param message - The last words, on stderr. */
  constructor(limitMs: number, message: string) {
    const workerData: WatchData = {
      shared: this.#task.buffer,
      message,
      lookEveryMs: LOOK_EVERY_MS,
      looks: Math.ceil(limitMs / LOOK_EVERY_MS),
    };
    // Not the process' own options: some of them are not for a file.
    const options = { workerData, execArgv: [] };
    this.#thread = new Worker(new URL("stuck-watch-thread.ts", import.meta.url), options);
    this.#thread.unref();
  }

  begin(): void {
    this.#last = (this.#last % MAX_TASK) + 1;
    Atomics.store(this.#task, 0, this.#last);
  }

  end(): void {
    Atomics.store(this.#task, 0, 0);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
