import { eq, sql } from "drizzle-orm";

import type { Database } from "../../db/database.ts";
import { auditLog } from "../../db/schema.ts";

/** A change that somebody with rights makes. */
export interface Change {
  /** The same interaction changes once. */
  readonly interactionId: string;
  /** Who makes it: a user's id. */
  readonly actor: string;
  /** Null: it concerns no single server. */
  readonly guildId: string | null;
  /** Such as `quota.set`. */
  readonly action: string;
  /** What is changed: an id, or words for it. */
  readonly target: string;
  readonly reason?: string | undefined;
}

/** What was and what is now, as JSON; null for nothing. */
export interface Changed<State> {
  readonly before: State;
  readonly after: State;
}

export interface Outcome<State> extends Changed<State> {
  /** False: this interaction has made its change before, and nothing was done now. */
  readonly isNew: boolean;
}

/**
 * Makes a change and writes it into the audit log, in one transaction and once for each interaction: the line is
 * written first, so that a second call with the same interaction waits for the first and then finds it.
 *
 * @param apply - Makes the change in the given transaction; what it throws undoes the line as well.
 */
export async function audited<State>(
  db: Database,
  change: Change,
  apply: (tx: Database) => Promise<Changed<State>>,
): Promise<Outcome<State>> {
  const { reason, ...values } = change;
  return db.transaction(async (tx) => {
    const [line] = await tx
      .insert(auditLog)
      .values({ ...values, reason: reason ?? null })
      .onConflictDoNothing()
      .returning({ id: auditLog.id });
    if (line === undefined) return { ...(await repeated<State>(tx, change)), isNew: false };
    const changed = await apply(tx);
    await tx
      .update(auditLog)
      .set({ before: stored(changed.before), after: stored(changed.after) })
      .where(eq(auditLog.id, line.id));
    return { ...changed, isNew: true };
  });
}

/** JSON's own null would be read back as a value; SQL's is nothing. */
function stored(state: unknown): unknown {
  return state === null || state === undefined ? sql`null` : state;
}

/** The states as the first time told them; what was a `Date` is a text by now. */
async function repeated<State>(tx: Database, { interactionId }: Change): Promise<Changed<State>> {
  const [line] = await tx
    .select({ before: auditLog.before, after: auditLog.after })
    .from(auditLog)
    .where(eq(auditLog.interactionId, interactionId));
  return line as Changed<State>;
}

export type AuditLine = typeof auditLog.$inferSelect;

/** A server's newest changes, or, with null, the owner's own. */
export async function readAudit(
  db: Database,
  guildId: string | null,
  { limit, offset }: { limit: number; offset: number },
): Promise<AuditLine[]> {
  return db
    .select()
    .from(auditLog)
    .where(guildId === null ? sql`${auditLog.guildId} is null` : eq(auditLog.guildId, guildId))
    .orderBy(sql`${auditLog.id} desc`)
    .limit(limit)
    .offset(offset);
}
