import { setTimeout } from "node:timers/promises";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query, queryValue } from "../db/database.ts";
import type { JobView } from "./types.ts";

/** Milliseconds. No lease is longer; one that seems so was taken before the database's clock was set back. */
const LONGEST_MS = 15_000;
/** An edit takes 0.1 to 0.5 s, one that waits for a rate limit some seconds. */
const LOOK_EVERY_MS = 100;

/** What a job must still be for an edit to be true: waiting, drawn by the attempt that is known, or not ended. */
export type TrueWhile = "waiting" | "running" | "open";

/** The sole right to edit an answer; it ends by itself, so that a process that dies takes nothing along. */
interface EditLease {
  /** Gives it back. Not to be done while an edit may still be on its way. */
  readonly release: () => Promise<void>;
}

/** Keeps apart the processes that edit one answer, since an edit of one may overtake the final edit of another. */
export interface EditLeases {
  /** @returns null, and there is to be no edit, where the job has gone on or another process edits its answer */
  readonly take: (
    job: Pick<JobView, "id" | "attempt">,
    trueWhile: TrueWhile,
    milliseconds: number,
  ) => Promise<EditLease | null>;
  /** Resolves when no process edits the answer of an ended job any more. */
  readonly over: (jobId: string, signal: AbortSignal) => Promise<void>;
}

/**
 * Leases on the `job` row, by the database's clock alone. The row's lock puts them in order with the job's end: none is
 * taken after it, so whoever delivers has only to wait for the last one.
 */
export class JobRowLeases implements EditLeases {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  readonly take: EditLeases["take"] = async ({ id, attempt }, trueWhile, milliseconds) => {
    const state = {
      waiting: sql`state = 'waiting'`,
      running: sql`state = 'running' and attempt = ${attempt}::int`,
      open: sql`state in ('waiting', 'running')`,
    }[trueWhile];
    const [taken] = await query(
      this.#db,
      sql`update job set edit_until = now() + ${milliseconds} * interval '1 millisecond'
        where id = ${id}::uuid and ${state} and not coalesce(${isLive}, false) returning edit_until::text as until`,
      z.object({ until: z.string() }),
    );
    if (taken === undefined) return null;
    const release = async (): Promise<void> => {
      await this.#db.execute(
        sql`update job set edit_until = null where id = ${id}::uuid and edit_until = ${taken.until}::timestamptz`,
      );
    };
    return { release };
  };

  readonly over: EditLeases["over"] = async (jobId, signal) => {
    const isEdited = (): Promise<boolean> =>
      queryValue(
        this.#db,
        sql`select coalesce(bool_or(${isLive}), false) from job where id = ${jobId}::uuid`,
        z.boolean(),
      );
    while (await isEdited()) await setTimeout(LOOK_EVERY_MS, undefined, { signal });
  };
}

const isLive = sql`edit_until > now() and edit_until <= now() + ${LONGEST_MS} * interval '1 millisecond'`;
