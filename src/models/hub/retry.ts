import { setTimeout as sleep } from "node:timers/promises";
import { UserError, throwIfCancelled } from "../../errors.ts";

/** How long to wait for a server, and how often to ask it again. */
export interface RetryPolicy {
  /** Without a byte for this long, a transfer counts as broken. */
  readonly stallMs: number;
  /** Before the second attempt; doubled before each further one. */
  readonly backOffMs: number;
  /** Failures in a row, without a byte between them, before giving up. */
  readonly attempts: number;
  /** A server that asks for a longer pause is not waited for. */
  readonly maxWaitMs: number;
}

/** Six attempts span half a minute of pauses: a server's restart. The hub's rate limits count in windows of 5 minutes. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  stallMs: 30_000,
  backOffMs: 1000,
  attempts: 6,
  maxWaitMs: 300_000,
};

/** A failure that may be gone a moment later. */
export class TransientError extends Error {
  /** The pause that the server asked for. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super(message, options);
    this.name = "TransientError";
    this.retryAfterMs = options?.retryAfterMs;
  }
}

interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** Grows while attempts achieve something; failures are counted anew from there. */
  readonly progress?: () => number;
}

/**
 * Repeats `attempt` while it fails with a TransientError.
 * @throws UserError network when it goes on failing, cancelled
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { policy, signal, progress }: RetryOptions,
): Promise<T> {
  let failures = 0;
  let reached = progress?.() ?? 0;
  for (;;) {
    throwIfCancelled(signal, "the download; what has arrived is kept, so pull again to go on");
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      const now = progress?.() ?? 0;
      failures = now > reached ? 1 : failures + 1;
      reached = now;
      await pause({ error, failures, policy, signal });
    }
  }
}

interface Pause {
  readonly error: TransientError;
  readonly failures: number;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
}

async function pause({ error, failures, policy, signal }: Pause): Promise<void> {
  const waitMs = error.retryAfterMs ?? policy.backOffMs * 2 ** (failures - 1);
  if (failures >= policy.attempts) {
    const message = `${error.message} Tried ${failures} times; check the connection and pull again: what has arrived is kept.`;
    throw new UserError("network", message, { cause: error });
  }
  if (waitMs > policy.maxWaitMs) {
    const seconds = Math.ceil(waitMs / 1000);
    throw new UserError(
      "network",
      `${error.message} It asks to wait ${seconds} seconds; try then.`,
      {
        cause: error,
      },
    );
  }
  // An aborted pause is told by the next attempt's own check.
  await sleep(waitMs, undefined, { signal }).catch(() => {});
}

/** A signal that aborts when nobody touches it for a while, or with `outer`. */
export class StallWatch {
  readonly signal: AbortSignal;
  readonly #stalled = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(stallMs: number, outer: AbortSignal | undefined) {
    this.#timer = setTimeout(() => this.#stalled.abort(), stallMs);
    const { signal } = this.#stalled;
    this.signal = outer === undefined ? signal : AbortSignal.any([signal, outer]);
  }

  get isStalled(): boolean {
    return this.#stalled.signal.aborted;
  }

  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
