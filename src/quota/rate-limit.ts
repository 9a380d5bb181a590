import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../db/database.ts";

export interface Rate {
  /** How many may come at once. */
  burst: number;
  /** Seconds until one more may come. */
  secondsEach: number;
}

/**
 * Takes one from a bucket, by the generic cell rate algorithm and the database's clock.
 *
 * @returns 0; or the seconds until the bucket has one again, and then nothing was taken
 */
export async function takeRate(db: Database, key: string, rate: Rate): Promise<number> {
  const { burst, secondsEach } = rate;
  return queryValue(
    db,
    sql`select rate_wait(${key}, 1, ${burst}::int, make_interval(secs => ${secondsEach}::float8))`,
    z.number(),
  );
}
