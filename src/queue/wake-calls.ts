/** Milliseconds. Where no notification comes: a retry that falls due elsewhere, or a connection that is gone. */
const POLL_MS = 1000;

/**
 * Tells waiting loops that a claim is worth trying. Calls are counted, so that one that comes between a claim that found
 * nothing and the wait for the next is not missed.
 */
export class WakeCalls {
  #count = 0;
  readonly #seen = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #timers = new Set<NodeJS.Timeout>();

  call(): void {
    this.#count += 1;
    for (const wake of this.#waiting) wake();
  }

  /** At most some hours ahead. */
  callAfter(milliseconds: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.call();
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** To be noted by a loop of that kind before it tries to claim. */
  look(loop: string): void {
    this.#seen.set(loop, this.#count);
  }

  /**
   * Resolves at the next call, at once if there was one since a loop of that kind last looked or waited, or after a short
   * time. A call ends one such wait only: a loop that may not claim just now would go round for ever.
   */
  async wait(loop: string, signal: AbortSignal): Promise<void> {
    const isMissed = (this.#seen.get(loop) ?? this.#count) < this.#count;
    this.look(loop);
    if (isMissed || signal.aborted) return;
    await new Promise<void>((done) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        done();
      };
      const timer = setTimeout(wake, POLL_MS);
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.call();
  }
}
