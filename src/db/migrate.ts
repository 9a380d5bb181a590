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

/**
 * Where a database stands before it is migrated.
 *
 * @throws {UserError} `invalid_config` when a newer program has migrated it: its tables may not be what this one expects.
 */
export async function schemaState(db: Database): Promise<"empty" | "older" | "current"> {
  const isThere = await queryValue(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null`,
    z.boolean(),
  );
  if (!isThere) return "empty";
  const newest = await queryValue(
    db,
    sql`select coalesce(max(created_at), 0)::float8 from drizzle.__drizzle_migrations`,
    z.number(),
  );
  if (newest > schemaVersion()) {
    throw new UserError(
      "invalid_config",
      "The database was made by a newer version of sanabot. Update sanabot, or restore a backup of before.",
    );
  }
  if (newest === 0) return "empty";
  return newest === schemaVersion() ? "current" : "older";
}
