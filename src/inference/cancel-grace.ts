/** A step of a common picture, even on a CPU, ends within this. */
const MIN_GRACE_MS = 30_000;
/** Loading Sana 1.6B anew takes about a minute: who waits behind a cancelled task waits no longer than for that. */
const MAX_GRACE_MS = 120_000;
/** The next step may be slower than the last one. */
const MARGIN = 1.5;

/** How long a cancelled task may go on before its process is killed, from how long its steps have taken so far. */
export class CancelGrace {
  #heardAt: number;
  #lastStepMs = 0;

  /** @param now - milliseconds on any clock, here and below */
  constructor(now: number) {
    this.#heardAt = now;
  }

  /** A step of the task has ended and another begins. */
  step(now: number): void {
    this.#lastStepMs = now - this.#heardAt;
    this.#heardAt = now;
  }

  /** Milliseconds from now; the step that is under way is as long as it has taken already, if not as the last one. */
  milliseconds(now: number): number {
    const known = Math.max(this.#lastStepMs, now - this.#heardAt);
    return Math.min(MAX_GRACE_MS, Math.max(MIN_GRACE_MS, MARGIN * known));
  }
}
