import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import * as schema from "../../src/db/schema.ts";
import { takeApprovalQuestion } from "../../src/generation/guilds.ts";
import type { GuildActor } from "../../src/generation/policy/actor.ts";
import { audited, readAudit } from "../../src/generation/policy/audit.ts";
import { blockUser, listBlocks, unblockUser } from "../../src/generation/policy/blocks.ts";
import {
  addStyle,
  addWord,
  changeSettings,
  dropStyle,
  listWords,
  readSettings,
  removeWord,
  setChannelRule,
} from "../../src/generation/policy/guild-rules.ts";
import { listGuilds, setGuildState, setWeight } from "../../src/generation/policy/owner-rules.ts";
import {
  forgiveUse,
  giveCredits,
  setExemption,
  setLimit,
  setOwnerLimit,
  showQuota,
} from "../../src/generation/policy/quota-admin.ts";
import { applyStyle, findStyle, listStyles } from "../../src/generation/policy/styles.ts";
import { readUsage } from "../../src/generation/policy/usage-report.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { reserve, settle, usage } from "../../src/quota/quota.ts";
import { DATABASES } from "../support/databases.ts";
import { addPicture, emptyTables, GUILD, ME, OTHER } from "../support/personal-rows.ts";

const CREDIT = 1000;
const refused = (key: string) => (error: unknown) => error instanceof Refusal && error.key === key;

