import type { Logger } from "pino";

import type { Claim, ClaimEnd } from "./job-engine.ts";

/** What names an attempt for the queue. */
export interface Attempt {
  readonly queue: string;
  readonly id: string;
  /** 0 for the first. */
  readonly retryCount: number;
}

export interface ClaimToHold extends Attempt {
  readonly retryLimit: number;
  readonly expireSeconds: number;
}

/** An attempt that is still this process'. */
export interface Beat extends Attempt {
  readonly isCancelled: boolean;
}

/** A claim of this process, from its fetch until the queue has seen its end. */
interface Held extends Attempt {
  readonly controller: AbortController;
  readonly expiry: NodeJS.Timeout;
  /** Its holder has ended it; the queue agrees as soon as the holder's transaction commits. */
  isEnded: boolean;
}

export interface HeldClaimsOptions {
  /** Refreshes the heartbeat of these attempts. @returns those that are still running */
  readonly beat: (attempts: readonly Attempt[]) => Promise<Beat[]>;
  readonly everyMs: number;
  readonly log: Logger;
}

/**
 * The jobs that this process works on: says that it lives, and aborts a claim's signal when the job was cancelled, has
 * taken too long, or was taken over.
 */
export class HeldClaims {
  readonly #options: HeldClaimsOptions;
  readonly #held = new Map<Claim, Held>();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | null = null;

  constructor(options: HeldClaimsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.beat(), this.#options.everyMs);
  }

  /** Beats no more, and lets go of the claims as they are. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    for (const { expiry } of this.#held.values()) clearTimeout(expiry);
    this.#held.clear();
  }

  hold({ retryLimit, expireSeconds, queue, id, retryCount }: ClaimToHold): Claim {
    const controller = new AbortController();
    const expiry = setTimeout(() => abort(controller, "expired"), expireSeconds * 1000);
    const claim: Claim = {
      id,
      attempt: retryCount + 1,
      isLastAttempt: retryCount >= retryLimit,
      signal: controller.signal,
    };
    this.#held.set(claim, { queue, id, retryCount, controller, expiry, isEnded: false });
    return claim;
  }

  /** @throws {Error} for a claim of another process, or one that has ended a while ago */
  attemptOf(claim: Claim): Attempt {
    return this.#of(claim);
  }

  /** The holder ends it, in a transaction that may yet fail. */
  markEnded(claim: Claim): void {
    this.#of(claim).isEnded = true;
  }

  /** Beats for a claim no more; may be called twice. */
  letGo(claim: Claim): void {
    clearTimeout(this.#held.get(claim)?.expiry);
    this.#held.delete(claim);
  }

  /** Those whose holders have not ended them. */
  get open(): Attempt[] {
    return [...this.#held.values()].filter(({ isEnded }) => !isEnded);
  }

  /** Aborts every open claim. */
  abortAll(why: ClaimEnd): void {
    for (const { isEnded, controller } of this.#held.values()) if (!isEnded) abort(controller, why);
  }

  /** One heartbeat now, beside the regular ones; two at once are one. */
  async beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = null;
    });
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const asked = [...this.#held];
    if (asked.length === 0) return;
    try {
      const alive = await this.#options.beat(asked.map(([, held]) => held));
      const byAttempt = new Map(alive.map((beat) => [keyOf(beat), beat]));
      for (const [claim, held] of asked) {
        const beat = byAttempt.get(keyOf(held));
        if (beat === undefined) this.#lose(claim, held);
        else if (beat.isCancelled && !held.isEnded) abort(held.controller, "cancelled");
      }
    } catch (error) {
      this.#options.log.error({ err: error }, "the queue did not hear that this process lives");
    }
  }

  #of(claim: Claim): Held {
    const held = this.#held.get(claim);
    if (held === undefined) throw new Error(`The claim of job ${claim.id} is not held here`);
    return held;
  }

  #lose(claim: Claim, { isEnded, controller }: Held): void {
    this.letGo(claim);
    if (!isEnded) abort(controller, "lost");
  }
}

function abort(controller: AbortController, why: ClaimEnd): void {
  controller.abort(why);
}

function keyOf({ queue, id, retryCount }: Attempt): string {
  return `${queue}/${id}/${retryCount}`;
}
