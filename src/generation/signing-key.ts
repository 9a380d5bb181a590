import { randomBytes } from "node:crypto";

import { eq } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { secret } from "../db/schema.ts";

const NAME = "signing-key";
const KEY_BYTES = 32;

/** The key that signs buttons and links: made once, by whichever process is first, and the same for all. */
export async function signingKey(db: Database): Promise<Uint8Array> {
  await db
    .insert(secret)
    .values({ name: NAME, value: randomBytes(KEY_BYTES) })
    .onConflictDoNothing();
  const [row] = await db.select().from(secret).where(eq(secret.name, NAME));
  if (row === undefined) throw new Error("The signing key was not kept");
  return row.value;
}
