import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { UserError } from "../errors.ts";

/** Holds a folder for one process. The lock is the operating system's own, so it ends with the process, however that ends. */
export interface FolderLock {
  /** May be called twice. */
  readonly release: () => void;
}

/** SQLite's result code for "database is locked". */
const SQLITE_BUSY = 5;

/**
 * Locks a folder that is there: PGlite opens one that another process uses without complaint, and destroys its data.
 *
 * @param refusal - What is thrown when another process has it, named in words.
 * @throws {UserError} `invalid_config` naming the process that has it.
 */
export function lockFolder(
  folder: string,
  refusal = (holder: string): UserError => databaseInUse(folder, holder),
): FolderLock {
  const owner = join(folder, "lock-owner.txt");
  const lock = new DatabaseSync(join(folder, "lock.sqlite"));
  try {
    // In this mode the lock that the first transaction takes is kept until the file is closed.
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
  } catch (cause) {
    lock.close();
    if (!(cause instanceof Error && "errcode" in cause && cause.errcode === SQLITE_BUSY))
      throw cause;
    throw refusal(readOwner(owner));
  }
  writeFileSync(owner, `process ${process.pid} on ${hostname()}\n`);
  let isHeld = true;
  return {
    release: () => {
      if (isHeld) lock.close();
      isHeld = false;
    },
  };
}

function databaseInUse(folder: string, holder: string): UserError {
  return new UserError(
    "invalid_config",
    `The database in ${folder} is in use by ${holder}. Stop that first, or set DATA_DIR to another folder.`,
  );
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "another process";
  }
}
