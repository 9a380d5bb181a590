import { randomUUID } from "node:crypto";

import type { Database } from "../../db/database.ts";
import { type GrantRow, grantCredits, openGrants } from "../../quota/grants.ts";
import type { QuotaPeriod, QuotaScope } from "../../quota/quota.ts";
import {
  ceilingOf,
  exempt,
  findLimit,
  isExempt,
  removeRule,
  resetUsage,
  type RuleRow,
  rulesOf,
  rulesOfScope,
  setRule,
  unexempt,
} from "../../quota/rules.ts";
import { Refusal } from "../refusal.ts";
import { type Actor, changeBy, type GuildActor } from "./actor.ts";
import { audited, type Outcome } from "./audit.ts";
import { EVERYWHERE } from "./load-policy.ts";

/** Whose limits a server's admin changes: the whole server's, or those of each member, of a role, or of one member. */
export type QuotaTarget =
  | { readonly kind: "guild" }
  | { readonly kind: "everyone" }
  | { readonly kind: "role"; readonly roleId: string }
  | { readonly kind: "member"; readonly userId: string };

/** Where a target's limits lie. */
interface Subject {
  readonly scope: Exclude<QuotaScope, "global" | "user">;
  readonly subject: string;
}

function subjectOf(guildId: string, target: QuotaTarget): Subject {
  switch (target.kind) {
    case "guild":
      return { scope: "guild", subject: guildId };
    case "everyone":
      return { scope: "guild_user", subject: `${guildId}:${EVERYWHERE}` };
    case "role":
      return { scope: "role", subject: `${guildId}:${target.roleId}` };
    case "member":
      return { scope: "guild_user", subject: `${guildId}:${target.userId}` };
  }
}

export interface LimitChange {
  readonly period: QuotaPeriod;
  /** Thousandths of a credit; null takes the limit away. */
  readonly millicredits: number | null;
}

/**
 * Sets a limit inside a server, never above what the bot's owner gives to the whole of it.
 *
 * @returns the target's own limit, before and after
 * @throws {Refusal} `refusal.ceiling`
 */
export async function setLimit(
  db: Database,
  actor: GuildActor,
  { target, period, millicredits }: LimitChange & { target: QuotaTarget },
): Promise<Outcome<number | null>> {
  const key = { ...subjectOf(actor.guildId, target), period };
  const change = changeBy(actor, { action: `quota.set.${period}`, target: nameOf(key) });
  return audited<number | null>(db, change, async (tx) => {
    const ceiling = await ceilingOf(tx, actor.guildId, period);
    if (millicredits !== null && ceiling !== null && millicredits > ceiling.limit)
      throw new Refusal("refusal.ceiling", {
        credits: ceiling.limit / 1000,
        period: ceiling.period,
      });
    return changeLimit(tx, { ...key, millicredits, actor: actor.userId });
  });
}

export type OwnerLimit = LimitChange &
  (
    | { readonly scope: "global" }
    /** Of one server, or, with null, of each that has none of its own. */
    | { readonly scope: "guild_ceiling"; readonly guildId: string | null }
    /** Of one user everywhere, or, with null, of each. */
    | { readonly scope: "user"; readonly userId: string | null }
    /** Of each member in each server that says nothing else. */
    | { readonly scope: "guild_user" }
  );

/** Sets one of the owner's limits. @returns it before and after */
export async function setOwnerLimit(
  db: Database,
  actor: Actor,
  limit: OwnerLimit,
): Promise<Outcome<number | null>> {
  const { scope, period, millicredits } = limit;
  const key = { scope, subject: ownerSubject(limit), period };
  const change = changeBy(actor, { action: `quota.set.${period}`, target: nameOf(key) });
  return audited(db, change, (tx) =>
    changeLimit(tx, { ...key, millicredits, actor: actor.userId }),
  );
}

function ownerSubject(limit: OwnerLimit): string {
  switch (limit.scope) {
    case "global":
      return EVERYWHERE;
    case "guild_ceiling":
      return limit.guildId ?? EVERYWHERE;
    case "user":
      return limit.userId ?? EVERYWHERE;
    case "guild_user":
      return `${EVERYWHERE}:${EVERYWHERE}`;
  }
}

interface RuleChange extends LimitChange {
  readonly scope: QuotaScope;
  readonly subject: string;
  readonly actor: string;
}

async function changeLimit(
  tx: Database,
  { millicredits, actor, ...key }: RuleChange,
): Promise<{ before: number | null; after: number | null }> {
  const before = await findLimit(tx, key);
  if (millicredits === null) await removeRule(tx, key);
  else await setRule(tx, { ...key, limit: millicredits, actor });
  return { before, after: millicredits };
}

function nameOf({ scope, subject }: { scope: string; subject: string }): string {
  return `${scope} ${subject}`;
}

export interface GrantRequest {
  readonly target: Exclude<QuotaTarget, { kind: "everyone" }>;
  readonly millicredits: number;
  readonly expiresAt: Date | null;
  readonly reason: string | null;
}

