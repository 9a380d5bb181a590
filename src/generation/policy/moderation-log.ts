import { and, asc, eq, sql } from "drizzle-orm";
import type { Logger } from "pino";

import type { Database } from "../../db/database.ts";
import { guild, job, moderationNotice, picture, report } from "../../db/schema.ts";
import { parseGuildSettings } from "./guild-settings.ts";
import type { ModerationNotice, ModerationPoster } from "./moderation-notice.ts";
import { noticeOfReport } from "./reports.ts";

/** Notices of one round; the next round takes the rest. */
const BATCH = 20;
/** Hours for which a notice is tried: a log channel that cannot be reached for longer is given up. */
const MAX_AGE_HOURS = 24;

/**
 * Shows the moderators what they have not seen yet: reports, and private pictures, each once. A server without a log
 * channel is shown nothing; its reports are listed by `/mod reports`.
 */
export async function postModerationNotices(
  db: Database,
  { poster, log }: { poster: ModerationPoster; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  await notePrivatePictures(db);
  const waiting = await db
    .select()
    .from(moderationNotice)
    .where(
      and(
        sql`${moderationNotice.postedAt} is null`,
        sql`${moderationNotice.createdAt} > now() - make_interval(hours => ${MAX_AGE_HOURS})`,
      ),
    )
    .orderBy(asc(moderationNotice.createdAt))
    .limit(BATCH);
  for (const row of waiting) {
    if (signal.aborted) return;
    try {
      await postOne(db, { row, poster }, signal);
    } catch (error) {
      log.warn({ err: error, noticeId: row.id, guildId: row.guildId }, "the moderators' log waits");
    }
  }
}

/** A finished private picture is noted here rather than where it is drawn: workers know nothing of log channels. */
async function notePrivatePictures(db: Database): Promise<void> {
  await db.execute(sql`insert into moderation_notice (id, kind, guild_id)
    select j.id, 'private-picture', j.guild_id from job j
    where j.is_private and j.state = 'done' and j.guild_id is not null and j.ended_at > now() - make_interval(hours => ${MAX_AGE_HOURS})
    on conflict do nothing`);
}

type NoticeRow = typeof moderationNotice.$inferSelect;

async function postOne(
  db: Database,
  { row, poster }: { row: NoticeRow; poster: ModerationPoster },
  signal: AbortSignal,
): Promise<void> {
  const [found] = await db.select().from(guild).where(eq(guild.id, row.guildId));
  const { logChannelId } = parseGuildSettings(found?.settings ?? {});
  const notice = logChannelId === null ? null : await noticeOf(db, row, logChannelId);
  const messageId = notice === null ? null : await poster.post(notice, signal);
  await db
    .update(moderationNotice)
    .set({
      postedAt: sql`now()`,
      ...(messageId === null ? {} : { channelId: logChannelId, messageId }),
    })
    .where(eq(moderationNotice.id, row.id));
}

/** Null where what it was about is gone. */
async function noticeOf(
  db: Database,
  { id, kind, guildId }: NoticeRow,
  channelId: string,
): Promise<ModerationNotice | null> {
  const base = { id, kind, guildId, channelId };
  if (kind === "private-picture") {
    const pictures = await db
      .select({ prompt: picture.prompt, thumbnail: picture.thumbnail, userId: job.userId })
      .from(picture)
      .innerJoin(job, eq(job.id, picture.jobId))
      .where(eq(picture.jobId, id))
      .orderBy(asc(picture.index));
    const [first] = pictures;
    if (first === undefined) return null;
    const prompts = [...new Set(pictures.map(({ prompt }) => prompt))];
    const thumbnails = pictures.flatMap(({ thumbnail }) => thumbnail ?? []);
    return { ...base, userId: first.userId, prompts, thumbnails, isPrivate: true, report: null };
  }
  const [row] = await db.select().from(report).where(eq(report.id, id));
  if (row === undefined) return null;
  return { ...noticeOfReport(row), channelId };
}
