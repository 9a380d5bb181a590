import { randomUUID } from "node:crypto";

import type { Logger } from "pino";

import type { Database } from "../db/database.ts";
import { isOutOfMemory, UserError } from "../errors.ts";
import { InferenceCrash, type Inference } from "../inference/inference.ts";
import type { Made } from "../inference/messages.ts";
import type { Claim, DeliveryRole, JobEngine } from "../queue/job-engine.ts";
import { release } from "../quota/quota.ts";
import { errorWords } from "../i18n/error-words.ts";
import { translate } from "../i18n/translate.ts";
import { failpoint } from "../telemetry/failpoint.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { AnswerBook } from "./answer-book.ts";
import {
  endJob,
  insertPictures,
  type JobEnd,
  type JobError,
  type JobRow,
  putBackJob,
  startJob,
} from "./job-store.ts";
import type { Messenger } from "./messenger.ts";
import { ProgressEditor } from "./progress-editor.ts";
import { parsePlace } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { type SourceStore, taskOf } from "./task.ts";

/** Ten times the usual would be a hang; large pictures on a CPU take long the first time. */
const DEADLINE_MS = 60 * 60_000;
/** A deploy's SIGTERM leaves 30 s for everything. */
const STOP_GRACE_MS = 15_000;

export interface JobLoopOptions {
  readonly db: Database;
  readonly engine: JobEngine;
  readonly inference: Pick<Inference, "run">;
  readonly messenger: Messenger;
  readonly answers: AnswerBook;
  readonly sources: SourceStore;
  /** Names of the models that this worker serves; asked before each claim, since they change while it runs. */
  readonly models: () => readonly string[];
  /** False while paused: nothing is claimed. */
  readonly mayClaim: () => boolean;
  /** Called when a job begins and when it has ended. */
  readonly onJob: () => void;
  readonly workerId: string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * One GPU's loop: claims the next job in fair order, draws it, and in one transaction ends it and queues its delivery, which
 * charges for it. A crash at any point leaves the job to the next attempt.
 */
export class JobLoop {
  readonly #options: JobLoopOptions;
  readonly #stopping = new AbortController();
  /** Aborts the job that runs when its time to end is over. */
  readonly #handingBack = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: JobLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Takes no more jobs; the one that runs may end within the grace time, or is handed back and keeps its turn. May be
   * called twice.
   */
  async stop(graceMs: number = STOP_GRACE_MS): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => this.#handingBack.abort("stopping"), graceMs);
    await this.#running;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { engine, models, mayClaim, onJob, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const claim = mayClaim() ? await engine.claimGpu(models()) : null;
        if (claim === null) await engine.ready("gpu", signal);
        else {
          onJob();
          await this.#perform(claim).finally(() => engine.release(claim));
          onJob();
        }
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, "the job loop goes on after a fault");
        await new Promise((done) => setTimeout(done, 1000));
      }
    }
  }

  async #perform(claim: Claim): Promise<void> {
    const { db, engine, workerId, metrics, log } = this.#options;
    failpoint("after_claim");
    const row = await startJob(db, { id: claim.id, attempt: claim.attempt, worker: workerId });
    if (row === null) {
      // It has ended otherwise, or a newer attempt has it: only the queue's entry is left to end.
      await engine.complete(db, claim);
      return;
    }
    const logged = log.child({
      jobId: row.id,
      interactionId: row.interactionId,
      attempt: claim.attempt,
    });
    metrics.started(row);
    logged.info({ guildId: row.guildId, model: row.model }, "job started");
    const start = performance.now();
    try {
      const made = await this.#draw(row, claim);
      // What came too late for a stop is kept; what nobody wants any more is not.
      if (claim.signal.reason === "cancelled")
        throw new UserError("cancelled", "Cancelled once it was drawn.");
      await this.#end(row, claim, made);
      metrics.finished(row, "done", performance.now() - start);
      logged.info({ runMs: Math.round(performance.now() - start) }, "job done");
    } catch (error) {
      const outcome = await this.#endBadly(row, claim, error);
      metrics.finished(row, outcome, performance.now() - start);
      logged.warn({ err: error, outcome }, "job not done");
    }
  }

  async #draw(row: JobRow, claim: Claim): Promise<Made> {
    const { inference, messenger, answers, sources, db, log } = this.#options;
    const answer = await answers.of(row);
    const task = await taskOf(row, answer.job, sources);
    const progress = new ProgressEditor({ answer, messenger, db, log });
    try {
      return await inference.run(task, {
        signal: this.#signalOf(claim),
        deadlineMs: DEADLINE_MS,
        onProgress: (at, preview) => {
          if (at.stage === "denoise") failpoint("mid_inference");
          progress.show(at, preview);
        },
      });
    } finally {
      // No edit may come after the final one, which another process may make as soon as the job has ended.
      await progress.stop();
    }
  }

  async #end(row: JobRow, claim: Claim, made: Made): Promise<void> {
    const { db, engine, answers } = this.#options;
    failpoint("before_settle");
    const role = await answers.deliveryRole(row);
    await db.transaction(async (tx) => {
      if (!(await engine.complete(tx, claim))) throw new StaleAttempt();
      if (!(await endJob(tx, row.id, { state: "done", runMs: made.milliseconds })))
        throw new StaleAttempt();
      await insertPictures(tx, row, made);
      await engine.enqueueDelivery(tx, { id: row.id, role });
    });
    failpoint("after_settle");
  }

  /** @returns what became of the job, for the metrics */
  async #endBadly(row: JobRow, claim: Claim, error: unknown): Promise<string> {
    const { engine, db, answers, metrics } = this.#options;
    if (error instanceof StaleAttempt) return "stale";
    const signal = this.#signalOf(claim);
    const reason: unknown = signal.aborted ? signal.reason : undefined;
    if (reason === "lost") return "lost";
    if (reason === "stopping" || this.#isWorthAnotherTry(claim, error)) {
      await db.transaction(async (tx) => {
        const isFree = reason === "stopping";
        const options = isFree ? { isFree, delayMs: 0 } : {};
        if (await engine.retry(tx, claim, options)) await putBackJob(tx, row.id);
      });
      return reason === "stopping" ? "handed back" : "retried";
    }
    const isCancelled = reason === "cancelled";
    const explained = isCancelled ? null : this.#explain(row, error);
    if (explained !== null) metrics.died(explained.code);
    await endUnpaid(this.#options, row, {
      error: explained,
      role: await answers.deliveryRole(row),
      endInQueue: (tx) =>
        isCancelled ? engine.complete(tx, claim) : engine.fail(tx, claim, String(error)),
    });
    return isCancelled ? "cancelled" : "failed";
  }

  #signalOf({ signal }: Claim): AbortSignal {
    return AbortSignal.any([signal, this.#handingBack.signal]);
  }

  /** What the person did wrong stays wrong; anything else may have been chance, once. */
  #isWorthAnotherTry(claim: Claim, error: unknown): boolean {
    if (claim.signal.aborted || claim.isLastAttempt) return false;
    return !(error instanceof UserError) || isOutOfMemory(error);
  }

  #explain(row: JobRow, error: unknown): JobError {
    const { locale } = parsePlace(row.place);
    if (error instanceof Refusal)
      return { code: error.code, message: translate(locale, error.key, error.parameters) };
    if (error instanceof UserError) return { code: error.code, message: errorWords(error, locale) };
    const errorId = randomUUID().slice(0, 8);
    this.#options.log.error({ err: error, errorId, jobId: row.id }, "job failed for good");
    const code = error instanceof InferenceCrash ? "crashed" : "fault";
    return { code, message: "", errorId };
  }
}

/** Another attempt has the job: the transaction of this one is rolled back. */
class StaleAttempt extends Error {}

export interface UnpaidEnd {
  /** Null: it was cancelled. */
  readonly error: JobError | null;
  /** Who can post the bad news; a gateway (`bot`) always can. */
  readonly role: DeliveryRole;
  /** @returns false for a stale attempt, which changes nothing */
  readonly endInQueue: (tx: Database) => Promise<boolean>;
}

/** Ends a job that made nothing: gives the reservation back and queues the bad news, all at once or not at all. */
export async function endUnpaid(
  { db, engine }: Pick<JobLoopOptions, "db" | "engine">,
  row: JobRow,
  { error, role, endInQueue }: UnpaidEnd,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await endInQueue(tx))) return false;
    const isCancelled = error === null || error.code === "cancelled";
    const end: JobEnd = isCancelled ? { state: "cancelled", error } : { state: "failed", error };
    if (!(await endJob(tx, row.id, end))) return false;
    await release(tx, row.id);
    await engine.enqueueDelivery(tx, { id: row.id, role });
    return true;
  });
}