for (const { name, open } of DATABASES) {
  describe(`the administration on ${name}`, () => {
    let database: OpenDatabase;
    let db: Database;
    const actor = (interactionId: string = randomUUID()): GuildActor => ({
      userId: "900",
      guildId: GUILD,
      interactionId,
    });
    const owner = () => ({ ...actor(), guildId: null });
    const member = { kind: "member", userId: ME } as const;
    const who = { guildId: GUILD, userId: ME, roleIds: [], timeZone: "UTC" };

    before(async () => {
      database = await open();
      ({ db } = database);
    });
    after(async () => {
      await database.close();
    });
    beforeEach(async () => {
      await emptyTables(db);
      await db.insert(schema.guild).values({ id: GUILD, name: "Guild", state: "approved" });
    });

    it("makes a change once for an interaction, and tells the same again", async () => {
      let applied = 0;
      const change = () =>
        audited(
          db,
          { interactionId: "i", actor: "900", guildId: GUILD, action: "test", target: "t" },
          async () => ({ before: applied, after: ++applied }),
        );
      assert.deepEqual(await change(), { before: 0, after: 1, isNew: true });
      assert.deepEqual(await change(), { before: 0, after: 1, isNew: false });
      assert.equal(applied, 1);
    });

    it("makes it once also where the same interaction comes ten times at once", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () =>
          giveCredits(db, actor("i"), {
            target: member,
            millicredits: CREDIT,
            expiresAt: null,
            reason: null,
          }),
        ),
      );
      assert.equal(outcomes.filter(({ isNew }) => isNew).length, 1);
      const { grants } = await showQuota(db, GUILD, member);
      assert.equal(grants.length, 1);
    });

    it("asks the bot's owner about a server once, whichever process sees it", async () => {
      const asked = await Promise.all([
        takeApprovalQuestion(db, "77"),
        takeApprovalQuestion(db, "77"),
      ]);
      assert.deepEqual(asked.toSorted(), [false, true]);
      assert.equal(await takeApprovalQuestion(db, "77"), false);
      assert.equal(await takeApprovalQuestion(db, "78"), true);
    });

    it("writes nothing into the audit log where the change failed", async () => {
      await assert.rejects(setGuildState(db, owner(), { guildId: "404", state: "approved" }));
      assert.deepEqual(await readAudit(db, null, { limit: 10, offset: 0 }), []);
    });

    it("keeps who, what, before, after and why", async () => {
      await blockUser(db, actor("a"), { userId: ME, until: null, reason: "spam" });
      await unblockUser(db, actor("b"), ME);
      const lines = await readAudit(db, GUILD, { limit: 10, offset: 0 });
      const state = { until: null, reason: "spam" };
      assert.deepEqual(
        lines.map(({ actor: by, action, target, before: was, after: is, reason }) => ({
          by,
          action,
          target,
          was,
          is,
          reason,
        })),
        [
          { by: "900", action: "unblock", target: ME, was: state, is: null, reason: null },
          { by: "900", action: "block", target: ME, was: null, is: state, reason: "spam" },
        ],
      );
    });

    it("lists the blocks that hold, those that end first before the others", async () => {
      const until = new Date(Date.now() + 1000_000);
      await blockUser(db, actor(), { userId: "1", until: null, reason: null });
      await blockUser(db, actor(), { userId: "2", until, reason: null });
      await blockUser(db, actor(), { userId: "3", until: new Date(0), reason: null });
      assert.deepEqual(
        (await listBlocks(db, GUILD)).map(({ userId }) => userId),
        ["2", "1"],
      );
      assert.deepEqual(await listBlocks(db, null), []);
    });

    it("changes a setting and says what it was", async () => {
      const { before: was, after: is } = await changeSettings(db, actor(), { maxSize: 1024 });
      assert.deepEqual([was, is], [{ maxSize: 4096 }, { maxSize: 1024 }]);
      assert.equal((await readSettings(db, GUILD)).maxSize, 1024);
    });

    it("loses none of ten settings that are changed at once", async () => {
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          changeSettings(
            db,
            actor(),
            index % 2 === 0 ? { maxSize: 512 } : { minAccountAgeDays: 3 },
          ),
        ),
      );
      const settings = await readSettings(db, GUILD);
      assert.deepEqual([settings.maxSize, settings.minAccountAgeDays], [512, 3]);
    });

    it("adds, lists and removes words, each as it is compared", async () => {
      await addWord(db, actor(), { kind: "word", text: " BÄNANA" });
      await addWord(db, actor(), { kind: "pattern", text: "x+" });
      assert.deepEqual(await listWords(db, GUILD), [
        { kind: "word", text: "banana" },
        { kind: "pattern", text: "x+" },
      ]);
      await removeWord(db, actor(), { kind: "word", text: "banana" });
      await assert.rejects(
        removeWord(db, actor(), { kind: "word", text: "banana" }),
        refused("refusal.rule-unknown"),
      );
    });

    it("takes no more patterns than a click can check", async () => {
      for (let index = 0; index < 25; index++)
        await addWord(db, actor(), { kind: "pattern", text: `p${index}` });
      await assert.rejects(
        addWord(db, actor(), { kind: "pattern", text: "one more" }),
        refused("refusal.rule-many"),
      );
      await addWord(db, actor(), { kind: "pattern", text: "p1" });
    });

    it("says what a channel's rule was", async () => {
      await setChannelRule(db, actor(), { channelId: "3", rule: "allow" });
      const { before: was, after: is } = await setChannelRule(db, actor(), {
        channelId: "3",
        rule: "deny",
      });
      assert.deepEqual([was, is], ["allow", "deny"]);
    });

    it("sets limits inside the owner's ceiling, and none above it", async () => {
      await setOwnerLimit(db, owner(), {
        scope: "guild_ceiling",
        guildId: GUILD,
        period: "day",
        millicredits: 10 * CREDIT,
      });
      const set = (millicredits: number | null, period: "hour" | "day" | "month" = "day") =>
        setLimit(db, actor(), { target: { kind: "everyone" }, period, millicredits });
      assert.deepEqual(await set(10 * CREDIT), { before: null, after: 10 * CREDIT, isNew: true });
      await assert.rejects(set(10 * CREDIT + 1), refused("refusal.ceiling"));
      await assert.rejects(set(11 * CREDIT, "hour"), refused("refusal.ceiling"));
      await set(300 * CREDIT, "month");
      assert.equal((await set(null)).before, 10 * CREDIT);
    });

    it("shows what holds for a target: its limits, the ceilings over it, its grants and exemption", async () => {
      await setOwnerLimit(db, owner(), {
        scope: "guild_ceiling",
        guildId: null,
        period: "day",
        millicredits: 50 * CREDIT,
      });
      await setOwnerLimit(db, owner(), {
        scope: "guild_ceiling",
        guildId: GUILD,
        period: "day",
        millicredits: 20 * CREDIT,
      });
      await setLimit(db, actor(), { target: member, period: "day", millicredits: CREDIT });
      await giveCredits(db, actor(), {
        target: member,
        millicredits: 500,
        expiresAt: null,
        reason: "thanks",
      });
      await setExemption(db, actor(), { target: member, isFree: true });
      const shown = await showQuota(db, GUILD, member);
      assert.deepEqual(
        shown.own.map(({ maxMillicredits }) => maxMillicredits),
        [CREDIT],
      );
      assert.deepEqual(
        shown.ceilings.map(({ maxMillicredits }) => maxMillicredits),
        [20 * CREDIT],
      );
      assert.deepEqual(
        shown.grants.map(({ remaining, reason }) => [remaining, reason]),
        [[500, "thanks"]],
      );
      assert.equal(shown.isExempt, true);
      await setExemption(db, actor(), { target: member, isFree: false });
      assert.equal((await showQuota(db, GUILD, member)).isExempt, false);
    });

    it("forgives what a member has used, and nothing of the owner's ceiling", async () => {
      await setOwnerLimit(db, owner(), {
        scope: "guild_ceiling",
        guildId: GUILD,
        period: "day",
        millicredits: 9 * CREDIT,
      });
      await setLimit(db, actor(), { target: member, period: "day", millicredits: 5 * CREDIT });
      const id = randomUUID();
      await reserve(db, { ...who, id, idempotencyKey: id, millicredits: 3 * CREDIT });
      await settle(db, id, 3 * CREDIT);
      const { before: was, after: is } = await forgiveUse(db, actor(), member);
      assert.deepEqual([was, is], [3 * CREDIT, 0]);
      const used = Object.fromEntries((await usage(db, who)).map((row) => [row.scope, row.used]));
      assert.deepEqual(used, { guild_ceiling: 3 * CREDIT, guild_user: 0 });
    });

    it("approves and refuses servers; those that wait come first", async () => {
      await db.insert(schema.guild).values({ id: "501", name: "Waiting" });
      assert.deepEqual(
        (await listGuilds(db)).map(({ id }) => id),
        ["501", GUILD],
      );
      const { before: was } = await setGuildState(db, owner(), {
        guildId: "501",
        state: "approved",
      });
      assert.equal(was, "pending");
    });

    it("sets a weight and puts what waits in its new order at once", async () => {
      let retagged = 0;
      const set = (weight: number) =>
        setWeight(db, owner(), {
          guildId: GUILD,
          roleId: null,
          weight,
          retag: async () => void (retagged += 1),
        });
      assert.equal((await set(200)).before, 100);
      assert.equal((await set(100)).before, 200);
      assert.equal(retagged, 2);
      assert.deepEqual(await db.select().from(schema.fairWeight), []);
    });

    it("adds a style of the server's own in the place of the built-in one of its name", async () => {
      const style = { name: "Photo", template: "my photo of {prompt}", negative: "blur" };
      await addStyle(db, actor(), style);
      assert.equal((await findStyle(db, GUILD, "PHOTO"))?.template, "my photo of {prompt}");
      assert.notEqual((await findStyle(db, "501", "photo"))?.template, "my photo of {prompt}");
      const names = (await listStyles(db, GUILD)).map((found) => found.name);
      assert.equal(new Set(names).size, names.length);
      await dropStyle(db, actor(), "photo");
      await assert.rejects(dropStyle(db, actor(), "photo"), refused("refusal.style-unknown"));
    });

    for (const [given, key] of [
      [{ name: "x", template: "no slot", negative: "" }, "refusal.style-template"],
      [{ name: " ", template: "{prompt}", negative: "" }, "refusal.style-name"],
      [{ name: "x", template: `{prompt}${"y".repeat(1000)}`, negative: "" }, "refusal.style-long"],
    ] as const) {
      it(`refuses a style: ${key}`, async () => {
        await assert.rejects(addStyle(db, actor(), given), refused(key));
      });
    }

    it("puts a prompt into a style letter by letter", () => {
      const style = { name: "s", template: "{prompt}, {prompt}", negative: "b" };
      assert.deepEqual(applyStyle(style, { prompt: "$& $1 {prompt}", negative: "a" }), {
        prompt: "$& $1 {prompt}, $& $1 {prompt}",
        negativePrompt: "a, b",
      });
    });

    it("adds up pictures and credits by the server's own days, and who used most", async () => {
      const today = await addPicture(db, ME);
      const old = await addPicture(db, OTHER);
      await addPicture(db, ME, { daysAgo: 40 });
      for (const [{ jobId }, userId, cost] of [
        [today, ME, 3 * CREDIT],
        [old, OTHER, CREDIT],
      ] as const) {
        await reserve(db, { ...who, userId, id: jobId, idempotencyKey: jobId, millicredits: cost });
        await settle(db, jobId, cost);
      }
      await db.execute(
        sql`update job set request = '{"count": 4}', started_at = created_at + interval '30 seconds' where id = ${today.jobId}`,
      );
      await db.execute(
        sql`update job set ended_at = now() - interval '2 days' where id = ${old.jobId}`,
      );
      const { days, users } = await readUsage(db, GUILD, { days: 7, timeZone: "Asia/Tokyo" });
      assert.equal(days.length, 7);
      assert.deepEqual(
        days
          .filter(({ pictures }) => pictures > 0)
          .map(({ pictures, millicredits, medianWait }) => [pictures, millicredits, medianWait]),
        [
          [1, CREDIT, null],
          [4, 3 * CREDIT, 30],
        ],
      );
      const inTokyo = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(
        new Date(),
      );
      assert.equal(days.at(-1)?.day, inTokyo);
      assert.deepEqual(users, [
        { userId: ME, pictures: 4, millicredits: 3 * CREDIT },
        { userId: OTHER, pictures: 1, millicredits: CREDIT },
      ]);
    });
  });
}
