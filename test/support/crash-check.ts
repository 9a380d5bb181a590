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
  /** Failed jobs whose requester still sees that they wait, or nothing. */
  readonly untold: number;
  /** Cards that do not show what the database says: a picture for a failed job, or none for a finished one. */
  readonly wrong: number;
  /** Thousandths of a credit that are still held, or that are charged in other amounts than the done jobs cost. */
  readonly held: number;
  readonly mischarged: number;
  readonly violations: number;
}

/** A job, and what Discord shows of it. */
export interface Shown {
  readonly row: typeof job.$inferSelect;
  readonly delivery: typeof delivery.$inferSelect | undefined;
  /** Messages with its pictures, with its answer, and of those that were ever made under its nonce. */
  readonly finished: readonly WorldMessage[];
  readonly answers: readonly WorldMessage[];
  readonly posts: readonly WorldMessage[];
}

async function showJobs(db: Database, messages: readonly WorldMessage[]): Promise<Shown[]> {
  const jobs = await db.select().from(job);
  const deliveries = new Map((await db.select().from(delivery)).map((row) => [row.jobId, row]));
  const visible = messages
    .filter(({ isDeleted }) => !isDeleted)
    .map((message) => ({ message, text: JSON.stringify(message.components) }));
  return jobs.map((row) => {
    const nonce = deliveries.get(row.id)?.nonce;
    const mark = `v1:delete:${shortId(row.id)}:`;
    const isAnswer = ({ interaction, nonce: its }: WorldMessage): boolean =>
      interaction?.id === row.interactionId || its === nonce;
    return {
      row,
      delivery: deliveries.get(row.id),
      finished: visible.filter(({ text }) => text.includes(mark)).map(({ message }) => message),
      answers: visible.map(({ message }) => message).filter(isAnswer),
      posts: messages.filter((message) => message.nonce === nonce),
    };
  });
}

const isLost = ({ row, delivery: told, finished }: Shown): boolean =>
  row.endedAt === null ||
  told?.state === "waiting" ||
  (row.state === "done" && finished.length === 0);
const isTwice = ({ finished, posts }: Shown): boolean => finished.length > 1 || posts.length > 1;
const isWrong = ({ row, finished }: Shown): boolean => row.state !== "done" && finished.length > 0;
const isUntold = ({ row, answers }: Shown): boolean =>
  row.state === "failed" && !answers.some(({ components }) => isLastWord(components));

/** A card that is still to change has Cancel on it; one that only thinks has nothing. */
function isLastWord(components: WorldMessage["components"]): boolean {
  return components.length > 0 && !JSON.stringify(components).includes("v1:cancel:");
}

/** Each job that has a fault, to find out why. */
export async function listFaulty(
  db: Database,
  messages: readonly WorldMessage[],
): Promise<readonly Shown[]> {
  const tests = [isLost, isTwice, isWrong, isUntold];
  return (await showJobs(db, messages)).filter((shown) => tests.some((test) => test(shown)));
}

/** Compares what Discord shows with what the database says; the program's own opinion is not asked. */
export async function checkCrashes(
  db: Database,
  messages: readonly WorldMessage[],
): Promise<CrashReport> {
  const shown = await showJobs(db, messages);
  const count = (test: (one: Shown) => boolean): number => shown.filter(test).length;
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
    jobs: shown.length,
    done: count(({ row }) => row.state === "done"),
    failed: count(({ row }) => row.state === "failed"),
    lost: count(isLost),
    twice: count(isTwice),
    untold: count(isUntold),
    wrong: count(isWrong),
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
