import { eq, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { botState, guild } from "../db/schema.ts";

/**
 * Notes a server that the bot is in. It waits for the owner's approval, unless it is approved already or `isTrusted`: then
 * it is served at once.
 *
 * @returns its state now
 */
export async function noteGuild(
  db: Database,
  { id, name }: { id: string; name: string },
  { isTrusted }: { isTrusted: boolean },
): Promise<(typeof guild.$inferSelect)["state"]> {
  const [row] = await db
    .insert(guild)
    .values({ id, name, state: isTrusted ? "approved" : "pending" })
    .onConflictDoUpdate({
      target: guild.id,
      set: {
        name,
        leftAt: null,
        ...(isTrusted
          ? {
              state: sql`case ${guild.state} when 'pending' then 'approved' else ${guild.state} end`,
            }
          : {}),
      },
    })
    .returning({ state: guild.state });
  if (row === undefined) throw new Error(`The server ${id} was not noted`);
  return row.state;
}

/** Notes that the bot was removed; what it made there stays until its retention is over. */
export async function noteGuildLeft(db: Database, id: string): Promise<void> {
  await db
    .update(guild)
    .set({ leftAt: sql`now()` })
    .where(eq(guild.id, id));
}

/** @returns true once for each server: whether the bot's owner was not asked about it before */
export async function takeApprovalQuestion(db: Database, guildId: string): Promise<boolean> {
  const taken = await db
    .insert(botState)
    .values({ key: `approval-asked:${guildId}`, value: true })
    .onConflictDoNothing()
    .returning({ key: botState.key });
  return taken.length > 0;
}
