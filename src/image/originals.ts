import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../errors.ts";

/** A kept file. */
export interface Original {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970; its age counts from here. */
  readonly storedAt: number;
}

export interface SweepLimits {
  /** All files together; the oldest go first. */
  readonly budgetBytes: number;
  readonly maxAgeMs: number;
}

/** What a sweep did. */
export interface Swept {
  readonly removed: number;
  readonly removedBytes: number;
  /** What is left. */
  readonly keptBytes: number;
}

/** Letters, digits, dashes, one dot before the extension: nothing that leads out of the folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,119}\.(?:png|webp)$/;
const UNFINISHED = /\.tmp$/;
/** Writing a file takes seconds; one that is older was left by a process that died. */
const UNFINISHED_MAX_AGE_MS = 3_600_000;

/**
 * The lossless originals of posted pictures, each a file under `DATA_DIR/originals`. Several processes may use one
 * folder.
 */
export class Originals {
  readonly folder: string;

  /** @param dataDir - `DATA_DIR`. */
  constructor(dataDir: string) {
    this.folder = join(dataDir, "originals");
  }

  /**
   * Keeps a file, whole or not at all; one of that name is replaced, so that work done twice leaves one file.
   *
   * @param name - Up to 120 letters, digits, `-` and `_`, then `.png` or `.webp`.
   * @throws {UserError} `disk` when it cannot be written.
   */
  async store(name: string, bytes: Uint8Array): Promise<Original> {
    const path = this.#pathOf(name);
    if (path === null) throw new RangeError(`${name} is no name for an original`);
    const unfinished = `${path}.${process.pid}.tmp`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(unfinished, bytes);
      await rename(unfinished, path);
    } catch (cause) {
      await rm(unfinished, { force: true }).catch(() => {});
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UserError("disk", `The original could not be kept in ${this.folder}: ${reason}`, {
        cause,
      });
    }
    return { name, path, sizeBytes: bytes.length, storedAt: Date.now() };
  }

  /** A kept file, or null when there is none of that name, or the name is none. */
  async find(name: string): Promise<Original | null> {
    const path = this.#pathOf(name);
    if (path === null) return null;
    const found = await stat(path).catch(() => null);
    if (found?.isFile() !== true) return null;
    return { name, path, sizeBytes: found.size, storedAt: found.mtimeMs };
  }

  /** Removes what is too old, then the oldest until the rest fits the budget. */
  async sweep({ budgetBytes, maxAgeMs }: SweepLimits, now: number = Date.now()): Promise<Swept> {
    const files = await this.#list();
    let kept = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let [removed, removedBytes] = [0, 0];
    for (const { path, sizeBytes, storedAt } of files) {
      const isUnfinished = UNFINISHED.test(path);
      const age = now - storedAt;
      const isDue = isUnfinished
        ? age > UNFINISHED_MAX_AGE_MS
        : age > maxAgeMs || kept > budgetBytes;
      if (!isDue) continue;
      await rm(path, { force: true });
      kept -= sizeBytes;
      removed += 1;
      removedBytes += sizeBytes;
    }
    return { removed, removedBytes, keptBytes: kept };
  }

  /** Everything in the folder, the oldest first. */
  async #list(): Promise<Original[]> {
    const names = await readdir(this.folder).catch(() => []);
    const found = await Promise.all(
      names.map(async (name): Promise<Original[]> => {
        const path = join(this.folder, name);
        // Another process may have removed it meanwhile.
        const file = await stat(path).catch(() => null);
        if (file?.isFile() !== true) return [];
        return [{ name, path, sizeBytes: file.size, storedAt: file.mtimeMs }];
      }),
    );
    return found.flat().toSorted((a, b) => a.storedAt - b.storedAt);
  }

  #pathOf(name: string): string | null {
    return NAME.test(name) ? join(this.folder, name) : null;
  }
}
