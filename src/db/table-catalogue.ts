import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "./database.ts";

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

const tableSchema = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  /** Tables that it refers to. */
  parents: z.array(z.string()),
});

/** Lists of live processes and of the queue's own reckoning, which a restored database makes anew. */
const PASSING: ReadonlySet<string> = new Set(["worker", "fair_clock", "fair_guild", "fair_user"]);

/** The tables worth keeping that a database has, each after those that it refers to. */
export async function listTables(db: Database): Promise<Table[]> {
  const found = await query(
    db,
    sql`select c.relname as name,
        (select json_agg(a.attname order by a.attnum) from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
        (select coalesce(json_agg(distinct p.relname), '[]') from pg_constraint k join pg_class p on p.oid = k.confrelid
          where k.conrelid = c.oid and k.contype = 'f' and p.oid <> c.oid) as parents
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`,
    tableSchema,
  );
  const left = new Map(
    found.filter(({ name }) => !PASSING.has(name)).map((table) => [table.name, table]),
  );
  const ordered: Table[] = [];
  while (left.size > 0) {
    const next = [...left.values()].find(({ parents }) => !parents.some((name) => left.has(name)));
    if (next === undefined) throw new Error("Tables refer to each other in a circle");
    left.delete(next.name);
    ordered.push({ name: next.name, columns: next.columns });
  }
  return ordered;
}

/** Lets each table's own numbers go on after those that it holds. */
export async function advanceSequences(tx: Database): Promise<void> {
  const serials = await query(
    tx,
    sql`select c.relname as table, a.attname as column, pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null`,
    z.object({ table: z.string(), column: z.string(), sequence: z.string() }),
  );
  for (const { table, column, sequence } of serials) {
    await tx.execute(
      sql`select setval(${sequence}::regclass, coalesce((select max(${sql.identifier(column)}) from ${sql.identifier(table)}), 0) + 1, false)`,
    );
  }
}
