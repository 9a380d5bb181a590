import { setTimeout } from "node:timers/promises";

/**
 * Waits for the end of something, but no longer than so many milliseconds: over a broken line it may never come, and
 * nothing that was kept depends on it.
 *
 * @throws whatever the end itself throws in time
 */
export async function endWithin(ending: Promise<unknown>, milliseconds: number): Promise<void> {
  const deadline = new AbortController();
  await Promise.race([
    ending.finally(() => deadline.abort()),
    setTimeout(milliseconds, null, { signal: deadline.signal }).catch(() => null),
  ]);
}
