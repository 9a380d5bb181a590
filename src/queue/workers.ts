import { desc, eq, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { worker } from "../db/schema.ts";

/** A worker that has not been heard of for so long is taken for dead. It reports every 5 seconds. */
const SILENT_SECONDS = 15;
/** After this long nobody asks about a worker that is gone. */
const FORGOTTEN_SECONDS = 3600;

/** A process that draws, as it says of itself. */
export interface PublishedWorker {
  readonly id: string;
  readonly host: string;
  /** Models, cost coefficients, device: whoever wrote it parses it. */
  readonly report: unknown;
}

export interface LiveWorker extends PublishedWorker {
  readonly startedAt: Date;
  readonly seenAt: Date;
}

/** Says that a worker lives, and what it can do; to be repeated every 5 seconds. */
export async function publishWorker(
  db: Database,
  { id, host, report }: PublishedWorker,
): Promise<void> {
  await db
    .insert(worker)
    .values({ id, host, report })
    .onConflictDoUpdate({ target: worker.id, set: { host, report, seenAt: sql`now()` } });
  await db.execute(
    sql`delete from worker where seen_at < now() - ${FORGOTTEN_SECONDS} * interval '1 second'`,
  );
}

/** A worker that ends in good order is gone at once. */
export async function removeWorker(db: Database, id: string): Promise<void> {
  await db.delete(worker).where(eq(worker.id, id));
}

/** The workers that live, by the database's clock; the longest-running first. */
export async function listWorkers(db: Database): Promise<LiveWorker[]> {
  return db
    .select()
    .from(worker)
    .where(sql`${worker.seenAt} > now() - ${SILENT_SECONDS} * interval '1 second'`)
    .orderBy(worker.startedAt, desc(worker.id));
}
