import { setTimeout } from "node:timers/promises";

import { sql } from "drizzle-orm";
import {
  type ConstructorOptions,
  fromDrizzle,
  fromPglite,
  type JobWithMetadata,
  PgBoss,
} from "pg-boss";
import type { Logger } from "pino";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import { endWithin } from "../db/end-within.ts";
import type { Connection, OpenDatabase } from "../db/open-database.ts";
import { enterLine, leaveLine, lockLine, payForStart, textArray, weighLine } from "./fair-order.ts";
import { HeldClaims } from "./held-claims.ts";
import type {
  Claim,
  Delivery,
  DeliveryRole,
  GpuJob,
  JobEngine,
  RetryOptions,
  WaitingJob,
} from "./job-engine.ts";
import * as statements from "./pg-boss-statements.ts";
import { DEAD_QUEUE, GPU_QUEUE } from "./pg-boss-statements.ts";
import type { Work } from "./run-times.ts";
import { WaitingJobs } from "./waiting-jobs.ts";
import { WakeCalls } from "./wake-calls.ts";

const SECONDS_PER_DAY = 86_400;
/** Longer than any deadline that a caller sets himself. */
const GPU_EXPIRE_SECONDS = 2 * 3600;
const DELIVERY_EXPIRE_SECONDS = 300;
/** Three attempts. */
const GPU_RETRY_LIMIT = 2;
/** An outage of Discord's may take hours; its callers give up by themselves. */
const DELIVERY_RETRY_LIMIT = 100_000;
/** pg-boss allows no less. */
const HEARTBEAT_SECONDS = 10;
const BEAT_EVERY_MS = 1000;
const RETRY_DELAY_MS = 1000;
/** Milliseconds for holders to end or hand back their claims once they are told to stop. */
const HAND_BACK_MS = 10_000;
const DISCONNECT_MS = 5000;
const POOL_SIZE = 4;
const QUERY_TIMEOUT_MS = 10_000;
/** A fetch may find a job of a model that was not known a moment before; it is put back then. */
const FETCH_TRIES = 5;

export interface JobEngineOptions {
  readonly database: Pick<OpenDatabase, "db" | "connection">;
  readonly log: Logger;
}

/** The durable queue on pg-boss, in PGlite or in PostgreSQL. */
export function createJobEngine(options: JobEngineOptions): JobEngine {
  return new PgBossEngine(options);
}

function deliveryQueue(role: DeliveryRole): string {
  return `delivery.${role}`;
}

/** What waits must never be swept away: its quota is held, and somebody waits for it, however long a machine was off. */
const RETENTION = {
  retentionSeconds: 3650 * SECONDS_PER_DAY,
  deleteAfterSeconds: SECONDS_PER_DAY,
};
const DELIVERIES = {
  ...RETENTION,
  expireInSeconds: DELIVERY_EXPIRE_SECONDS,
  retryLimit: DELIVERY_RETRY_LIMIT,
  retryDelay: 1,
  heartbeatSeconds: HEARTBEAT_SECONDS,
};
/** In this order, since one names another. */
const QUEUES = {
  [DEAD_QUEUE]: { ...RETENTION, retryLimit: DELIVERY_RETRY_LIMIT, retryDelay: 1 },
  [GPU_QUEUE]: {
    ...RETENTION,
    expireInSeconds: GPU_EXPIRE_SECONDS,
    retryLimit: GPU_RETRY_LIMIT,
    retryDelay: 1,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    deadLetter: DEAD_QUEUE,
  },
  [deliveryQueue("token")]: DELIVERIES,
  [deliveryQueue("bot")]: DELIVERIES,
};

