import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { eq } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { secret } from "../db/schema.ts";

const NAME = "signing-key";
const KEY_BYTES = 32;

/**
 * The key that signs buttons and links: made once, by whichever process is first, and the same for all.
 *
 * @param copyPath - Of a file that keeps it too, so that the buttons of old messages outlive a lost database.
 */
export async function signingKey(db: Database, copyPath: string): Promise<Uint8Array> {
  const copy = await readCopy(copyPath);
  await db
    .insert(secret)
    .values({ name: NAME, value: copy ?? randomBytes(KEY_BYTES) })
    .onConflictDoNothing();
  const [row] = await db.select().from(secret).where(eq(secret.name, NAME));
  if (row === undefined) throw new Error("The signing key was not kept");
  if (copy === null || Buffer.compare(copy, row.value) !== 0) await writeCopy(copyPath, row.value);
  return row.value;
}

/** Null where there is none, or something else lies there. */
async function readCopy(path: string): Promise<Uint8Array | null> {
  try {
    const key = await readFile(path);
    return key.length === KEY_BYTES ? key : null;
  } catch {
    return null;
  }
}

/** For the owner's eyes alone. A disk that is full is told of elsewhere; the key itself is in the database. */
async function writeCopy(path: string, key: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.tmp`, key, { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  } catch {
    // The copy is a second net.
  }
}
