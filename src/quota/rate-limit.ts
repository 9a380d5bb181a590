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
 * Takes from a bucket, by the generic cell rate algorithm and the database's clock.
 *
 * @returns false, and nothing is taken, when the bucket has not enough.
 */
export async function takeRate(db: Database, key: string, rate: Rate): Promise<boolean> {
  const { burst, secondsEach } = rate;
  return queryValue(
    db,
    sql`select rate_take(${key}, 1, ${burst}::int, make_interval(secs => ${secondsEach}::float8))`,
    z.boolean(),
  );
}
