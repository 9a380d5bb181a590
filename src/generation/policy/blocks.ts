import { and, asc, eq, sql } from "drizzle-orm";

import type { Database } from "../../db/database.ts";
import { block } from "../../db/schema.ts";
import { Refusal } from "../refusal.ts";
import { type Actor, changeBy } from "./actor.ts";
import { audited, type Outcome } from "./audit.ts";
import { EVERYWHERE } from "./load-policy.ts";

/** A block as it is shown and kept in the audit log. */
export interface BlockState {
  /** Null: until somebody lifts it. */
  readonly until: string | null;
  readonly reason: string | null;
}

export interface BlockRequest {
  readonly userId: string;
  readonly until: Date | null;
  readonly reason: string | null;
}

/**
 * Keeps a user from using the bot in the actor's server, or, for the owner, anywhere; a block before it is replaced.
 *
 * @throws {Refusal} `refusal.block-self` for the actor's own id
 */
export async function blockUser(
  db: Database,
  actor: Actor,
  { userId, until, reason }: BlockRequest,
): Promise<Outcome<BlockState | null>> {
  if (userId === actor.userId) throw new Refusal("refusal.block-self");
  const guildId = actor.guildId ?? EVERYWHERE;
  const change = changeBy(actor, {
    action: "block",
    target: userId,
    reason: reason ?? undefined,
  });
  return audited<BlockState | null>(db, change, async (tx) => {
    const before = await findBlock(tx, guildId, userId);
    const set = { until, reason, createdBy: actor.userId, createdAt: sql`now()` };
    await tx
      .insert(block)
      .values({ guildId, userId, until, reason, createdBy: actor.userId })
      .onConflictDoUpdate({ target: [block.guildId, block.userId], set });
    return { before, after: { until: until?.toISOString() ?? null, reason } };
  });
}

/** Lifts a block; where there was none, nothing changes. */
export async function unblockUser(
  db: Database,
  actor: Actor,
  userId: string,
): Promise<Outcome<BlockState | null>> {
  const guildId = actor.guildId ?? EVERYWHERE;
  const change = changeBy(actor, { action: "unblock", target: userId });
  return audited<BlockState | null>(db, change, async (tx) => {
    const before = await findBlock(tx, guildId, userId);
    await tx.delete(block).where(and(eq(block.guildId, guildId), eq(block.userId, userId)));
    return { before, after: null };
  });
}

async function findBlock(
  tx: Database,
  guildId: string,
  userId: string,
): Promise<BlockState | null> {
  const [row] = await tx
    .select({ until: block.until, reason: block.reason })
    .from(block)
    .where(and(eq(block.guildId, guildId), eq(block.userId, userId)));
  if (row === undefined) return null;
  return { until: row.until?.toISOString() ?? null, reason: row.reason };
}

export type BlockRow = typeof block.$inferSelect;

/** The blocks of a server that hold now, those that end first before the others; null: the owner's. */
export async function listBlocks(db: Database, guildId: string | null): Promise<BlockRow[]> {
  return db
    .select()
    .from(block)
    .where(
      and(
        eq(block.guildId, guildId ?? EVERYWHERE),
        sql`(${block.until} is null or ${block.until} > now())`,
      ),
    )
    .orderBy(sql`${block.until} nulls last`, asc(block.userId));
}
