import { join } from "node:path";

import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { z } from "zod";

import { PROJECT_DIR } from "../config.ts";
import { UserError } from "../errors.ts";
import { type Database, queryValue } from "./database.ts";

/** `migrations/` of the project, made by `npm run db:generate`; files are only ever added. */
export const MIGRATIONS_DIR = join(PROJECT_DIR, "migrations");

/**
 * Refuses a database that a newer program has migrated: its tables may not be what this one expects.
 *
 * @throws {UserError} `invalid_config`
 */
export async function refuseNewer(db: Database): Promise<void> {
  const isThere = await queryValue(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null`,
    z.boolean(),
  );
  if (!isThere) return;
  const newest = await queryValue(
    db,
    sql`select coalesce(max(created_at), 0)::float8 from drizzle.__drizzle_migrations`,
    z.number(),
  );
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS_DIR });
  if (newest <= Math.max(...known.map(({ folderMillis }) => folderMillis))) return;
  throw new UserError(
    "invalid_config",
    "The database was made by a newer version of sanabot. Update sanabot, or restore a backup of before.",
  );
}
