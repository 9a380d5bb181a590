import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";

import type { PGlite, Results, Transaction } from "@electric-sql/pglite";
import PQueue from "p-queue";

import { StuckWatch } from "./stuck-watch.ts";

type QueryArguments = Parameters<PGlite["query"]>;

/** Called when a statement was answered, with the milliseconds that it took. */
export type OnQuery = (milliseconds: number) => void;

/** Called when the database has not answered for longer than it ever takes; nothing that is asked afterwards will be answered. */
export type OnStuck = (error: Error) => void;

/**
 * Milliseconds for one statement. Twice: after the first, a process that was itself asleep gets the second
 * one to catch up.
 */
const DEADLINE_MS = 4000;
/** A little later, for the case that the whole thread is blocked. */
const BLOCKED_MS = 9000;
const STUCK =
  "The embedded database does not answer any more. Is the disk full? Make room in DATA_DIR, then start again: nothing that was kept is lost.";

/**
 * PGlite has one connection, so everything goes through one lane: what fails in a block of statements is rolled back
 * before anything else runs, which would otherwise fail with it (QUEUE.md section 1, trap 5).
 *
 * PGlite hangs for ever after the disk was full (QUEUE.md section 5), with the thread that it runs in: that is what the
 * deadline and the watch see.
 */
export class PgliteLane {
  readonly #pglite: PGlite;
  readonly #onStuck: OnStuck;
  readonly #onQuery: OnQuery;
  readonly #lane = new PQueue({ concurrency: 1 });
  readonly #watch = new StuckWatch(BLOCKED_MS, STUCK);
  /** The transaction that the caller is in. */
  readonly #inside = new AsyncLocalStorage<{ isOpen: boolean }>();
  #timer: NodeJS.Timeout | undefined;
  #askedAt = 0;

  constructor(pglite: PGlite, onStuck: OnStuck, onQuery: OnQuery = () => undefined) {
    this.#pglite = pglite;
    this.#onStuck = onStuck;
    this.#onQuery = onQuery;
  }

  /** How many calls wait for their turn. */
  get waiting(): number {
    return this.#lane.size;
  }

  query<Row>(...given: QueryArguments): Promise<Results<Row>> {
    return this.#run(() => this.#pglite.query<Row>(...given));
  }

  exec(...given: Parameters<PGlite["exec"]>): Promise<Results[]> {
    return this.#run(async () => {
      try {
        return await this.#pglite.exec(...given);
      } catch (error) {
        await this.#pglite.query("rollback").catch(() => undefined);
        throw error;
      }
    });
  }

  transaction<Value>(work: (tx: Transaction) => Promise<Value>): Promise<Value> {
    return this.#run(() =>
      this.#pglite.transaction(async (tx) => {
        this.#rest();
        const here = { isOpen: true };
        try {
          return await this.#inside.run(here, () => work(this.#watched(tx)));
        } finally {
          here.isOpen = false;
          this.#ask();
        }
      }),
    );
  }

  /** @returns what ends it */
  async listen(
    channel: string,
    onNotification: (payload: string) => void,
  ): Promise<() => Promise<void>> {
    const unlisten = await this.#run(() => this.#pglite.listen(channel, onNotification));
    return () => this.#run(() => unlisten());
  }

  /** Runs something that takes longer than a statement may, with nothing beside it. */
  runLong<Value>(work: (pglite: PGlite) => Promise<Value>): Promise<Value> {
    return this.#lane.add(() => work(this.#pglite));
  }

  /** After what waits in the lane. */
  async close(): Promise<void> {
    await this.#lane.add(() => this.#pglite.close());
    await this.#watch.close();
  }

  /** @throws {Error} for what would wait for its own transaction, and all others with it, for ever */
  async #run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#inside.getStore()?.isOpen === true)
      throw new Error("Inside a transaction only its own handle can be used");
    return this.#lane.add(async () => {
      // PGlite computes at once and answers in microtasks: a row of statements would keep everything else from its turn.
      await setImmediate();
      this.#ask();
      try {
        return await work();
      } finally {
        this.#rest();
      }
    });
  }

  /** A transaction of many statements, or one whose owner thinks, may take long; each statement of it may not. */
  #watched(tx: Transaction): Transaction {
    const watched = async <Value>(statement: () => Promise<Value>): Promise<Value> => {
      this.#ask();
      try {
        return await statement();
      } finally {
        this.#rest();
      }
    };
    return {
      ...tx,
      get closed() {
        return tx.closed;
      },
      query: (...given) => watched(() => tx.query(...given)),
      exec: (...given) => watched(() => tx.exec(...given)),
    };
  }

  /** From now on an answer is awaited. */
  #ask(): void {
    this.#askedAt = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#onStuck(new Error(STUCK)), DEADLINE_MS);
    }, DEADLINE_MS);
    this.#watch.begin();
  }

  #rest(): void {
    this.#onQuery(performance.now() - this.#askedAt);
    this.#watch.end();
    clearTimeout(this.#timer);
  }
}
