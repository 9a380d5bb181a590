import { sql } from "drizzle-orm";

import { retag } from "../src/queue/pg-boss-statements.ts";
import { lockLine } from "../src/queue/fair-order.ts";
import { DATABASES } from "../test/support/databases.ts";
import { CREDIT, TestQueue } from "../test/support/queue.ts";
import type { Bench, BenchResult } from "./bench-result.ts";

/** One picture of the usual cost. */
const UNIT = CREDIT;
/** Pictures' work that a small guild may wait for when 50 come at once after one with 1,000; the least possible is 49. */
const MAX_WAIT_UNITS = 52;

export const fairness: Bench = {
  about:
    "how long small guilds wait, who gets how much of the GPU, and what reordering costs, on PGlite and PostgreSQL",
  run,
};

interface Facts {
  readonly smallGuildsMaxWait: number;
  readonly smallGuildsMeanWait: number;
  /** The 4K guild's part of the GPU's time while others wait; fair is one in six. */
  readonly largeShare: number;
  readonly servedAtUnit: number;
  /** Pictures of the first 210 by guilds of weight 1, 2 and 4; fair is 30, 60, 120. */
  readonly byWeight: readonly number[];
  /** The longest wait, in units, of five users beside one with 150 jobs in their guild. */
  readonly besideHog: number;
  /** Of a job whose guild had cancelled 500, beside 20 guilds with 10 each. */
  readonly afterCancel: number;
  readonly retag200Ms: number;
  readonly retag1000Ms: number;
  readonly enqueueMs: number;
  readonly gapMs: number;
}

async function run(): Promise<BenchResult> {
  const details: Record<string, Facts> = {};
  for (const { name, open } of DATABASES) {
    const database = await open();
    const queue = await TestQueue.start(database);
    details[name] = await measure(queue);
    await queue.engine.stop();
    await database.close();
  }
  const all = Object.values(details);
  const value = Math.max(...all.map(({ smallGuildsMaxWait }) => smallGuildsMaxWait));
  return {
    value,
    unit: "units that the last of 50 small guilds waits; reference: first in, first out, by the same jobs",
    reference: BIG + SMALL_GUILDS - 1,
    ratio: value / (BIG + SMALL_GUILDS - 1),
    goal: `value <= ${MAX_WAIT_UNITS}; the 4K guild within 0.02 of 1/6; weights within 5 %; reordering 200 under 10 ms, 1,000 under 40 ms; gap under 10 ms`,
    met: all.every(isMet),
    details,
  };
}

function isMet(facts: Facts): boolean {
  const fair = [30, 60, 120];
  return (
    facts.smallGuildsMaxWait <= MAX_WAIT_UNITS &&
    Math.abs(facts.largeShare - 1 / 6) <= 0.02 &&
    facts.byWeight.every((count, index) => Math.abs(count / (fair[index] ?? 0) - 1) <= 0.05) &&
    facts.besideHog <= 20 &&
    facts.afterCancel <= 41 &&
    facts.retag200Ms < 10 &&
    facts.retag1000Ms < 40 &&
    facts.gapMs < 10
  );
}

async function measure(queue: TestQueue): Promise<Facts> {
  const waits = await dumpAndSmallGuilds(queue);
  const { share, servedAtUnit } = await largePictures(queue);
  return {
    smallGuildsMaxWait: Math.max(...waits),
    smallGuildsMeanWait: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    largeShare: share,
    servedAtUnit,
    byWeight: await weights(queue),
    besideHog: await hog(queue),
    afterCancel: await cancelAll(queue),
    ...(await costs(queue)),
  };
}

interface Order {
  readonly guild: string;
  readonly userId?: string;
  readonly cost?: number;
}

/** Queues many jobs in one transaction each guild, as a burst does. */
async function addMany(queue: TestQueue, orders: readonly Order[]): Promise<string[]> {
  const ids: string[] = [];
  for (const order of orders)
    ids.push(await queue.add(`${order.guild}/${order.userId ?? "u"}`, order));
  return ids;
}

function times(count: number, order: Order): Order[] {
  return Array.from({ length: count }, () => order);
}

/** One GPU that takes no time; what counts is the order. @returns each served job's name, and the units before it */
async function serveAll(
  queue: TestQueue,
  costOf: (name: string) => number,
  atMost = Number.POSITIVE_INFINITY,
): Promise<{ name: string; before: number }[]> {
  const served: { name: string; before: number }[] = [];
  let before = 0;
  for (const name of await queue.serve(["m"], atMost)) {
    served.push({ name, before });
    before += costOf(name);
  }
  return served;
}

const one = (): number => 1;

const BIG = 1000;
const SMALL_GUILDS = 50;

