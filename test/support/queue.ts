import { randomUUID } from "node:crypto";

import { sql } from "drizzle-orm";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import type { Claim, JobEngine } from "../../src/queue/job-engine.ts";
import { createJobEngine } from "../../src/queue/pg-boss-engine.ts";
import { SILENT } from "./databases.ts";

export const CREDIT = 1000;

export interface TestJob {
  readonly id?: string;
  readonly guild?: string;
  readonly userId?: string;
  readonly roleIds?: readonly string[];
  readonly cost?: number;
  readonly model?: string;
}

/** A started engine, and short words for what tests do with it. */
export class TestQueue {
  readonly db: Database;
  readonly engine: JobEngine;
  /** What tests call the jobs. */
  readonly names = new Map<string, string>();

  private constructor(db: Database, engine: JobEngine) {
    this.db = db;
    this.engine = engine;
  }

  static async start({ db, connection }: OpenDatabase): Promise<TestQueue> {
    const engine = createJobEngine({ database: { db, connection }, log: SILENT });
    await engine.start();
    return new TestQueue(db, engine);
  }

  /** Queues a job of one credit by user `u` of guild `g` for model `m`, unless said otherwise. */
  async add(name: string, job: TestJob = {}): Promise<string> {
    const id = job.id ?? randomUUID();
    this.names.set(id, name);
    await this.db.transaction((tx) => this.enqueue(tx, { ...job, id }));
    return id;
  }

  async enqueue(tx: Database, job: TestJob & { readonly id: string }): Promise<void> {
    const { id, guild = "g", userId = "u", roleIds = [], cost = CREDIT, model = "m" } = job;
    await this.engine.enqueueGpu(tx, { id, model, fairness: { guild, userId, roleIds, cost } });
  }

  async claim(models: readonly string[] = ["m"]): Promise<Claim> {
    const claim = await this.engine.claimGpu(models);
    if (claim === null) throw new Error("Nothing can be claimed");
    return claim;
  }

  async complete(claim: Claim): Promise<boolean> {
    return this.db.transaction((tx) => this.engine.complete(tx, claim));
  }

  async retry(claim: Claim, delayMs?: number): Promise<boolean> {
    return this.db.transaction((tx) => this.engine.retry(tx, claim, { delayMs }));
  }

  async cancel(id: string): Promise<"waiting" | "running" | "ended"> {
    return this.db.transaction((tx) => this.engine.cancel(tx, id));
  }

  /** Serves what waits, one after the other. @returns the names in the order of their turns */
  async serve(
    models: readonly string[] = ["m"],
    atMost = Number.POSITIVE_INFINITY,
  ): Promise<string[]> {
    const served: string[] = [];
    while (served.length < atMost) {
      const claim = await this.engine.claimGpu(models);
      if (claim === null) break;
      served.push(this.names.get(claim.id) ?? "?");
      await this.complete(claim);
    }
    return served;
  }

  async clear(): Promise<void> {
    await this.db.execute(
      sql`truncate queue_entry, fair_guild, fair_user, fair_weight, worker, delivery, job cascade`,
    );
    await this.db.execute(sql`delete from pgboss.job`);
    await this.db.execute(sql`update fair_clock set virtual_time = 0, base = 0`);
  }

  /** As if the process that has this job had gone silent some time ago. */
  async silence(id: string): Promise<void> {
    await this.db.execute(
      sql`update pgboss.job set heartbeat_on = now() - interval '1 minute' where id = ${id}::uuid and state = 'active'`,
    );
  }
}

/** Waits until something is so; fails after a time that is far too long. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error("It did not come to be so");
    await new Promise((done) => setTimeout(done, 10));
  }
}
