import { mkdirSync } from "node:fs";

import type { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";

import { openDurablePglite } from "./durable-pglite.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { MIGRATIONS_DIR, schemaState } from "./migrate.ts";
import type { OpenDatabase, OpenOptions } from "./open-database.ts";
import { PgliteLane } from "./pglite-lane.ts";
import * as schema from "./schema.ts";

/**
 * Opens the embedded database in a folder, which is made if it is not there. One process at a time.
 *
 * @throws {UserError} `invalid_config` when another process has the folder, or when it is newer than this program.
 */
export async function openPglite(folder: string, options: OpenOptions): Promise<OpenDatabase> {
  mkdirSync(folder, { recursive: true });
  const lock = lockFolder(folder);
  let lane: PgliteLane;
  try {
    const pglite = await openDurablePglite(`${folder}/pglite`);
    const onStuck = (error: Error): void => {
      options.log.fatal({ err: error }, error.message);
      options.onStuck();
    };
    lane = new PgliteLane(pglite, onStuck, options.onQuery);
  } catch (cause) {
    lock.release();
    throw cause;
  }
  const opened = openLane(lane, lock);
  try {
    await migrateLane(opened, lane, options);
    return opened;
  } catch (cause) {
    await opened.close();
    throw cause;
  }
}

function openLane(lane: PgliteLane, lock: FolderLock): OpenDatabase {
  const closeAll = async (): Promise<void> => {
    try {
      await lane.close();
    } finally {
      lock.release();
    }
  };
  let closed: Promise<void> | undefined;
  return {
    // drizzle calls no more of a PGlite than the lane has.
    db: drizzle(lane as unknown as PGlite, { schema }),
    connection: { kind: "pglite", lane },
    waiting: () => lane.waiting,
    close: () => (closed ??= closeAll()),
  };
}

async function migrateLane(
  opened: OpenDatabase,
  lane: PgliteLane,
  { beforeMigration }: OpenOptions,
): Promise<void> {
  const state = await schemaState(opened.db);
  if (state === "current") return;
  if (state === "older") await beforeMigration?.(opened);
  await lane.runLong((pglite) =>
    migrate(drizzle(pglite, { schema }), { migrationsFolder: MIGRATIONS_DIR }),
  );
}
