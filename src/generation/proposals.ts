import { and, eq, sql } from "drizzle-orm";

import type { Database } from "../db/database.ts";
import { proposal } from "../db/schema.ts";
import type { PressRequest, WishRequest } from "./generation-port.ts";
import { parsePlace } from "./place.ts";
import { Refusal } from "./refusal.ts";
import type { Requester } from "./types.ts";
import { parseWish } from "./wish-schema.ts";

type ProposalRow = typeof proposal.$inferSelect;

/** Long enough to think it over and short enough that prices and queue are still about what was said. */
const OPEN_FOR = sql`interval '30 minutes'`;

export async function insertProposal(
  tx: Database,
  { id, asked, cost }: { id: string; asked: WishRequest; cost: number },
): Promise<void> {
  const { wish, place, requester } = asked;
  await tx.insert(proposal).values({ id, wish, place, userId: requester.userId, cost });
}

/**
 * What was asked for, as it is asked for again by the press on Go on: who presses now decides about rights; what was
 * decided before the first answer stays.
 *
 * @throws {Refusal} `refusal.proposal-gone`, `refusal.proposal-not-yours`
 */
export async function recallWish(
  db: Database,
  id: string,
  pressed: PressRequest,
): Promise<WishRequest> {
  const { wish, place, cost } = await findOpen(db, id, pressed.requester);
  const { isPrivate, replyToId } = parsePlace(place);
  return {
    ...pressed,
    wish: parseWish(wish),
    place: { ...pressed.place, isPrivate, replyToId },
    message: null,
    agreed: { proposalId: id, cost },
  };
}

/** Ends a question in the transaction that answers it. @throws {Refusal} when another press was faster */
export async function takeProposal(tx: Database, id: string): Promise<void> {
  const taken = await tx.delete(proposal).where(eq(proposal.id, id)).returning({ id: proposal.id });
  if (taken.length === 0) throw new Refusal("refusal.proposal-gone");
}

/**
 * The member does not go on.
 *
 * @throws {Refusal} `refusal.proposal-gone`, `refusal.proposal-not-yours`
 */
export async function callOff(
  db: Database,
  id: string,
  requester: Pick<Requester, "userId">,
): Promise<void> {
  await findOpen(db, id, requester);
  await takeProposal(db, id);
}

/** Deletes the questions that nobody has answered in time. */
export async function sweepProposals(db: Database): Promise<void> {
  await db.delete(proposal).where(sql`${proposal.createdAt} < now() - ${OPEN_FOR}`);
}

async function findOpen(
  db: Database,
  id: string,
  { userId }: Pick<Requester, "userId">,
): Promise<ProposalRow> {
  const [row] = await db
    .select()
    .from(proposal)
    .where(and(eq(proposal.id, id), sql`${proposal.createdAt} >= now() - ${OPEN_FOR}`));
  if (row === undefined) throw new Refusal("refusal.proposal-gone");
  if (row.userId !== userId)
    throw new Refusal("refusal.proposal-not-yours", { user: `<@${row.userId}>` });
  return row;
}
