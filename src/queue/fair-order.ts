import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import type { GpuJob } from "./job-engine.ts";

/**
 * Start-time fair queueing by cost: guilds share the GPU, users share their guild's part. The rules are in the migration
 * `fair_queue_functions` and `fair_order_window`; what they order by is in the tables `queue_entry` and `fair_*`.
 */

/** A list as Postgres' own array: drivers differ in how they send one. */
export function textArray(values: readonly string[]) {
  const list = sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
  return sql`array[${list}]::text[]`;
}

/** Takes a job into its guild's line. @returns false, and nothing is changed, when it is there already. */
export async function enterLine(tx: Database, { id, model, fairness }: GpuJob): Promise<boolean> {
  const { guild, userId, roleIds, cost } = fairness;
  const [found] = await query(
    tx,
    sql`select fair_enqueue(${id}::uuid, ${guild}, ${userId}, ${textArray(roleIds)}, ${model}, ${cost}::bigint) as "isNew"`,
    z.object({ isNew: z.boolean() }),
  );
  return found?.isNew ?? false;
}

const startSchema = z.object({
  mustRetag: z.boolean(),
  mustRebase: z.boolean(),
  guild: z.string().nullable(),
});

/** Charges a job's guild and user for a start of it. */
export async function payForStart(db: Database, id: string): Promise<z.infer<typeof startSchema>> {
  const [found] = await query(
    db,
    sql`select must_retag as "mustRetag", must_rebase as "mustRebase",
      (select guild from queue_entry where id = ${id}::uuid) as guild from fair_start(${id}::uuid)`,
    startSchema,
  );
  return found ?? { mustRetag: false, mustRebase: false, guild: null };
}

/** Takes a job out of its guild's line, for good. */
export async function leaveLine(tx: Database, id: string): Promise<void> {
  await tx.execute(sql`delete from queue_entry where id = ${id}::uuid`);
}

/** Waits until this transaction alone may change a guild's order. */
export async function lockLine(tx: Database, guild: string): Promise<void> {
  await tx.execute(sql`select from fair_lock(${guild})`);
}

/** Gives the waiting jobs of a guild their members' present weights; their order is the caller's to change. */
export async function weighLine(tx: Database, guild: string): Promise<void> {
  await tx.execute(
    sql`update queue_entry set weight = fair_member_weight(guild, role_ids) where guild = ${guild} and started_at is null`,
  );
}
