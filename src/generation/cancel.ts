import type { Database } from "../db/database.ts";
import type { JobEngine } from "../queue/job-engine.ts";
import { release } from "../quota/quota.ts";
import type { AnswerBook } from "./answer-book.ts";
import { endJob, findJob } from "./job-store.ts";
import { Refusal } from "./refusal.ts";
import { checkOwnership } from "./rights.ts";
import type { Requester } from "./types.ts";

export interface CancelOptions {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly answers: AnswerBook;
}

/**
 * Cancels a job for its requester, a moderator of its server or the bot's owner. A waiting one ends at once and gives its
 * reservation back; a running one is told, and its worker ends it.
 *
 * @throws {Refusal} `refusal.not-yours`, `refusal.job-ended`
 */
export async function cancelJob(
  { db, engine, answers }: CancelOptions,
  jobId: string,
  requester: Pick<Requester, "userId" | "guildId" | "isModerator" | "isOwner">,
): Promise<void> {
  const row = await findJob(db, jobId);
  if (row === null) throw new Refusal("refusal.job-ended");
  checkOwnership(row, requester);
  const role = await answers.deliveryRole(row);
  const outcome = await db.transaction(async (tx) => {
    const cancelled = await engine.cancel(tx, jobId);
    if (cancelled !== "waiting") return cancelled;
    const error = { code: "cancelled", message: "", byUserId: requester.userId };
    if (await endJob(tx, jobId, { state: "cancelled", error })) {
      await release(tx, jobId);
      await engine.enqueueDelivery(tx, { id: jobId, role });
    }
    return cancelled;
  });
  if (outcome === "ended") throw new Refusal("refusal.job-ended");
}
