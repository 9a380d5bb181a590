import { and, eq, inArray, isNull, ne, or, sql } from "drizzle-orm";
import type { Logger } from "pino";

import { delivery, job, reservation } from "../db/schema.ts";
import { release } from "../quota/quota.ts";
import { findJob } from "./job-store.ts";
import { endUnpaid, type JobLoopOptions } from "./job-loop.ts";

/** A job whose attempts are used up: its workers died with it. */
const POISON = { code: "crashed", message: "" } as const;

/**
 * Ends jobs whose attempts are used up without anybody having ended them, gives them back what they reserved and tells
 * their requesters.
 *
 * @returns how many
 */
export async function endDeadJobs({
  engine,
  log,
  metrics,
}: Pick<JobLoopOptions, "engine" | "log" | "metrics">): Promise<number> {
  return engine.takeDead(async (tx, id) => {
    const row = await findJob(tx, id);
    if (row === null || (row.state !== "waiting" && row.state !== "running")) return;
    log.warn({ jobId: id }, "a job died with its workers");
    metrics.died(POISON.code);
    const end = { error: POISON, role: "bot", endInQueue: async () => true } as const;
    await endUnpaid({ db: tx, engine }, row, end);
  });
}

/**
 * Gives back what is held for no living job. Nothing should be: it is the net below the transactions.
 *
 * @returns how many reservations
 */
export async function releaseOrphans({
  db,
  log,
}: Pick<JobLoopOptions, "db" | "log">): Promise<number> {
  const orphans = await db
    .select({ id: reservation.id })
    .from(reservation)
    .leftJoin(job, eq(job.id, reservation.id))
    .leftJoin(delivery, eq(delivery.jobId, job.id))
    .where(
      and(
        eq(reservation.state, "held"),
        sql`${reservation.createdAt} < now() - interval '5 minutes'`,
        or(
          isNull(job.id),
          inArray(job.state, ["failed", "cancelled"]),
          and(eq(job.state, "done"), ne(delivery.state, "waiting")),
        ),
      ),
    );
  for (const { id } of orphans)
    if (await release(db, id)) log.error({ jobId: id }, "released what no job held");
  return orphans.length;
}

/** Runs chores again and again, each after its own pause, until it is stopped. */
export class Caretaker {
  readonly #stopping = new AbortController();
  readonly #log: Logger;
  readonly #running: Promise<void>[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param everyMs - From the end of one run to the start of the next. */
  add(name: string, everyMs: number, chore: (signal: AbortSignal) => Promise<unknown>): void {
    this.#running.push(this.#repeat(name, everyMs, chore));
  }

  /** Ends when no chore is in the middle of something. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  async #repeat(
    name: string,
    everyMs: number,
    chore: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await chore(signal);
      } catch (error) {
        if (!signal.aborted) this.#log.error({ err: error, chore: name }, "a chore failed");
      }
      await pause(everyMs, signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(end, milliseconds);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    }
    signal.addEventListener("abort", end);
  });
}
