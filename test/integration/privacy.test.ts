import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";
import { z } from "zod";

import { type Database, query, queryValue } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import * as schema from "../../src/db/schema.ts";
import { exportOf, forget } from "../../src/generation/policy/privacy.ts";
import { countViolations, usage } from "../../src/quota/quota.ts";
import { DATABASES } from "../support/databases.ts";
import { emptyTables, GUILD, ME, OTHER, seed, tablesOf } from "../support/personal-rows.ts";

/** Tables that say nothing about any user. */
const WITHOUT_PEOPLE = new Set([
  "bot_state",
  // By their job, which goes with all that hangs on it.
  "delivery",
  "delivery_file",
  "moderation_notice",
  "fair_clock",
  "fair_weight",
  "guild",
  "secret",
  "worker",
]);
/** What still names a forgotten user, and why it may. */
const KEPT: Readonly<Record<string, string>> = {
  allowed_role: "who set it, while it holds",
  audit_log: "who changed what, for a year",
  block: "while it holds",
  channel_rule: "who set it, while it holds",
  credit_grant: "while it holds",
  fair_guild: "until the queue is empty",
  fair_user: "until the queue is empty",
  queue_entry: "until the queue ends it, within seconds",
  quota_exemption: "while it holds",
  quota_rule: "while it holds",
  quota_window: "of running periods, and limits that never renew",
  rate_bucket: "for seconds",
  report: "evidence against the user, until its hold is over",
  reservation: "only the windows above",
  style: "who set it, while it exists",
  word_rule: "who set it, while it holds",
};
/** Columns that can hold a user's id by their name; each must be filled by `seed`, or be listed with its reason. */
const NAMES_SOMEBODY = /user|actor|reporter|decided|created_by|subject|target|author|^key$/;
const NO_USER_IN: Readonly<Record<string, string>> = {
  "fair_weight.subject": "a guild or a role",
  "bot_state.key": "a name of ours",
};

const textSchema = z.record(z.string(), z.unknown());

/** How many rows of a table hold the user's id anywhere. */
async function countNaming(db: Database, table: string, userId: string): Promise<number> {
  return queryValue(
    db,
    sql`select count(*)::int from ${sql.identifier(table)} t where to_jsonb(t)::text like ${`%${userId}%`}`,
    z.number(),
  );
}

for (const { name, open } of DATABASES) {
  describe(`privacy on ${name}`, () => {
    let database: OpenDatabase;
    let db: Database;

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

    it("knows every table and column that can name a user", async () => {
      await seed(db);
      for (const table of await tablesOf(db)) {
        if (WITHOUT_PEOPLE.has(table)) continue;
        assert.ok(
          (await countNaming(db, table, ME)) > 0,
          `${table} is new: seed it, or say that it names nobody`,
        );
      }
      const columns = await query(
        db,
        sql`select table_name::text as table, column_name::text as column from information_schema.columns
          where table_schema = 'public' and data_type in ('text', 'jsonb')`,
        z.object({ table: z.string(), column: z.string() }),
      );
      for (const { table, column } of columns) {
        if (!NAMES_SOMEBODY.test(column) || `${table}.${column}` in NO_USER_IN) continue;
        const rows = await query(
          db,
          sql`select 1 from ${sql.identifier(table)} where ${sql.identifier(column)}::text like ${`%${ME}%`}`,
          textSchema,
        );
        assert.ok(
          rows.length > 0,
          `${table}.${column} is new: seed it, or say why it names nobody`,
        );
      }
    });

    it("exports a user's rows of every table that names them as its subject", async () => {
      const { mine, waiting } = await seed(db);
      const found = z.record(z.string(), z.array(textSchema)).parse(await exportOf(db, ME));
      const empty = Object.entries(found).filter(([, rows]) => rows.length === 0);
      assert.deepEqual(empty, []);
      assert.deepEqual(new Set(found["job"]?.map(({ id }) => id)), new Set([mine, waiting]));
      assert.equal(found["favourite"]?.length, 1);
      assert.equal(found["report"]?.length, 1);
    });

    it("exports neither tokens nor bytes nor who complained", async () => {
      await seed(db);
      const text = JSON.stringify(await exportOf(db, ME));
      assert.doesNotMatch(text, /secret-token|latents"|thumbnail|evidence/);
      assert.ok(!text.includes(OTHER));
    });

    it("exports nothing of others", async () => {
      await seed(db);
      const text = JSON.stringify(await exportOf(db, "222"));
      assert.doesNotMatch(text, /apple|9876543210123456789/);
    });

    it("forgets a user everywhere but where a reason is stated", async () => {
      await seed(db);
      await forget(db, ME);
      for (const table of await tablesOf(db)) {
        if (table in KEPT) continue;
        assert.equal(await countNaming(db, table, ME), 0, `${table} still names the user`);
      }
    });

    it("keeps of a forgotten user's accounts only what limits them still, and all sums right", async () => {
      await seed(db);
      await db.execute(sql`delete from quota_exemption`);
      const member = { guildId: GUILD, userId: ME, roleIds: [], timeZone: "UTC" };
      const left = await usage(db, member);
      await forget(db, ME);
      const [reservation] = await db.select().from(schema.reservation);
      assert.equal(reservation?.userId, "forgotten");
      assert.equal(await countViolations(db), 0);
      for (const { scope, period, used, held } of await usage(db, member)) {
        const earlier = left.find((window) => window.scope === scope && window.period === period);
        assert.deepEqual({ held, used }, { held: 0, used: earlier?.used }, `${scope} ${period}`);
      }
    });

    it("renews no limit of a forgotten user before the longest such period is over", async () => {
      const begun = [
        ["day", "24 hours 30 minutes"],
        ["week", "7 days 30 minutes"],
        ["month", "31 days 30 minutes"],
      ] as const;
      const count = async () =>
        queryValue(db, sql`select count(*)::int from quota_window where subject = ${ME}`, z.int());
      await db.execute(sql`delete from quota_window`);
      const begin = async (late: string) => {
        for (const [period, ago] of begun)
          await db.execute(sql`insert into quota_window (scope, subject, period, starts_at, used, held)
            values ('user', ${ME}, ${period}, now() - ${ago}::interval - ${late}::interval, 5, 0)`);
      };
      await begin("0");
      await forget(db, ME);
      assert.equal(await count(), 3);
      await begin("1 hour");
      await forget(db, ME);
      assert.equal(await count(), 3, "what is over is forgotten");
    });

    it("says which messages show what was deleted, and gives back what waiting jobs held", async () => {
      const { mine, waiting } = await seed(db);
      const forgotten = await forget(db, ME);
      assert.deepEqual([forgotten.jobs, forgotten.pictures], [2, 2]);
      assert.deepEqual(
        new Set(forgotten.messages.map(({ messageId }) => messageId)),
        new Set([`message-${mine}`, `message-${waiting}`, "log-message"]),
      );
    });

    it("leaves other users' things alone", async () => {
      const { theirs } = await seed(db);
      await forget(db, ME);
      const jobs = await db.select({ id: schema.job.id }).from(schema.job);
      assert.deepEqual(jobs, [{ id: theirs }]);
      assert.equal((await db.select().from(schema.favourite)).length, 1);
    });

    it("forgets again without harm", async () => {
      await seed(db);
      await forget(db, ME);
      assert.deepEqual(await forget(db, ME), { jobs: 0, pictures: 0, messages: [] });
    });
  });
}
