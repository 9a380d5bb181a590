import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { UserError } from "../errors.ts";
import { type Database, queryValue } from "./database.ts";
import { endLineSchema, headerSchema, MARK, tableLineSchema } from "./dump.ts";
import { runLongTransaction } from "./long-transaction.ts";
import { schemaVersion } from "./migrate.ts";
import type { OpenDatabase } from "./open-database.ts";
import { advanceSequences, listTables, type Table } from "./table-catalogue.ts";

const BATCH = 100;
const BATCH_CHARACTERS = 16 * 2 ** 20;

export interface RestoreOptions {
  /** Deletes what the database holds; otherwise it has to be empty. */
  readonly replace: boolean;
}

/**
 * Reads a backup into a database, all of it or nothing. Backups of older programs fit; columns that came later get their
 * defaults.
 *
 * @returns the number of rows
 * @throws {UserError} `invalid_config` for a file that is no backup, was cut off, or is a newer program's; or when the database
 * holds something
 */
export async function restoreDatabase(
  opened: OpenDatabase,
  path: string,
  { replace }: RestoreOptions,
): Promise<number> {
  return runLongTransaction(opened, async (tx) => {
    const tables = await listTables(tx);
    if (!replace) await refuseUsed(tx, tables);
    await empty(tx, tables);
    const rows = await readBackup(tx, path, tables);
    await advanceSequences(tx);
    return rows;
  });
}

async function refuseUsed(tx: Database, tables: readonly Table[]): Promise<void> {
  for (const { name } of tables) {
    const isUsed = sql`select exists (select from ${sql.identifier(name)})`;
    if (!(await queryValue(tx, isUsed, z.boolean()))) continue;
    throw new UserError(
      "invalid_config",
      "The database is not empty. Restore into an empty one, or add --replace to delete what it holds.",
    );
  }
}

async function empty(tx: Database, tables: readonly Table[]): Promise<void> {
  const names = sql.join(
    tables.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );
  await tx.execute(sql`truncate ${names}, worker, fair_guild, fair_user`);
  await tx.execute(sql`update fair_clock set virtual_time = 0, base = 0`);
  // The engine's own tables are made anew; what waits is queued again from ours.
  await tx.execute(sql`drop schema if exists pgboss cascade`);
}

async function readBackup(tx: Database, path: string, tables: readonly Table[]): Promise<number> {
  const known = new Map(tables.map((table) => [table.name, table]));
  const writer = new RowWriter(tx);
  let isFirst = true;
  let said: number | null = null;
  for await (const line of linesOf(path)) {
    if (isFirst) checkHeader(line, path);
    else if (!line.startsWith(MARK)) await writer.add(line);
    else {
      await writer.flush();
      const parsed: unknown = JSON.parse(line.slice(MARK.length));
      const next = tableLineSchema.safeParse(parsed);
      if (next.success) writer.begin(known.get(next.data.table), next.data.columns);
      else said = endLineSchema.parse(parsed).rows;
    }
    isFirst = false;
  }
  if (said !== writer.count) throw notABackup(path, "it ends too early");
  return writer.count;
}

/** Writes rows of one table after the other, many in one statement. */
class RowWriter {
  readonly #tx: Database;
  #table: Table | undefined;
  #lines: string[] = [];
  #characters = 0;
  count = 0;

  constructor(tx: Database) {
    this.#tx = tx;
  }

  /** @param table - As it is here; undefined for one that no longer is. @param columns - As they were. */
  begin(table: Table | undefined, columns: readonly string[]): void {
    this.#table = table && {
      name: table.name,
      columns: table.columns.filter((column) => columns.includes(column)),
    };
  }

  async add(line: string): Promise<void> {
    this.count += 1;
    if (this.#table === undefined) return;
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#lines.length >= BATCH || this.#characters >= BATCH_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#table === undefined || this.#lines.length === 0) return;
    const name = sql.identifier(this.#table.name);
    const columns = sql.join(
      this.#table.columns.map((column) => sql.identifier(column)),
      sql`, `,
    );
    const rows = `[${this.#lines.join(",")}]`;
    await this.#tx.execute(
      sql`insert into ${name} (${columns}) select ${columns} from jsonb_populate_recordset(null::${name}, ${rows}::jsonb)`,
    );
    this.#lines = [];
    this.#characters = 0;
  }
}

function checkHeader(line: string, path: string): void {
  const header = headerSchema.safeParse(parsedOrNull(line));
  if (!header.success) throw notABackup(path, "its first line is another's");
  if (header.data.schema <= schemaVersion()) return;
  throw new UserError(
    "invalid_config",
    `${path} was written by a newer version (${header.data.software}). Update sanabot, then restore it.`,
  );
}

function parsedOrNull(line: string): unknown {
  try {
    return JSON.parse(line.slice(MARK.length));
  } catch {
    return null;
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const text = createGunzip();
  const lines = createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
  // readline reports what goes wrong with its input, but not with what feeds that.
  file.on("error", (error) => text.destroy(error));
  file.pipe(text);
  try {
    for await (const line of lines) yield line;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "ENOENT")
      throw new UserError("invalid_config", `There is no file ${path}.`, { cause });
    throw code.startsWith("Z_") ? notABackup(path, "it is damaged or cut off") : cause;
  } finally {
    file.destroy();
  }
}

function notABackup(path: string, why: string): UserError {
  return new UserError("invalid_config", `${path} is no whole backup of sanabot: ${why}.`);
}
