import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { z } from "zod";

import { queryValue } from "./database.ts";
import { dumpDatabase } from "./dump.ts";
import type { OpenDatabase } from "./open-database.ts";

/** How many backups of a kind are kept. */
const KEPT = { nightly: 7, "before-migration": 3 } as const;
type BackupKind = keyof typeof KEPT;

/** The hour of the night, by the machine's clock, after which a nightly backup is made. */
const NIGHT_HOUR = 4;
const DAY_MS = 86_400_000;

/** Where a program keeps its backups. */
export function backupsDir(dataDir: string): string {
  return join(dataDir, "backups");
}

/** Writes a backup and deletes the oldest of its kind. @returns the file */
export async function backUp(
  opened: OpenDatabase,
  folder: string,
  kind: BackupKind,
): Promise<string> {
  const path = join(folder, `${kind}-${new Date().toISOString().replaceAll(":", "-")}.jsonl.gz`);
  await dumpDatabase(opened, path);
  const old = (await backupsIn(folder, kind)).slice(0, -KEPT[kind]);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
  return path;
}

/**
 * Writes the nightly backup if the last night's is not there yet, and anything was ever drawn: to be called every hour or so.
 *
 * @returns the file, or null when none was due
 */
export async function backUpNightly(
  opened: OpenDatabase,
  folder: string,
  { log, now = new Date() }: { log: Logger; now?: Date },
): Promise<string | null> {
  const night = new Date(now);
  night.setHours(NIGHT_HOUR, 0, 0, 0);
  if (night > now) night.setTime(night.getTime() - DAY_MS);
  const newest = (await backupsIn(folder, "nightly")).at(-1);
  const due = `nightly-${night.toISOString().replaceAll(":", "-")}`;
  if (newest !== undefined && newest >= due) return null;
  const isUsed = sql`select exists (select from job)`;
  if (!(await queryValue(opened.db, isUsed, z.boolean()))) return null;
  const path = await backUp(opened, folder, "nightly");
  log.info({ path }, "backed up");
  return path;
}

/** Oldest first: their names are in the order of their times. */
async function backupsIn(folder: string, kind: BackupKind): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".gz")).toSorted();
}
