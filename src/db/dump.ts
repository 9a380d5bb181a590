import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, constants } from "node:zlib";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { SOFTWARE } from "../config.ts";
import { UserError } from "../errors.ts";
import { type Database, query } from "./database.ts";
import { runLongTransaction } from "./long-transaction.ts";
import { databaseVersion } from "./migrate.ts";
import type { OpenDatabase } from "./open-database.ts";
import { listTables, type Table } from "./table-catalogue.ts";

/** The first line of a backup. */
export const headerSchema = z.object({
  format: z.literal("sanabot backup"),
  version: z.literal(1),
  /** Of the database's newest migration. */
  schema: z.number(),
  software: z.string(),
  at: z.string(),
});
/** Before a table's rows, each of which is a line of its own: an object by column. */
export const tableLineSchema = z.object({ table: z.string(), columns: z.array(z.string()) });
/** The last line: whatever has none was cut off. */
export const endLineSchema = z.object({ rows: z.int() });
/** What begins a line that is not a row. */
export const MARK = "#";

/** Rows that are read at once; pictures are some 100 kB each. */
const BATCH = 100;

/**
 * Writes all of a database into a file: JSON lines under gzip, as it was at one moment. The file is complete or not there.
 *
 * @returns the number of rows
 * @throws {UserError} `disk` when the file cannot be written
 */
export async function dumpDatabase(opened: OpenDatabase, path: string): Promise<number> {
  const unfinished = `${path}.part`;
  let rows = 0;
  try {
    await mkdir(dirname(path), { recursive: true });
    await runLongTransaction(opened, async (tx) => {
      const lines = Readable.from(
        linesOf(tx, (count) => {
          rows = count;
        }),
      );
      const gzip = createGzip({ level: constants.Z_BEST_SPEED });
      await pipeline(lines, gzip, createWriteStream(unfinished, { mode: 0o600, flush: true }));
    });
    await rename(unfinished, path);
    return rows;
  } catch (cause) {
    await rm(unfinished, { force: true });
    if (!(cause instanceof Error && "code" in cause && "path" in cause)) throw cause;
    throw new UserError("disk", `The backup ${path} cannot be written (${String(cause.code)}).`, {
      cause,
    });
  }
}

async function* linesOf(tx: Database, onEnd: (rows: number) => void): AsyncGenerator<string> {
  const header: z.infer<typeof headerSchema> = {
    format: "sanabot backup",
    version: 1,
    schema: await databaseVersion(tx),
    software: SOFTWARE,
    at: new Date().toISOString(),
  };
  yield marked(header);
  let rows = 0;
  for (const table of await listTables(tx)) {
    yield marked({ table: table.name, columns: table.columns });
    for await (const batch of rowsOf(tx, table)) {
      rows += batch.length;
      yield `${batch.join("\n")}\n`;
    }
  }
  yield marked({ rows });
  onEnd(rows);
}

function marked(line: object): string {
  return `${MARK}${JSON.stringify(line)}\n`;
}

/** The database writes the JSON itself: no number is rounded on its way. */
async function* rowsOf(tx: Database, { name }: Table): AsyncGenerator<string[]> {
  await tx.execute(
    sql`declare backup_rows cursor for select to_jsonb(t)::text as line from ${sql.identifier(name)} t`,
  );
  for (;;) {
    const batch = await query(
      tx,
      sql.raw(`fetch ${BATCH} from backup_rows`),
      z.object({ line: z.string() }),
    );
    if (batch.length === 0) break;
    yield batch.map(({ line }) => line);
  }
  await tx.execute(sql`close backup_rows`);
}
