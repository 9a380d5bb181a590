import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../../src/db/database.ts";
import { delivery, job } from "../../src/db/schema.ts";
import { shortId } from "../../src/discord/custom-id.ts";
import type { WorldMessage } from "../../src/playground/world/types.ts";
import { countViolations } from "../../src/quota/quota.ts";

/** What a run with crashes ended in; all but `jobs` and `done` must be 0. */
export interface CrashReport {
  readonly jobs: number;
  readonly done: number;
  readonly failed: number;
  /** Jobs that have not ended, or whose end nobody was told. */
  readonly lost: number;
  /** Jobs whose pictures are shown in more than one message, or whose nonce made more than one. */
  readonly twice: number;
  /** Cards that do not show what the database says: a picture for a failed job, or none for a finished one. */
  readonly wrong: number;
  /** Thousandths of a credit that are still held, or that are charged in other amounts than the done jobs cost. */
  readonly held: number;
  readonly mischarged: number;
  readonly violations: number;
}

/** Compares what Discord shows with what the database says; the program's own opinion is not asked. */
export async function checkCrashes(
  db: Database,
  messages: readonly WorldMessage[],
): Promise<CrashReport> {
  const jobs = await db.select().from(job);
  const deliveries = new Map((await db.select().from(delivery)).map((row) => [row.jobId, row]));
  const shown = messages
    .filter(({ isDeleted }) => !isDeleted)
    .map((message) => ({ message, text: JSON.stringify(message.components) }));
  const cards = jobs.map((row) => {
    const nonce = deliveries.get(row.id)?.nonce;
    const finished = shown.filter(({ text }) => text.includes(`v1:delete:${shortId(row.id)}:`));
    const answers = shown.filter(
      ({ message }) => message.interaction?.id === row.interactionId || message.nonce === nonce,
    );
    const posts = messages.filter((message) => message.nonce === nonce);
    return { row, finished, answers, posts, delivery: deliveries.get(row.id) };
  });
  const isOpen = ({ row }: (typeof cards)[number]): boolean => row.endedAt === null;
  const isLost = (card: (typeof cards)[number]): boolean =>
    isOpen(card) ||
    card.delivery?.state === "waiting" ||
    (card.row.state === "done" && card.finished.length === 0);
  const count = (test: (card: (typeof cards)[number]) => boolean): number =>
    cards.filter(test).length;
  const [accounts] = await query(
    db,
    sql`select coalesce(sum(reserved) filter (where r.state = 'held'), 0)::float8 as held,
      coalesce(sum(charged) filter (where r.state = 'settled'), 0)::float8 as charged,
      coalesce(sum(j.cost) filter (where j.state = 'done'), 0)::float8 as due
      from reservation r left join job j on j.id = r.id`,
    z.object({ held: z.number(), charged: z.number(), due: z.number() }),
  );
  if (accounts === undefined) throw new Error("The accounts gave no row");
  return {
    jobs: jobs.length,
    done: count(({ row }) => row.state === "done"),
    failed: count(({ row }) => row.state === "failed"),
    lost: count(isLost),
    twice: count(({ finished, posts }) => finished.length > 1 || posts.length > 1),
    wrong: count(({ row, finished }) => row.state !== "done" && finished.length > 0),
    held: accounts.held,
    mischarged: Math.abs(accounts.charged - accounts.due),
    violations: await countViolations(db),
  };
}

/** Whether nothing is left to be done or said. */
export async function isSettled(db: Database): Promise<boolean> {
  const [open] = await query(
    db,
    sql`select (select count(*) from job where ended_at is null)::int
      + (select count(*) from delivery where state = 'waiting')::int as open`,
    z.object({ open: z.int() }),
  );
  return open?.open === 0;
}
