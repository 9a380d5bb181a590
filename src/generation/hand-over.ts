import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { Logger } from "pino";

import type { Database } from "../db/database.ts";
import { delivery, job } from "../db/schema.ts";
import type { JobEngine } from "../queue/job-engine.ts";
import type { AnswerBook } from "./answer-book.ts";
import { placeAnswer } from "./job-store.ts";
import { DeliveryImpossible, type Messenger } from "./messenger.ts";

/** Minutes after which an interaction's token is not relied on any more; it dies at 15. */
const HAND_OVER_AFTER = "13 minutes";
const POST_DEADLINE_MS = 30_000;

export interface HandOverOptions {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly answers: AnswerBook;
  readonly messenger: Messenger;
  readonly log: Logger;
}

/**
 * Gives every answer that still waits a message of the bot's own before its interaction's token dies. Needs the bot's token;
 * two gateways that do it at once post one message, by its nonce.
 *
 * @returns how many were handed over
 */
export async function handOverOld(
  { db, engine, answers, messenger, log }: HandOverOptions,
  signal: AbortSignal,
): Promise<number> {
  const due = await db
    .select({ row: job })
    .from(job)
    .innerJoin(delivery, eq(delivery.jobId, job.id))
    .where(
      and(
        inArray(job.state, ["waiting", "running"]),
        isNull(delivery.messageId),
        sql`${job.createdAt} < now() - ${HAND_OVER_AFTER}::interval`,
        sql`${job.createdAt} > now() - interval '1 day'`,
      ),
    );
  if (due.length === 0) return 0;
  const places = new Map((await engine.waiting()).map((place) => [place.id, place]));
  let handedOver = 0;
  for (const { row } of due) {
    const answer = await answers.of(row);
    const place = places.get(row.id);
    const notice = {
      kind: "queued",
      position: place?.position ?? 0,
      etaSeconds: place?.etaSeconds ?? null,
    } as const;
    try {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(POST_DEADLINE_MS)]);
      const posted = await messenger.handOver(answer, notice, deadline);
      if (posted === null) continue;
      await placeAnswer(db, row.id, posted);
      handedOver += 1;
    } catch (error) {
      // What cannot be reached now is tried again at the end of the job, which says so.
      const level = error instanceof DeliveryImpossible ? "debug" : "warn";
      log[level]({ err: error, jobId: row.id }, "an answer could not be handed over");
    }
  }
  return handedOver;
}
