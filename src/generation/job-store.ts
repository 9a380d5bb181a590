import { randomUUID } from "node:crypto";

import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { delivery, deliveryFile, job, picture } from "../db/schema.ts";
import type { Made, MadePicture } from "../inference/messages.ts";
import type { JobRequest } from "./job-request.ts";
import type { PostedFile } from "./messenger.ts";
import type { Place } from "./place.ts";
import type { JobOrigin } from "./types.ts";

export type JobRow = typeof job.$inferSelect;
export type PictureRow = typeof picture.$inferSelect;
export type DeliveryRow = typeof delivery.$inferSelect;

/** A job to be written; the caller reserves and queues it in the same transaction. */
export interface NewJob {
  readonly id: string;
  readonly interactionId: string;
  readonly origin: JobOrigin;
  readonly request: JobRequest;
  readonly place: Place;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly cost: number;
  readonly parentId: string | null;
}

/** Writes a job that waits, and the delivery that it will end in. */
export async function insertJob(tx: Database, added: NewJob): Promise<JobRow> {
  const { place, request } = added;
  const [row] = await tx
    .insert(job)
    .values({
      ...added,
      kind: request.kind,
      guildId: place.guildId,
      channelId: place.channelId,
      userId: place.userId,
      isPrivate: place.isPrivate,
    })
    .returning();
  if (row === undefined) throw new Error("The job was not written");
  await tx.insert(delivery).values({ jobId: row.id, nonce: nonceOf(row.id) });
  return row;
}

/** Discord takes 25 characters at most; 25 of a UUID's 32 digits are as good as unique. */
function nonceOf(id: string): string {
  return id.replaceAll("-", "").slice(0, 25);
}

export async function findJob(db: Database, id: string): Promise<JobRow | null> {
  const [row] = await db.select().from(job).where(eq(job.id, id));
  return row ?? null;
}

export async function findJobOfInteraction(
  db: Database,
  interactionId: string,
): Promise<JobRow | null> {
  const [row] = await db.select().from(job).where(eq(job.interactionId, interactionId));
  return row ?? null;
}

/**
 * A newer attempt takes the job.
 *
 * @returns null, and nothing is changed, when the job has ended or a newer attempt has it.
 */
export async function startJob(
  db: Database,
  { id, attempt, worker }: { id: string; attempt: number; worker: string },
): Promise<JobRow | null> {
  const [row] = await db
    .update(job)
    .set({ state: "running", attempt, worker, startedAt: sql`now()`, progress: null })
    .where(
      and(eq(job.id, id), inArray(job.state, ["waiting", "running"]), lt(job.attempt, attempt)),
    )
    .returning();
  return row ?? null;
}

/** The job waits again, after a failed or handed-back attempt. */
export async function putBackJob(db: Database, id: string): Promise<void> {
  await db
    .update(job)
    .set({ state: "waiting", startedAt: null, progress: null })
    .where(and(eq(job.id, id), eq(job.state, "running")));
}

export type JobEnd =
  | { readonly state: "done"; readonly runMs: number }
  | { readonly state: "failed"; readonly error: JobError }
  | { readonly state: "cancelled"; readonly error: JobError | null };

/** Why a job failed, in the words for its requester; or who cancelled it. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  /** In the log, for a bug. */
  readonly errorId?: string | undefined;
  readonly byUserId?: string | undefined;
}

/** @returns false, and nothing is changed, when the job has ended before. */
export async function endJob(tx: Database, id: string, end: JobEnd): Promise<boolean> {
  const ended = await tx
    .update(job)
    .set({
      state: end.state,
      endedAt: sql`now()`,
      progress: null,
      ...(end.state === "done" ? { runMs: end.runMs } : { error: end.error }),
    })
    .where(and(eq(job.id, id), inArray(job.state, ["waiting", "running"])))
    .returning({ id: job.id });
  return ended.length > 0;
}

/** Keeps finished pictures and the files that are still to be posted. */
export async function insertPictures(tx: Database, row: JobRow, made: Made): Promise<void> {
  await tx
    .insert(picture)
    .values(made.pictures.map((drawn, index) => pictureRow(row, drawn, index)));
  await tx
    .insert(deliveryFile)
    .values(made.pictures.map(({ file }, index) => ({ jobId: row.id, index, ...file })));
}

function pictureRow(row: JobRow, drawn: MadePicture, index: number): typeof picture.$inferInsert {
  const { recipe, width, height, latents, original, thumbnail } = drawn;
  return {
    id: randomUUID(),
    jobId: row.id,
    index,
    userId: row.userId,
    guildId: row.guildId,
    channelId: row.channelId,
    isPrivate: row.isPrivate,
    parentId: row.parentId,
    prompt: recipe.prompt,
    recipe,
    width,
    height,
    latents: latents?.float16 ?? null,
    latentsWidth: latents?.width ?? null,
    latentsHeight: latents?.height ?? null,
    original,
    thumbnail,
  };
}

/** The pictures of a job that were not deleted, in the order of the card. */
export async function picturesOf(db: Database, jobId: string): Promise<PictureRow[]> {
  return db
    .select()
    .from(picture)
    .where(and(eq(picture.jobId, jobId), sql`${picture.deletedAt} is null`))
    .orderBy(asc(picture.index));
}

export async function findDelivery(db: Database, jobId: string): Promise<DeliveryRow | null> {
  const [row] = await db.select().from(delivery).where(eq(delivery.jobId, jobId));
  return row ?? null;
}

export async function filesOf(db: Database, jobId: string): Promise<PostedFile[]> {
  return db
    .select({ name: deliveryFile.name, data: deliveryFile.data, remark: deliveryFile.remark })
    .from(deliveryFile)
    .where(eq(deliveryFile.jobId, jobId))
    .orderBy(asc(deliveryFile.index));
}

/** Remembers which message shows the answer; one that is known already stays. */
export async function placeAnswer(
  db: Database,
  jobId: string,
  message: { channelId: string; messageId: string },
): Promise<void> {
  await db
    .update(delivery)
    .set({ channelId: message.channelId, messageId: message.messageId })
    .where(and(eq(delivery.jobId, jobId), sql`${delivery.messageId} is null`));
}

export type DeliveryEnd =
  | {
      readonly state: "posted";
      readonly message: { readonly channelId: string; readonly messageId: string };
    }
  | { readonly state: "failed"; readonly error: string };

/** Ends a delivery and forgets its files. @returns false when it had ended before. */
export async function endDelivery(tx: Database, jobId: string, end: DeliveryEnd): Promise<boolean> {
  const ended = await tx
    .update(delivery)
    .set({
      state: end.state,
      endedAt: sql`now()`,
      ...(end.state === "posted" ? end.message : { error: end.error }),
    })
    .where(and(eq(delivery.jobId, jobId), eq(delivery.state, "waiting")))
    .returning({ id: delivery.jobId });
  await tx.delete(deliveryFile).where(eq(deliveryFile.jobId, jobId));
  return ended.length > 0;
}
