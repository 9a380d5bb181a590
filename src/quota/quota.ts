import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query, queryValue } from "../db/database.ts";
import { QUOTA_PERIODS, QUOTA_SCOPES } from "../db/schema.ts";

export type QuotaScope = (typeof QUOTA_SCOPES)[number];
export type QuotaPeriod = (typeof QUOTA_PERIODS)[number];

/** Whose request it is. */
export interface Member {
  /** Null in a direct message: then only the limits of everyone and of the user count. */
  guildId: string | null;
  userId: string;
  roleIds: readonly string[];
  /** The guild's, as in the IANA database: when its days and months begin. */
  timeZone: string;
}

export interface ReserveRequest extends Member {
  /** Of the reservation to be, a UUID; the job's id. */
  id: string;
  /** The interaction's id. */
  idempotencyKey: string;
  /** Whole, 0 or more. */
  millicredits: number;
}

const reserveSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("reserved"), id: z.uuid() }),
  /** This key has reserved before, under this id. */
  z.object({ outcome: z.literal("repeated"), id: z.uuid() }),
  z.object({
    outcome: z.literal("refused"),
    scope: z.enum(QUOTA_SCOPES),
    period: z.enum(QUOTA_PERIODS),
    /** Thousandths of a credit. */
    limit: z.number(),
    /** Null for `total`, which never renews. */
    renewsAt: z.coerce.date().nullable(),
    /** What would still fit into every window now, in thousandths of a credit. */
    fits: z.number(),
  }),
]);
/** What became of a reservation; a refusal names the limit that was in the way. */
export type ReserveOutcome = z.infer<typeof reserveSchema>;

/**
 * Holds a request's cost in all windows of the member, or in none: one guarded statement for each window, by the
 * database's clock. Meant for the transaction that makes the job; a refusal leaves that transaction usable.
 */
export async function reserve(db: Database, request: ReserveRequest): Promise<ReserveOutcome> {
  const { id, idempotencyKey, millicredits } = request;
  const { guildId, userId, roles, timeZone } = parameters(request);
  return queryValue(
    db,
    sql`select quota_reserve(${id}::uuid, ${idempotencyKey}, ${guildId}, ${userId}, ${roles}, ${millicredits}::bigint, ${timeZone})`,
    reserveSchema,
  );
}

/**
 * Charges what the work cost in thousandths of a credit, and never more than was reserved.
 *
 * @returns false, and nothing is changed, when the reservation has ended already.
 */
export async function settle(db: Database, id: string, millicredits: number): Promise<boolean> {
  return queryValue(db, sql`select quota_end(${id}::uuid, ${millicredits}::bigint)`, z.boolean());
}

/** Gives a reservation back. @returns false, and nothing is changed, when it has ended already. */
export async function release(db: Database, id: string): Promise<boolean> {
  return queryValue(db, sql`select quota_end(${id}::uuid, null)`, z.boolean());
}

const usageSchema = z.object({
  scope: z.enum(QUOTA_SCOPES),
  subject: z.string(),
  period: z.enum(QUOTA_PERIODS),
  limit: z.number(),
  used: z.number(),
  held: z.number(),
  /** What grants add to this scope, once for all its periods. */
  granted: z.number(),
  renewsAt: z.coerce.date().nullable(),
});
/** One of a member's windows: thousandths of a credit, and when it begins anew. */
export type QuotaUsage = z.infer<typeof usageSchema>;

/** Where a member stands, in the order of scope and period. */
export async function usage(db: Database, member: Member): Promise<QuotaUsage[]> {
  const { guildId, userId, roles, timeZone } = parameters(member);
  return query(
    db,
    sql`select scope, subject, period, max_millicredits::float8 as "limit", used::float8, held::float8, granted::float8,
        to_json(renews_at) as "renewsAt"
      from quota_usage(${guildId}, ${userId}, ${roles}, ${timeZone}) order by scope, period`,
    usageSchema,
  );
}

/**
 * What a request of this member may cost now, in thousandths of a credit: the narrowest window with its grants.
 *
 * @returns null where nothing limits the member
 */
export async function fitsNow(db: Database, member: Member): Promise<number | null> {
  const { guildId, userId, roles, timeZone } = parameters(member);
  return queryValue(
    db,
    sql`select quota_fits(${guildId}, ${userId}, ${roles}, ${timeZone})::float8`,
    z.number().nullable(),
  );
}

/** Roles travel as one Postgres array literal: drivers differ in how they send a list. */
function parameters({ guildId, userId, roleIds, timeZone }: Member) {
  const list = sql.join(
    roleIds.map((role) => sql`${role}`),
    sql`, `,
  );
  return {
    guildId: sql`${guildId}::text`,
    userId: sql`${userId}::text`,
    roles: sql`array[${list}]::text[]`,
    timeZone: sql`${timeZone}::text`,
  };
}

/** How many accounts disagree with the reservations or the ledger; anything but 0 is a bug. */
export async function countViolations(db: Database): Promise<number> {
  return queryValue(db, sql`select quota_violations()::int`, z.number());
}
