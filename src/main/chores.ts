import { backupsDir, backUpNightly } from "../db/backups.ts";
import { vacuumWhenDue } from "../db/maintenance.ts";
import { endDeadJobs, releaseOrphans } from "../generation/caretaker.ts";
import { removeOrphans, sweepRetention } from "../generation/policy/retention.ts";
import { sweepProposals } from "../generation/proposals.ts";
import { Originals } from "../image/originals.ts";
import type { Runtime } from "./runtime.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Lossless originals together; the oldest go first. A 4096 x 4096 picture takes 10 to 30 MiB. */
const ORIGINALS_BYTES = 20 * 2 ** 30;
/** Above every server's own retention, which the database knows. */
const ORIGINALS_AGE_MS = 3650 * 24 * HOUR_MS;
const DEAD_JOBS_EVERY_MS = 2000;

/** Starts what tidies up behind everything else. */
export function startChores(runtime: Runtime): void {
  const { database, engine, log, caretaker, metrics, config, alerts } = runtime;
  const { db } = database;
  const parts = { db, engine, log, metrics };
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
    caretaker.add("nightly backup", HOUR_MS, () =>
      alerts.watchBackup(backUpNightly(database, backups, { log })),
    );
  }
  caretaker.add("disk", 5 * MINUTE_MS, () => alerts.checkDisk(config.dataDir));
}
