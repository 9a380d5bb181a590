import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import { type Lane, predictEnd, predictStarts, type QueueState } from "./eta.ts";
import type { WaitingJob } from "./job-engine.ts";
import { GPU_QUEUE } from "./pg-boss-statements.ts";
import { readRunTimes, type RunTimes, type Work } from "./run-times.ts";
import { listWorkers } from "./workers.ts";

/** Milliseconds that measured run times are used for; while there are none, the first is awaited. */
const FRESH_MS = 15_000;
const FRESH_WHILE_EMPTY_MS = 500;

const workSchema = z.object({
  id: z.string(),
  guild: z.string(),
  kind: z.string().nullable(),
  model: z.string(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  cost: z.number(),
  isRunning: z.boolean(),
  worker: z.string().nullable(),
  elapsedSeconds: z.number(),
});
type QueuedWork = z.infer<typeof workSchema>;

/** The part of a worker's report that says what it can run. */
const modelsSchema = z.object({ models: z.array(z.object({ name: z.string() })) });

/** Answers where waiting jobs stand and when they will start. */
export class WaitingJobs {
  readonly #db: Database;
  #runTimes: { readonly models: string; readonly readAt: number; readonly times: RunTimes } | null =
    null;

  constructor(db: Database) {
    this.#db = db;
  }

  /** All of them in order, or those of one guild with their places among all. */
  async list(guild?: string): Promise<WaitingJob[]> {
    const found = await readQueue(this.#db);
    if (found.every(({ isRunning }) => isRunning)) return [];
    const runTimes = await this.#readRunTimes(found);
    const all = predictStarts(await this.#stateOf(found), runTimes);
    if (guild === undefined) return all;
    const guilds = new Map(found.map((work) => [work.id, work.guild]));
    return all.filter(({ id }) => guilds.get(id) === guild);
  }

  /** When work that is not queued would be done; see the engine's port. */
  async foresee(work: Work): Promise<{ from: number; until: number } | null> {
    const found = await readQueue(this.#db);
    const runTimes = await this.#readRunTimes([...found, work]);
    return predictEnd(await this.#stateOf(found), work, runTimes);
  }

  async #stateOf(found: readonly QueuedWork[]): Promise<QueueState> {
    return {
      waiting: found.filter(({ isRunning }) => !isRunning),
      running: found.filter(({ isRunning }) => isRunning),
      lanes: await readLanes(this.#db),
    };
  }

  async #readRunTimes(works: readonly Pick<Work, "model">[]): Promise<RunTimes> {
    const models = [...new Set(works.map(({ model }) => model))].toSorted();
    const key = JSON.stringify(models);
    const known = this.#runTimes?.models === key ? this.#runTimes : null;
    const freshMs = known?.times.isEmpty === true ? FRESH_WHILE_EMPTY_MS : FRESH_MS;
    if (known !== null && performance.now() - known.readAt < freshMs) return known.times;
    const times = await readRunTimes(this.#db, models);
    this.#runTimes = { models: key, readAt: performance.now(), times };
    return times;
  }
}

async function readQueue(db: Database): Promise<QueuedWork[]> {
  return query(
    db,
    sql`select q.id::text as id, e.guild, j.kind, e.model, j.width, j.height, e.cost::float8 as cost, q.state = 'active' as "isRunning",
        j.worker, coalesce(extract(epoch from now() - q.started_on), 0)::float8 as "elapsedSeconds"
      from pgboss.job q join queue_entry e on e.id = q.id left join job j on j.id = q.id
      left join (select l.* from (select distinct guild from queue_entry where started_at is null) g, fair_line(g.guild) l) line
        on line.job_id = q.id
      where q.name = ${GPU_QUEUE} and q.state <= 'active' order by coalesce(line.priority, q.priority) desc, q.created_on`,
    workSchema,
  );
}

async function readLanes(db: Database): Promise<Lane[]> {
  const workers = await listWorkers(db);
  return workers.flatMap(({ id, report }) => {
    const parsed = modelsSchema.safeParse(report);
    return parsed.success
      ? [{ worker: id, models: parsed.data.models.map(({ name }) => name) }]
      : [];
  });
}
