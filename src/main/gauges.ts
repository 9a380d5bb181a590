import { sql } from "drizzle-orm";
import { z } from "zod";

import { query, queryValue } from "../db/database.ts";
import { countViolations } from "../quota/quota.ts";
import type { Runtime } from "./runtime.ts";

/** Adding up all accounts takes half a second for 100,000 reservations on PGlite: too long for every scrape. */
const AUDIT_EVERY_MS = 3600_000;

/** Adds the metrics that look into the database when they are read; QUEUE.md section 8 names them. */
export function addGauges({ database, metrics, caretaker }: Runtime): void {
  const { db } = database;
  const value = (statement: ReturnType<typeof sql>) => (): Promise<number> =>
    queryValue(db, statement, z.number());
  metrics.gaugeBy({ name: "queue_jobs", help: "Jobs that have not ended", label: "state" }, () =>
    openJobs(db),
  );
  metrics.gauge(
    { name: "queue_oldest_seconds", help: "How long the oldest waiting job has waited" },
    value(
      sql`select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from job where state = 'waiting'`,
    ),
  );
  metrics.gauge(
    {
      name: "fair_wait_ratio",
      help: "The slowest server's mean wait for a start by the median server's, of the last hour; waits under a second count as one",
    },
    value(WAIT_RATIO),
  );
  metrics.gauge(
    { name: "quota_held_credits", help: "Credits that are held by open reservations" },
    value(
      sql`select coalesce(sum(reserved), 0)::float8 / 1000 from reservation where state = 'held'`,
    ),
  );
  let violations = Number.NaN;
  caretaker.add("quota audit", AUDIT_EVERY_MS, async () => {
    violations = await countViolations(db);
  });
  metrics.gauge(
    { name: "quota_invariant_violations", help: "Anything but 0 is a bug; counted each hour" },
    async () => violations,
  );
  metrics.gauge(
    { name: "db_pool_waiting", help: "Callers that wait for a connection of the database" },
    async () => database.waiting(),
  );
}

async function openJobs(db: Runtime["database"]["db"]): Promise<Record<string, number>> {
  const rows = await query(
    db,
    sql`select state, count(job.id)::int as jobs from unnest(array['waiting', 'running']) as open (state)
      left join job using (state) group by state`,
    z.object({ state: z.string(), jobs: z.int() }),
  );
  return Object.fromEntries(rows.map(({ state, jobs }) => [state, jobs]));
}

/** 1 while nothing was started. */
const WAIT_RATIO = sql`select coalesce(max(wait) / percentile_cont(0.5) within group (order by wait), 1)::float8
  from (select greatest(1, extract(epoch from avg(started_at - created_at)))::float8 as wait from job
    where started_at > now() - interval '1 hour' group by coalesce(guild_id, 'dm:' || user_id)) waits`;
