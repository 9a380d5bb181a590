import { drizzle } from "drizzle-orm/pglite";

import type { Database } from "./database.ts";
import type { OpenDatabase } from "./open-database.ts";
import * as schema from "./schema.ts";

/**
 * A transaction that sees one moment of the database and may take minutes; on PGlite everything else waits for it. Each
 * single statement must still be quick.
 */
export async function runLongTransaction<Value>(
  { db, connection }: OpenDatabase,
  work: (tx: Database) => Promise<Value>,
): Promise<Value> {
  const settings = { isolationLevel: "repeatable read" } as const;
  if (connection.kind === "postgres") return db.transaction(work, settings);
  return connection.lane.runLong((pglite) =>
    drizzle(pglite, { schema }).transaction(work, settings),
  );
}
