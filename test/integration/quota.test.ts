import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, queryValue } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import {
  countViolations,
  release,
  reserve,
  type ReserveRequest,
  settle,
  usage,
} from "../../src/quota/quota.ts";
import { takeRate } from "../../src/quota/rate-limit.ts";
import { exempt, resetUsage, setRule } from "../../src/quota/rules.ts";
import { DATABASES } from "../support/databases.ts";
import { emptyTables } from "../support/personal-rows.ts";
import { seededIntegers } from "../support/seeded-random.ts";

const CREDIT = 1000;

/** A request of one credit by user `u` of guild `g`, unless said otherwise. */
function request(changes: Partial<ReserveRequest> = {}): ReserveRequest {
  return {
    id: randomUUID(),
    idempotencyKey: randomUUID(),
    millicredits: CREDIT,
    guildId: "g",
    userId: "u",
    roleIds: [],
    timeZone: "UTC",
    ...changes,
  };
}

for (const { name, open } of DATABASES) {
  describe(`the quota on ${name}`, () => {
    let database: OpenDatabase;
    let db: Database;
    type Rule = Parameters<typeof setRule>[1];
    const rule = (scope: Rule["scope"], subject: string, limit: number) =>
      setRule(db, { scope, subject, period: "day", limit, actor: "owner" });
    const outcome = async (changes: Partial<ReserveRequest> = {}) =>
      (await reserve(db, request(changes))).outcome;

    before(async () => {
      database = await open();
      ({ db } = database);
    });
    after(async () => {
      await database.close();
    });
    beforeEach(async () => {
      await emptyTables(db);
    });

    it("grants exactly 50 of 200 concurrent requests where every level allows 50", async () => {
      for (const [scope, subject] of [
        ["global", "*"],
        ["guild", "g"],
        ["user", "*"],
        ["guild_user", "g:*"],
      ] as const) {
        for (const period of ["day", "month"] as const) {
          await setRule(db, { scope, subject, period, limit: 50 * CREDIT, actor: "owner" });
        }
      }
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => outcome()));
      assert.equal(outcomes.filter((found) => found === "reserved").length, 50);
      assert.equal(outcomes.filter((found) => found === "refused").length, 150);
      for (const { held, used } of await usage(db, request())) {
        assert.deepEqual({ held, used }, { held: 50 * CREDIT, used: 0 });
      }
      assert.equal(await countViolations(db), 0);
    });

    it("charges nothing anywhere when one of several limits refuses", async () => {
      await rule("guild", "g", 100 * CREDIT);
      await rule("user", "u", 0);
      assert.equal(await outcome(), "refused");
      assert.deepEqual(
        (await usage(db, request())).map(({ held }) => held),
        [0, 0],
      );
    });

    it("says which limit refused, when it renews and what would still fit", async () => {
      await rule("guild_user", "g:*", 3 * CREDIT);
      await reserve(db, request({ millicredits: 2 * CREDIT }));
      const refused = await reserve(db, request({ millicredits: 2 * CREDIT }));
      assert.equal(refused.outcome, "refused");
      if (refused.outcome !== "refused") return;
      assert.equal(refused.scope, "guild_user");
      assert.equal(refused.period, "day");
      assert.equal(refused.limit, 3 * CREDIT);
      assert.equal(refused.fits, CREDIT);
      const tomorrow = new Date();
      tomorrow.setUTCHours(24, 0, 0, 0);
      assert.equal(refused.renewsAt?.toISOString(), tomorrow.toISOString());
    });

    it("begins a guild's day at midnight in the guild's time zone", async () => {
      const starts = await queryValue(
        db,
        sql`select to_json((quota_period('day', 'Asia/Tokyo', '2026-03-01T20:00:00Z')).starts_at at time zone 'UTC')`,
        z.string(),
      );
      assert.equal(starts, "2026-03-01T15:00:00");
    });

    it("prefers a user's own limit to the most generous role, and that to the guild's", async () => {
      const member = { roleIds: ["r1", "r2"] };
      const limit = async () => (await usage(db, request(member)))[0]?.limit;
      await rule("guild_user", "*:*", 1);
      assert.equal(await limit(), 1);
      await rule("guild_user", "g:*", 2);
      assert.equal(await limit(), 2);
      await rule("role", "g:r1", 5);
      await rule("role", "g:r2", 7);
      assert.equal(await limit(), 7);
      await rule("guild_user", "g:u", 3);
      assert.equal(await limit(), 3);
    });

    it("reserves once for an interaction that is sent a hundred times at once", async () => {
      await rule("user", "*", 50 * CREDIT);
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, () => reserve(db, request({ idempotencyKey: "same" }))),
      );
      assert.equal(outcomes.filter((found) => found.outcome === "reserved").length, 1);
      assert.equal(new Set(outcomes.map((found) => ("id" in found ? found.id : null))).size, 1);
      assert.equal((await usage(db, request()))[0]?.held, CREDIT);
    });

    it("settles once, with what the work cost and never more than was held", async () => {
      await rule("user", "*", 50 * CREDIT);
      const [cheap, dear] = [request(), request()];
      await reserve(db, cheap);
      await reserve(db, dear);
      const ends = await Promise.all(
        [cheap, dear].flatMap(({ id }, index) =>
          Array.from({ length: 5 }, () => settle(db, id, index === 0 ? 400 : 9 * CREDIT)),
        ),
      );
      assert.equal(ends.filter(Boolean).length, 2);
      const [window] = await usage(db, request());
      assert.deepEqual([window?.held, window?.used], [0, 400 + CREDIT]);
      assert.equal(await countViolations(db), 0);
    });

    it("settles what ends after midnight, or in another month, on the day that it began", async () => {
      await rule("user", "*", 2 * CREDIT);
      const begun = request();
      await reserve(db, begun);
      const earlier = sql`interval '31 days'`;
      await db.execute(sql`update quota_window set starts_at = starts_at - ${earlier}`);
      await db.execute(sql`update reservation set windows = (select jsonb_agg(
        w || jsonb_build_object('starts_at', (w ->> 'starts_at')::timestamptz - ${earlier})) from jsonb_array_elements(windows) w)`);
      assert.equal(await settle(db, begun.id, CREDIT), true);
      const used = await queryValue(
        db,
        sql`select json_agg(used + held)::text from quota_window where starts_at < now() - interval '30 days'`,
        z.string(),
      );
      assert.equal(used, "[1000]");
      assert.equal(await outcome({ millicredits: 2 * CREDIT }), "reserved");
      assert.equal(await countViolations(db), 0);
    });

    it("gives everything back on release", async () => {
      await rule("user", "*", CREDIT);
      const held = request();
      await reserve(db, held);
      assert.equal(await outcome(), "refused");
      assert.equal(await release(db, held.id), true);
      assert.equal(await release(db, held.id), false);
      assert.equal(await outcome(), "reserved");
    });

    it("settles what is held though an admin has lowered the limit", async () => {
      await rule("user", "*", 5 * CREDIT);
      const held = request({ millicredits: 4 * CREDIT });
      await reserve(db, held);
      await rule("user", "*", CREDIT);
      assert.equal(await settle(db, held.id, 4 * CREDIT), true);
      assert.equal((await usage(db, request()))[0]?.used, 4 * CREDIT);
    });

    it("leaves the caller's transaction usable after a refusal, and takes back with it what it had reserved", async () => {
      await rule("user", "*", CREDIT);
      await assert.rejects(
        db.transaction(async (tx) => {
          assert.equal((await reserve(tx, request())).outcome, "reserved");
          assert.equal((await reserve(tx, request())).outcome, "refused");
          assert.equal((await usage(tx, request()))[0]?.held, CREDIT);
          throw new Error("the job could not be made");
        }),
        /the job could not be made/,
      );
      assert.equal((await usage(db, request()))[0]?.held, 0);
    });

    it("charges no one who is exempt by their guild", async () => {
      await rule("guild_user", "g:*", 0);
      await exempt(db, { scope: "role", subject: "g:staff", actor: "owner" });
      assert.equal(await outcome({ roleIds: ["staff"] }), "reserved");
      assert.equal(await outcome({ roleIds: ["guest"] }), "refused");
      assert.equal(await countViolations(db), 0);
    });

    it("resets what was used once for an interaction, and keeps what is held", async () => {
      await rule("user", "*", 2 * CREDIT);
      const [first, second] = [request(), request()];
      await reserve(db, first);
      await reserve(db, second);
      await settle(db, first.id, CREDIT);
      const reset = { scope: "user", subject: "u", actor: "admin", idempotencyKey: "i" } as const;
      assert.equal(await resetUsage(db, reset), CREDIT);
      await settle(db, second.id, CREDIT);
      assert.equal(await resetUsage(db, reset), CREDIT);
      assert.equal((await usage(db, request()))[0]?.used, CREDIT);
      assert.equal(await countViolations(db), 0);
    });

    it("refuses to change or delete a line of the ledger", async () => {
      await reserve(db, request());
      await assert.rejects(db.execute(sql`update credit_ledger set amount = 0`));
      await assert.rejects(db.execute(sql`delete from credit_ledger`));
    });

    it("charges no user or guild by the limits of a guild in a direct message", async () => {
      await rule("guild", "*", 0);
      await rule("guild_user", "*:*", 0);
      assert.equal(await outcome({ guildId: null }), "reserved");
    });

    it("takes a subject that looks like SQL for a name", async () => {
      assert.equal(await outcome({ userId: "'; drop table reservation; --" }), "reserved");
    });

    it("keeps its accounts through 400 mixed operations at once", async () => {
      await rule("global", "*", 40 * CREDIT);
      await rule("guild", "*", 20 * CREDIT);
      await rule("user", "*", 10 * CREDIT);
      const random = seededIntegers(5);
      await Promise.all(
        Array.from({ length: 400 }, async () => {
          const way = random(10);
          const wanted = request({
            guildId: `g${random(4)}`,
            userId: `u${random(9)}`,
            millicredits: random(2 * CREDIT),
          });
          if ((await reserve(db, wanted)).outcome !== "reserved") return;
          if (way < 5) await settle(db, wanted.id, way * 300);
          else if (way < 8) await release(db, wanted.id);
        }),
      );
      assert.equal(await countViolations(db), 0);
    });

    it("counts a missing charge as a violation", async () => {
      await rule("user", "*", 50 * CREDIT);
      await reserve(db, request());
      await db.execute(sql`update quota_window set held = 0`);
      assert.equal(await countViolations(db), 1);
    });

    it("lets a burst through and no more", async () => {
      const rate = { burst: 10, secondsEach: 3600 };
      const taken = await Promise.all(
        Array.from({ length: 50 }, () => takeRate(db, "user:u", rate)),
      );
      assert.equal(taken.filter((wait) => wait === 0).length, 10);
      assert.equal(await takeRate(db, "user:v", rate), 0);
    });
  });
}
