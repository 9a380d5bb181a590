import type { Logger } from "pino";

import type { Database } from "../db/database.ts";
import type { Claim, DeliveryRole, JobEngine } from "../queue/job-engine.ts";
import { release, settle } from "../quota/quota.ts";
import { failpoint } from "../telemetry/failpoint.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { AnswerBook } from "./answer-book.ts";
import {
  endDelivery,
  filesOf,
  findDelivery,
  findJob,
  type JobRow,
  picturesOf,
} from "./job-store.ts";
import {
  type Answer,
  DeliveryImpossible,
  type Messenger,
  type Notice,
  type Posted,
} from "./messenger.ts";
import type { NoticeWriter } from "./notice.ts";
import { refitted } from "./refit.ts";

const POST_DEADLINE_MS = 150_000;
const MIN_DELAY_MS = 1000;
/** After an outage a delivery comes at most this much later. */
const MAX_DELAY_MS = 30_000;
/** Uploads that run side by side, so that a large one holds up no small one. */
const LANES = 3;

export interface OutboxOptions {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly messenger: Messenger;
  readonly answers: AnswerBook;
  readonly notices: NoticeWriter;
  /** What this process can post: a gateway everything, a worker what needs no bot token. */
  readonly roles: readonly DeliveryRole[];
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Says in Discord what became of each job, once, and charges for what was delivered: a delivery is a job of its own, so that the GPU goes on meanwhile, and every
 * step of it may be repeated.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  start(): void {
    const lanes = this.#options.roles.flatMap((role) =>
      Array.from({ length: LANES }, () => this.#run(role)),
    );
    this.#running ??= Promise.all(lanes);
  }

  /** Ends when the uploads that are on their way have arrived. May be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(role: DeliveryRole): Promise<void> {
    const { engine, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const claim = await engine.claimDelivery(role);
        if (claim === null) await engine.ready(role, signal);
        else await this.#deliver(claim).finally(() => engine.release(claim));
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, "the outbox goes on after a fault");
        await new Promise((done) => setTimeout(done, MIN_DELAY_MS));
      }
    }
  }

  async #deliver(claim: Claim): Promise<void> {
    const { db, engine, answers, messenger, notices, log } = this.#options;
    const row = await findJob(db, claim.id);
    const delivery = row === null ? null : await findDelivery(db, row.id);
    if (row === null || delivery === null || delivery.state !== "waiting") {
      await engine.complete(db, claim);
      return;
    }
    const answer = await answers.of(row, delivery);
    if (!messenger.canReach(answer)) return this.#passOn(claim, row);
    const pictures = await picturesOf(db, row.id);
    const notice = await notices.final(row, { pictures, files: await filesOf(db, row.id) });
    try {
      failpoint("before_post");
      const posted = await this.#post(answer, notice, claim);
      failpoint("after_post");
      await this.#end(claim, row, posted);
    } catch (error) {
      if (error instanceof DeliveryImpossible) return this.#giveUp(claim, row, error);
      const delayMs = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** Math.min(10, claim.attempt - 1));
      log.warn(
        { err: error, jobId: row.id, attempt: claim.attempt, delayMs },
        "delivery is tried again",
      );
      await engine.retry(db, claim, { delayMs });
    }
  }

  /** With smaller files where Discord refuses these; where there are none, the card says that they cannot be shown. */
  async #post(answer: Answer, notice: Notice, claim: Claim): Promise<Posted> {
    try {
      return await this.#send(answer, notice, claim);
    } catch (error) {
      if (notice.kind !== "finished" || !isRefused(error)) throw error;
      const smaller = error.obstacle === "file-too-large" ? await refitted(notice) : null;
      if (smaller !== null) return this.#post(answer, smaller, claim);
      await this.#send(answer, { kind: "undelivered" }, claim);
      throw error;
    }
  }

  async #send(answer: Answer, notice: Notice, claim: Claim): Promise<Posted> {
    const signal = AbortSignal.any([claim.signal, AbortSignal.timeout(POST_DEADLINE_MS)]);
    return this.#options.messenger.post(answer, notice, signal);
  }

  /** The token died before this process came to it: only a gateway can post it now. */
  async #passOn(claim: Claim, row: JobRow): Promise<void> {
    const { db, engine } = this.#options;
    await db.transaction(async (tx) => {
      if (await engine.complete(tx, claim))
        await engine.enqueueDelivery(tx, { id: row.id, role: "bot" });
    });
  }

  async #end(claim: Claim, row: JobRow, posted: Posted): Promise<void> {
    const { db, engine, log, metrics } = this.#options;
    const { channelId, messageId, where } = posted;
    await db.transaction(async (tx) => {
      await engine.complete(tx, claim);
      const message = { channelId, messageId };
      const isFirst = await endDelivery(tx, row.id, { state: "posted", message });
      if (isFirst && row.state === "done") await settle(tx, row.id, row.cost);
    });
    metrics.delivered(row, where);
    log.info(
      { jobId: row.id, interactionId: row.interactionId, channelId, messageId, where },
      "posted",
    );
  }

  /** Nobody will see it: the pictures wait in /history, and they cost nothing. */
  async #giveUp(claim: Claim, row: JobRow, error: DeliveryImpossible): Promise<void> {
    const { db, engine, log, metrics } = this.#options;
    await db.transaction(async (tx) => {
      if (!(await engine.complete(tx, claim))) return;
      await endDelivery(tx, row.id, { state: "failed", error: error.obstacle });
      if (row.state === "done") await release(tx, row.id);
    });
    metrics.delivered(row, error.obstacle);
    log.warn({ err: error, jobId: row.id }, "could not be delivered");
  }
}

/** Whether Discord refused what was posted, though there was a way to post it. */
function isRefused(error: unknown): error is DeliveryImpossible {
  return (
    error instanceof DeliveryImpossible &&
    (error.obstacle === "file-too-large" || error.obstacle === "rejected")
  );
}
