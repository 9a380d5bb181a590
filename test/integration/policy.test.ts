import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";

import { sql } from "drizzle-orm";

import type { Database } from "../../src/db/database.ts";
import type { OpenDatabase } from "../../src/db/open-database.ts";
import * as schema from "../../src/db/schema.ts";
import type { GuildActor } from "../../src/generation/policy/actor.ts";
import { blockUser, unblockUser } from "../../src/generation/policy/blocks.ts";
import {
  checkAccess,
  checkRequest,
  checkWaiting,
  type PolicyRequest,
  takeBurst,
} from "../../src/generation/policy/check-policy.ts";
import {
  addWord,
  changeSettings,
  setAllowedRole,
  setChannelRule,
} from "../../src/generation/policy/guild-rules.ts";
import type { GuildSettings } from "../../src/generation/policy/guild-settings.ts";
import { loadPolicy } from "../../src/generation/policy/load-policy.ts";
import { setOwnerSettings } from "../../src/generation/policy/owner-rules.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { Requester } from "../../src/generation/types.ts";
import { DATABASES } from "../support/databases.ts";
import { emptyTables } from "../support/personal-rows.ts";

const DAY_MS = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);

const MEMBER: Requester = {
  userId: "100",
  guildId: "500",
  channelId: "300",
  parentChannelId: null,
  roleIds: ["400"],
  isAdmin: false,
  isModerator: false,
  isOwner: false,
  accountCreatedAt: ago(1000),
  joinedAt: ago(100),
  isAgeRestrictedChannel: false,
  locale: "en",
};
interface Wish extends PolicyRequest {
  /** Requests that wait already. */
  readonly waiting: { readonly user: number; readonly guild: number };
}
const WISH: Wish = {
  texts: ["a red apple"],
  isPrivate: false,
  usesForeignPicture: false,
  size: { width: 1024, height: 1024 },
  waiting: { user: 0, guild: 0 },
};

/** As a request is checked before its job is made. */
async function check(db: Database, requester: Requester, wish: Wish): Promise<void> {
  const policy = await loadPolicy(db, requester);
  checkAccess(policy, requester);
  checkRequest(policy, requester, wish);
  checkWaiting(policy, wish.waiting);
  await takeBurst(db, policy, requester);
}

