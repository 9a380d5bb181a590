import { setTimeout } from "node:timers/promises";

/** A server that was killed serves again after one to five seconds. */
const PATIENCE_MS = 15_000;
const TRY_EVERY_MS = 250;

/** Connection exceptions, and a server that is stopping, has crashed or is starting: appendix A of PostgreSQL's manual. */
const AWAY_CODE = /^(?:08...|57P0[123]|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/;
/** What pg says without a code. */
const AWAY_MESSAGE =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/**
 * Does something again while the database is away: its server restarts, or the line broke. To be used for what may be
 * done twice, since nobody knows whether a commit that got no answer has happened.
 */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || performance.now() - began > PATIENCE_MS) throw error;
      await setTimeout(TRY_EVERY_MS);
    }
  }
}

/** drizzle's errors have the driver's as their cause. */
function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return AWAY_CODE.test(code) || AWAY_MESSAGE.test(error.message) || isAway(error.cause);
}
