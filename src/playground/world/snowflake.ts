import type { Clock } from "./clock.ts";

/** Discord's, the first second of 2015, in ms since 1970. */
const EPOCH_MS = 1_420_070_400_000n;
const TIME_SHIFT = 22n;
/** Discord counts the ids of one millisecond and process in 12 bits. */
const MAX_COUNT = 4095n;

/** The first id of a moment (ms since 1970). */
export function snowflakeAt(ms: number): string {
  return ((BigInt(Math.trunc(ms)) - EPOCH_MS) << TIME_SHIFT).toString();
}

/** When an id was made, in ms since 1970. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> TIME_SHIFT) + EPOCH_MS);
}

/** Whether a text can be an id; SQLite, too, counts them in 63 bits. */
export function isSnowflake(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) < 2n ** 63n;
}

/** Makes ids that only grow, also when the clock was moved back by a restart. */
export class SnowflakeSource {
  readonly #clock: Clock;
  #timeMs: bigint;
  #count = 0n;

  /** @param last - The greatest id that exists. */
  constructor(clock: Clock, last: string) {
    this.#clock = clock;
    this.#timeMs = BigInt(snowflakeTime(last)) + 1n;
  }

  next(): string {
    const now = BigInt(this.#clock.now());
    if (now > this.#timeMs) {
      this.#timeMs = now;
      this.#count = 0n;
    } else if (this.#count === MAX_COUNT) {
      this.#timeMs += 1n;
      this.#count = 0n;
    } else {
      this.#count += 1n;
    }
    return (((this.#timeMs - EPOCH_MS) << TIME_SHIFT) | this.#count).toString();
  }
}
