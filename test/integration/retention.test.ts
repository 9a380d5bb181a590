import assert from "node:assert/strict";
import { mkdtemp, readdir, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import * as schema from "../../src/db/schema.ts";
import { removeOrphans, sweepRetention } from "../../src/generation/policy/retention.ts";
import { countViolations, settle } from "../../src/quota/quota.ts";
import { DATABASES } from "../support/databases.ts";
import { addPicture, emptyTables, GUILD, ME, seed } from "../support/personal-rows.ts";

for (const { name, open } of DATABASES) {
  describe(`retention on ${name}`, () => {
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

    it("deletes latents, originals and records each after the days that the server said", async () => {
      const retention = { latentsDays: 5, originalsDays: 10, historyDays: 20 };
      await db.insert(schema.guild).values({ id: GUILD, name: "Guild", settings: { retention } });
      const ids = [];
      for (const daysAgo of [1, 6, 11, 21])
        ids.push((await addPicture(db, ME, { daysAgo })).pictureId);
      const swept = await sweepRetention(db);
      assert.deepEqual([swept.latents, swept.originals, swept.jobs], [3, 2, 1]);
      const left = await db.select().from(schema.picture);
      const states = ids.map((id) => {
        const found = left.find((row) => row.id === id);
        return found === undefined ? null : [found.latents !== null, found.original !== null];
      });
      assert.deepEqual(states, [[true, true], [false, true], [false, false], null]);
    });

    it("keeps a server's things for the default time where it said nothing", async () => {
      await addPicture(db, ME, { daysAgo: 29 });
      await addPicture(db, ME, { daysAgo: 31 });
      assert.equal((await sweepRetention(db)).latents, 1);
    });

    it("deletes no job that still waits, however old it is", async () => {
      await addPicture(db, ME, { daysAgo: 4000, state: "waiting" });
      assert.equal((await sweepRetention(db)).jobs, 0);
    });

    it("deletes evidence when its hold is over, and not before", async () => {
      await seed(db);
      assert.equal((await sweepRetention(db)).reports, 0);
      await db.execute(sql`update report set held_until = now() - interval '1 second'`);
      assert.equal((await sweepRetention(db)).reports, 2);
    });

    it("closes the books of periods that ended a week ago, without a violation", async () => {
      await seed(db);
      await db.execute(
        sql`update quota_window set starts_at = starts_at - interval '70 days' where period <> 'total'`,
      );
      await db.execute(sql`update reservation set windows = (select jsonb_agg(case when w->>'period' = 'total' then w
        else w || jsonb_build_object('starts_at', (w->>'starts_at')::timestamptz - interval '70 days') end)
        from jsonb_array_elements(windows) w)`);
      assert.equal(await countViolations(db), 0);
      const held = await db
        .select()
        .from(schema.reservation)
        .where(sql`state = 'held'`);
      for (const { id } of held) await settle(db, id, 0);
      assert.equal((await sweepRetention(db)).windows, 4);
      assert.equal(await countViolations(db), 0);
      const periods = await db
        .select({ period: schema.quotaWindow.period })
        .from(schema.quotaWindow);
      assert.deepEqual(new Set(periods.map(({ period }) => period)), new Set(["total"]));
    });

    it("takes the names out of accounts that are a year old", async () => {
      await seed(db);
      await db.execute(
        sql`update reservation set ended_at = now() - interval '366 days' where state = 'settled'`,
      );
      assert.equal((await sweepRetention(db)).accounts, 1);
    });

    it("removes the originals that no picture names, but none that was just written", async () => {
      const folder = await mkdtemp(join(tmpdir(), "sanabot-originals-"));
      const { jobId } = await addPicture(db, ME);
      const old = new Date(Date.now() - 2 * 3_600_000);
      for (const file of [`${jobId}-0.png`, "orphan.png", "new.png"]) {
        await writeFile(join(folder, file), "x");
        if (file !== "new.png") await utimes(join(folder, file), old, old);
      }
      assert.deepEqual(await removeOrphans(db, folder), ["orphan.png"]);
      assert.deepEqual((await readdir(folder)).sort(), [`${jobId}-0.png`, "new.png"].sort());
    });

    it("finds no originals where there is no folder yet", async () => {
      assert.deepEqual(await removeOrphans(db, join(tmpdir(), "sanabot-none")), []);
    });
  });
}
