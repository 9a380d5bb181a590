import { mkdirSync } from "node:fs";

import type { PGlite } from "@electric-sql/pglite";
import { drizzle as drizzlePg } from "drizzle-orm/node-postgres";
import { migrate as migratePg } from "drizzle-orm/node-postgres/migrator";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { Pool, type PoolClient } from "pg";

import { UserError } from "../errors.ts";
import type { Database } from "./database.ts";
import { openDurablePglite } from "./durable-pglite.ts";
import { lockFolder } from "./folder-lock.ts";
import { MIGRATIONS_DIR, refuseNewer } from "./migrate.ts";
import * as schema from "./schema.ts";

/** Milliseconds. A silent network black hole is noticed after this long (QUEUE.md section 1, trap 4). */
const QUERY_TIMEOUT_MS = 10_000;
const MIGRATION_TIMEOUT_MS = 10 * 60_000;
/** Any number that nobody else takes: the lock under which migrations run, one process after the other. */
const MIGRATION_LOCK = 7_242_026;

/** An open, migrated database. */
export interface OpenDatabase {
  db: Database;
  /** Ends what runs and closes; may be called twice. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the database of a server; safe where several processes start at once.
 *
 * @param url `postgres://...`
 * @throws {UserError} `network` when it cannot be reached, `invalid_config` when it is newer than this program.
 */
export async function openPostgres(url: string): Promise<OpenDatabase> {
  await migrateAlone(url);
  const pool = new Pool({
    connectionString: url,
    keepAlive: true,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on("error", () => undefined);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= pool.end());
  return { db: drizzlePg(pool, { schema }), close };
}

/** drizzle's migrator takes no lock: of four processes at once, three fail (QUEUE.md section 5). */
async function migrateAlone(url: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1, query_timeout: MIGRATION_TIMEOUT_MS });
  try {
    const client = await connect(pool, url);
    try {
      await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
      const db = drizzlePg(client, { schema });
      await refuseNewer(db);
      await migratePg(db, { migrationsFolder: MIGRATIONS_DIR });
    } finally {
      // Closing the connection gives the lock back, also where a migration has failed.
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

async function connect(pool: Pool, url: string): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    const { host } = new URL(url);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      "network",
      `The database at ${host} cannot be reached (${reason}). Check DATABASE_URL and that PostgreSQL runs.`,
      { cause },
    );
  }
}

/**
 * Opens the embedded database in a folder, which is made if it is not there. One process at a time.
 *
 * @throws {UserError} `invalid_config` when another process has the folder, or when it is newer than this program.
 */
export async function openPglite(folder: string): Promise<OpenDatabase> {
  mkdirSync(folder, { recursive: true });
  const lock = lockFolder(folder);
  let pglite: PGlite | undefined;
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    try {
      await pglite?.close();
    } finally {
      lock.release();
    }
  };
  const close = (): Promise<void> => (closed ??= closeAll());
  try {
    pglite = await openDurablePglite(`${folder}/pglite`);
    const db = drizzlePglite(pglite, { schema });
    await refuseNewer(db);
    await migratePglite(db, { migrationsFolder: MIGRATIONS_DIR });
    return { db, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