class PgBossEngine implements JobEngine {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #connection: Connection;
  readonly #boss: PgBoss;
  readonly #held: HeldClaims;
  readonly #waiting: WaitingJobs;
  readonly #wake = { gpu: new WakeCalls(), delivery: new WakeCalls() };
  #unlisten: (() => Promise<void>) | null = null;
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  constructor({ database, log }: JobEngineOptions) {
    this.#db = database.db;
    this.#connection = database.connection;
    this.#log = log;
    this.#waiting = new WaitingJobs(this.#db);
    this.#boss = new PgBoss(bossOptions(database.connection));
    this.#boss.on("error", (error) => log.error({ err: error }, "the queue had a fault"));
    this.#boss.on("warning", (warning) => log.debug({ warning }, "the queue warns"));
    this.#held = new HeldClaims({
      beat: (attempts) => statements.beat(this.#db, attempts),
      everyMs: BEAT_EVERY_MS,
      log,
    });
  }

  async start(): Promise<void> {
    this.#started ??= this.#start();
    await this.#started;
  }

  async #start(): Promise<void> {
    await this.#boss.start();
    for (const [name, options] of Object.entries(QUEUES)) {
      await this.#boss.createQueue(name, options);
      await this.#boss.updateQueue(name, options);
    }
    if (isAlone(this.#connection)) await this.#failOrphans();
    const listener = await this.#boss.getDb().listen?.(
      statements.CHANNEL,
      (payload) => this.#hear(payload),
      () => this.#hear(""),
    );
    if (listener !== undefined) this.#unlisten = () => listener.close();
    this.#held.start();
  }

  /** What this database's only process left running when it ended is nobody's: it need not wait for a heartbeat. */
  async #failOrphans(): Promise<void> {
    for (const { queue, ids } of await statements.findOrphans(this.#db, Object.keys(QUEUES))) {
      this.#log.info({ queue, count: ids.length }, "jobs of an earlier process are tried again");
      await this.#boss.fail(queue, ids, { message: "the process ended" });
    }
  }

  #hear(payload: string): void {
    if (payload === "cancel") void this.#held.beat();
    if (payload !== "delivery") this.#wake.gpu.call();
    if (payload !== GPU_QUEUE) this.#wake.delivery.call();
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#held.abortAll("stopping");
    this.#wake.gpu.close();
    this.#wake.delivery.close();
    const until = performance.now() + HAND_BACK_MS;
    while (this.#held.open.length > 0 && performance.now() < until)
      await this.#held.beat().then(() => setTimeout(50));
    for (const attempt of this.#held.open) {
      await statements.putBack(this.#db, attempt, { delayMs: 0, isFree: true });
    }
    await this.#held.stop();
    await endWithin(this.#disconnect(), DISCONNECT_MS);
  }

  /** Over a broken line this may never end; nothing that was claimed depends on it. */
  async #disconnect(): Promise<void> {
    await this.#unlisten?.();
    await this.#boss.stop({ graceful: false, close: true });
  }

  async enqueueGpu(tx: Database, job: GpuJob): Promise<void> {
    const { id, model, fairness } = job;
    if (!(await enterLine(tx, job))) return;
    const priority = await statements.retagAround(tx, { id, guild: fairness.guild });
    await this.#boss.send(GPU_QUEUE, null, { id, priority, group: { id: model }, db: bossDb(tx) });
  }

  async enqueueDelivery(tx: Database, { id, role, notBefore }: Delivery): Promise<void> {
    const startAfter = notBefore === undefined ? {} : { startAfter: notBefore };
    await this.#boss.send(deliveryQueue(role), null, { id, ...startAfter, db: bossDb(tx) });
    await statements.notify(tx, "delivery");
  }

  async claimGpu(models: readonly string[]): Promise<Claim | null> {
    if (this.#stopped !== null || models.length === 0) return null;
    this.#wake.gpu.look(GPU_QUEUE);
    for (let tries = 0; tries < FETCH_TRIES; tries++) {
      const ignoreGroups = await statements.otherModels(this.#db, textArray(models));
      const job = await this.#fetch(GPU_QUEUE, ignoreGroups);
      if (job === undefined) return null;
      const attempt = { queue: GPU_QUEUE, id: job.id, retryCount: job.retryCount };
      if (!models.includes(job.groupId ?? "")) {
        await statements.unfetch(this.#db, attempt);
        continue;
      }
      await this.#payForStart(job.id);
      return this.#held.hold({
        ...attempt,
        retryLimit: job.retryLimit,
        expireSeconds: GPU_EXPIRE_SECONDS,
      });
    }
    return null;
  }

  /** A power cut may forget a fetch whose job has done nothing yet: its first own commit would keep both. */
  async #fetch(queue: string, ignoreGroups: string[] = []): Promise<FetchedJob | undefined> {
    return this.#db.transaction(async (tx) => {
      await tx.execute(sql`set local synchronous_commit = off`);
      const [job] = await this.#boss.fetch(queue, {
        includeMetadata: true,
        ignoreGroups,
        db: bossDb(tx),
      });
      return job;
    });
  }

  /** In statements of their own: held together, the locks of fetch and order could wait for each other. */
  async #payForStart(id: string): Promise<void> {
    const { mustRetag, mustRebase, guild } = await payForStart(this.#db, id);
    if (mustRebase) await this.#db.transaction((tx) => statements.rebase(tx));
    else if (mustRetag && guild !== null) {
      await this.#db.transaction(async (tx) => {
        await lockLine(tx, guild);
        await statements.retag(tx, guild);
      });
    }
  }

  async claimDelivery(role: DeliveryRole): Promise<Claim | null> {
    if (this.#stopped !== null) return null;
    const queue = deliveryQueue(role);
    this.#wake.delivery.look(queue);
    const job = await this.#fetch(queue);
    if (job === undefined) return null;
    const { id, retryCount, retryLimit } = job;
    return this.#held.hold({
      queue,
      id,
      retryCount,
      retryLimit,
      expireSeconds: DELIVERY_EXPIRE_SECONDS,
    });
  }

  async ready(lane: "gpu" | DeliveryRole, signal: AbortSignal): Promise<void> {
    if (lane === "gpu") await this.#wake.gpu.wait(GPU_QUEUE, signal);
    else await this.#wake.delivery.wait(deliveryQueue(lane), signal);
  }

  async complete(tx: Database, claim: Claim): Promise<boolean> {
    return this.#end(tx, claim, null);
  }

  /** pg-boss' own `fail` would try the job again, or hand it to {@link takeDead}. */
  async fail(tx: Database, claim: Claim, error: string): Promise<boolean> {
    return this.#end(tx, claim, { error });
  }

  async #end(tx: Database, claim: Claim, output: object | null): Promise<boolean> {
    const { queue, id, retryCount } = this.#held.attemptOf(claim);
    const { affected } = (await this.#boss.complete(queue, { id, retryCount }, output, {
      db: bossDb(tx),
    })) as { affected: number };
    if (affected === 0) return false;
    if (queue === GPU_QUEUE) await leaveLine(tx, id);
    this.#held.markEnded(claim);
    return true;
  }

  async retry(tx: Database, claim: Claim, options: RetryOptions = {}): Promise<boolean> {
    const { delayMs = RETRY_DELAY_MS, isFree = claim.signal.reason === "stopping" } = options;
    const attempt = this.#held.attemptOf(claim);
    if (!(await statements.putBack(tx, attempt, { delayMs, isFree }))) return false;
    this.#held.markEnded(claim);
    this.#wake[attempt.queue === GPU_QUEUE ? "gpu" : "delivery"].callAfter(delayMs + 1);
    return true;
  }

  release(claim: Claim): void {
    this.#held.letGo(claim);
  }

  async cancel(tx: Database, id: string): Promise<"waiting" | "running" | "ended"> {
    const [entry] = await query(
      tx,
      sql`select guild from queue_entry where id = ${id}::uuid`,
      z.object({ guild: z.string() }),
    );
    if (entry === undefined) return "ended";
    await lockLine(tx, entry.guild);
    if (await statements.cancelWaiting(tx, id)) {
      await leaveLine(tx, id);
      await statements.retag(tx, entry.guild);
      return "waiting";
    }
    const marked = await query(
      tx,
      sql`update queue_entry set cancelled_at = now() where id = ${id}::uuid returning id::text`,
      z.object({ id: z.string() }),
    );
    if (marked.length === 0) return "ended";
    await statements.notify(tx, "cancel");
    return "running";
  }

  async retag(tx: Database, guild: string): Promise<void> {
    await lockLine(tx, guild);
    await weighLine(tx, guild);
    await statements.retag(tx, guild);
  }

  async waiting(guild?: string): Promise<WaitingJob[]> {
    return this.#waiting.list(guild);
  }

  async foresee(work: Work): Promise<{ from: number; until: number } | null> {
    return this.#waiting.foresee(work);
  }

  async takeDead(end: (tx: Database, id: string) => Promise<void>): Promise<number> {
    let count = 0;
    while (await this.#db.transaction((tx) => this.#takeOneDead(tx, end))) count += 1;
    return count;
  }

  async #takeOneDead(
    tx: Database,
    end: (tx: Database, id: string) => Promise<void>,
  ): Promise<boolean> {
    const db = bossDb(tx);
    const [dead] = await this.#boss.fetch(DEAD_QUEUE, { includeMetadata: true, db });
    if (dead === undefined) return false;
    if (dead.sourceId !== null) {
      await end(tx, dead.sourceId);
      await leaveLine(tx, dead.sourceId);
    }
    await this.#boss.complete(DEAD_QUEUE, dead.id, null, { db });
    return true;
  }
}

type FetchedJob = JobWithMetadata<unknown>;

function isAlone(connection: Connection): boolean {
  return connection.kind === "pglite" || connection.isAlone;
}

function bossDb(tx: Database): ReturnType<typeof fromDrizzle> {
  return fromDrizzle(tx as unknown as Parameters<typeof fromDrizzle>[0], sql);
}

/** QUEUE.md section 9. Notifications are our own, since pg-boss' reach only its own workers. */
function bossOptions(connection: Connection): ConstructorOptions {
  const options: ConstructorOptions = {
    schedule: false,
    registerInstance: false,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  };
  if (connection.kind === "pglite") {
    return { ...options, db: fromPglite(connection.lane), backend: "pglite" };
  }
  const pool = { query_timeout: QUERY_TIMEOUT_MS, keepAlive: true };
  return {
    ...options,
    ...pool,
    connectionString: connection.url,
    application_name: "sanabot queue",
    max: POOL_SIZE,
  };
}
