import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Pool, type PoolClient } from "pg";

import { UserError } from "../errors.ts";
import { MIGRATIONS_DIR, schemaState } from "./migrate.ts";
import type { OpenDatabase, OpenOptions } from "./open-database.ts";
import { endWithin } from "./end-within.ts";
import type { OnQuery } from "./pglite-lane.ts";
import * as schema from "./schema.ts";

/** Milliseconds. A silent network black hole is noticed after this long (QUEUE.md section 1, trap 4). */
const QUERY_TIMEOUT_MS = 10_000;
/** A connection whose line is broken may never come back to its pool; nobody waits for it for ever. */
const END_MS = 5000;
const CONNECT_TIMEOUT_MS = 10_000;
const MIGRATION_TIMEOUT_MS = 10 * 60_000;
/** Any number that nobody else takes: the lock under which migrations run, one process after the other. */
const MIGRATION_LOCK = 7_242_026;

/**
 * A connection that breaks is replaced at its next use, and whoever waits for an answer on it is told. But it says so itself
 * as well, and without a listener that would end the process: while it is idle the pool says it, in a transaction the client.
 */
function openPool(url: string, onQuery: OnQuery | undefined): Pool {
  const pool = new Pool({
    connectionString: url,
    keepAlive: true,
    query_timeout: QUERY_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    if (onQuery !== undefined) timeQueries(client, onQuery);
  });
  return pool;
}

/** Both ways in which a pool and a transaction ask: with a function for the answer, or for a promise of it. */
function timeQueries(client: PoolClient, onQuery: OnQuery): void {
  const query = client.query.bind(client) as (...given: unknown[]) => unknown;
  const timed = (...given: unknown[]): unknown => {
    const start = performance.now();
    const end = (): void => onQuery(performance.now() - start);
    const answer = given.at(-1);
    if (typeof answer !== "function") {
      const result = query(...given);
      if (result instanceof Promise) void result.then(end, end);
      return result;
    }
    return query(...given.slice(0, -1), (...answered: unknown[]) => {
      end();
      (answer as (...answered: unknown[]) => void)(...answered);
    });
  };
  client.query = timed as typeof client.query;
}

/**
 * Opens the database of a server; safe where several processes start at once.
 *
 * @param url `postgres://...`
 * @throws {UserError} `network` when it cannot be reached, `invalid_config` when it is newer than this program.
 */
export async function openPostgres(
  url: string,
  options: Pick<OpenOptions, "beforeMigration" | "onQuery"> & { readonly isAlone?: boolean },
): Promise<OpenDatabase> {
  const pool = openPool(url, options.onQuery);
  let closed: Promise<void> | undefined;
  const opened: OpenDatabase = {
    db: drizzle(pool, { schema }),
    connection: { kind: "postgres", url, isAlone: options.isAlone ?? false },
    waiting: () => pool.waitingCount,
    close: () => (closed ??= endWithin(pool.end(), END_MS)),
  };
  try {
    await migrateAlone(url, () => options.beforeMigration?.(opened));
    return opened;
  } catch (cause) {
    await opened.close();
    throw cause;
  }
}

/** drizzle's migrator takes no lock: of four processes at once, three fail (QUEUE.md section 5). */
async function migrateAlone(
  url: string,
  beforeMigration: () => Promise<void> | undefined,
): Promise<void> {
  const pool = new Pool({
    connectionString: url,
    max: 1,
    query_timeout: MIGRATION_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  try {
    const client = await connect(pool, url);
    try {
      await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
      const db = drizzle(client, { schema });
      const state = await schemaState(db);
      if (state === "older") await beforeMigration();
      if (state !== "current") await migrate(db, { migrationsFolder: MIGRATIONS_DIR });
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