async function dumpAndSmallGuilds(queue: TestQueue): Promise<number[]> {
  await queue.clear();
  await addMany(queue, times(BIG, { guild: "A" }));
  await addMany(
    queue,
    Array.from({ length: SMALL_GUILDS }, (_, index) => ({ guild: `s${index}` })),
  );
  const served = await serveAll(queue, one, 3 * SMALL_GUILDS);
  return served.filter(({ name }) => name.startsWith("s")).map(({ before }) => before);
}

const LARGE = 20;

async function largePictures(queue: TestQueue): Promise<{ share: number; servedAtUnit: number }> {
  await queue.clear();
  await addMany(queue, times(30, { guild: "A", cost: LARGE * UNIT }));
  for (let round = 0; round < 20; round++)
    await addMany(
      queue,
      Array.from({ length: 5 }, (_, index) => ({ guild: `s${index}` })),
    );
  const costOf = (name: string): number => (name.startsWith("A") ? LARGE : 1);
  const served = await serveAll(queue, costOf);
  const last = served.findLast(({ name }) => name.startsWith("s"));
  const servedAtUnit = (last?.before ?? 0) + 1;
  const ofLarge = served.filter(
    ({ name, before }) => name.startsWith("A") && before < servedAtUnit,
  );
  return { share: (ofLarge.length * LARGE) / servedAtUnit, servedAtUnit };
}

async function weights(queue: TestQueue): Promise<number[]> {
  await queue.clear();
  const guilds = [
    ["w1", 100],
    ["w2", 200],
    ["w4", 400],
  ] as const;
  for (const [guild, weight] of guilds) {
    await queue.db.execute(sql`insert into fair_weight values ('guild', ${guild}, ${weight})`);
    await addMany(queue, times(150, { guild }));
  }
  const served = await serveAll(queue, one, 210);
  return guilds.map(([guild]) => served.filter(({ name }) => name.startsWith(guild)).length);
}

async function hog(queue: TestQueue): Promise<number> {
  await queue.clear();
  await addMany(queue, times(150, { guild: "g", userId: "hog" }));
  await addMany(queue, times(20, { guild: "other" }));
  await addMany(
    queue,
    Array.from({ length: 5 }, (_, index) => ({ guild: "g", userId: `guest${index}` })),
  );
  const served = await serveAll(queue, one, 60);
  return Math.max(
    ...served.filter(({ name }) => name.includes("guest")).map(({ before }) => before),
  );
}

async function cancelAll(queue: TestQueue): Promise<number> {
  await queue.clear();
  const ids = await addMany(queue, times(500, { guild: "A" }));
  await addMany(queue, times(1, { guild: "B" }));
  await queue.serve(["m"], 2);
  await queue.db.transaction(async (tx) => {
    for (const id of ids) await queue.engine.cancel(tx, id);
  });
  for (let round = 0; round < 10; round++)
    await addMany(
      queue,
      Array.from({ length: 20 }, (_, index) => ({ guild: `s${index}` })),
    );
  await addMany(queue, [{ guild: "A" }]);
  const served = await serveAll(queue, one);
  return served.find(({ name }) => name.startsWith("A"))?.before ?? Number.POSITIVE_INFINITY;
}

/** Medians of milliseconds: of putting a guild's line in a new order, of queueing, and from one job's end to the next's start. */
async function costs(
  queue: TestQueue,
): Promise<Pick<Facts, "retag200Ms" | "retag1000Ms" | "enqueueMs" | "gapMs">> {
  await queue.clear();
  await addMany(queue, times(200, { guild: "g" }));
  const retag200Ms = await timeRetag(queue);
  await addMany(queue, times(800, { guild: "g" }));
  const retag1000Ms = await timeRetag(queue);
  await queue.clear();
  await addMany(queue, times(60, { guild: "g" }));
  const enqueueMs = await median(20, async (index) => {
    await queue.add("late", { guild: `late${index}` });
  });
  let claim = await queue.claim();
  const gapMs = await median(40, async () => {
    await queue.complete(claim);
    claim = await queue.claim();
  });
  return { retag200Ms, retag1000Ms, enqueueMs, gapMs };
}

/** Every place changes: the guild has paid for one more picture each time. */
async function timeRetag(queue: TestQueue): Promise<number> {
  return median(9, async () => {
    await queue.db.transaction(async (tx) => {
      await lockLine(tx, "g");
      await tx.execute(sql`update fair_guild set finish = finish + ${UNIT} where guild = 'g'`);
      await retag(tx, "g");
    });
  });
}

async function median(count: number, work: (index: number) => Promise<void>): Promise<number> {
  const taken: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await work(index);
    taken.push(performance.now() - start);
  }
  return taken.toSorted((a, b) => a - b)[Math.floor(count / 2)] ?? Number.NaN;
}
