import type { PGlite, Results, Transaction } from "@electric-sql/pglite";
import PQueue from "p-queue";

type QueryArguments = Parameters<PGlite["query"]>;

/** Called when the database has not answered for longer than it ever takes; nothing that is asked afterwards will be answered. */
export type OnStuck = (error: Error) => void;

/**
 * Milliseconds for one statement or transaction. Twice: after the first, a process that was itself asleep gets the second
 * one to catch up.
 */
const DEADLINE_MS = 4500;

/**
 * PGlite has one connection, so everything goes through one lane: what fails in a block of statements is rolled back
 * before anything else runs, which would otherwise fail with it (QUEUE.md section 1, trap 5).
 *
 * PGlite hangs for ever after the disk was full (QUEUE.md section 5): that is what the deadline sees.
 */
export class PgliteLane {
  readonly #pglite: PGlite;
  readonly #onStuck: OnStuck;
  readonly #lane = new PQueue({ concurrency: 1 });

  constructor(pglite: PGlite, onStuck: OnStuck) {
    this.#pglite = pglite;
    this.#onStuck = onStuck;
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
    return this.#run(() => this.#pglite.transaction(work));
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
  }

  #run<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#lane.add(async () => {
      let timer = setTimeout(() => {
        timer = setTimeout(() => this.#onStuck(new DatabaseStuck()), DEADLINE_MS);
      }, DEADLINE_MS);
      try {
        return await work();
      } finally {
        clearTimeout(timer);
      }
    });
  }
}

class DatabaseStuck extends Error {
  constructor() {
    super(
      `The embedded database has not answered for ${(2 * DEADLINE_MS) / 1000} seconds. Is the disk full? See DATA_DIR.`,
    );
    this.name = "DatabaseStuck";
  }
}
