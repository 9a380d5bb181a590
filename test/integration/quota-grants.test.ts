import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import * as schema from "../../src/db/schema.ts";
import { type Grant, grantCredits, openGrants } from "../../src/quota/grants.ts";
import { csv, ledgerCsv, readLedger } from "../../src/quota/history.ts";
import {
  countViolations,
  fitsNow,
  release,
  reserve,
  type ReserveRequest,
  settle,
  usage,
} from "../../src/quota/quota.ts";
import { takeRate } from "../../src/quota/rate-limit.ts";
import { ceilingOf, exempt, setRule } from "../../src/quota/rules.ts";
import { DATABASES } from "../support/databases.ts";
import { emptyTables } from "../support/personal-rows.ts";
import { seededIntegers } from "../support/seeded-random.ts";

const CREDIT = 1000;
const MEMBER = { guildId: "g", userId: "u", roleIds: ["r"], timeZone: "UTC" };

function request(changes: Partial<ReserveRequest> = {}): ReserveRequest {
  const ids = { id: randomUUID(), idempotencyKey: randomUUID() };
  return { ...MEMBER, ...ids, millicredits: CREDIT, ...changes };
}

for (const { name, open } of DATABASES) {
  describe(`grants and ceilings on ${name}`, () => {
    let database: OpenDatabase;
    let db: Database;
    type Rule = Parameters<typeof setRule>[1];
    const rule = (scope: Rule["scope"], subject: string, limit: number) =>
      setRule(db, { scope, subject, period: "day", limit, actor: "owner" });
    const grant = async (changes: Partial<Grant> = {}): Promise<string> => {
      const id = randomUUID();
      await grantCredits(db, {
        id,
        scope: "guild_user",
        subject: "g:u",
        millicredits: CREDIT,
        expiresAt: null,
        reason: null,
        actor: "admin",
        idempotencyKey: randomUUID(),
        ...changes,
      });
      return id;
    };
    const outcome = async (changes: Partial<ReserveRequest> = {}) =>
      (await reserve(db, request(changes))).outcome;
    const remaining = async (id: string): Promise<number | undefined> => {
      const rows = await db.select().from(schema.creditGrant);
      return rows.find((row) => row.id === id)?.remaining;
    };
    const inHours = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);

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

    it("takes from a grant only what the limit has no room for", async () => {
      await rule("guild_user", "g:*", 3 * CREDIT);
      const id = await grant({ millicredits: 5 * CREDIT });
      await reserve(db, request({ millicredits: 4 * CREDIT }));
      assert.equal(await remaining(id), 4 * CREDIT);
      const [window] = await usage(db, MEMBER);
      assert.deepEqual([window?.held, window?.granted], [3 * CREDIT, 4 * CREDIT]);
      assert.equal(await countViolations(db), 0);
    });

    it("spends the grant first that expires first", async () => {
      await rule("guild_user", "g:*", 0);
      const never = await grant();
      const late = await grant({ expiresAt: inHours(48) });
      const soon = await grant({ expiresAt: inHours(1) });
      await reserve(db, request({ millicredits: 1500 }));
      assert.deepEqual(
        [await remaining(soon), await remaining(late), await remaining(never)],
        [0, 500, 1000],
      );
    });

    it("takes nothing from a grant that has expired", async () => {
      await rule("guild_user", "g:*", 0);
      await grant({ expiresAt: inHours(-1) });
      assert.equal(await outcome(), "refused");
    });

    it("refuses what limit and grants together do not cover, and says what they would", async () => {
      await rule("guild_user", "g:*", 2 * CREDIT);
      const id = await grant();
      const refused = await reserve(db, request({ millicredits: 4 * CREDIT }));
      assert.equal(refused.outcome === "refused" && refused.fits, 3 * CREDIT);
      assert.equal(await fitsNow(db, MEMBER), 3 * CREDIT);
      assert.equal(await remaining(id), CREDIT);
    });

    it("counts no room from a limit that was lowered below what is used", async () => {
      await rule("guild_user", "g:*", 5 * CREDIT);
      await reserve(db, request({ millicredits: 5 * CREDIT }));
      await rule("guild_user", "g:*", CREDIT);
      await grant();
      assert.equal(await fitsNow(db, MEMBER), CREDIT);
      assert.equal(await outcome(), "reserved");
      assert.equal(await outcome(), "refused");
    });

    it("gives a release back to the grants it was taken from", async () => {
      await rule("guild_user", "g:*", CREDIT);
      const id = await grant({ millicredits: 2 * CREDIT });
      const held = request({ millicredits: 3 * CREDIT });
      await reserve(db, held);
      assert.equal(await remaining(id), 0);
      await release(db, held.id);
      assert.equal(await remaining(id), 2 * CREDIT);
      assert.equal((await usage(db, MEMBER))[0]?.held, 0);
      assert.equal(await countViolations(db), 0);
    });

    it("settles with the window's part first, and gives the last grant back before the first", async () => {
      await rule("guild_user", "g:*", CREDIT);
      const soon = await grant({ expiresAt: inHours(1) });
      const late = await grant({ expiresAt: inHours(2) });
      const held = request({ millicredits: 3 * CREDIT });
      await reserve(db, held);
      await settle(db, held.id, 1200);
      assert.deepEqual([await remaining(soon), await remaining(late)], [800, 1000]);
      assert.equal((await usage(db, MEMBER))[0]?.used, CREDIT);
      assert.equal(await countViolations(db), 0);
    });

    it("gives the whole grant back where the work cost less than the window's part", async () => {
      await rule("guild_user", "g:*", 2 * CREDIT);
      const id = await grant();
      const held = request({ millicredits: 3 * CREDIT });
      await reserve(db, held);
      await settle(db, held.id, 500);
      assert.equal(await remaining(id), CREDIT);
      assert.equal((await usage(db, MEMBER))[0]?.used, 500);
      assert.equal(await countViolations(db), 0);
    });

    it("shares a role's pot among its members, and gives nothing to others", async () => {
      await rule("guild_user", "g:*", 0);
      await grant({ scope: "role", subject: "g:r", millicredits: 2 * CREDIT });
      assert.equal(await outcome({ userId: "a" }), "reserved");
      assert.equal(await outcome({ userId: "b", roleIds: [] }), "refused");
      assert.equal(await outcome({ userId: "b" }), "reserved");
      assert.equal(await outcome({ userId: "c" }), "refused");
    });

    it("grants exactly what a pot holds to 60 requests at once", async () => {
      await rule("guild_user", "g:*", 0);
      await grant({ scope: "role", subject: "g:r", millicredits: 25 * CREDIT });
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, index) => outcome({ userId: `u${index % 7}` })),
      );
      assert.equal(outcomes.filter((found) => found === "reserved").length, 25);
      assert.equal(await countViolations(db), 0);
    });

    it("does not lift the owner's ceiling by a grant inside the server", async () => {
      await rule("guild_ceiling", "g", CREDIT);
      await rule("guild_user", "g:*", 0);
      await grant({ millicredits: 9 * CREDIT });
      assert.equal(await outcome(), "reserved");
      const refused = await reserve(db, request());
      assert.equal(refused.outcome === "refused" && refused.scope, "guild_ceiling");
    });

    it("gives once for an interaction, and writes it into the ledger", async () => {
      await grant({ idempotencyKey: "i" });
      await grant({ idempotencyKey: "i" });
      assert.equal((await openGrants(db, { scope: "guild_user", subject: "g:u" })).length, 1);
      const lines = await db.select().from(schema.creditLedger);
      assert.deepEqual(
        lines.map(({ kind, amount, subject }) => ({ kind, amount, subject })),
        [{ kind: "grant", amount: CREDIT, subject: "g:u" }],
      );
    });

    it("writes once into the ledger what was left of an expired grant, when nobody holds of it", async () => {
      await rule("guild_user", "g:*", 0);
      const id = await grant();
      const held = request({ millicredits: 400 });
      await reserve(db, held);
      await db.execute(sql`update credit_grant set expires_at = now() - interval '1 second'`);
      await db.execute(sql`select quota_expire()`);
      await release(db, held.id);
      await db.execute(sql`select quota_expire()`);
      await db.execute(sql`select quota_expire()`);
      const lines = await db
        .select()
        .from(schema.creditLedger)
        .where(sql`kind = 'expire'`);
      assert.deepEqual(
        lines.map(({ amount }) => amount),
        [CREDIT],
      );
      assert.equal(await remaining(id), CREDIT);
    });

    it("counts a grant that does not add up as a violation", async () => {
      await grant();
      await db.execute(sql`update credit_grant set remaining = remaining - 1`);
      assert.equal(await countViolations(db), 1);
    });

    it("holds a server to the owner's ceiling whatever its admins have set", async () => {
      await rule("guild_ceiling", "*", 2 * CREDIT);
      await rule("guild", "g", 100 * CREDIT);
      assert.equal(await outcome({ userId: "a" }), "reserved");
      assert.equal(await outcome({ userId: "b" }), "reserved");
      assert.equal(await outcome({ userId: "c" }), "refused");
      assert.equal(await outcome({ guildId: "other" }), "reserved");
    });

    it("prefers a server's own ceiling to everyone's, and looks at longer periods too", async () => {
      await rule("guild_ceiling", "*", 9 * CREDIT);
      await rule("guild_ceiling", "g", 5 * CREDIT);
      assert.deepEqual(await ceilingOf(db, "g", "day"), { period: "day", limit: 5 * CREDIT });
      assert.deepEqual(await ceilingOf(db, "g", "hour"), { period: "day", limit: 5 * CREDIT });
      assert.deepEqual(await ceilingOf(db, "h", "minute"), { period: "day", limit: 9 * CREDIT });
      assert.equal(await ceilingOf(db, "g", "month"), null);
    });

    it("frees whom an admin exempts from the server's limits, but not from the owner's", async () => {
      await rule("guild_user", "g:*", 0);
      await rule("guild_ceiling", "g", CREDIT);
      await exempt(db, { scope: "guild_user", subject: "g:u", actor: "admin" });
      assert.equal(await outcome(), "reserved");
      assert.equal(await outcome(), "refused");
    });

    it("frees whom the owner exempts from everything", async () => {
      for (const [scope, subject] of [
        ["global", "*"],
        ["guild_ceiling", "g"],
        ["guild", "g"],
        ["user", "u"],
        ["guild_user", "g:u"],
      ] as const)
        await rule(scope, subject, 0);
      await exempt(db, { scope: "user", subject: "u", actor: "owner" });
      assert.equal(await outcome(), "reserved");
      assert.equal(await fitsNow(db, MEMBER), null);
    });

    it("keeps all accounts with grants through 300 mixed operations at once", async () => {
      await rule("guild_ceiling", "*", 60 * CREDIT);
      await rule("guild_user", "g:*", 3 * CREDIT);
      for (let user = 0; user < 6; user++)
        await grant({
          subject: `g:u${user}`,
          millicredits: 2 * CREDIT,
          expiresAt: inHours(user + 1),
        });
      await grant({ scope: "role", subject: "g:r", millicredits: 4 * CREDIT });
      const random = seededIntegers(11);
      await Promise.all(
        Array.from({ length: 300 }, async () => {
          const [user, millicredits, way] = [random(6), random(2 * CREDIT) + 1, random(10)];
          const wanted = request({ userId: `u${user}`, millicredits });
          if ((await reserve(db, wanted)).outcome !== "reserved") return;
          if (way < 5) await settle(db, wanted.id, way * 300);
          else if (way < 9) await release(db, wanted.id);
        }),
      );
      assert.equal(await countViolations(db), 0);
    });

    it("lists an account's lines: charges, grants and resets, of a member or of the whole server", async () => {
      await rule("guild_user", "g:*", 9 * CREDIT);
      const mine = request();
      await reserve(db, mine);
      await settle(db, mine.id, 700);
      await reserve(db, request({ userId: "other" }));
      await reserve(db, request({ guildId: "elsewhere" }));
      await grant();
      const member = await readLedger(db, { guildId: "g", userId: "u" }, 10);
      assert.deepEqual(
        member.map(({ kind, amount }) => [kind, amount]),
        [
          ["grant", 1000],
          ["settle", 700],
          ["hold", 1000],
        ],
      );
      assert.equal((await readLedger(db, { guildId: "g" }, 10)).length, 4);
      assert.equal((await readLedger(db, { userId: "u" }, 10)).length, 3);
      assert.equal((await readLedger(db, {}, 2)).length, 2);
    });

    it("exports the lines as a table, the oldest first", async () => {
      await reserve(db, request({ id: "00000000-0000-4000-8000-000000000001" }));
      const [head, line] = ledgerCsv(await readLedger(db, {}, 10)).split("\r\n");
      assert.equal(head, "id,at,kind,credits,user,guild,job,scope,subject,actor");
      assert.match(
        line ?? "",
        /^\d+,\d{4}-\d\d-\d\dT[\d:.]+Z,hold,1,u,g,00000000-0000-4000-8000-000000000001,,,$/,
      );
    });

    it("says how long a full bucket needs", async () => {
      const rate = { burst: 2, secondsEach: 60 };
      assert.equal(await takeRate(db, "k", rate), 0);
      assert.equal(await takeRate(db, "k", rate), 0);
      const wait = await takeRate(db, "k", rate);
      assert.ok(wait > 50 && wait <= 60, `${wait}`);
    });
  });
}

describe("a table for a spreadsheet", () => {
  it("quotes what needs it", () => {
    assert.equal(
      csv([["a,b", 'say "x"', "two\nlines", null, 1.5]]),
      '"a,b","say ""x""","two\nlines",,1.5\r\n',
    );
  });

  it("lets no text be a formula", () => {
    assert.equal(csv([["=1+1", "-x", "@y", "+z", -3]]), "'=1+1,'-x,'@y,'+z,-3\r\n");
  });
});
