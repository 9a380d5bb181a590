import { copyFile, link, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { lock } from "proper-lockfile";
import { UserError } from "../../errors.ts";
import { type DownloadRecord, RECORD_NAME, readDownloadRecord } from "./download-record.ts";
import type { HubFile } from "./hub-client.ts";
import { diskError } from "./part-file.ts";

/** Where a model lies, and where it lies while it is not whole. */
export interface Places {
  readonly folder: string;
  /** Takes the folder's name when all files are there and checked. */
  readonly staging: string;
  readonly replaced: string;
}

/** A lock whose process has not renewed it for so long is a dead one's. */
const STALE_LOCK_MS = 15_000;

export function placesOf(id: string, modelsDir: string): Places {
  const name = id.replace("/", "--");
  return {
    folder: join(modelsDir, name),
    staging: join(modelsDir, `.${name}.download`),
    replaced: join(modelsDir, `.${name}.replaced`),
  };
}

/**
 * Keeps other processes, also on other machines that share the folder, from pulling the same model.
 * @param onLost called when another one took the lock while this one slept
 * @returns what gives the lock back
 * @throws UserError disk when another one has it
 */
export async function lockModel(
  { staging }: Places,
  id: string,
  onLost: () => void,
): Promise<() => Promise<void>> {
  const options = { realpath: false, stale: STALE_LOCK_MS, onCompromised: onLost };
  return lock(staging, options).catch((error: unknown) => {
    const isHeld = error instanceof Error && "code" in error && error.code === "ELOCKED";
    if (!isHeld) throw diskError(error, staging);
    throw new UserError(
      "disk",
      `Another process is pulling ${id} right now. Wait until it has finished; if it was killed, try again in ${STALE_LOCK_MS / 1000} seconds.`,
      { cause: error },
    );
  });
}

/**
 * What an earlier pull recorded, or null where nothing is there.
 * @throws UserError disk where the folder is somebody's own
 */
export async function readPresent({ folder }: Places): Promise<DownloadRecord | null> {
  const record = await readDownloadRecord(folder);
  if (record !== null || (await sizeOf(folder)) === null) return record;
  throw new UserError(
    "disk",
    `${folder} is there and was not made by pull. Rename it, or use it as it is.`,
  );
}

/** Whether a recorded folder holds all these files in their sizes. */
export async function isWhole(
  folder: string,
  record: DownloadRecord,
  files: readonly HubFile[],
): Promise<boolean> {
  const recorded = new Set(record.files.map(({ path }) => path));
  const checks = files.map(
    async ({ path, sizeBytes }) =>
      recorded.has(path) && (await sizeOf(join(folder, path))) === sizeBytes,
  );
  return (await Promise.all(checks)).every(Boolean);
}

/** Bytes that need not be transferred any more. */
export async function bytesThere(staging: string, files: readonly HubFile[]): Promise<number> {
  const sizes = files.map(async ({ path, sizeBytes }) => {
    const target = join(staging, path);
    return Math.min(sizeBytes, (await sizeOf(target)) ?? (await sizeOf(`${target}.part`)) ?? 0);
  });
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

/** Takes weights over from the copy in use where the hub still lists them with the same SHA-256. */
export async function reuseFiles(
  { folder, staging }: Places,
  record: DownloadRecord,
  files: readonly HubFile[],
): Promise<void> {
  const known = new Map(record.files.map(({ path, sha256 }) => [path, sha256]));
  for (const { path, hash, sizeBytes } of files) {
    const isSame = hash.algorithm === "sha256" && known.get(path) === hash.digest;
    if (isSame && (await sizeOf(join(folder, path))) === sizeBytes)
      await share(join(folder, path), join(staging, path));
  }
}

/** Removes what an earlier pull of other files (another dtype or commit) has left. */
export async function dropOthers(staging: string, files: readonly HubFile[]): Promise<void> {
  const chosen = new Set(files.map(({ path }) => path));
  const entries = await readdir(staging, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => !found.isDirectory())) {
    const path = join(entry.parentPath, entry.name);
    if (!chosen.has(relative(staging, path).replaceAll(sep, "/"))) await rm(path);
  }
}

/** Takes over what the owner added to the copy in use, such as a sanabot.json. */
export async function keepOwnFiles(
  { folder, staging }: Places,
  record: DownloadRecord,
): Promise<void> {
  const recorded = new Set(record.files.map(({ path }) => path)).add(RECORD_NAME);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = relative(folder, join(entry.parentPath, entry.name));
    if (!recorded.has(path.replaceAll(sep, "/")))
      await share(join(folder, path), join(staging, path));
  }
}

/** A process that uses the old copy goes on reading the files that it has open. */
export async function putInPlace({ folder, staging, replaced }: Places): Promise<void> {
  try {
    await rm(replaced, { recursive: true, force: true });
    await rename(folder, replaced).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(staging, folder);
    await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, folder);
  }
}

/** Bytes, or null where there is nothing. */
export async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** One more name for the same bytes where the disk can, else a copy; what is there already stays. */
async function share(source: string, target: string): Promise<void> {
  if ((await sizeOf(target)) !== null) return;
  await mkdir(dirname(target), { recursive: true });
  await link(source, target).catch(() => copyFile(source, target));
}
