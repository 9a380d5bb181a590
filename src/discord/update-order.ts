/** Finals that are remembered, so that a straggling update of one of them is dropped. */
const REMEMBERED = 10_000;
/**
 * Milliseconds that an update on its way is given to arrive before it is aborted: aborted at once, Discord might still
 * take it, and later than the final one. One that waits for a rate limit has not been sent and is aborted then.
 */
const GRACE_MS = 2000;

interface Running {
  readonly stop: AbortController;
  readonly settled: Promise<void>;
}

/**
 * Keeps the edits of one answer in order: an update that a newer one overtakes before it is sent is dropped, and none
 * is sent, or still on its way, when the final one begins.
 */
export class UpdateOrder {
  readonly #running = new Map<string, Running>();
  readonly #next = new Map<string, symbol>();
  readonly #finals = new Set<string>();

  /** Runs an update when its turn comes, or not at all. It is to end soon when its signal aborts. */
  async update(
    key: string,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const turn = Symbol(key);
    this.#next.set(key, turn);
    const ahead = this.#running.get(key);
    if (ahead !== undefined) await ahead.settled;
    if (this.#next.get(key) !== turn) return;
    this.#next.delete(key);
    if (this.#finals.has(key) || signal.aborted) return;
    const stop = new AbortController();
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    AbortSignal.any([signal, stop.signal]).addEventListener("abort", () => {
      timer = setTimeout(() => late.abort(), GRACE_MS);
    });
    const sending = send(late.signal).finally(() => clearTimeout(timer));
    this.#running.set(key, { stop, settled: sending.catch(() => undefined) });
    try {
      await sending;
    } finally {
      if (this.#running.get(key)?.stop === stop) this.#running.delete(key);
    }
  }

  /** Waits for the end of what is on its way; later updates are dropped. */
  async finish(key: string): Promise<void> {
    this.#finals.add(key);
    if (this.#finals.size > REMEMBERED) {
      const [oldest] = this.#finals;
      if (oldest !== undefined) this.#finals.delete(oldest);
    }
    await this.settle(key);
  }

  /** Waits for the end of what is on its way; later updates are welcome. */
  async settle(key: string): Promise<void> {
    this.#next.delete(key);
    const running = this.#running.get(key);
    running?.stop.abort();
    await running?.settled;
  }
}
