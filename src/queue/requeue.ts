import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import type { JobEngine } from "./job-engine.ts";

const entrySchema = z.object({
  id: z.string(),
  guild: z.string(),
  userId: z.string(),
  roleIds: z.array(z.string()),
  model: z.string(),
  cost: z.number(),
  isCancelled: z.boolean(),
});

/**
 * Queues again what a restored backup says was waiting or running, in the order of arrival, and what was still to be
 * delivered: a backup holds no tables of the engine's.
 *
 * @returns how many jobs and deliveries
 */
export async function requeueRestored(
  db: Database,
  engine: JobEngine,
): Promise<{ jobs: number; deliveries: number }> {
  return db.transaction(async (tx) => {
    const entries = await query(
      tx,
      sql`select e.id::text as id, e.guild, e.user_id as "userId", to_json(e.role_ids) as "roleIds", e.model, e.cost::float8 as cost,
          e.cancelled_at is not null as "isCancelled"
        from queue_entry e join job j on j.id = e.id where j.state in ('waiting', 'running')
        order by e.arrival`,
      entrySchema,
    );
    await tx.execute(sql`delete from queue_entry`);
    // The new queue counts attempts from the first.
    await tx.execute(
      sql`update job set state = 'waiting', attempt = 0, started_at = null, progress = null where state in ('waiting', 'running')`,
    );
    for (const { id, model, isCancelled, ...fairness } of entries) {
      await engine.enqueueGpu(tx, { id, model, fairness });
      // Whoever claims it hears of this at once, and ends it as any other that was cancelled while it ran.
      if (isCancelled)
        await tx.execute(sql`update queue_entry set cancelled_at = now() where id = ${id}::uuid`);
    }
    const deliveries = await query(
      tx,
      sql`select d.job_id::text as id from delivery d join job j on j.id = d.job_id
        where d.state = 'waiting' and j.state in ('done', 'failed', 'cancelled')`,
      z.object({ id: z.string() }),
    );
    // By then most interactions' tokens are dead; a gateway can post whatever there is.
    for (const { id } of deliveries) await engine.enqueueDelivery(tx, { id, role: "bot" });
    return { jobs: entries.length, deliveries: deliveries.length };
  });
}
