import { join } from "node:path";
import { existsSync } from "node:fs";

import { Client } from "pg";

import type { Config } from "../../config.ts";
import { lockFolder } from "../../db/folder-lock.ts";
import { UserError } from "../../errors.ts";
import { type Check, fault, type Finding, ok } from "./check.ts";

const DEADLINE_MS = 10_000;
/** PostgreSQL 15, as `server_version_num` counts. */
const MIN_SERVER_VERSION = 150_000;

/** Whether the database can be used; nothing is changed in it. */
export function databaseCheck(config: Config): Check {
  const { databaseUrl } = config;
  return {
    name: "database",
    run: () => (databaseUrl === undefined ? checkEmbedded(config) : checkPostgres(databaseUrl)),
  };
}

async function checkPostgres(url: string): Promise<Finding> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: DEADLINE_MS,
    query_timeout: DEADLINE_MS,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ number: number; name: string; may: boolean }>(
      `select current_setting('server_version_num')::int as number, current_setting('server_version') as name,
        has_database_privilege(current_database(), 'create') as may`,
    );
    const [server] = rows;
    if (server === undefined) throw new Error("no answer");
    if (server.number < MIN_SERVER_VERSION)
      return fault(`PostgreSQL ${server.name} is too old`, "Use PostgreSQL 15 or newer.");
    if (!server.may)
      return fault(
        "the database's user may not create tables",
        "grant create on database ... to ...; or let the user own the database.",
      );
    return ok(`PostgreSQL ${server.name}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fault(`it cannot be reached: ${reason}`, "Check DATABASE_URL and that PostgreSQL runs.");
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkEmbedded({ dataDir }: Config): Promise<Finding> {
  const folder = join(dataDir, "db");
  if (!existsSync(folder)) return ok(`embedded, in ${folder}; it is made at the first start`);
  try {
    lockFolder(folder).release();
    return ok(`embedded, in ${folder}`);
  } catch (error) {
    if (error instanceof UserError) return ok(`embedded, in ${folder}; the bot is using it now`);
    throw error;
  }
}
