import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../db/database.ts";
import { type EXEMPTION_SCOPES, quotaExemption, quotaRule } from "../db/schema.ts";
import type { QuotaPeriod, QuotaScope } from "./quota.ts";

/** A limit as an admin or the owner sets it; see `quota_rule` for what a subject may be. */
export interface QuotaRule {
  scope: QuotaScope;
  subject: string;
  period: QuotaPeriod;
  /** Thousandths of a credit, whole. */
  limit: number;
  /** Who set it: a user's id. */
  actor: string;
}

/** Sets a limit, or changes it; what was used so far counts against the new one. */
export async function setRule(db: Database, rule: QuotaRule): Promise<void> {
  const { limit: maxMillicredits, actor: createdBy, ...key } = rule;
  await db
    .insert(quotaRule)
    .values({ ...key, maxMillicredits, createdBy })
    .onConflictDoUpdate({
      target: [quotaRule.scope, quotaRule.subject, quotaRule.period],
      set: { maxMillicredits, createdBy, createdAt: sql`now()` },
    });
}

/** Someone who is charged nothing. */
export interface Exemption {
  scope: (typeof EXEMPTION_SCOPES)[number];
  subject: string;
  actor: string;
}

/** Frees a user, a member or a role of all limits; again changes nothing. */
export async function exempt(db: Database, { scope, subject, actor }: Exemption): Promise<void> {
  await db
    .insert(quotaExemption)
    .values({ scope, subject, createdBy: actor })
    .onConflictDoNothing();
}

export interface ResetRequest {
  scope: Exclude<QuotaScope, "role">;
  subject: string;
  actor: string;
  /** The interaction's id: the same one resets once. */
  idempotencyKey: string;
}

/** Forgives what a subject has used in its windows. @returns how much, in thousandths of a credit */
export async function resetUsage(db: Database, request: ResetRequest): Promise<number> {
  const { scope, subject, actor, idempotencyKey } = request;
  return queryValue(
    db,
    sql`select quota_reset(${scope}, ${subject}, ${actor}, ${idempotencyKey})::float8`,
    z.number(),
  );
}
