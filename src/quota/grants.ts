import { and, asc, eq, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { creditGrant, creditLedger, type GRANT_SCOPES } from "../db/schema.ts";

/** Credits on top of a subject's limits. */
export interface Grant {
  /** A UUID. */
  readonly id: string;
  readonly scope: (typeof GRANT_SCOPES)[number];
  readonly subject: string;
  /** Whole, above 0. */
  readonly millicredits: number;
  /** Null: never. */
  readonly expiresAt: Date | null;
  readonly reason: string | null;
  readonly actor: string;
  /** The interaction's id: the same one gives once. */
  readonly idempotencyKey: string;
}

/** Gives credits, and writes them into the ledger. @returns false, and nothing is given, for a repeated interaction */
export async function grantCredits(db: Database, grant: Grant): Promise<boolean> {
  const { id, scope, subject, millicredits, expiresAt, reason, actor, idempotencyKey } = grant;
  return db.transaction(async (tx) => {
    const given = await tx
      .insert(creditGrant)
      .values({
        id,
        scope,
        subject,
        amount: millicredits,
        remaining: millicredits,
        expiresAt,
        reason,
        idempotencyKey,
        createdBy: actor,
      })
      .onConflictDoNothing({ target: creditGrant.idempotencyKey })
      .returning({ id: creditGrant.id });
    if (given.length === 0) return false;
    await tx
      .insert(creditLedger)
      .values({ kind: "grant", amount: millicredits, scope, subject, actor, idempotencyKey });
    return true;
  });
}

export type GrantRow = typeof creditGrant.$inferSelect;

/** A subject's grants that have something left and have not expired, in the order in which they are spent. */
export async function openGrants(
  db: Database,
  { scope, subject }: Pick<Grant, "scope" | "subject">,
): Promise<GrantRow[]> {
  return db
    .select()
    .from(creditGrant)
    .where(
      and(
        eq(creditGrant.scope, scope),
        eq(creditGrant.subject, subject),
        sql`${creditGrant.remaining} > 0`,
        sql`(${creditGrant.expiresAt} is null or ${creditGrant.expiresAt} > now())`,
      ),
    )
    .orderBy(sql`${creditGrant.expiresAt} nulls last`, asc(creditGrant.id));
}
