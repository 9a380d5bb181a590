import { join } from "node:path";

import type { Logger } from "pino";

import type { Config } from "../config.ts";
import { backUp, backupsDir } from "./backups.ts";
import type { Database } from "./database.ts";
import type { OnQuery, PgliteLane } from "./pglite-lane.ts";
import { openPglite } from "./open-pglite.ts";
import { openPostgres } from "./open-postgres.ts";

/** An open, migrated database. */
export interface OpenDatabase {
  readonly db: Database;
  /** For what needs more than statements: the queue's engine and the backup. */
  readonly connection: Connection;
  /** How many callers wait for a connection. */
  readonly waiting: () => number;
  /** Ends what runs and closes; may be called twice. */
  readonly close: () => Promise<void>;
}

export type Connection =
  | { readonly kind: "pglite"; readonly lane: PgliteLane }
  /** Alone: no other process uses it, so what it left running in the queue is nobody's. */
  | { readonly kind: "postgres"; readonly url: string; readonly isAlone: boolean };

export interface OpenOptions {
  readonly log: Logger;
  /** The embedded database will never answer again: the process is to end at once. */
  readonly onStuck: () => void;
  readonly onQuery?: OnQuery | undefined;
  /** Called before a database that is there is changed to a newer schema. */
  readonly beforeMigration?: ((opened: OpenDatabase) => Promise<void>) | undefined;
}

/**
 * Opens the database that is configured: PostgreSQL under DATABASE_URL, or an embedded one in DATA_DIR.
 *
 * @throws {UserError} `network` when it cannot be reached; `invalid_config` when another process has it, or when it is newer
 * than this program.
 */
export async function openDatabase(
  { databaseUrl, database, dataDir }: Pick<Config, "databaseUrl" | "database" | "dataDir">,
  given: OpenOptions,
): Promise<OpenDatabase> {
  const beforeMigration = async (opened: OpenDatabase): Promise<void> => {
    await given.beforeMigration?.(opened);
    const path = await backUp(opened, backupsDir(dataDir), "before-migration");
    given.log.info({ path }, "backed up before the database is brought up to date");
  };
  const options = { ...given, beforeMigration };
  if (databaseUrl !== undefined) return openPostgres(databaseUrl, options);
  if (database === "embedded") {
    const { openEmbeddedPostgres } = await import("./embedded-postgres.ts");
    return openEmbeddedPostgres(join(dataDir, "postgres"), options);
  }
  return openPglite(join(dataDir, "db"), options);
}
