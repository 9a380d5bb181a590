import { type SQL, sql } from "drizzle-orm";

/** In the place of the id of somebody who was forgotten. */
export const FORGOTTEN = "forgotten";

/** Rows that concern one user: what `/privacy export` lists. */
export interface PersonalTable {
  readonly table: string;
  /** `t` is the table. */
  readonly isTheirs: (userId: string) => SQL;
  /** Columns that are not exported: bytes, and what belongs to others. */
  readonly without?: readonly string[];
}

/** A user's own limits and windows: those everywhere, and those in one guild. */
function isSubject(userId: string): SQL {
  return sql`(t.scope = 'user' and t.subject = ${userId}) or (t.scope = 'guild_user' and t.subject like ${`%:${escapeLike(userId)}`})`;
}

/** For `like`, with the id taken literally. */
export function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}

/** Every table that says something about a user; a test finds the one that is missing. */
export const PERSONAL_TABLES: readonly PersonalTable[] = [
  { table: "user_settings", isTheirs: (id) => sql`t.user_id = ${id}` },
  { table: "proposal", isTheirs: (id) => sql`t.user_id = ${id}` },
  { table: "job", isTheirs: (id) => sql`t.user_id = ${id}` },
  {
    table: "picture",
    isTheirs: (id) => sql`t.user_id = ${id}`,
    without: ["latents", "thumbnail"],
  },
  {
    table: "delivery",
    isTheirs: (id) => sql`exists (select from job where job.id = t.job_id and job.user_id = ${id})`,
  },
  { table: "favourite", isTheirs: (id) => sql`t.user_id = ${id}` },
  {
    // Those that they made; who complained about them stays between that person and the moderators.
    table: "report",
    isTheirs: (id) => sql`t.reporter_id = ${id}`,
    without: ["evidence", "user_id", "decided_by"],
  },
  { table: "block", isTheirs: (id) => sql`t.user_id = ${id}` },
  { table: "quota_rule", isTheirs: isSubject },
  { table: "quota_exemption", isTheirs: isSubject },
  { table: "quota_window", isTheirs: isSubject },
  { table: "credit_grant", isTheirs: isSubject },
  { table: "reservation", isTheirs: (id) => sql`t.user_id = ${id}` },
  {
    table: "credit_ledger",
    isTheirs: (id) =>
      sql`(${isSubject(id)}) or t.actor = ${id} or exists (select from reservation r where r.id = t.reservation_id and r.user_id = ${id})`,
  },
  { table: "audit_log", isTheirs: (id) => sql`t.actor = ${id} or t.target = ${id}` },
];
