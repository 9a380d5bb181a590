import { randomUUID } from "node:crypto";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../../src/db/database.ts";
import * as schema from "../../src/db/schema.ts";
import { audited } from "../../src/generation/policy/audit.ts";
import { grantCredits } from "../../src/quota/grants.ts";
import { reserve, settle } from "../../src/quota/quota.ts";
import { takeRate } from "../../src/quota/rate-limit.ts";
import { exempt, resetUsage, setRule } from "../../src/quota/rules.ts";

/** The user whom `seed` writes everywhere: digits that nothing else holds. */
export const ME = "9876543210123456789";
export const OTHER = "1111";
export const GUILD = "500";

export async function tablesOf(db: Database): Promise<string[]> {
  const rows = await query(
    db,
    sql`select table_name::text as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
    z.object({ name: z.string() }),
  );
  return rows.map(({ name }) => name);
}

/** Empties every table of the program: twenty times as fast as `truncate`, which makes new files for each. */
export async function emptyTables(db: Database): Promise<void> {
  const tables = await tablesOf(db);
  await db.transaction(async (tx) => {
    // Without triggers: foreign keys have nothing to hold, and the ledger may be emptied.
    await tx.execute(sql`set local session_replication_role = replica`);
    for (const table of tables) await tx.execute(sql`delete from ${sql.identifier(table)}`);
  });
}

const place = (userId: string) => ({
  applicationId: "1",
  interaction: { id: "2", token: "secret-token", createdAt: new Date() },
  guildId: GUILD,
  channelId: "3",
  userId,
});

/** A job with one picture, posted; `created` days ago. */
export async function addPicture(
  db: Database,
  userId: string,
  {
    daysAgo = 0,
    state = "done",
    jobId = randomUUID(),
    pictureId = randomUUID(),
  }: { daysAgo?: number; state?: "done" | "waiting"; jobId?: string; pictureId?: string } = {},
): Promise<{ jobId: string; pictureId: string }> {
  const createdAt = new Date(Date.now() - daysAgo * 86_400_000);
  await db.insert(schema.job).values({
    id: jobId,
    interactionId: randomUUID(),
    kind: "generate",
    origin: "imagine",
    state,
    request: { userPrompt: "a red apple" },
    place: place(userId),
    guildId: GUILD,
    channelId: "3",
    userId,
    model: "emoji",
    width: 64,
    height: 64,
    cost: 1000,
    createdAt,
    endedAt: state === "done" ? createdAt : null,
  });
  await db.insert(schema.picture).values({
    id: pictureId,
    jobId,
    index: 0,
    userId,
    guildId: GUILD,
    channelId: "3",
    prompt: "a red apple",
    recipe: {},
    width: 64,
    height: 64,
    latents: new Uint8Array([1, 2]),
    original: `${jobId}-0.png`,
    thumbnail: new Uint8Array([3]),
    createdAt,
  });
  await db.insert(schema.delivery).values({
    jobId,
    nonce: jobId.slice(0, 25),
    state: "posted",
    channelId: "3",
    messageId: `message-${jobId}`,
  });
  return { jobId, pictureId };
}

/** Puts the user's id wherever this program ever writes one. */
export async function seed(
  db: Database,
): Promise<{ mine: string; waiting: string; theirs: string }> {
  const made = { createdBy: ME };
  await db.insert(schema.guild).values({ id: GUILD, name: "Guild", state: "approved" });
  await db
    .insert(schema.channelRule)
    .values({ guildId: GUILD, channelId: "3", rule: "allow", ...made });
  await db.insert(schema.allowedRole).values({ guildId: GUILD, roleId: "4", ...made });
  await db.insert(schema.wordRule).values({ guildId: GUILD, kind: "word", text: "x", ...made });
  await db
    .insert(schema.style)
    .values({ guildId: GUILD, name: "s", template: "{prompt}", ...made });
  await db.insert(schema.block).values({ guildId: GUILD, userId: ME, ...made });
  await db.insert(schema.userSettings).values({ userId: ME, settings: { mention: false } });

  const mine = await addPicture(db, ME);
  const waiting = await addPicture(db, ME, { state: "waiting" });
  const theirs = await addPicture(db, OTHER);
  await db.insert(schema.proposal).values({
    id: randomUUID(),
    userId: ME,
    wish: { kind: "imagine", origin: "imagine", options: { prompt: "a red apple" } },
    place: place(ME),
    cost: 9000,
  });
  await db.insert(schema.favourite).values([
    { userId: ME, pictureId: theirs.pictureId },
    { userId: OTHER, pictureId: theirs.pictureId },
  ]);
  await db.execute(sql`update job set error = ${JSON.stringify({ code: "cancelled", byUserId: ME })}::jsonb
    where id = ${theirs.jobId}`);
  await db.insert(schema.moderationNotice).values({
    id: mine.jobId,
    kind: "private-picture",
    guildId: GUILD,
    channelId: "log",
    messageId: "log-message",
  });
  await seedQueue(db, waiting.jobId);
  await seedReports(db, { about: mine.jobId, by: theirs.jobId });
  await seedQuota(db, waiting.jobId);
  return { mine: mine.jobId, waiting: waiting.jobId, theirs: theirs.jobId };
}

async function seedQueue(db: Database, id: string): Promise<void> {
  const guild = `dm:${ME}`;
  await db
    .insert(schema.queueEntry)
    .values({ id, guild, userId: ME, roleIds: [], model: "emoji", cost: 1, weight: 100 });
  await db.insert(schema.fairGuild).values({ guild });
  await db.insert(schema.fairUser).values({ guild, userId: ME });
}

async function seedReports(db: Database, jobs: { about: string; by: string }): Promise<void> {
  const report = {
    guildId: GUILD,
    channelId: "3",
    evidence: { prompt: "a red apple" },
    heldUntil: new Date(Date.now() + 86_400_000),
  };
  await db.insert(schema.report).values([
    {
      ...report,
      id: randomUUID(),
      jobId: jobs.about,
      messageId: "m1",
      reporterId: OTHER,
      userId: ME,
    },
    {
      ...report,
      id: randomUUID(),
      jobId: jobs.by,
      messageId: "m2",
      reporterId: ME,
      userId: OTHER,
      decidedBy: ME,
    },
  ]);
}

async function seedQuota(db: Database, waitingJob: string): Promise<void> {
  for (const [scope, subject] of [
    ["user", ME],
    ["guild_user", `${GUILD}:${ME}`],
  ] as const) {
    for (const period of ["minute", "month", "total"] as const)
      await setRule(db, { scope, subject, period, limit: 10_000, actor: ME });
    await grantCredits(db, {
      id: randomUUID(),
      scope,
      subject,
      millicredits: 5000,
      expiresAt: null,
      reason: null,
      actor: ME,
      idempotencyKey: `grant ${scope}`,
    });
    await resetUsage(db, { scope, subject, actor: ME, idempotencyKey: `reset ${scope}` });
  }
  const member = { guildId: GUILD, userId: ME, roleIds: [], timeZone: "UTC" };
  const settled = randomUUID();
  await reserve(db, { ...member, id: settled, idempotencyKey: "a", millicredits: 12_000 });
  await settle(db, settled, 12_000);
  await reserve(db, { ...member, id: waitingJob, idempotencyKey: "b", millicredits: 1000 });
  await exempt(db, { scope: "user", subject: ME, actor: ME });
  await takeRate(db, `user:${ME}`, { burst: 5, secondsEach: 1 });
  await audited(
    db,
    { interactionId: "i", actor: ME, guildId: GUILD, action: "block", target: ME },
    async () => ({ before: null, after: { userId: ME } }),
  );
}
