import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../db/database.ts";
import { type EXEMPTION_SCOPES, QUOTA_PERIODS, quotaExemption, quotaRule } from "../db/schema.ts";
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

type RuleKey = Pick<QuotaRule, "scope" | "subject" | "period">;

function isRule({ scope, subject, period }: RuleKey) {
  return and(
    eq(quotaRule.scope, scope),
    eq(quotaRule.subject, subject),
    eq(quotaRule.period, period),
  );
}

/** @returns the limit that a subject itself has, in thousandths of a credit; null where it has none */
export async function findLimit(db: Database, key: RuleKey): Promise<number | null> {
  const [row] = await db.select().from(quotaRule).where(isRule(key));
  return row?.maxMillicredits ?? null;
}

/** Takes a limit away; the less particular one holds again. */
export async function removeRule(db: Database, key: RuleKey): Promise<void> {
  await db.delete(quotaRule).where(isRule(key));
}

export type RuleRow = typeof quotaRule.$inferSelect;

/** The limits of these subjects themselves, in the order of scope and period. */
export async function rulesOf(
  db: Database,
  subjects: readonly Pick<QuotaRule, "scope" | "subject">[],
): Promise<RuleRow[]> {
  const names = subjects.map(({ subject }) => subject);
  const rows = await db
    .select()
    .from(quotaRule)
    .where(inArray(quotaRule.subject, names))
    .orderBy(asc(quotaRule.scope), asc(quotaRule.subject));
  return rows
    .filter((row) =>
      subjects.some(({ scope, subject }) => scope === row.scope && subject === row.subject),
    )
    .toSorted((a, b) => QUOTA_PERIODS.indexOf(a.period) - QUOTA_PERIODS.indexOf(b.period));
}

/** All limits of a scope, in the order of subject and period. */
export async function rulesOfScope(db: Database, scope: QuotaScope): Promise<RuleRow[]> {
  return db
    .select()
    .from(quotaRule)
    .where(eq(quotaRule.scope, scope))
    .orderBy(asc(quotaRule.subject), asc(quotaRule.period));
}

/**
 * The owner's ceiling that a limit of a guild must stay under: that of the same period or of a longer one, since what an
 * hour allows must fit into the day as well. Thousandths of a credit; null where there is none.
 */
export async function ceilingOf(
  db: Database,
  guildId: string,
  period: QuotaPeriod,
): Promise<{ period: QuotaPeriod; limit: number } | null> {
  const rows = await rulesOf(db, [
    { scope: "guild_ceiling", subject: guildId },
    { scope: "guild_ceiling", subject: "*" },
  ]);
  const longer = QUOTA_PERIODS.slice(QUOTA_PERIODS.indexOf(period));
  // The guild's own ceiling of a period takes the place of everyone's.
  const inForce = longer.flatMap((name) => {
    const own = rows.find((row) => row.period === name && row.subject === guildId);
    const found = own ?? rows.find((row) => row.period === name);
    return found === undefined ? [] : [{ period: name, limit: found.maxMillicredits }];
  });
  return inForce.toSorted((a, b) => a.limit - b.limit)[0] ?? null;
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

function isExemption({ scope, subject }: Omit<Exemption, "actor">) {
  return and(eq(quotaExemption.scope, scope), eq(quotaExemption.subject, subject));
}

/** The opposite of {@link exempt}; again changes nothing. */
export async function unexempt(db: Database, key: Omit<Exemption, "actor">): Promise<void> {
  await db.delete(quotaExemption).where(isExemption(key));
}

/** Whether this subject itself is freed. */
export async function isExempt(db: Database, key: Omit<Exemption, "actor">): Promise<boolean> {
  return (await db.select().from(quotaExemption).where(isExemption(key))).length > 0;
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
