import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../../db/database.ts";
import { release } from "../../quota/quota.ts";
import type { Forgotten } from "../generation-port.ts";
import { escapeLike, FORGOTTEN, PERSONAL_TABLES } from "./personal-tables.ts";

const rowSchema = z.object({ row: z.record(z.string(), z.unknown()) });

/**
 * All that is stored of a user, by table, for a JSON file. Pictures are named, not included: their files are in Discord,
 * and the originals behind the links of their cards.
 */
export async function exportOf(
  db: Database,
  userId: string,
): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (const { table, isTheirs, without = [] } of PERSONAL_TABLES) {
    // An interaction's token is a key to an answer, not knowledge about a person.
    const omitted = sql.join(
      without.map((column) => sql`${column}`),
      sql`, `,
    );
    const rows = await query(
      db,
      sql`select (to_jsonb(t) - array[${omitted}]::text[]) #- '{place,interaction,token}' as row
        from ${sql.identifier(table)} t where ${isTheirs(userId)}`,
      rowSchema,
    );
    found[table] = rows.map(({ row }) => row);
  }
  return found;
}

/**
 * Deletes what is stored of a user: jobs that wait are given up, pictures, prompts and choices go, and accounts lose the
 * name. What stays, each for a stated time: blocks, limits, exemptions and grants while they hold; what was used of a
 * running period's limits, until it ends (deleting would otherwise renew them); evidence of reports, until its hold
 * is over; the audit log, for its own retention. Files of the pictures are removed by {@link removeOrphans}.
 */
export async function forget(db: Database, userId: string): Promise<Forgotten> {
  return db.transaction(async (tx) => {
    await giveUpJobs(tx, userId);
    const messages = await query(tx, messagesOf(userId), messageSchema);
    const pictures = await query(
      tx,
      sql`select id::text from picture where user_id = ${userId}`,
      idSchema,
    );
    await tx.execute(
      sql`delete from moderation_notice where kind = 'private-picture' and id in (select id from job where user_id = ${userId})`,
    );
    const jobs = await query(
      tx,
      sql`delete from job where user_id = ${userId} returning id::text`,
      idSchema,
    );
    await tx.execute(sql`delete from proposal where user_id = ${userId}`);
    await tx.execute(sql`delete from favourite where user_id = ${userId}`);
    await tx.execute(sql`delete from user_settings where user_id = ${userId}`);
    await loseName(tx, userId);
    return { jobs: jobs.length, pictures: pictures.length, messages };
  });
}

const idSchema = z.object({ id: z.string() });
const messageSchema = z.object({ channelId: z.string(), messageId: z.string() });

/** Where the bot shows this user's pictures: the cards, and the private ones' notes for moderators. */
function messagesOf(userId: string): SQL {
  return sql`select d.channel_id as "channelId", d.message_id as "messageId"
      from delivery d join job j on j.id = d.job_id
      where j.user_id = ${userId} and d.channel_id is not null and d.message_id is not null
    union
    select n.channel_id, n.message_id from moderation_notice n join job j on j.id = n.id
      where j.user_id = ${userId} and n.kind = 'private-picture' and n.channel_id is not null and n.message_id is not null`;
}

/** A worker that runs one of them finds at its end that nobody waits for it, and the queue's entry ends by itself. */
async function giveUpJobs(tx: Database, userId: string): Promise<void> {
  const held = await query(
    tx,
    sql`select id::text from reservation where user_id = ${userId} and state = 'held'`,
    idSchema,
  );
  for (const { id } of held) await release(tx, id);
}

/** Accounts must add up for ever, so their lines stay, without the name. */
async function loseName(tx: Database, userId: string): Promise<void> {
  const inGuild = `%:${escapeLike(userId)}`;
  await tx.execute(sql`select quota_close('0', ${userId})`);
  await tx.execute(sql`select quota_close('0', ${inGuild})`);
  await tx.execute(sql`update reservation set user_id = ${FORGOTTEN}, grants = coalesce((
      select jsonb_agg(e.value || jsonb_build_object('subject', ${FORGOTTEN}::text) order by e.ordinality)
      from jsonb_array_elements(grants) with ordinality e), '[]')
    where user_id = ${userId}`);
  await tx.execute(sql`set local sanabot.forgetting = 'on'`);
  await tx.execute(sql`update credit_ledger set
      subject = case when subject = ${userId} or subject like ${inGuild} then ${FORGOTTEN} else subject end,
      actor = case when actor = ${userId} then ${FORGOTTEN} else actor end
    where subject = ${userId} or subject like ${inGuild} or actor = ${userId}`);
  await tx.execute(sql`set local sanabot.forgetting = 'off'`);
  // Unique for each message, also where two people who reported it were forgotten.
  await tx.execute(
    sql`update report set reporter_id = ${FORGOTTEN} || ':' || id where reporter_id = ${userId}`,
  );
  await tx.execute(sql`update report set decided_by = ${FORGOTTEN} where decided_by = ${userId}`);
  await tx.execute(
    sql`update job set error = error - 'byUserId' where error->>'byUserId' = ${userId}`,
  );
}
