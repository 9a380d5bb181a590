import { randomUUID } from "node:crypto";

import type { Database } from "../db/database.ts";
import type { JobEngine } from "../queue/job-engine.ts";
import { countWaiting } from "../queue/waiting-counts.ts";
import { reserve } from "../quota/quota.ts";
import { failpoint } from "../telemetry/failpoint.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { WishRequest } from "./generation-port.ts";
import { findJobOfInteraction, insertJob, type JobRow, placeAnswer } from "./job-store.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { checkAccess, checkRequest, checkWaiting, takeBurst } from "./policy/check-policy.ts";
import { loadPolicy, type Policy } from "./policy/load-policy.ts";
import { costOf } from "./price.ts";
import { quotaRefusal } from "./quota-view.ts";
import { Refusal } from "./refusal.ts";
import { type ResolvedWish, resolveWish } from "./resolve-wish.ts";

export interface AcceptOptions {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly models: ModelDirectory;
  /** Where neither request nor server nor owner names one. */
  readonly defaultModel: string;
  readonly metrics: Metrics;
}

/**
 * From a wish to a queued job: the policy is checked, every default filled in, and then quota, job and queue entry are
 * written in one transaction, or none of them.
 *
 * @returns the job; the same one, and `isNew` false, where this interaction has made one before
 * @throws {Refusal} the first thing that is in the way; nothing was written then
 */
export async function accept(
  options: AcceptOptions,
  asked: WishRequest,
): Promise<{ row: JobRow; isNew: boolean }> {
  const { db, models, metrics } = options;
  const known = await findJobOfInteraction(db, asked.interactionId);
  if (known !== null) return { row: known, isNew: false };

  const { requester, wish, place } = asked;
  const policy = await loadPolicy(db, requester);
  checkAccess(policy, requester);
  const resolved = await resolveWish(wish, {
    db,
    models,
    requester,
    settings: policy.settings,
    defaultModel: policy.owner.model ?? options.defaultModel,
    defaultCount: await models.defaultCount(),
  });
  checkButton(asked, resolved, policy);
  checkRequest(policy, requester, {
    texts: resolved.texts,
    isPrivate: place.isPrivate,
    usesForeignPicture: resolved.usesForeignPicture,
    size: resolved.size,
  });

  const cost = await costOf(resolved, models);
  const row = await db.transaction((tx) => write(tx, options, { asked, policy, resolved, cost }));
  if (row === null) {
    const other = await findJobOfInteraction(db, asked.interactionId);
    if (other === null) throw new Error(`The job of ${asked.interactionId} is not there`);
    return { row: other, isNew: false };
  }
  metrics.accepted(row);
  failpoint("after_accept");
  return { row, isNew: true };
}

/** Where a server keeps a card's buttons for who asked for it; moderators may help. */
function checkButton(
  { wish, requester }: WishRequest,
  { pictureOwnerId }: ResolvedWish,
  { settings }: Policy,
): void {
  // A remix is asked for by a command on any message, not by a button of the card.
  if (settings.buttonsFor === "everyone" || wish.kind === "imagine" || wish.kind === "remix")
    return;
  const isOwn = pictureOwnerId === null || pictureOwnerId === requester.userId;
  if (!isOwn && !requester.isModerator) throw new Refusal("refusal.buttons-owner-only");
}

interface ToWrite {
  readonly asked: WishRequest;
  readonly policy: Policy;
  readonly resolved: ResolvedWish;
  readonly cost: number;
}

/** @returns null, and nothing was written, when another process has taken the same interaction */
async function write(
  tx: Database,
  { engine, metrics }: AcceptOptions,
  { asked, policy, resolved, cost }: ToWrite,
): Promise<JobRow | null> {
  const { requester, place, interactionId, message } = asked;
  const { guildId, userId, roleIds } = requester;
  const id = randomUUID();
  const guild = guildId ?? `dm:${userId}`;
  const waiting = await countWaiting(tx, { guild, userId });
  const outcome = await reserve(tx, {
    id,
    idempotencyKey: interactionId,
    guildId,
    userId,
    roleIds,
    timeZone: policy.settings.timeZone,
    millicredits: cost,
  });
  if (outcome.outcome === "repeated") return null;
  if (outcome.outcome === "refused") {
    metrics.reserved("refused", outcome.scope);
    throw quotaRefusal(outcome, cost);
  }
  // Whatever is refused from here on rolls the reservation back; a repeated request is none of the member's.
  checkWaiting(policy, waiting);
  await takeBurst(tx, policy, requester);
  metrics.reserved("granted", "all");
  const { request, origin, model, size, parentId } = resolved;
  const row = await insertJob(tx, {
    id,
    interactionId,
    origin,
    request,
    place,
    model: model.name,
    ...size,
    cost,
    parentId,
  });
  if (message !== null) await placeAnswer(tx, id, message);
  const fairness = { guild, userId, roleIds, cost };
  await engine.enqueueGpu(tx, { id, model: model.name, fairness });
  return row;
}
