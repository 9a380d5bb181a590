import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query, queryValue } from "../../db/database.ts";
import { DEFAULT_GUILD_SETTINGS, type GuildSettings } from "./guild-settings.ts";
import { FORGOTTEN } from "./personal-tables.ts";

/** Rows that one statement changes at most, so that nobody waits long for it. */
const BATCH = 1000;
/** Days that changes of admins and moderators can be read for. */
const AUDIT_DAYS = 365;
/** Days after which an account's line no longer says whose it is. */
const ACCOUNT_DAYS = 365;
/** Days that a grant is kept after it has expired. */
const GRANT_DAYS = 90;
/** Files of a job that is about to be committed have no row yet. */
const ORPHAN_AGE_MS = 60 * 60_000;

/** How much a sweep has deleted. */
export interface Swept {
  readonly latents: number;
  readonly originals: number;
  readonly jobs: number;
  readonly reports: number;
  readonly auditLines: number;
  readonly windows: number;
  readonly accounts: number;
}

/**
 * Deletes what has been kept for as long as its server said (in direct messages: the defaults). By the database's clock;
 * safe to run on several processes at once, and to be killed in.
 */
export async function sweepRetention(db: Database): Promise<Swept> {
  const latents = await inBatches(db, (limit) => clearLatents(limit));
  const originals = await inBatches(db, (limit) => clearOriginals(limit));
  const jobs = await inBatches(db, (limit) => deleteJobs(limit));
  const reports = await inBatches(
    db,
    (limit) => sql`delete from report where id in
      (select id from report where held_until < now() limit ${limit}) returning 1`,
  );
  const auditLines = await inBatches(
    db,
    (limit) => sql`delete from audit_log where id in
      (select id from audit_log where at < now() - make_interval(days => ${AUDIT_DAYS}) limit ${limit}) returning 1`,
  );
  await db.execute(
    sql`delete from moderation_notice where created_at < now() - make_interval(days => ${AUDIT_DAYS})`,
  );
  await db.execute(sql`delete from rate_bucket where empty_at < now()`);
  await db.execute(sql`delete from block where until < now() - interval '1 day'`);
  await queryValue(db, sql`select quota_expire()::int`, z.number());
  await db.execute(sql`delete from credit_grant g where g.expires_at < now() - make_interval(days => ${GRANT_DAYS})
    and not exists (select from reservation r, jsonb_to_recordset(r.grants) as x(id uuid) where r.state = 'held' and x.id = g.id)`);
  const windows = await queryValue(db, sql`select quota_close(interval '7 days')::int`, z.number());
  const accounts = await inBatches(
    db,
    (limit) => sql`update reservation set user_id = ${FORGOTTEN} where id in
      (select id from reservation where ended_at < now() - make_interval(days => ${ACCOUNT_DAYS})
        and user_id <> ${FORGOTTEN} limit ${limit}) returning 1`,
  );
  return { latents, originals, jobs, reports, auditLines, windows, accounts };
}

/** Runs a statement until it changes nothing more; each run is a transaction of its own. */
async function inBatches(db: Database, statement: (limit: number) => SQL): Promise<number> {
  let total = 0;
  for (;;) {
    const rows = await query(db, statement(BATCH), z.unknown());
    total += rows.length;
    if (rows.length < BATCH) return total;
  }
}

/** When something of a guild's picture has been kept long enough. */
function isOver(setting: keyof GuildSettings["retention"], created: SQL, guild: SQL): SQL {
  const usual = DEFAULT_GUILD_SETTINGS.retention[setting];
  return sql`${created} < now() - make_interval(days => coalesce(
    (select (g.settings->'retention'->>${setting}::text)::int from guild g where g.id = ${guild}), ${usual}::int))`;
}

const pictureIsOver = (setting: keyof GuildSettings["retention"]): SQL =>
  isOver(setting, sql`p.created_at`, sql`p.guild_id`);

function clearLatents(limit: number): SQL {
  return sql`update picture set latents = null where id in (select p.id from picture p
    where p.latents is not null and ${pictureIsOver("latentsDays")} limit ${limit}) returning 1`;
}

function clearOriginals(limit: number): SQL {
  return sql`update picture set original = null where id in (select p.id from picture p
    where p.original is not null and ${pictureIsOver("originalsDays")} limit ${limit}) returning 1`;
}

/** A job takes its pictures, its delivery and everyone's favourites of them along. */
function deleteJobs(limit: number): SQL {
  return sql`delete from job where id in (select j.id from job j
    where j.ended_at is not null and ${isOver("historyDays", sql`j.created_at`, sql`j.guild_id`)} limit ${limit}) returning 1`;
}

/**
 * Removes the lossless originals in a folder that no picture names any more: of deleted pictures, of forgotten users,
 * and of jobs that never ended.
 *
 * @returns the names of the removed files
 */
export async function removeOrphans(db: Database, folder: string): Promise<string[]> {
  const removed: string[] = [];
  const names = await namesIn(folder);
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH);
    const known = await query(
      db,
      sql`select original as name from picture where original in (${sql.join(
        batch.map((name) => sql`${name}`),
        sql`, `,
      )})`,
      z.object({ name: z.string() }),
    );
    const isKnown = new Set(known.map(({ name }) => name));
    for (const name of batch) {
      if (!isKnown.has(name) && (await removeOld(join(folder, name)))) removed.push(name);
    }
  }
  return removed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    // No picture was ever kept there.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

async function removeOld(path: string): Promise<boolean> {
  // Another process that shares the folder may have removed it meanwhile.
  const file = await stat(path).catch(() => null);
  if (file === null || Date.now() - file.mtimeMs < ORPHAN_AGE_MS) return false;
  await rm(path, { force: true });
  return true;
}
