import { eq, sql } from "drizzle-orm";
import { z } from "zod";

import type { Database } from "../db/database.ts";
import { userSettings } from "../db/schema.ts";
import type { Hint, UserSettings } from "./generation-port.ts";

const settingsSchema = z.object({
  mention: z.boolean().default(true).catch(true),
  /** Hints that were shown. */
  hints: z.array(z.string()).default([]).catch([]),
});

export async function readUserSettings(db: Database, userId: string): Promise<UserSettings> {
  const [row] = await db.select().from(userSettings).where(eq(userSettings.userId, userId));
  const { mention } = settingsSchema.parse(row?.settings ?? {});
  return { mention };
}

export async function changeUserSettings(
  db: Database,
  userId: string,
  change: Partial<UserSettings>,
): Promise<void> {
  const settings = sql`${userSettings.settings} || ${JSON.stringify(change)}::jsonb`;
  await db
    .insert(userSettings)
    .values({ userId, settings: change })
    .onConflictDoUpdate({ target: userSettings.userId, set: { settings, updatedAt: sql`now()` } });
}

/** True for the first who asks, in one statement; then never again for this member and hint. */
export async function takeHint(db: Database, userId: string, hint: Hint): Promise<boolean> {
  const shown = sql`coalesce(${userSettings.settings} -> 'hints', '[]'::jsonb)`;
  const taken = await db
    .insert(userSettings)
    .values({ userId, settings: { hints: [hint] } })
    .onConflictDoUpdate({
      target: userSettings.userId,
      set: {
        settings: sql`jsonb_set(${userSettings.settings}, '{hints}', ${shown} || ${JSON.stringify(hint)}::jsonb)`,
      },
      setWhere: sql`not ${shown} ? ${hint}`,
    })
    .returning({ userId: userSettings.userId });
  return taken.length > 0;
}
