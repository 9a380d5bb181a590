import { sql } from "drizzle-orm";
import { z } from "zod";

import { backupsDir, backUpNightly } from "../db/backups.ts";
import { queryValue } from "../db/database.ts";
import { vacuumWhenDue } from "../db/maintenance.ts";
import { endDeadJobs, releaseOrphans } from "../generation/caretaker.ts";
import { removeOrphans, sweepRetention } from "../generation/policy/retention.ts";
import { sweepProposals } from "../generation/proposals.ts";
import { Originals } from "../image/originals.ts";
import { countViolations } from "../quota/quota.ts";
import type { Runtime } from "./runtime.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Lossless originals together; the oldest go first. A 4096 x 4096 picture takes 10 to 30 MiB. */
const ORIGINALS_BYTES = 20 * 2 ** 30;
/** Above every server's own retention, which the database knows. */
const ORIGINALS_AGE_MS = 3650 * 24 * HOUR_MS;
const DEAD_JOBS_EVERY_MS = 2000;

/** Starts what tidies up behind everything else, and the metrics that look into the database. */
export function startChores(runtime: Runtime): void {
  const { database, engine, log, caretaker, metrics, config, alerts } = runtime;
  const { db } = database;
  const parts = { db, engine, log };
  caretaker.add("dead jobs", DEAD_JOBS_EVERY_MS, () => endDeadJobs(parts));
  caretaker.add("orphaned reservations", MINUTE_MS, () => releaseOrphans(parts));
  caretaker.add("unanswered questions", 5 * MINUTE_MS, () => sweepProposals(db));
  const originals = new Originals(config.dataDir);
  caretaker.add("retention", HOUR_MS, async () => {
    await sweepRetention(db);
    await removeOrphans(db, originals.folder);
    await originals.sweep({ budgetBytes: ORIGINALS_BYTES, maxAgeMs: ORIGINALS_AGE_MS });
  });
  caretaker.add("vacuum", 5 * MINUTE_MS, () => vacuumWhenDue(database));
  // Of many processes on one database, those that are gateways keep its backups.
  if (config.role !== "worker") {
    const backups = backupsDir(config.dataDir);
    caretaker.add("nightly backup", HOUR_MS, () => backUpNightly(database, backups, { log }));
  }
  caretaker.add("disk", 5 * MINUTE_MS, () => alerts.checkDisk(config.dataDir));
  const value = (statement: ReturnType<typeof sql>) => (): Promise<number> =>
    queryValue(db, statement, z.number());
  metrics.gauge(
    { name: "queue_jobs", help: "Jobs that wait", labels: { state: "waiting" } },
    value(sql`select count(*)::int from job where state = 'waiting'`),
  );
  metrics.gauge(
    { name: "queue_oldest_seconds", help: "How long the oldest waiting job has waited" },
    value(
      sql`select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from job where state = 'waiting'`,
    ),
  );
  metrics.gauge(
    { name: "quota_held_credits", help: "Credits that are held by open reservations" },
    value(
      sql`select coalesce(sum(reserved), 0)::float8 / 1000 from reservation where state = 'held'`,
    ),
  );
  metrics.gauge({ name: "quota_invariant_violations", help: "Anything but 0 is a bug" }, () =>
    countViolations(db),
  );
}