/**
 * Gives credits on top of a target's limits inside the server; the owner's ceiling holds all the same.
 *
 * @returns what the target has in grants, in thousandths of a credit, before and after
 */
export async function giveCredits(
  db: Database,
  actor: GuildActor,
  { target, millicredits, expiresAt, reason }: GrantRequest,
): Promise<Outcome<number>> {
  const { scope, subject } = subjectOf(actor.guildId, target);
  const change = changeBy(actor, {
    action: "quota.grant",
    target: nameOf({ scope, subject }),
    reason: reason ?? undefined,
  });
  return audited(db, change, async (tx) => {
    const before = sumOf(await openGrants(tx, { scope, subject }));
    await grantCredits(tx, {
      id: randomUUID(),
      scope,
      subject,
      millicredits,
      expiresAt,
      reason,
      actor: actor.userId,
      idempotencyKey: actor.interactionId,
    });
    return { before, after: before + millicredits };
  });
}

function sumOf(grants: readonly GrantRow[]): number {
  return grants.reduce((sum, { remaining }) => sum + remaining, 0);
}

/**
 * Forgives what a server or a member has used so far.
 *
 * @returns what counted against the limits, in thousandths of a credit, before and after
 */
export async function forgiveUse(
  db: Database,
  actor: GuildActor,
  target: Extract<QuotaTarget, { kind: "guild" | "member" }>,
): Promise<Outcome<number>> {
  const guildId = actor.guildId;
  const key =
    target.kind === "guild"
      ? ({ scope: "guild", subject: guildId } as const)
      : ({ scope: "guild_user", subject: `${guildId}:${target.userId}` } as const);
  const change = changeBy(actor, { action: "quota.reset", target: nameOf(key) });
  return audited(db, change, async (tx) => {
    const before = await resetUsage(tx, {
      ...key,
      actor: actor.userId,
      idempotencyKey: actor.interactionId,
    });
    return { before, after: 0 };
  });
}

/** Frees a role or a member from the server's own limits, or no longer; the owner's go on counting. */
export async function setExemption(
  db: Database,
  actor: GuildActor,
  {
    target,
    isFree,
  }: { target: Extract<QuotaTarget, { kind: "role" | "member" }>; isFree: boolean },
): Promise<Outcome<boolean>> {
  const { guildId } = actor;
  const key =
    target.kind === "role"
      ? ({ scope: "role", subject: `${guildId}:${target.roleId}` } as const)
      : ({ scope: "guild_user", subject: `${guildId}:${target.userId}` } as const);
  return changeExemption(db, actor, { ...key, isFree });
}

/** Frees a user of all limits everywhere, or no longer: the owner alone may. */
export async function setOwnerExemption(
  db: Database,
  actor: Actor,
  { userId, isFree }: { userId: string; isFree: boolean },
): Promise<Outcome<boolean>> {
  return changeExemption(db, actor, { scope: "user", subject: userId, isFree });
}

async function changeExemption(
  db: Database,
  actor: Actor,
  { isFree, ...key }: { scope: "user" | "role" | "guild_user"; subject: string; isFree: boolean },
): Promise<Outcome<boolean>> {
  const change = changeBy(actor, { action: "quota.exempt", target: nameOf(key) });
  return audited(db, change, async (tx) => {
    const before = await isExempt(tx, key);
    if (isFree) await exempt(tx, { ...key, actor: actor.userId });
    else await unexempt(tx, key);
    return { before, after: isFree };
  });
}

/** What is set for a target. */
export interface QuotaShown {
  /** The target's own limits. */
  readonly own: readonly RuleRow[];
  /** The owner's ceilings over the whole server. */
  readonly ceilings: readonly RuleRow[];
  readonly isExempt: boolean;
  readonly grants: readonly GrantRow[];
}

export async function showQuota(
  db: Database,
  guildId: string,
  target: QuotaTarget,
): Promise<QuotaShown> {
  const key = subjectOf(guildId, target);
  const rules = await rulesOf(db, [key]);
  const ceilings = await rulesOf(db, [
    { scope: "guild_ceiling", subject: guildId },
    { scope: "guild_ceiling", subject: EVERYWHERE },
  ]);
  const own = new Set(
    ceilings.filter(({ subject }) => subject === guildId).map(({ period }) => period),
  );
  const { scope } = key;
  const mayBeExempt = scope === "role" || scope === "guild_user";
  return {
    own: rules,
    ceilings: ceilings.filter(({ subject, period }) => subject === guildId || !own.has(period)),
    isExempt: mayBeExempt && (await isExempt(db, { scope, subject: key.subject })),
    grants: await openGrants(db, key),
  };
}

/** Every limit that the owner has set, by scope. */
export async function ownerLimits(db: Database): Promise<RuleRow[]> {
  return [
    ...(await rulesOfScope(db, "global")),
    ...(await rulesOfScope(db, "guild_ceiling")),
    ...(await rulesOfScope(db, "user")),
    ...(await rulesOf(db, [{ scope: "guild_user", subject: `${EVERYWHERE}:${EVERYWHERE}` }])),
  ];
}
