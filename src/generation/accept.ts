import { randomUUID } from "node:crypto";

import type { Database } from "../db/database.ts";
import type { JobEngine } from "../queue/job-engine.ts";
import { failpoint } from "../telemetry/failpoint.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { WishRequest } from "./generation-port.ts";
import { findJobOfInteraction, insertJob, type JobRow, placeAnswer } from "./job-store.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { checkAccess, checkButton, checkRequest, takeBurst } from "./policy/check-policy.ts";
import { loadPolicy, type Policy } from "./policy/load-policy.ts";
import { costOf, inUsualPictures, isDear } from "./price.ts";
import { takeProposal } from "./proposals.ts";
import { propose } from "./propose.ts";
import { type PricedWish, reserveCost, shareOf } from "./reserve-cost.ts";
import { type ResolvedWish, resolveWish } from "./resolve-wish.ts";
import type { Proposal } from "./types.ts";

export interface AcceptOptions {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly models: ModelDirectory;
  /** Where neither request nor server nor owner names one. */
  readonly defaultModel: string;
  readonly metrics: Metrics;
}

/** A job that was written; `isNew` is false where this interaction had made it before. */
export interface Taken {
  readonly kind: "accepted";
  readonly row: JobRow;
  readonly isNew: boolean;
}

/**
 * From a wish to a queued job: the policy is checked, every default filled in, and then quota, job and queue entry are
 * written in one transaction, or none of them. A dear wish is only proposed until its member goes on.
 *
 * @throws {Refusal} the first thing that is in the way; nothing was written then
 */
export async function accept(
  options: AcceptOptions,
  asked: WishRequest,
): Promise<Taken | Proposal> {
  const { db, models, metrics } = options;
  const known = await findJobOfInteraction(db, asked.interactionId);
  if (known !== null) return { kind: "accepted", row: known, isNew: false };

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
  checkWishButton(asked, resolved, policy);
  checkRequest(policy, requester, {
    texts: resolved.texts,
    isPrivate: place.isPrivate,
    usesForeignPicture: resolved.usesForeignPicture,
    size: resolved.size,
  });

  const cost = await costOf(resolved, models);
  const [usual = resolved.model] = await models.inOrder(policy, options.defaultModel);
  const priced = { asked, policy, resolved, cost, usual };
  const isAgreed = asked.agreed !== null && cost <= asked.agreed.cost;
  if (!isAgreed && isDear(resolved.request, inUsualPictures(cost, usual)))
    return propose(options, priced);
  const row = await db.transaction((tx) => write(tx, options, priced));
  if (row === null) {
    const other = await findJobOfInteraction(db, asked.interactionId);
    if (other === null) throw new Error(`The job of ${asked.interactionId} is not there`);
    return { kind: "accepted", row: other, isNew: false };
  }
  metrics.accepted(row);
  failpoint("after_accept");
  return { kind: "accepted", row, isNew: true };
}

function checkWishButton(
  { wish, requester }: WishRequest,
  { pictureOwnerId }: ResolvedWish,
  policy: Policy,
): void {
  // A remix is asked for by a command on any message, not by a button of the card.
  if (wish.kind === "imagine" || wish.kind === "remix" || pictureOwnerId === null) return;
  checkButton(policy, requester, pictureOwnerId);
}

/** @returns null, and nothing was written, when another process has taken the same interaction */
async function write(
  tx: Database,
  { engine, metrics }: AcceptOptions,
  { asked, policy, resolved, cost, usual }: PricedWish,
): Promise<JobRow | null> {
  const { requester, place, interactionId, message, agreed } = asked;
  const { userId, roleIds } = requester;
  const id = randomUUID();
  // Of two presses on Go on, the second finds the question answered and writes nothing.
  if (agreed !== null) await takeProposal(tx, agreed.proposalId);
  if (!(await reserveCost(tx, metrics, { id, asked, policy, cost, usual }))) return null;
  // Whoever goes on has spent it on the question.
  if (agreed === null) await takeBurst(tx, policy, requester);
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
  const fairness = { guild: shareOf(requester), userId, roleIds, cost };
  await engine.enqueueGpu(tx, { id, model: model.name, fairness });
  return row;
}
