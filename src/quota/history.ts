import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";

/** Whose account it is: a guild's, a user's, or a user's in one guild. */
export interface AccountFilter {
  readonly guildId?: string | undefined;
  readonly userId?: string | undefined;
}

const lineSchema = z.object({
  id: z.number(),
  at: z.coerce.date(),
  kind: z.string(),
  /** Thousandths of a credit. */
  amount: z.number(),
  userId: z.string().nullable(),
  guildId: z.string().nullable(),
  /** The job of a charge. */
  reservationId: z.string().nullable(),
  /** Of a grant or a reset, which concern a subject instead of a job. */
  scope: z.string().nullable(),
  subject: z.string().nullable(),
  actor: z.string().nullable(),
});
/** A line of the ledger with whom it concerns. */
export type LedgerLine = z.infer<typeof lineSchema>;

/** The newest lines of an account; a reset where nothing was used changed nothing, and is none. */
export async function readLedger(
  db: Database,
  filter: AccountFilter,
  limit: number,
): Promise<LedgerLine[]> {
  return query(
    db,
    sql`select l.id::float8, to_json(l.at) as at, l.kind, l.amount::float8, r.user_id as "userId", r.guild_id as "guildId",
        l.reservation_id::text as "reservationId", l.scope, l.subject, l.actor
      from credit_ledger l left join reservation r on r.id = l.reservation_id
      where (${isOf(filter)}) and not (l.kind = 'reset' and l.amount = 0) order by l.id desc limit ${limit}`,
    lineSchema,
  );
}

function isOf({ guildId, userId }: AccountFilter): SQL {
  if (guildId !== undefined && userId !== undefined)
    return sql`(r.guild_id = ${guildId} and r.user_id = ${userId}) or (l.scope = 'guild_user' and l.subject = ${`${guildId}:${userId}`})`;
  if (guildId !== undefined)
    return sql`r.guild_id = ${guildId} or (l.scope in ('guild', 'guild_ceiling') and l.subject = ${guildId})
      or (l.scope in ('role', 'guild_user') and starts_with(l.subject, ${`${guildId}:`}))`;
  if (userId !== undefined)
    return sql`r.user_id = ${userId} or (l.scope = 'user' and l.subject = ${userId})`;
  return sql`true`;
}

const COLUMNS = [
  "id",
  "at",
  "kind",
  "credits",
  "user",
  "guild",
  "job",
  "scope",
  "subject",
  "actor",
] as const;

/** The lines as comma-separated values (RFC 4180), the oldest first. */
export function ledgerCsv(lines: readonly LedgerLine[]): string {
  const rows = lines
    .toReversed()
    .map(({ id, at, kind, amount, userId, guildId, reservationId, scope, subject, actor }) => [
      id,
      at.toISOString(),
      kind,
      amount / 1000,
      userId,
      guildId,
      reservationId,
      scope,
      subject,
      actor,
    ]);
  return csv([COLUMNS, ...rows]);
}

/** Rows as RFC 4180 has them; no cell can be a formula, whatever a spreadsheet does with it. */
export function csv(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
