import { randomUUID } from "node:crypto";

import { and, asc, eq, sql } from "drizzle-orm";
import { z } from "zod";

import type { Database } from "../../db/database.ts";
import { delivery, job, moderationNotice, picture, report } from "../../db/schema.ts";
import { picturesShown } from "../history.ts";
import { Refusal } from "../refusal.ts";
import type { Shown } from "../types.ts";
import { changeBy, type GuildActor } from "./actor.ts";
import { audited, type Outcome } from "./audit.ts";
import type { ModerationNotice } from "./moderation-notice.ts";

/** Days for which a report's evidence is kept, also where the picture is deleted; the reporter is told. */
export const EVIDENCE_DAYS = 30;
/** Characters of a reason. */
export const MAX_REASON = 500;

const evidenceSchema = z.object({
  prompts: z.array(z.string()),
  /** WebP, base64. */
  thumbnails: z.array(z.string()),
  isPrivate: z.boolean(),
});
/** What a picture's message was, for whoever decides about it later. */
type Evidence = z.infer<typeof evidenceSchema>;

export interface ReportRequest {
  readonly guildId: string;
  readonly channelId: string;
  readonly messageId: string;
  readonly reporterId: string;
  readonly reason: string;
  /** What the message's own buttons say that it shows, where they do. */
  readonly shown: Shown | null;
  /** Read from the message, for what that the database does not know any more. */
  readonly prompt: string | null;
}

export type ReportRow = typeof report.$inferSelect;

/**
 * Takes a complaint about one of the bot's messages, and queues it for the moderators' log channel. A second report of the
 * same message by the same person changes nothing.
 *
 * @returns false for such a second one
 * @throws {Refusal} `refusal.picture-gone` for a message that shows nothing of ours
 */
export async function fileReport(db: Database, request: ReportRequest): Promise<boolean> {
  const { guildId, channelId, messageId, reporterId } = request;
  return db.transaction(async (tx) => {
    const about = await findReported(tx, request);
    const id = randomUUID();
    const filed = await tx
      .insert(report)
      .values({
        id,
        guildId,
        jobId: about.jobId,
        channelId,
        messageId,
        reporterId,
        userId: about.userId,
        reason: request.reason.trim().slice(0, MAX_REASON),
        evidence: about.evidence,
        heldUntil: sql`now() + make_interval(days => ${EVIDENCE_DAYS})`,
      })
      .onConflictDoNothing()
      .returning({ id: report.id });
    if (filed.length === 0) return false;
    await tx.insert(moderationNotice).values({ id, kind: "report", guildId });
    return true;
  });
}

interface Reported {
  readonly jobId: string | null;
  /** Who asked for the picture; empty where nobody knows. */
  readonly userId: string;
  readonly evidence: Evidence;
}

async function findReported(tx: Database, request: ReportRequest): Promise<Reported> {
  const shown = (await shownByRecord(tx, request.messageId)) ?? request.shown;
  const known = shown === null ? null : await findShown(tx, shown);
  if (known !== null) return known;
  if (request.prompt === null) throw new Refusal("refusal.picture-gone");
  const evidence = { prompts: [request.prompt], thumbnails: [], isPrivate: false };
  return { jobId: null, userId: "", evidence };
}

/** Null where the database does not know its job any more. */
async function findShown(tx: Database, shown: Shown): Promise<Reported | null> {
  const { jobId, prompt, thumbnail } = picture;
  const pictures = await tx
    .select({ jobId, prompt, thumbnail })
    .from(picture)
    .where(picturesShown(shown))
    .orderBy(asc(picture.index));
  const id = shown.kind === "job" ? shown.id : pictures[0]?.jobId;
  const [row] = id === undefined ? [] : await tx.select().from(job).where(eq(job.id, id));
  if (row === undefined) return null;
  return { jobId: row.id, userId: row.userId, evidence: evidenceOf(pictures, row) };
}

function evidenceOf(
  pictures: readonly Pick<typeof picture.$inferSelect, "prompt" | "thumbnail">[],
  { isPrivate }: { isPrivate: boolean },
): Evidence {
  return {
    prompts: [...new Set(pictures.map(({ prompt }) => prompt))],
    thumbnails: pictures.flatMap(({ thumbnail }) =>
      thumbnail === null ? [] : [Buffer.from(thumbnail).toString("base64")],
    ),
    isPrivate,
  };
}

/** A server's reports that nobody has decided yet, the oldest first. */
export async function openReports(db: Database, guildId: string): Promise<ReportRow[]> {
  return db
    .select()
    .from(report)
    .where(and(eq(report.guildId, guildId), eq(report.state, "open")))
    .orderBy(asc(report.createdAt));
}

export async function findReport(
  db: Database,
  guildId: string,
  id: string,
): Promise<ReportRow | null> {
  const [row] = await db
    .select()
    .from(report)
    .where(and(eq(report.id, id), eq(report.guildId, guildId)));
  return row ?? null;
}

/**
 * Decides a report: the picture stays, or it was deleted. One that was decided already stays as it is.
 *
 * @throws {Refusal} `refusal.report-gone` for one whose hold is over
 */
export async function decideReport(
  db: Database,
  actor: GuildActor,
  { reportId, state }: { reportId: string; state: "kept" | "deleted" },
): Promise<Outcome<string>> {
  const { guildId, userId } = actor;
  const change = changeBy(actor, { action: "report", target: reportId });
  return audited<string>(db, change, async (tx) => {
    const [row] = await tx
      .select()
      .from(report)
      .where(and(eq(report.id, reportId), eq(report.guildId, guildId)))
      .for("update");
    if (row === undefined) throw new Refusal("refusal.report-gone");
    if (row.state !== "open") return { before: row.state, after: row.state };
    await tx.update(report).set({ state, decidedBy: userId }).where(eq(report.id, reportId));
    return { before: row.state, after: state };
  });
}

/** What a message of the bot shows by the record of its delivery; null where there is none. */
export async function shownByRecord(db: Database, messageId: string): Promise<Shown | null> {
  const [posted] = await db
    .select({ jobId: delivery.jobId })
    .from(delivery)
    .where(eq(delivery.messageId, messageId));
  return posted === undefined ? null : { kind: "job", id: posted.jobId };
}

/** A report as moderators are shown it in their own answers. */
export function noticeOfReport(row: ReportRow): ModerationNotice {
  const { id, guildId, userId, reporterId, reason, channelId, messageId, heldUntil } = row;
  const { prompts, thumbnails, isPrivate } = evidenceSchema.parse(row.evidence);
  return {
    id,
    kind: "report",
    guildId: guildId ?? "",
    channelId: "",
    userId,
    prompts,
    thumbnails: thumbnails.map((thumbnail) => Buffer.from(thumbnail, "base64")),
    isPrivate,
    report: { reporterId, reason, channelId, messageId, heldUntil },
  };
}
