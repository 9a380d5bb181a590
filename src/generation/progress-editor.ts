import { sql } from "drizzle-orm";
import type { Logger } from "pino";

import type { Database } from "../db/database.ts";
import { job } from "../db/schema.ts";
import type { Answer, Messenger } from "./messenger.ts";
import type { JobProgress } from "./types.ts";

/** Discord limits edits to about five in five seconds a message; previews come no faster than this. */
const EDIT_EVERY_MS = 2500;

interface Latest {
  readonly progress: JobProgress;
  readonly preview: Uint8Array | null;
}

/**
 * Shows a running job's progress in its answer: an edit every 2.5 s at most, the first after as long, so that a quick job
 * shows none; what is overtaken meanwhile is dropped.
 */
export class ProgressEditor {
  readonly #answer: Answer;
  readonly #messenger: Messenger;
  readonly #db: Database;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #latest: Latest | null = null;
  #preview: Uint8Array | null = null;
  #editing: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(parts: { answer: Answer; messenger: Messenger; db: Database; log: Logger }) {
    this.#answer = parts.answer;
    this.#messenger = parts.messenger;
    this.#db = parts.db;
    this.#log = parts.log;
    this.#timer = setInterval(() => this.#edit(), EDIT_EVERY_MS);
  }

  /** Takes note of how far the job is; the next edit shows the newest. */
  show(progress: JobProgress, preview: Uint8Array | null): void {
    this.#preview = preview ?? this.#preview;
    this.#latest = { progress, preview: this.#preview };
  }

  /** Resolves when no edit is on its way any more; none comes after. May be called twice. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#editing;
  }

  #edit(): void {
    const latest = this.#latest;
    if (latest === null || this.#isEditing) return;
    this.#latest = null;
    this.#isEditing = true;
    this.#editing = this.#write(latest).finally(() => {
      this.#isEditing = false;
    });
  }

  #isEditing = false;

  /** Progress that is not shown is no harm: it is logged and forgotten. */
  async #write({ progress, preview }: Latest): Promise<void> {
    const { id, attempt } = this.#answer.job;
    try {
      await this.#db.transaction(async (tx) => {
        // Worth no wait for the disk: the next one comes soon.
        await tx.execute(sql`set local synchronous_commit = off`);
        await tx
          .update(job)
          .set({ progress })
          .where(
            sql`${job.id} = ${id} and ${job.state} = 'running' and ${job.attempt} = ${attempt}`,
          );
      });
      if (!this.#messenger.canReach(this.#answer)) return;
      const notice = { kind: "running", progress, preview } as const;
      await this.#messenger.update(this.#answer, notice, this.#stopping.signal);
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log.debug({ err: error, jobId: id }, "progress could not be shown");
    }
  }
}
