import type { SQL } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { z } from "zod";

import type * as schema from "./schema.ts";

/** PGlite, PostgreSQL, or a transaction on either. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

const resultSchema = z.object({ rows: z.array(z.unknown()) });

/**
 * Runs a statement and parses its rows.
 *
 * @throws {z.ZodError} when a row does not fit `row`: PGlite and pg give some types in different shapes, so statements
 * cast to text, int or jsonb, which both read alike.
 */
export async function query<Row>(
  db: Database,
  statement: SQL,
  row: z.ZodType<Row>,
): Promise<Row[]> {
  const { rows } = resultSchema.parse(await db.execute(statement));
  return rows.map((found) => row.parse(found));
}

/** As {@link query}, for a statement that gives one row of one column. */
export async function queryValue<Value>(
  db: Database,
  statement: SQL,
  value: z.ZodType<Value>,
): Promise<Value> {
  const [found] = await query(db, statement, z.record(z.string(), z.unknown()));
  return value.parse(Object.values(found ?? {})[0]);
}
