import type { Logger } from "pino";

import type { Database } from "../db/database.ts";
import type { JobEngine, WaitingJob } from "../queue/job-engine.ts";
import type { AnswerBook } from "./answer-book.ts";
import { findJob } from "./job-store.ts";
import type { Messenger } from "./messenger.ts";

/** Edits of one round, for those who come next: thousands that wait are no reason to flood Discord. */
const MAX_EDITS = 25;
const EDIT_DEADLINE_MS = 10_000;
/** Who waits less sees no card of the queue flicker by. */
const SHORT_WAIT_S = 3;

export interface QueuePositionsOptions {
  readonly db: Database;
  readonly engine: Pick<JobEngine, "waiting">;
  readonly answers: Pick<AnswerBook, "of">;
  readonly messenger: Pick<Messenger, "update">;
  /** Whether this gateway answers for a server, or for direct messages where it is null: of several, one does. */
  readonly serves: (guildId: string | null) => boolean;
  readonly log: Logger;
}

/** Shows those who wait that they have moved up. Times count down by themselves; a place has to be edited. */
export class QueuePositions {
  readonly #options: QueuePositionsOptions;
  #shown: ReadonlyMap<string, number> = new Map();

  constructor(options: QueuePositionsOptions) {
    this.#options = options;
  }

  /** Edits the answers of those whose place has changed since the last round. @returns how many */
  async show(signal: AbortSignal): Promise<number> {
    const waiting = await this.#options.engine.waiting();
    // What is seen for the first time was shown when it was accepted.
    const moved = waiting.filter(({ id, position }) => {
      const before = this.#shown.get(id);
      return before !== undefined && before !== position;
    });
    const edited = moved.slice(0, MAX_EDITS);
    const left = new Set(moved.slice(MAX_EDITS).map(({ id }) => id));
    this.#shown = new Map(
      waiting.map(({ id, position }) => [
        id,
        left.has(id) ? (this.#shown.get(id) ?? position) : position,
      ]),
    );
    const results = await Promise.all(edited.map((place) => this.#edit(place, signal)));
    return results.filter((isEdited) => isEdited).length;
  }

  async #edit({ id, position, etaSeconds }: WaitingJob, signal: AbortSignal): Promise<boolean> {
    const { db, answers, messenger, serves, log } = this.#options;
    if (etaSeconds !== null && etaSeconds.median < SHORT_WAIT_S) return false;
    try {
      const row = await findJob(db, id);
      if (row === null || row.state !== "waiting" || !serves(row.guildId)) return false;
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(EDIT_DEADLINE_MS)]);
      const notice = { kind: "queued", position, etaSeconds } as const;
      await messenger.update(await answers.of(row), notice, deadline);
      return true;
    } catch (error) {
      if (!signal.aborted)
        log.debug({ err: error, jobId: id }, "a place in the queue was not shown");
      return false;
    }
  }
}
