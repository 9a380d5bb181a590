import { sql } from "drizzle-orm";
import {
  bigserial,
  check,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

import { made, millicredits, moment, oneOf } from "./columns.ts";

/**
 * Whose use a limit counts. The bot's owner sets `global`, `user` and `guild_ceiling`, which a guild's admins divide by
 * `guild`, `role` and `guild_user`. `role` gives its members a limit of `guild_user`; it counts nothing of its own.
 */
export const QUOTA_SCOPES = [
  "global",
  "guild_ceiling",
  "guild",
  "role",
  "user",
  "guild_user",
] as const;
/** Who can be freed: `user` of all limits, by the owner; the others, by an admin, of those of their guild only. */
export const EXEMPTION_SCOPES = ["role", "user", "guild_user"] as const;
/** Whose limits a grant adds to; one to a role is a pot that its members share. */
export const GRANT_SCOPES = ["guild_ceiling", "guild", "role", "user", "guild_user"] as const;
export const QUOTA_PERIODS = ["minute", "hour", "day", "month", "total"] as const;
const RESERVATION_STATES = ["held", "settled", "released"] as const;
const LEDGER_KINDS = ["hold", "settle", "release", "reset", "grant", "expire"] as const;

/**
 * A limit on a period's use. The subject is an id of Discord's, `guild:user` or `guild:role`; `*` in the place of an
 * id is everyone who has no rule of their own.
 */
export const quotaRule = pgTable(
  "quota_rule",
  {
    scope: text({ enum: QUOTA_SCOPES }).notNull(),
    subject: text().notNull(),
    period: text({ enum: QUOTA_PERIODS }).notNull(),
    maxMillicredits: millicredits("max_millicredits").notNull(),
    ...made(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.subject, table.period] }),
    check("quota_rule_scope", oneOf("scope", QUOTA_SCOPES)),
    check("quota_rule_period", oneOf("period", QUOTA_PERIODS)),
    check("quota_rule_limit", sql`${table.maxMillicredits} >= 0`),
  ],
);

/** Who is charged nothing: a user, `guild:user` or `guild:role`. */
export const quotaExemption = pgTable(
  "quota_exemption",
  {
    scope: text({ enum: EXEMPTION_SCOPES }).notNull(),
    subject: text().notNull(),
    ...made(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.subject] }),
    check("quota_exemption_scope", oneOf("scope", EXEMPTION_SCOPES)),
  ],
);

/**
 * What one subject used in one period. The limit is not in here: it is compared in the statement that reserves, so
 * that lowering it never makes a settlement fail.
 */
export const quotaWindow = pgTable(
  "quota_window",
  {
    scope: text({ enum: QUOTA_SCOPES }).notNull(),
    subject: text().notNull(),
    period: text({ enum: QUOTA_PERIODS }).notNull(),
    startsAt: moment("starts_at").notNull(),
    /** Of settled reservations. */
    used: millicredits("used").notNull().default(0),
    /** Of reservations that are neither settled nor released. */
    held: millicredits("held").notNull().default(0),
    /** What resets took off; never more than was used. */
    forgiven: millicredits("forgiven").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.subject, table.period, table.startsAt] }),
    check(
      "quota_window_bounds",
      sql`${table.held} >= 0 and ${table.forgiven} between 0 and ${table.used}`,
    ),
  ],
);

/** One charge: it remembers its windows, so that a job that ends after midnight is settled on its own day. */
export const reservation = pgTable(
  "reservation",
  {
    id: uuid().primaryKey(),
    /** The interaction's id: the same one reserves once, however often it is sent. */
    idempotencyKey: text("idempotency_key").notNull().unique(),
    guildId: text("guild_id"),
    userId: text("user_id").notNull(),
    reserved: millicredits("reserved").notNull(),
    state: text({ enum: RESERVATION_STATES }).notNull().default("held"),
    charged: millicredits("charged"),
    /** `[{ scope, subject, period, starts_at, amount }]`: what it holds in each, less than `reserved` where grants gave the rest. */
    windows: jsonb().notNull().default([]),
    /** `[{ id, scope, subject, amount }]`: what it took from each grant; once it is settled, what it spent of it. */
    grants: jsonb().notNull().default([]),
    createdAt: moment("created_at").notNull().defaultNow(),
    endedAt: moment("ended_at"),
  },
  (table) => [
    check("reservation_state", oneOf("state", RESERVATION_STATES)),
    check(
      "reservation_amount",
      sql`${table.reserved} >= 0 and ${table.charged} <= ${table.reserved}`,
    ),
    index("reservation_held")
      .on(table.createdAt)
      .where(sql`state = 'held'`),
    index("reservation_user").on(table.userId, table.createdAt),
    index("reservation_ended").on(table.endedAt),
  ],
);

/** Every change of every account, in order; a trigger refuses to change or delete a row. */
export const creditLedger = pgTable(
  "credit_ledger",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    reservationId: uuid("reservation_id").references(() => reservation.id),
    kind: text({ enum: LEDGER_KINDS }).notNull(),
    amount: millicredits("amount").notNull(),
    scope: text(),
    subject: text(),
    actor: text(),
    /** Of a reset: the interaction that asked for it. */
    idempotencyKey: text("idempotency_key").unique(),
    at: moment("at").notNull().defaultNow(),
  },
  (table) => [
    unique("credit_ledger_once").on(table.reservationId, table.kind),
    check("credit_ledger_kind", oneOf("kind", LEDGER_KINDS)),
  ],
);

/**
 * Credits on top of a subject's limits: they are taken when its windows have no more room, those that expire first
 * before the others.
 */
export const creditGrant = pgTable(
  "credit_grant",
  {
    id: uuid().primaryKey(),
    scope: text({ enum: GRANT_SCOPES }).notNull(),
    /** As in `quota_rule`, but always one subject's. */
    subject: text().notNull(),
    amount: millicredits("amount").notNull(),
    /** What nobody holds or has spent. */
    remaining: millicredits("remaining").notNull(),
    /** Null: never. */
    expiresAt: moment("expires_at"),
    reason: text(),
    /** The interaction that gave it: the same one gives once. */
    idempotencyKey: text("idempotency_key").notNull().unique(),
    ...made(),
  },
  (table) => [
    check("credit_grant_scope", oneOf("scope", GRANT_SCOPES)),
    check("credit_grant_remaining", sql`${table.remaining} between 0 and ${table.amount}`),
    index("credit_grant_subject").on(table.scope, table.subject, table.expiresAt),
  ],
);

/** Bursts, by the generic cell rate algorithm: when the bucket would be empty again. */
export const rateBucket = pgTable("rate_bucket", {
  key: text().primaryKey(),
  emptyAt: moment("empty_at").notNull(),
});
