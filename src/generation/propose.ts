import { randomUUID } from "node:crypto";

import type { Database } from "../db/database.ts";
import type { JobEngine } from "../queue/job-engine.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { takeBurst } from "./policy/check-policy.ts";
import { inUsualPictures } from "./price.ts";
import { insertProposal, takeProposal } from "./proposals.ts";
import { quotaView } from "./quota-view.ts";
import { type PricedWish, reserveCost } from "./reserve-cost.ts";
import type { Proposal } from "./types.ts";

interface ProposeOptions {
  readonly db: Database;
  readonly engine: Pick<JobEngine, "foresee">;
  readonly models: ModelDirectory;
  readonly metrics: Metrics;
}

/**
 * Keeps a dear wish until its member goes on, and says what it takes. Nothing is reserved for it; what could not be
 * reserved now is refused instead of asked about.
 *
 * @throws {Refusal} the limit that is in the way
 */
export async function propose(options: ProposeOptions, priced: PricedWish): Promise<Proposal> {
  const { db, engine, models } = options;
  const { asked, policy, resolved, cost, usual } = priced;
  const { requester, place, agreed } = asked;
  const { request, model, size } = resolved;
  await tryToReserve(options, priced);
  const id = randomUUID();
  await db.transaction(async (tx) => {
    // A press on a question that has become dearer asks anew, in its place.
    if (agreed === null) await takeBurst(tx, policy, requester);
    else await takeProposal(tx, agreed.proposalId);
    await insertProposal(tx, { id, asked, cost });
  });
  const { settings } = policy;
  const { picturesLeft } = await quotaView(db, { requester, settings }, { model: usual, models });
  const isCreative = request.kind === "upscale" && request.mode === "creative";
  return {
    kind: "proposed",
    id,
    request,
    place,
    usualPictures: inUsualPictures(cost, usual),
    picturesLeft,
    readySeconds: await engine.foresee({ kind: request.kind, model: model.name, ...size, cost }),
    peakMemoryBytes: isCreative ? await models.creativePeakBytes() : null,
  };
}

/** Holds the cost in a transaction that is rolled back. @throws {Refusal} */
async function tryToReserve({ db, metrics }: ProposeOptions, priced: PricedWish): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await reserveCost(tx, metrics, { ...priced, id: randomUUID() });
      throw new OnlyTried();
    });
  } catch (error) {
    if (!(error instanceof OnlyTried)) throw error;
  }
}

/** Rolls a transaction back. */
class OnlyTried extends Error {}
