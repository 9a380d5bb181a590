import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { MessageFlags } from "discord-api-types/v10";
import sharp from "sharp";

import * as schema from "../../src/db/schema.ts";
import { readAudit } from "../../src/generation/policy/audit.ts";
import { readSettings } from "../../src/generation/policy/guild-rules.ts";
import { AdminBot } from "../support/admin-bot.ts";
import { controls, textOf } from "../support/playground.ts";
import { addPicture } from "../support/personal-rows.ts";
import { until } from "../support/until.ts";

describe("/admin", () => {
  let bot: AdminBot;
  const told: AdminBot["told"] = (...given) => bot.told(...given);
  const id = (name: string): string => bot.playground.member(name);
  const audit = () => readAudit(bot.db, bot.guildId, { limit: 100, offset: 0 });

  before(async () => {
    bot = await AdminBot.start();
    bot.test.generation.quota = {
      windows: [],
      picturesLeft: null,
      prices: [{ kind: "generate", size: 1024, cost: 250, inUsualPictures: 1 }],
    };
  });
  after(() => bot.close());
  beforeEach(() => bot.reset());

  it("answers privately, and to admins alone", async () => {
    const { flags = 0 } = await bot.answer("admin roles list");
    assert.notEqual(flags & MessageFlags.Ephemeral, 0);
    await assert.rejects(bot.playground.slash("admin roles list", {}, { as: "ada" }));
  });

  describe("quota", () => {
    it("sets a limit, and says what it was and how many pictures it is worth", async () => {
      const first = await told("admin quota set", {
        period: "day",
        credits: 10,
        "each-member": true,
      });
      assert.match(first, /Limit a day: each member/);
      assert.match(first, /Before: no limit\nNow: 10 credits \(about 40 usual pictures\)/);
      const second = await told("admin quota set", {
        period: "day",
        "no-limit": true,
        "each-member": true,
      });
      assert.match(second, /Before: 10 credits.*\nNow: no limit/);
      assert.deepEqual(
        (await audit()).map(({ action, before: was, after: is }) => [action, was, is]),
        [
          ["quota.set.day", 10_000, null],
          ["quota.set.day", null, 10_000],
        ],
      );
    });

    it("takes no limit away, and forgives no whole server, unless told to in so many words", async () => {
      await told("admin quota set", { period: "day", credits: 2 });
      assert.match(await told("admin quota set", { period: "day" }), /choose no-limit/);
      const both = { period: "day", credits: 3, "no-limit": true };
      assert.match(await told("admin quota set", both), /one of the two/);
      assert.match(await told("admin quota reset"), /choose whole-server/);
      const twice = { user: id("ada"), "whole-server": true };
      assert.match(await told("admin quota reset", twice), /one of the two/);
      assert.match(await told("admin quota show"), /2 credits/);
      const done = await told("admin quota reset", { "whole-server": true });
      assert.match(done, /this server\*\*\nUnchanged: 0 credits/);
    });

    it("sets limits of the server, of a role and of a member", async () => {
      const role = bot.playground.role("Artist");
      await told("admin quota set", { period: "month", credits: 100 });
      await told("admin quota set", { period: "day", credits: 5, role });
      await told("admin quota set", { period: "day", credits: 0.5, user: id("ada") });
      const rules = await bot.db.select().from(schema.quotaRule);
      assert.deepEqual(
        rules
          .toSorted((a, b) => a.maxMillicredits - b.maxMillicredits)
          .map(({ scope, subject, maxMillicredits }) => [scope, subject, maxMillicredits]),
        [
          ["guild_user", `${bot.guildId}:${id("ada")}`, 500],
          ["role", `${bot.guildId}:${role}`, 5000],
          ["guild", bot.guildId, 100_000],
        ],
      );
    });

    it("refuses a limit above the owner's ceiling, with the ceiling", async () => {
      await told("owner quota set", {
        scope: "guild_ceiling",
        period: "day",
        credits: 20,
        server: bot.guildId,
      });
      const refused = await told("admin quota set", { period: "day", credits: 21 });
      assert.match(refused, /gives this server 20 credits a day; no limit inside it can be higher/);
    });

    it("gives credits, frees, forgives and shows all of it", async () => {
      const user = id("ada");
      const granted = await told("admin quota grant", {
        credits: 3,
        user,
        days: 7,
        reason: "contest",
      });
      assert.match(granted, /Before: 0 credits.*\nNow: 3 credits \(about 12 usual pictures\)/);
      assert.match(granted, /They expire <t:\d+:R>/);
      assert.match(await told("admin quota exempt", { free: true, user }), /Before: off\nNow: on/);
      assert.match(await told("admin quota reset", { user }), /Unchanged: 0 credits/);
      const shown = await told("admin quota show", { user });
      assert.match(shown, /Free of this server's limits/);
      assert.match(shown, /On top: 3 credits/);
      const history = await told("admin quota history", { user });
      assert.match(history, /granted 3/);
      assert.doesNotMatch(history, /forgiven 0/);
    });

    it("shows where a member stands", async () => {
      await told("admin quota set", { period: "day", credits: 2, "each-member": true });
      const shown = await told("admin quota show", { user: id("ada") });
      assert.match(
        shown,
        /Here, today: 0 credits of 2 credits \(about 8 usual pictures\), renews <t:/,
      );
    });

    it("exports the ledger as a file", async () => {
      await told("admin quota grant", { credits: 1, user: id("ada") });
      const files = await bot.filesOf(await bot.answer("admin quota export"));
      const text = String(files.get("ledger.csv"));
      assert.match(text, /^id,at,kind,credits/);
      assert.match(text, /,grant,1,/);
    });

    it("asks whom it is for where only a member or a role can be meant", async () => {
      assert.match(await told("admin quota exempt", { free: true }), /a member or a role/);
    });
  });

  it("blocks for a time and lifts it, with the reason", async () => {
    const user = id("ada");
    const blocked = await told("admin block", { user, duration: 60, reason: "*spam*" });
    assert.match(blocked, /Before: may use the bot\nNow: blocked \(ends <t:\d+:R>\): \\\*spam\\\*/);
    assert.match(await told("admin unblock", { user }), /Now: may use the bot/);
    assert.equal((await bot.db.select().from(schema.block)).length, 0);
  });

  it("allows and denies channels, and lists them", async () => {
    const art = bot.playground.channel("art");
    assert.match(
      await told("admin channels allow", { channel: art }),
      /Before: no rule\nNow: allowed/,
    );
    assert.match(
      await told("admin channels deny", { channel: art }),
      /Before: allowed\nNow: denied/,
    );
    assert.match(await told("admin channels list"), new RegExp(`<#${art}>: denied`));
    await told("admin channels clear", { channel: art });
    assert.match(await told("admin channels list"), /Everywhere/);
  });

  it("allows roles, and lists them", async () => {
    const role = bot.playground.role("Artist");
    assert.match(await told("admin roles allow", { role }), /Before: off\nNow: on/);
    assert.match(await told("admin roles list"), new RegExp(`<@&${role}>`));
    await told("admin roles remove", { role });
    assert.match(await told("admin roles list"), /Everyone/);
  });

  describe("words", () => {
    it("lists as many long rules as there is room for, whole, and says how many more", async () => {
      const rules = Array.from({ length: 60 }, (_, index) => `${100 + index}${"x".repeat(190)}`);
      await bot.db.insert(schema.wordRule).values(
        rules.map((text) => ({
          guildId: bot.guildId,
          kind: "word" as const,
          text,
          createdBy: "1",
        })),
      );
      const list = await told("admin words list");
      const named = list.match(/`\d+x{190}`/g) ?? [];
      assert.ok(named.length >= 10, `${named.length} are named`);
      assert.ok(list.includes(`and ${rules.length - named.length} more`), list);
    });

    it("adds words and patterns, tests texts by them and removes them", async () => {
      await told("admin words add", { text: "Bänana" });
      await told("admin words add", { text: "cherr(y|ies)", kind: "pattern" });
      const list = await told("admin words list");
      assert.match(list, /`banana`/);
      assert.match(list, /Patterns: `cherr\(y\|ies\)`/);
      assert.match(
        await told("admin words test", { text: "two cherries" }),
        /refused: `cherries`, by the pattern/,
      );
      assert.match(await told("admin words test", { text: "a nude" }), /by the built-in list/);
      assert.match(await told("admin words test", { text: "an apple" }), /would be allowed/);
      const offered = await bot.playground.autocomplete(
        "admin words remove",
        { text: "cher" },
        { focused: "text", as: "olivia" },
      );
      assert.deepEqual(offered, [{ name: "cherr(y|ies)", value: "pattern:cherr(y|ies)" }]);
      await told("admin words remove", { text: "pattern:cherr(y|ies)" });
      assert.match(await told("admin words test", { text: "cherries" }), /would be allowed/);
    });

    it("says what is wrong with a pattern", async () => {
      const refused = await told("admin words add", { text: "(?=x)", kind: "pattern" });
      assert.match(refused, /no regular expression that can be used here/);
      assert.match(await told("admin words remove", { text: "unknown" }), /no such rule/);
    });
  });

  describe("queue", () => {
    it("pauses and resumes this server", async () => {
      assert.match(await told("admin queue pause"), /Before: off\nNow: on/);
      assert.equal((await readSettings(bot.db, bot.guildId)).isPaused, true);
      assert.match(await told("admin queue resume"), /Before: on\nNow: off/);
    });

    it("shows and clears what waits", async () => {
      const begun = await bot.playground.slash("imagine", { prompt: "a tree" });
      await until(() => bot.test.generation.wishes.find((one) => one.interactionId === begun.id));
      assert.match(await told("admin queue show"), /a tree/);
      assert.match(await told("admin queue clear"), /Before: 1 request waits/);
      assert.equal(bot.test.generation.cancelled.length, 1);
    });
  });

  describe("settings", () => {
    it("change by the panel's selects, and show what they are then", async () => {
      const panel = await bot.answer("admin settings");
      assert.match(textOf(panel), /Variations: subtle 45 %, strong 75 %/);
      const select = [...controls(panel.components)].find((one) =>
        ((one["options"] ?? []) as { value: string }[]).some(({ value }) => value === "1024"),
      );
      const pressed = await bot.playground.select(
        panel,
        { control: String(select?.["custom_id"]), values: ["1024"] },
        { as: "olivia" },
      );
      await pressed.acknowledged();
      await bot.until(async () => (await readSettings(bot.db, bot.guildId)).maxSize === 1024);
      assert.deepEqual((await audit())[0]?.after, { maxSize: 1024 });
    });

    it("let roles be chosen as soon as pictures of others are for roles", async () => {
      const panel = await bot.answer("admin settings");
      const all = [...controls(panel.components)];
      const foreign = all.find((one) =>
        ((one["options"] ?? []) as { value: string }[]).some(({ value }) => value === "roles"),
      );
      const scene = { as: "olivia" };
      const control = String(foreign?.["custom_id"]);
      await bot.playground.select(panel, { control, values: ["roles"] }, scene);
      const placeholder = "Roles that may remix pictures of others";
      const updated = await bot.playground.waitForMessage(
        (message) =>
          message.id === panel.id &&
          [...controls(message.components)].some((one) => one["placeholder"] === placeholder),
      );
      const role = bot.playground.role("Artist");
      await bot.playground.select(updated, { control: placeholder, values: [role] }, scene);
      await bot.until(async () =>
        (await readSettings(bot.db, bot.guildId)).foreignPictureRoleIds.includes(role),
      );
    });

    it("change by dialogs, which refuse what is out of range", async () => {
      const panel = await bot.answer("admin settings");
      const pressed = await bot.playground.click(panel, "Waiting", { as: "olivia" });
      const dialog = await pressed.modal();
      await bot.playground.submitModal(dialog, { user: "3", guild: "30" }, { as: "olivia" });
      await bot.until(
        async () => (await readSettings(bot.db, bot.guildId)).maxWaitingPerUser === 3,
      );
      const again = await bot.playground.click(panel, "Waiting", { as: "olivia" });
      const sent = await bot.playground.submitModal(
        await again.modal(),
        { user: "many" },
        { as: "olivia" },
      );
      const refused = await sent.answer((message) => textOf(message).includes("no whole number"));
      assert.match(textOf(refused), /“many” is no whole number/);
      assert.equal((await readSettings(bot.db, bot.guildId)).maxWaitingPerUser, 3);
    });

    it("say in words which numbers and time zones there are", async () => {
      const panel = await bot.answer("admin settings");
      const typed = async (button: string, values: Record<string, string>): Promise<string> => {
        const pressed = await bot.playground.click(panel, button, { as: "olivia" });
        const dialog = await pressed.modal();
        const sent = await bot.playground.submitModal(dialog, values, { as: "olivia" });
        return textOf(await sent.answer((message) => message.id !== panel.id));
      };
      assert.match(
        await typed("Waiting", { user: "0" }),
        /may wait: choose a number from 1 to 1,000/,
      );
      assert.match(await typed("Retention", { history: "3651" }), /a number from 1 to 3,650/);
      const zone = await typed("Variations, time zone", { zone: "Mars/Base" });
      assert.match(zone, /no time zone “Mars\/Base”. Write it as Europe\/Berlin/);
      assert.deepEqual(await audit(), []);
    });
  });

  it("adds, lists and removes styles, and lets no forbidden word into one", async () => {
    await told("admin styles add", { name: "Noir", template: "film noir of {prompt}" });
    assert.match(await told("admin styles list"), /\*\*noir\*\* `film noir of \{prompt\}`/);
    assert.match(await told("admin styles add", { name: "x", template: "no slot" }), /\{prompt\}/);
    const forbidden = { name: "x", template: "nude {prompt}" };
    assert.match(await told("admin styles add", forbidden), /not allowed here/);
    assert.match(await told("admin styles remove", { name: "noir" }), /Now: none/);
  });

  it("draws usage as a picture, with tables beside it", async () => {
    await addPicture(bot.db, id("ada"));
    await bot.db.update(schema.job).set({ guildId: bot.guildId });
    const message = await bot.answer("admin usage", { days: 7 });
    assert.match(textOf(message), /Usage of the last 7 days/);
    assert.match(textOf(message), /1 picture/);
    const files = await bot.filesOf(message);
    assert.deepEqual([...files.keys()], ["usage.png", "usage-by-day.csv", "usage-by-user.csv"]);
    const { format, width } = await sharp(files.get("usage.png")).metadata();
    assert.deepEqual([format, width], ["png", 1200]);
  });

  it("lists who changed what, newest first", async () => {
    await told("admin block", { user: id("ada"), reason: "spam" });
    const list = await told("admin audit");
    assert.match(
      list,
      new RegExp(`<@${id("olivia")}>: \`block\` <@${id("ada")}>: – → reason \`spam\` \\(spam\\)`),
    );
  });

  it("tells changes in words, and says so where nothing was changed", async () => {
    await told("admin quota set", { period: "day", credits: 2, user: id("ada") });
    await told("admin queue pause");
    await told("admin queue pause");
    const list = await told("admin audit");
    assert.match(list, new RegExp(`\`quota.set.day\` <@${id("ada")}>: – → 2 credits`));
    assert.match(list, /`settings` `isPaused`: off → on/);
    assert.match(list, /`settings` `isPaused`: unchanged, on/);
    assert.doesNotMatch(list, /[{}"]/);
  });

  it("speaks German and Japanese", async () => {
    await bot.playground.change(`/users/${id("olivia")}`, { locale: "de" });
    assert.match(await told("admin roles list"), /Wer den Bot benutzen darf/);
    await bot.playground.change(`/users/${id("olivia")}`, { locale: "ja" });
    assert.match(await told("admin roles list"), /利用できるロール/);
    await bot.playground.change(`/users/${id("olivia")}`, { locale: "en-US" });
  });
});
