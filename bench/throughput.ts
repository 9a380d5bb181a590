import { sql } from "drizzle-orm";
import { z } from "zod";

import { queryValue } from "../src/db/database.ts";
import { createJobEngine } from "../src/queue/pg-boss-engine.ts";
import { countViolations } from "../src/quota/quota.ts";
import { DATABASES, SILENT } from "../test/support/databases.ts";
import type { Bench, BenchResult } from "./bench-result.ts";
import {
  acceptOne,
  allowJobs,
  emptyLoop,
  emptyMessenger,
  emptyOutbox,
} from "./support/empty-pipeline.ts";
import { type FleetFacts, runFleet } from "./support/fleet.ts";

const JOBS = 200;
const FLEET_JOBS = 400;

export const throughput: Bench = {
  about:
    "jobs a second through quota, queue, job loop and outbox with an empty pipeline: one process on both databases, two gateways and two workers on PostgreSQL with one killed",
  run,
};

async function run(): Promise<BenchResult> {
  const alone: Record<string, Facts> = {};
  for (const { name, open } of DATABASES) {
    const { close, ...database } = await open();
    alone[name] = await measure(database);
    await close();
  }
  const fleet: Record<string, FleetFacts> = {};
  for (const victim of ["nobody", "worker", "gateway"] as const)
    fleet[`${victim} killed`] = await runFleet({ jobs: FLEET_JOBS, victim });
  const value = Math.min(...Object.values(alone).map(({ jobsPerSecond }) => jobsPerSecond));
  const isRight = [...Object.values(alone), ...Object.values(fleet)].every(
    ({ undelivered, violations, held }) => undelivered + violations + held === 0,
  );
  return {
    value,
    unit: "jobs/s",
    reference: null,
    ratio: null,
    goal: "every job posted, nothing held, 0 violations",
    met: isRight && Object.values(alone).every(({ posts }) => posts === JOBS),
    details: { alone, fleet },
  };
}

interface Facts {
  readonly acceptedPerSecond: number;
  readonly jobsPerSecond: number;
  readonly posts: number;
  readonly undelivered: number;
  /** Thousandths of a credit. */
  readonly held: number;
  readonly violations: number;
}

async function measure(
  database: Omit<Awaited<ReturnType<(typeof DATABASES)[number]["open"]>>, "close">,
): Promise<Facts> {
  const { db } = database;
  await allowJobs(db, JOBS);
  const engine = createJobEngine({ database, log: SILENT });
  await engine.start();
  const posts: string[] = [];
  const parts = { db, engine, messenger: emptyMessenger((jobId) => posts.push(jobId)) };
  const loop = emptyLoop(parts);
  const outbox = emptyOutbox(parts, ["token", "bot"]);
  const began = performance.now();
  await Promise.all(Array.from({ length: JOBS }, (_, index) => acceptOne(db, engine, index)));
  const accepted = performance.now();
  loop.start();
  outbox.start();
  while (posts.length < JOBS) await new Promise((done) => setTimeout(done, 10));
  const ended = performance.now();
  await loop.stop();
  await outbox.stop();
  await engine.stop();
  return {
    acceptedPerSecond: (1000 * JOBS) / (accepted - began),
    jobsPerSecond: (1000 * JOBS) / (ended - accepted),
    posts: posts.length,
    undelivered: await queryValue(
      db,
      sql`select count(*)::int from delivery where state <> 'posted'`,
      z.number(),
    ),
    held: await queryValue(
      db,
      sql`select coalesce(sum(reserved), 0)::float8 from reservation where state = 'held'`,
      z.number(),
    ),
    violations: await countViolations(db),
  };
}
