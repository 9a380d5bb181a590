import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import { lockLine } from "./fair-order.ts";

/**
 * How many jobs of a guild and of one of its users have not been started. To be called in the transaction that queues the
 * next one, before anything else is written: until that ends no other job can enter the guild's line, so that a cap
 * cannot be raced.
 */
export async function countWaiting(
  tx: Database,
  { guild, userId }: { readonly guild: string; readonly userId: string },
): Promise<{ user: number; guild: number }> {
  await lockLine(tx, guild);
  const [counts] = await query(
    tx,
    sql`select count(*)::int as guild, count(*) filter (where user_id = ${userId})::int as user
      from queue_entry where guild = ${guild} and started_at is null`,
    z.object({ guild: z.int(), user: z.int() }),
  );
  return counts ?? { user: 0, guild: 0 };
}
