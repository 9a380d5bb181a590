import type { Database } from "../db/database.ts";
import { countWaiting } from "../queue/waiting-counts.ts";
import { reserve } from "../quota/quota.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { WishRequest } from "./generation-port.ts";
import { checkWaiting } from "./policy/check-policy.ts";
import type { Policy } from "./policy/load-policy.ts";
import { quotaRefusal } from "./quota-view.ts";
import type { ResolvedWish } from "./resolve-wish.ts";
import type { Requester } from "./types.ts";
import type { ModelReport } from "./worker-report.ts";

/** A wish that is allowed, complete, and with its price in thousandths of a credit. */
export interface PricedWish {
  readonly asked: WishRequest;
  readonly policy: Policy;
  readonly resolved: ResolvedWish;
  readonly cost: number;
  /** The model that is taken where a request names none: what fits is told in its pictures. */
  readonly usual: ModelReport;
}

/** Whose share of the GPU a request takes: the guild's, or outside of one the member's own. */
export function shareOf({ guildId, userId }: Pick<Requester, "guildId" | "userId">): string {
  return guildId ?? `dm:${userId}`;
}

/**
 * Holds what a wish costs, for a job of this id.
 *
 * @returns false, and nothing is held, when this interaction has made a job before
 * @throws {Refusal} the limit that is in the way; the caller's transaction is to be rolled back
 */
export async function reserveCost(
  tx: Database,
  metrics: Metrics,
  { id, asked, policy, cost, usual }: Omit<PricedWish, "resolved"> & { readonly id: string },
): Promise<boolean> {
  const { requester, interactionId } = asked;
  const { guildId, userId, roleIds } = requester;
  const waiting = await countWaiting(tx, { guild: shareOf(requester), userId });
  const outcome = await reserve(tx, {
    id,
    idempotencyKey: interactionId,
    guildId,
    userId,
    roleIds,
    timeZone: policy.settings.timeZone,
    millicredits: cost,
  });
  if (outcome.outcome === "repeated") return false;
  if (outcome.outcome === "refused") {
    metrics.reserved("refused", outcome.scope);
    throw quotaRefusal(outcome, usual);
  }
  // Whatever is refused from here on rolls the reservation back; a repeated request is none of the member's.
  checkWaiting(policy, waiting);
  return true;
}
