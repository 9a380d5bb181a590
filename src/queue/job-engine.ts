import type { Database } from "../db/database.ts";
import type { Work } from "./run-times.ts";

/** What the order of the GPU's work is decided by. */
interface Fairness {
  /** The guild's id, or `dm:USER` outside of one: whose share of the GPU the job takes. */
  readonly guild: string;
  readonly userId: string;
  readonly roleIds: readonly string[];
  /** Thousandths of a credit. */
  readonly cost: number;
}

/** GPU work to be queued; the id is that of the `job` row, written in the same transaction. */
export interface GpuJob {
  readonly id: string;
  readonly model: string;
  readonly fairness: Fairness;
}

/** A job that is this worker's until it completes or fails it, or loses it. */
export interface Claim {
  readonly id: string;
  /** 1 for the first; an older attempt can end nothing. */
  readonly attempt: number;
  /** Whether a failure of this attempt is the last one. */
  readonly isLastAttempt: boolean;
  /** Aborts when the job was cancelled, its time was up, or another worker has taken it over; `reason` says which. */
  readonly signal: AbortSignal;
}

/** Why a claim's signal aborted. */
export type ClaimEnd = "cancelled" | "expired" | "lost" | "stopping";

export interface RetryOptions {
  /** Milliseconds until it may start again; one second where nothing is said. */
  readonly delayMs?: number | undefined;
  /** True: this attempt does not count, since the job was not to blame (a deploy). */
  readonly isFree?: boolean | undefined;
}

export interface WaitingJob {
  readonly id: string;
  /** 1 is the next. */
  readonly position: number;
  /** Seconds from now until it starts, by measured run times; null while nothing was measured yet. */
  readonly etaSeconds: { readonly median: number; readonly p90: number } | null;
}

/**
 * The durable queue: fair GPU work and deliveries. An engine lies behind it (pg-boss); nothing of that shows here.
 * Everything that takes a `tx` happens in the caller's transaction, or not at all.
 */
export interface JobEngine {
  readonly start: () => Promise<void>;
  /** Stops taking, hands back what still runs (its turn is kept); may be called twice. */
  readonly stop: () => Promise<void>;

  /** Queues GPU work in its fair place. An id that is queued already changes nothing. */
  readonly enqueueGpu: (tx: Database, job: GpuJob) => Promise<void>;
  /** Queues the delivery of a job's result, at once or not before a moment. */
  readonly enqueueDelivery: (tx: Database, delivery: Delivery) => Promise<void>;

  /** The next job by fairness that one of these models serves, or null when there is none now. */
  readonly claimGpu: (models: readonly string[]) => Promise<Claim | null>;
  readonly claimDelivery: (role: DeliveryRole) => Promise<Claim | null>;
  /** Resolves when a claim is worth trying: something was queued, a retry is due, or a short time has passed. */
  readonly ready: (lane: "gpu" | DeliveryRole, signal: AbortSignal) => Promise<void>;

  /** Ends a job well. False, and the caller rolls back: this attempt is stale. */
  readonly complete: (tx: Database, claim: Claim) => Promise<boolean>;
  /** Gives a job back for another try, keeping its turn. False: this attempt is stale. */
  readonly retry: (tx: Database, claim: Claim, options?: RetryOptions) => Promise<boolean>;
  /**
   * The holder is done with a claim, in whatever way: to be called for each, at last. One that was not ended (a fault kept its
   * holder from it) is tried again as if its process had died.
   */
  readonly release: (claim: Claim) => void;
  /** Ends a job badly, for good. False: this attempt is stale. */
  readonly fail: (tx: Database, claim: Claim, error: string) => Promise<boolean>;
  /**
   * Cancels: a waiting job never starts; a running one's signal aborts within a second, and its worker ends it.
   * `ended` when there was nothing to cancel.
   */
  readonly cancel: (tx: Database, id: string) => Promise<"waiting" | "running" | "ended">;

  /** After a change of a weight in `fair_weight`, in the same transaction: what waits in the guild takes its place by it. */
  readonly retag: (tx: Database, guild: string) => Promise<void>;

  /** Places and ETAs of all waiting GPU jobs, or of one guild's, in order. */
  readonly waiting: (guild?: string) => Promise<WaitingJob[]>;
  /**
   * Seconds until GPU work would be done if it were queued now: as if it came next, and as if it came last, since its fair
   * place is known only once it has one. Null while nothing of its kind was measured, and where no worker could do it.
   */
  readonly foresee: (work: Work) => Promise<{ from: number; until: number } | null>;
  /**
   * Jobs whose attempts are used up without anybody having ended them (their workers died): each is handed once to the
   * caller, who fails it in the given transaction.
   */
  readonly takeDead: (end: (tx: Database, id: string) => Promise<void>) => Promise<number>;
}

/** `token`: any process can post it by the interaction's token. `bot`: it needs the bot's own, so a gateway posts it. */
export type DeliveryRole = "token" | "bot";

export interface Delivery {
  /** The job's. */
  readonly id: string;
  readonly role: DeliveryRole;
  readonly notBefore?: Date | undefined;
}
