import { join } from "node:path";

import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { z } from "zod";

import { PROJECT_DIR } from "../config.ts";
import { UserError } from "../errors.ts";
import { type Database, queryValue } from "./database.ts";

/** `migrations/` of the project, made by `npm run db:generate`; files are only ever added. */
export const MIGRATIONS_DIR = join(PROJECT_DIR, "migrations");

/** The moment of the newest migration that this program knows, in milliseconds: what it calls its schema's version. */
export function schemaVersion(): number {
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS_DIR });
  return Math.max(...known.map(({ folderMillis }) => folderMillis));
}

/** As {@link schemaVersion}, of the database itself; 0 when it has no tables yet. */
export async function databaseVersion(db: Database): Promise<number> {
  const isThere = sql`select to_regclass('drizzle.__drizzle_migrations') is not null`;
  if (!(await queryValue(db, isThere, z.boolean()))) return 0;
  const newest = sql`select coalesce(max(created_at), 0)::float8 from drizzle.__drizzle_migrations`;
  return queryValue(db, newest, z.number());
}

/**
 * Where a database stands before it is migrated.
 *
 * @throws {UserError} `invalid_config` when a newer program has migrated it: its tables may not be what this one expects.
 */
export async function schemaState(db: Database): Promise<"empty" | "older" | "current"> {
  const newest = await databaseVersion(db);
  if (newest > schemaVersion()) {
    throw new UserError(
      "invalid_config",
      "The database was made by a newer version of sanabot. Update sanabot, or restore a backup of before.",
    );
  }
  if (newest === 0) return "empty";
  return newest === schemaVersion() ? "current" : "older";
}
