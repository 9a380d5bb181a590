import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import type { Attempt, Beat } from "./held-claims.ts";

/** Statements on pg-boss' own table of jobs, for what its interface does not do; checked with 12.38.0. */

/** Gpu work of all models: a worker passes over those that it does not have. */
export const GPU_QUEUE = "gpu";
/** Gpu work whose attempts are used up. */
export const DEAD_QUEUE = "gpu.dead";
/** NOTIFY's; the payload says what is worth a look. */
export const CHANNEL = "sanabot_queue";

/** Puts the jobs of guilds into their fair order; a greater priority is served first. */
export async function retag(tx: Database, guild: string): Promise<void> {
  await tx.execute(sql`update pgboss.job j set priority = o.priority from fair_order(${guild}) o
    where j.name = ${GPU_QUEUE} and j.id = o.job_id and j.state < 'active' and j.priority <> o.priority`);
}

/** Makes room for a new job in its guild's order. @returns the new one's priority */
export async function retagAround(
  tx: Database,
  { id, guild }: { readonly id: string; readonly guild: string },
): Promise<number> {
  const [found] = await query(
    tx,
    sql`with line as materialized (select * from fair_order(${guild})),
      moved as (update pgboss.job j set priority = line.priority from line
        where j.name = ${GPU_QUEUE} and j.id = line.job_id and j.state < 'active' and j.priority <> line.priority)
      select priority, pg_notify(${CHANNEL}, ${GPU_QUEUE})::text from line where job_id = ${id}::uuid`,
    z.object({ priority: z.int() }),
  );
  if (found === undefined) throw new Error(`Job ${id} is not in its guild's line`);
  return found.priority;
}

/** Lets priorities count from the present; jobs that were started before come first. */
export async function rebase(tx: Database): Promise<void> {
  await tx.execute(sql`select fair_rebase()`);
  await tx.execute(sql`update pgboss.job j set priority = o.priority
    from (select o.* from (select distinct guild from queue_entry where started_at is null) g, fair_order(g.guild) o) o
    where j.name = ${GPU_QUEUE} and j.id = o.job_id and j.state < 'active'`);
  await tx.execute(sql`update pgboss.job j set priority = 0 from queue_entry e
    where j.name = ${GPU_QUEUE} and j.id = e.id and e.started_at is not null`);
}

/** Says to all processes that something is worth a look. */
export async function notify(tx: Database, payload: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${payload})`);
}

/** Models that some job in the queue needs and that are not among these. */
export async function otherModels(db: Database, models: SQL): Promise<string[]> {
  const rows = await query(
    db,
    sql`select distinct model from queue_entry where model <> all(${models})`,
    z.object({ model: z.string() }),
  );
  return rows.map(({ model }) => model);
}

export interface PutBack {
  readonly delayMs: number;
  /** The attempt counts for nothing: the process ends, which is not the job's fault. */
  readonly isFree: boolean;
}

/** Lets an attempt's job wait again in its old turn. @returns false when the attempt is stale */
export async function putBack(
  tx: Database,
  { queue, id, retryCount }: Attempt,
  { delayMs, isFree }: PutBack,
): Promise<boolean> {
  const rows = await query(
    tx,
    sql`update pgboss.job set state = 'retry', heartbeat_on = null, start_after = now() + ${delayMs} * interval '1 millisecond',
        retry_limit = retry_limit + ${isFree ? 1 : 0}::int
      where name = ${queue} and id = ${id}::uuid and state = 'active' and retry_count = ${retryCount}::int returning id::text`,
    z.object({ id: z.string() }),
  );
  return rows.length > 0;
}

/** Undoes a fetch, so that it counts for no attempt. */
export async function unfetch(db: Database, { queue, id, retryCount }: Attempt): Promise<void> {
  await db.execute(sql`update pgboss.job set heartbeat_on = null, started_on = null,
      state = (case when ${retryCount}::int > 0 then 'retry' else 'created' end)::pgboss.job_state
    where name = ${queue} and id = ${id}::uuid and state = 'active' and retry_count = ${retryCount}::int`);
}

/** Says that these attempts are alive. @returns those that still are the newest of their jobs */
export async function beat(db: Database, attempts: readonly Attempt[]): Promise<Beat[]> {
  const rows = sql.join(
    attempts.map(
      ({ queue, id, retryCount }) => sql`(${queue}::text, ${id}::uuid, ${retryCount}::int)`,
    ),
    sql`, `,
  );
  return query(
    db,
    sql`update pgboss.job j set heartbeat_on = now() from (values ${rows}) as a (queue, id, retry_count), set_config('synchronous_commit', 'off', true)
      where j.name = a.queue and j.id = a.id and j.retry_count = a.retry_count and j.state = 'active'
      returning j.name as queue, j.id::text as id, j.retry_count as "retryCount",
        j.name = ${GPU_QUEUE} and exists (select from queue_entry e where e.id = j.id and e.cancelled_at is not null) as "isCancelled"`,
    z.object({
      queue: z.string(),
      id: z.string(),
      retryCount: z.int(),
      isCancelled: z.boolean(),
    }),
  );
}

/** Ends a job that waits. @returns false when it does not */
export async function cancelWaiting(tx: Database, id: string): Promise<boolean> {
  const rows = await query(
    tx,
    sql`update pgboss.job set state = 'cancelled', completed_on = now()
      where name = ${GPU_QUEUE} and id = ${id}::uuid and state < 'active' returning id::text`,
    z.object({ id: z.string() }),
  );
  return rows.length > 0;
}

/** What a process left running that is gone for certain: their ids by queue. */
export async function findOrphans(
  db: Database,
  queues: readonly string[],
): Promise<{ queue: string; ids: string[] }[]> {
  const names = sql.join(
    queues.map((name) => sql`${name}`),
    sql`, `,
  );
  const rows = await query(
    db,
    sql`select name as queue, json_agg(id) as ids from pgboss.job where state = 'active' and name in (${names}) group by name`,
    z.object({ queue: z.string(), ids: z.array(z.string()) }),
  );
  return rows;
}
