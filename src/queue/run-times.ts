import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query } from "../db/database.ts";
import { textArray } from "./fair-order.ts";

/** What run times are told apart by. */
export interface Work {
  /** Null for work that no job row describes. */
  readonly kind: string | null;
  readonly model: string;
  readonly width: number | null;
  readonly height: number | null;
  /** Thousandths of a credit. */
  readonly cost: number;
}

/** Seconds. */
export interface RunTime {
  readonly median: number;
  readonly p90: number;
}

/** Of each size, the newest; old ones may be of another card. */
const NEWEST = 200;
const MAX_AGE = "14 days";

const rateSchema = z.object({
  kind: z.string().nullable(),
  model: z.string().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  median: z.number(),
  p90: z.number(),
});
type Rate = z.infer<typeof rateSchema>;

/** How long work takes here, by what similar work took: seconds for each thousandth of a credit. */
export class RunTimes {
  readonly #rates: ReadonlyMap<string, Rate>;

  constructor(rates: readonly Rate[]) {
    this.#rates = new Map(rates.map((rate) => [keyOf(rate), rate]));
  }

  get isEmpty(): boolean {
    return this.#rates.size === 0;
  }

  /**
   * By work of the same size where there was any; else by cost from that of the same model, else of any model.
   *
   * @returns null while nothing was measured
   */
  of(work: Work): RunTime | null {
    const ofAny = { kind: null, model: null, width: null, height: null };
    return this.ofKind(work) ?? timeOf(this.#rates.get(keyOf(ofAny)), work);
  }

  /**
   * As {@link of}, but only by work of the same kind and model: drawing and enlarging take very different times for
   * what they cost.
   */
  ofKind({ cost, ...work }: Work): RunTime | null {
    const ofModel = { ...work, width: null, height: null };
    return timeOf(this.#rates.get(keyOf(work)) ?? this.#rates.get(keyOf(ofModel)), { cost });
  }
}

function timeOf(rate: Rate | undefined, { cost }: Pick<Work, "cost">): RunTime | null {
  return rate === undefined ? null : { median: rate.median * cost, p90: rate.p90 * cost };
}

function keyOf({
  kind,
  model,
  width,
  height,
}: Pick<Rate, "kind" | "model" | "width" | "height">): string {
  return JSON.stringify([kind, model, width, height]);
}

/** Reads what jobs of these models took of late. */
export async function readRunTimes(db: Database, models: readonly string[]): Promise<RunTimes> {
  const rates = await query(
    db,
    sql`with newest as (
        select j.* from unnest(${textArray(models)}) as m (model), unnest(array['generate', 'upscale']) as k (kind), lateral (
          select kind, model, width, height, run_ms / 1000.0::float8 / greatest(1, cost) as rate,
            row_number() over (partition by width, height order by ended_at desc) as age
          from job where job.model = m.model and job.kind = k.kind and state = 'done' and run_ms is not null
            and ended_at > now() - ${MAX_AGE}::interval
        ) j where age <= ${NEWEST}
      )
      select kind, model, width, height, percentile_cont(0.5) within group (order by rate)::float8 as median,
        percentile_cont(0.9) within group (order by rate)::float8 as p90
      from newest group by grouping sets ((kind, model, width, height), (kind, model), ())
      having count(*) > 0`,
    rateSchema,
  );
  return new RunTimes(rates);
}
