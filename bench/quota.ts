import { randomUUID } from "node:crypto";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../src/db/database.ts";
import { countViolations, release, reserve, settle } from "../src/quota/quota.ts";
import { setRule } from "../src/quota/rules.ts";
import { DATABASES } from "../test/support/databases.ts";
import { seededIntegers } from "../test/support/seeded-random.ts";
import type { Bench, BenchResult } from "./bench-result.ts";

const CREDIT = 1000;
const LIMIT = 50;
const AT_ONCE = 200;
/** Of the mixed operations: each reserves, and ends what it got. */
const REQUESTS = 1000;
/** Each level on its own, then all of them in two periods each. */
const LEVELS = [
  ["global", "*"],
  ["guild", "g"],
  ["role", "g:r"],
  ["user", "*"],
  ["guild_user", "g:*"],
] as const;

export const quota: Bench = {
  about: `how far from ${LIMIT} grants ${AT_ONCE} requests at once end up, at every level, on PGlite and PostgreSQL`,
  run,
};

async function run(): Promise<BenchResult> {
  const details: Record<string, DatabaseFacts> = {};
  for (const { name, open } of DATABASES) {
    const { db, close } = await open();
    details[name] = await measure(db);
    await close();
  }
  const all = Object.values(details);
  const value = Math.max(
    ...all.flatMap(({ granted }) => Object.values(granted).map((count) => Math.abs(count - LIMIT))),
  );
  const reference = Math.max(...all.map(({ readThenWrite }) => readThenWrite - LIMIT));
  return {
    value,
    unit: `grants away from ${LIMIT}; reference: reading the sum, then writing`,
    reference,
    ratio: reference === 0 ? null : value / reference,
    goal: "value = 0 and no violations",
    met: value === 0 && all.every(({ violations }) => violations === 0),
    details,
  };
}

interface DatabaseFacts {
  /** By level. */
  granted: Record<string, number>;
  readThenWrite: number;
  /** Over the eight windows of the last level. */
  milliseconds: number;
  mixedPerSecond: number;
  violations: number;
}

async function measure(db: Database): Promise<DatabaseFacts> {
  const granted: Record<string, number> = {};
  for (const [scope, subject] of LEVELS) {
    await clear(db);
    await setRule(db, { scope, subject, period: "day", limit: LIMIT * CREDIT, actor: "bench" });
    granted[scope] = await dump(db);
  }
  await clear(db);
  for (const [scope, subject] of LEVELS) {
    for (const period of ["day", "month"] as const) {
      await setRule(db, { scope, subject, period, limit: LIMIT * CREDIT, actor: "bench" });
    }
  }
  const start = performance.now();
  granted["all"] = await dump(db);
  const milliseconds = Math.round(performance.now() - start);
  let violations = await countViolations(db);
  const mixedPerSecond = await mix(db);
  violations += await countViolations(db);
  return { granted, readThenWrite: await naive(db), milliseconds, mixedPerSecond, violations };
}

async function clear(db: Database): Promise<void> {
  await db.execute(sql`truncate quota_rule, quota_window, credit_ledger, reservation`);
}

function reserveOne(db: Database, millicredits: number, userId = "u") {
  const ids = { id: randomUUID(), idempotencyKey: randomUUID() };
  const member = { guildId: "g", userId, roleIds: ["r"], timeZone: "Europe/Berlin" };
  return reserve(db, { ...ids, ...member, millicredits });
}

/** How many of the requests at once are granted. */
async function dump(db: Database): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, () => reserveOne(db, CREDIT)));
  return outcomes.filter(({ outcome }) => outcome === "reserved").length;
}

/** Reservations, settlements and releases of 20 users at once; operations a second. */
async function mix(db: Database): Promise<number> {
  await clear(db);
  await setRule(db, {
    scope: "guild",
    subject: "*",
    period: "day",
    limit: 100 * CREDIT,
    actor: "b",
  });
  await setRule(db, { scope: "user", subject: "*", period: "hour", limit: 9 * CREDIT, actor: "b" });
  const random = seededIntegers(1);
  const start = performance.now();
  let operations = 0;
  const operate = async (): Promise<void> => {
    operations += 1;
    const found = await reserveOne(db, random(CREDIT), `u${random(20)}`);
    if (found.outcome !== "reserved") return;
    operations += 1;
    if (random(3) > 0) await settle(db, found.id, random(CREDIT));
    else await release(db, found.id);
  };
  await Promise.all(Array.from({ length: REQUESTS }, operate));
  return Math.round(operations / ((performance.now() - start) / 1000));
}

/** What bots usually do: look whether there is room, then take it. */
async function naive(db: Database): Promise<number> {
  await db.execute(sql`create table naive (used int not null)`);
  await db.execute(sql`insert into naive values (0)`);
  const take = async (): Promise<boolean> => {
    const used = await queryValue(db, sql`select used from naive`, z.number());
    if (used >= LIMIT) return false;
    await db.execute(sql`update naive set used = used + 1`);
    return true;
  };
  const taken = await Promise.all(Array.from({ length: AT_ONCE }, take));
  return taken.filter(Boolean).length;
}
