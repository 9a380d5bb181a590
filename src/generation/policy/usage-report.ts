import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../../db/database.ts";

/** Users that a report names. */
const TOP_USERS = 10;

const daySchema = z.object({
  /** `YYYY-MM-DD` in the server's time zone. */
  day: z.string(),
  pictures: z.number(),
  /** Thousandths of a credit. */
  millicredits: z.number(),
  /** Seconds from the request to the start; null on a day without a picture. */
  medianWait: z.number().nullable(),
  p90Wait: z.number().nullable(),
});
const userSchema = z.object({
  userId: z.string(),
  pictures: z.number(),
  millicredits: z.number(),
});

export type UsageDay = z.infer<typeof daySchema>;
type UsageUser = z.infer<typeof userSchema>;

/** What a server has drawn: every day of the time, the last one being today, and who drew most. */
export interface UsageReport {
  readonly days: readonly UsageDay[];
  readonly users: readonly UsageUser[];
}

/** Pictures and credits of finished requests, by the day on which they ended. */
export async function readUsage(
  db: Database,
  guildId: string,
  { days, timeZone }: { days: number; timeZone: string },
): Promise<UsageReport> {
  const done = finishedSince(guildId, { days, timeZone });
  const zone = sql`${timeZone}::text`;
  return {
    days: await query(
      db,
      sql`with done as (${done})
        select to_char(d.day, 'YYYY-MM-DD') as day, coalesce(sum(done.pictures), 0)::int as pictures,
          coalesce(sum(done.millicredits), 0)::float8 as millicredits,
          percentile_cont(0.5) within group (order by done.wait)::float8 as "medianWait",
          percentile_cont(0.9) within group (order by done.wait)::float8 as "p90Wait"
        from generate_series((now() at time zone ${zone})::date - ${days - 1}::int, (now() at time zone ${zone})::date, interval '1 day') as d(day)
        left join done on done.day = d.day::date
        group by d.day order by d.day`,
      daySchema,
    ),
    users: await query(
      db,
      sql`with done as (${done})
        select done.user_id as "userId", sum(done.pictures)::int as pictures, sum(done.millicredits)::float8 as millicredits
        from done group by done.user_id order by 3 desc, 2 desc, 1 limit ${TOP_USERS}`,
      userSchema,
    ),
  };
}

function finishedSince(
  guildId: string,
  { days, timeZone }: { days: number; timeZone: string },
): SQL {
  const zone = sql`${timeZone}::text`;
  return sql`select (j.ended_at at time zone ${zone})::date as day, j.user_id,
      case when j.kind = 'generate' then coalesce((j.request->>'count')::int, 1) else 1 end as pictures,
      coalesce(r.charged, 0) as millicredits, extract(epoch from j.started_at - j.created_at) as wait
    from job j left join reservation r on r.id = j.id
    where j.guild_id = ${guildId} and j.state = 'done'
      and j.ended_at >= ((now() at time zone ${zone})::date - ${days - 1}::int) at time zone ${zone}`;
}