for (const { name, open } of DATABASES) {
  describe(`the policy on ${name}`, () => {
    let database: OpenDatabase;
    let db: Database;
    const actor = (changes: Partial<GuildActor> = {}): GuildActor => ({
      userId: "900",
      guildId: "500",
      interactionId: randomUUID(),
      ...changes,
    });
    const set = (change: Partial<GuildSettings>) => changeSettings(db, actor(), change);
    /** The refusal's key, or null where the request is allowed. */
    const refusal = async (
      requester: Partial<Requester> = {},
      wish: Partial<Wish> = {},
    ): Promise<Refusal | null> => {
      try {
        await check(db, { ...MEMBER, ...requester }, { ...WISH, ...wish });
        return null;
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
    };
    const key = async (...given: Parameters<typeof refusal>): Promise<string | null> =>
      (await refusal(...given))?.key ?? null;

    before(async () => {
      database = await open();
      ({ db } = database);
    });
    after(async () => {
      await database.close();
    });
    beforeEach(async () => {
      await emptyTables(db);
      await db.insert(schema.guild).values({ id: "500", name: "Guild", state: "approved" });
    });

    it("lets a member of an approved server ask", async () => {
      assert.equal(await key(), null);
    });

    it("serves only approved servers", async () => {
      await db.execute(sql`update guild set state = 'pending'`);
      assert.equal(await key(), "refusal.guild-pending");
      await db.execute(sql`update guild set state = 'refused'`);
      assert.equal(await key(), "refusal.guild-refused");
      assert.equal(await key({ guildId: "501" }), "refusal.guild-pending");
    });

    it("serves direct messages and servers it is not in only when the owner says so", async () => {
      assert.equal(await key({ guildId: null }), "refusal.direct-messages-off");
      await setOwnerSettings(db, { ...actor(), guildId: null }, { directMessages: true });
      assert.equal(await key({ guildId: null }), null);
      assert.equal(await key({ guildId: "501" }), "refusal.guild-pending");
      await setOwnerSettings(db, { ...actor(), guildId: null }, { userInstalls: true });
      assert.equal(await key({ guildId: "501" }), null);
    });

    it("refuses while the owner pauses it, and says until when", async () => {
      const owner = { ...actor(), guildId: null };
      await setOwnerSettings(db, owner, { paused: { until: null } });
      assert.equal((await refusal())?.parameters["when"], "unknown");
      const until = new Date(Date.now() + 3_600_000);
      await setOwnerSettings(db, { ...owner, interactionId: "b" }, { paused: { until } });
      const when = `<t:${Math.ceil(until.getTime() / 1000)}:R>`;
      assert.equal((await refusal())?.parameters["when"], when);
    });

    it("refuses while an admin pauses it in their server, and nowhere else", async () => {
      await set({ isPaused: true });
      assert.equal(await key(), "refusal.guild-paused");
      await db.insert(schema.guild).values({ id: "501", name: "Other", state: "approved" });
      assert.equal(await key({ guildId: "501" }), null);
    });

    it("keeps a blocked user out, of this server or of all", async () => {
      await blockUser(db, actor(), { userId: "100", until: null, reason: "spam" });
      const blocked = await refusal();
      assert.deepEqual(
        [blocked?.key, blocked?.parameters],
        ["refusal.blocked", { until: "none", reason: "spam" }],
      );
      await unblockUser(db, actor(), "100");
      assert.equal(await key(), null);
      await blockUser(
        db,
        { ...actor(), guildId: null },
        { userId: "100", until: null, reason: null },
      );
      assert.equal(await key(), "refusal.blocked");
    });

    it("lets a block end by itself", async () => {
      const until = new Date(Date.now() + 3_600_000);
      await blockUser(db, actor(), { userId: "100", until, reason: null });
      assert.equal(
        (await refusal())?.parameters["until"],
        `<t:${Math.ceil(until.getTime() / 1000)}:f>`,
      );
      await db.execute(sql`update block set until = now() - interval '1 second'`);
      assert.equal(await key(), null);
    });

    it("may be used only in allowed channels where there is one, and names them", async () => {
      await setChannelRule(db, actor(), { channelId: "301", rule: "allow" });
      const refused = await refusal();
      assert.deepEqual(
        [refused?.key, refused?.parameters["channels"]],
        ["refusal.channel", "<#301>"],
      );
      assert.equal(await key({ channelId: "301" }), null);
      await setChannelRule(db, actor(), { channelId: "301", rule: null });
      assert.equal(await key(), null);
    });

    it("takes a thread for its channel, unless it is denied itself", async () => {
      await setChannelRule(db, actor(), { channelId: "300", rule: "allow" });
      const thread = { channelId: "310", parentChannelId: "300" };
      assert.equal(await key(thread), null);
      await setChannelRule(db, actor(), { channelId: "310", rule: "deny" });
      assert.equal(await key(thread), "refusal.channel");
      assert.equal(await key(), null);
    });

    it("is for members with an allowed role where there is one", async () => {
      await setAllowedRole(db, actor(), { roleId: "401", isAllowed: true });
      assert.equal((await refusal())?.parameters["roles"], "<@&401>");
      assert.equal(await key({ roleIds: ["400", "401"] }), null);
      await setAllowedRole(db, actor(), { roleId: "401", isAllowed: false });
      assert.equal(await key(), null);
    });

    it("asks for the age of the account and of the membership that the server set", async () => {
      await set({ minAccountAgeDays: 30 });
      assert.equal(await key({ accountCreatedAt: ago(29) }), "refusal.account-age");
      assert.equal(await key({ accountCreatedAt: ago(31) }), null);
      await set({ minMembershipAgeDays: 7 });
      assert.equal(await key({ joinedAt: ago(6) }), "refusal.membership-age");
      assert.equal(await key({ joinedAt: ago(8) }), null);
    });

    it("refuses private pictures where the server has them off, but not in direct messages", async () => {
      await set({ allowsPrivate: false });
      assert.equal(await key({}, { isPrivate: true }), "refusal.private-off");
      assert.equal(await key({}, { isPrivate: false }), null);
    });

    it("lets pictures from elsewhere be used by nobody, by roles, or by everyone", async () => {
      const wish = { usesForeignPicture: true };
      assert.equal(await key({}, wish), "refusal.foreign-pictures-off");
      await set({ foreignPictures: "roles", foreignPictureRoleIds: ["400"] });
      assert.equal(await key({}, wish), null);
      assert.equal(await key({ roleIds: [] }, wish), "refusal.foreign-pictures-off");
      await set({ foreignPictures: "everyone" });
      assert.equal(await key({ roleIds: [] }, wish), null);
    });

    it("checks every text by the server's words, and those that hold everywhere", async () => {
      await addWord(db, actor(), { kind: "word", text: "Banana" });
      await db
        .insert(schema.wordRule)
        .values({ guildId: "*", kind: "pattern", text: "cherr(y|ies)", createdBy: "900" });
      const refused = await refusal({}, { texts: ["an apple", "no bananas, no BANANA"] });
      assert.deepEqual([refused?.key, refused?.parameters["word"]], ["refusal.word", "banana"]);
      assert.equal(await key({}, { texts: ["cherries"] }), "refusal.word");
      await db.insert(schema.guild).values({ id: "501", name: "Other", state: "approved" });
      assert.equal(await key({ guildId: "501" }, { texts: ["banana"] }), null);
    });

    it("has the starter list on but in channels that are restricted by age", async () => {
      assert.equal(await key({}, { texts: ["a nude statue"] }), "refusal.word");
      assert.equal(await key({ isAgeRestrictedChannel: true }, { texts: ["a nude statue"] }), null);
      assert.equal(
        await key({ isAgeRestrictedChannel: true }, { texts: ["lolicon"] }),
        "refusal.word",
      );
    });

    it("draws nothing larger than the server's cap, by area", async () => {
      await set({ maxSize: 1024 });
      assert.equal(await key({}, { size: { width: 1376, height: 768 } }), null);
      assert.equal(await key({}, { size: { width: 1088, height: 1024 } }), "refusal.size");
      assert.equal(await key({}, { size: null }), null);
    });

    it("caps what waits for a user and for a server", async () => {
      await set({ maxWaitingPerUser: 2, maxWaitingPerGuild: 5 });
      const waiting = (user: number, guild: number) => ({ waiting: { user, guild } });
      assert.equal(await key({}, waiting(1, 4)), null);
      assert.equal(await key({}, waiting(2, 4)), "refusal.waiting-user");
      assert.equal(await key({}, waiting(0, 5)), "refusal.waiting-guild");
    });

    it("slows down who clicks faster than the burst limit, and says how long", async () => {
      await setOwnerSettings(
        db,
        { ...actor(), guildId: null },
        { burst: { size: 3, secondsEach: 60 } },
      );
      for (let click = 0; click < 3; click++) assert.equal(await key(), null);
      const refused = await refusal();
      assert.equal(refused?.key, "refusal.rate");
      assert.match(String(refused?.parameters["when"]), /^<t:\d+:R>$/);
      assert.equal(await key({ userId: "101" }), null);
      assert.equal(await key({ isOwner: true }), null);
    });

    it("takes nothing from the burst limit for what is refused otherwise", async () => {
      await setOwnerSettings(
        db,
        { ...actor(), guildId: null },
        { burst: { size: 1, secondsEach: 60 } },
      );
      assert.equal(await key({}, { texts: ["nude"] }), "refusal.word");
      assert.equal(await key(), null);
    });

    it("reads everything but the burst limit in one statement", async () => {
      let statements = 0;
      const counted = new Proxy(db, {
        get: (target, property) => {
          if (property === "execute") statements += 1;
          const value: unknown = Reflect.get(target, property);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      await check(counted, MEMBER, WISH);
      assert.equal(statements, 2);
    });
  });
}
