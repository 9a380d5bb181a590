/** A timer that {@link Clock.at} set. */
interface Alarm {
  dueMs: number;
  ring: () => void;
  timeout: NodeJS.Timeout | null;
}

/**
 * The world's time: the machine's, plus what was advanced. Everything that Discord measures (3 s, 15 minutes, expiring
 * links, ages of accounts) is measured by it; rate limits are not, for a client waits for those in real time.
 */
export class Clock {
  #offsetMs = 0;
  #frozenMs: number | null = null;
  readonly #alarms = new Set<Alarm>();

  /** In ms since 1970. */
  now(): number {
    return this.#frozenMs ?? Date.now() + this.#offsetMs;
  }

  /** How far it is ahead of the machine's clock, in ms. */
  get offsetMs(): number {
    return this.now() - Date.now();
  }

  /** Moves time forward by so many ms; alarms that are due ring before this returns, the earliest first. */
  advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0)
      throw new RangeError(`The clock only goes forward; advance was ${ms} ms.`);
    if (this.#frozenMs === null) this.#offsetMs += ms;
    else this.#frozenMs += ms;
    const due = [...this.#alarms].filter((alarm) => alarm.dueMs <= this.now());
    for (const alarm of due.toSorted((a, b) => a.dueMs - b.dueMs)) this.#ring(alarm);
    this.#restart();
  }

  /** Time stands still until {@link thaw}; only {@link advance} moves it. */
  freeze(): void {
    this.#frozenMs ??= this.now();
    this.#restart();
  }

  thaw(): void {
    if (this.#frozenMs === null) return;
    this.#offsetMs = this.#frozenMs - Date.now();
    this.#frozenMs = null;
    this.#restart();
  }

  /** Calls `ring` once at `dueMs` (ms since 1970). @returns what cancels it. */
  at(dueMs: number, ring: () => void): () => void {
    const alarm: Alarm = { dueMs, ring, timeout: null };
    this.#alarms.add(alarm);
    this.#wind(alarm);
    return () => {
      clearTimeout(alarm.timeout ?? undefined);
      this.#alarms.delete(alarm);
    };
  }

  /** Cancels every alarm. */
  stop(): void {
    for (const alarm of this.#alarms) clearTimeout(alarm.timeout ?? undefined);
    this.#alarms.clear();
  }

  #ring(alarm: Alarm): void {
    clearTimeout(alarm.timeout ?? undefined);
    if (this.#alarms.delete(alarm)) alarm.ring();
  }

  #restart(): void {
    for (const alarm of this.#alarms) this.#wind(alarm);
  }

  #wind(alarm: Alarm): void {
    clearTimeout(alarm.timeout ?? undefined);
    alarm.timeout = null;
    if (this.#frozenMs !== null) return;
    // setTimeout may come 1 ms early and cannot wait longer than 2^31 ms: look again instead of trusting it.
    const waitMs = Math.min(Math.max(alarm.dueMs - this.now(), 0), 2 ** 31 - 1);
    alarm.timeout = setTimeout(() => {
      if (alarm.dueMs <= this.now()) this.#ring(alarm);
      else this.#wind(alarm);
    }, waitMs);
    alarm.timeout.unref();
  }
}
