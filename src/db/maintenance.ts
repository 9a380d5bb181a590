import { sql } from "drizzle-orm";
import { z } from "zod";

import { queryValue } from "./database.ts";
import type { OpenDatabase } from "./open-database.ts";

/** Dead rows after which the embedded database is swept: some hundreds of jobs' worth. */
const DEAD_ROWS = 5000;

/**
 * Sweeps the embedded database when enough has been written since the last time: autovacuum never runs in PGlite
 * (QUEUE.md section 5). A server sweeps itself. To be called every few minutes; takes some hundreds of milliseconds.
 *
 * @returns whether it swept
 */
export async function vacuumWhenDue({
  db,
  connection,
}: Pick<OpenDatabase, "db" | "connection">): Promise<boolean> {
  if (connection.kind !== "pglite") return false;
  const dead = await queryValue(
    db,
    sql`select coalesce(sum(n_dead_tup + n_ins_since_vacuum), 0)::float8 from pg_stat_user_tables`,
    z.number(),
  );
  if (dead < DEAD_ROWS) return false;
  await connection.lane.runLong((pglite) => pglite.exec("vacuum (analyze)"));
  return true;
}
