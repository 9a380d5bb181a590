import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import * as schema from "../../src/db/schema.ts";
import { readAudit } from "../../src/generation/policy/audit.ts";
import { readOwnerSettings } from "../../src/generation/policy/owner-settings.ts";
import { AdminBot } from "../support/admin-bot.ts";

describe("/owner", () => {
  let bot: AdminBot;
  const told: AdminBot["told"] = (...given) => bot.told(...given);
  const settings = () => readOwnerSettings(bot.db);

  before(async () => {
    bot = await AdminBot.start();
  });
  after(() => bot.close());
  beforeEach(() => bot.reset());

  it("is refused to anybody but the bot's owner, admins of other servers included", async () => {
    const refused = await told("owner status", {}, { as: "ada", in: "lobby" });
    assert.match(refused, /for the owner of the bot alone/);
  });

  it("is there in the owner's direct messages", async () => {
    assert.match(await told("owner status", {}, { in: "dm" }), /The owner's switches/);
  });

  it("lists, approves and refuses servers", async () => {
    await bot.db.insert(schema.guild).values({ id: "123", name: "New *one*" });
    const list = await told("owner guilds list");
    assert.match(list, /New \\\*one\\\* `123`: waits for approval/);
    const offered = await bot.playground.autocomplete(
      "owner guilds approve",
      { server: "new" },
      { focused: "server", as: "olivia" },
    );
    assert.deepEqual(offered, [{ name: "New *one* (123, waits for approval)", value: "123" }]);
    const approved = await told("owner guilds approve", { server: "123" });
    assert.match(approved, /Server New \\\*one\\\* `123`/);
    assert.match(approved, /Before: waits for approval\nNow: approved/);
    assert.match(await told("owner guilds refuse", { server: "123" }), /Now: refused/);
    assert.match(await told("owner guilds approve", { server: "404" }), /never been in a server/);
  });

  it("offers to approve or refuse only servers for which that changes something", async () => {
    const offered = async (command: string) => {
      const focused = { focused: "server", as: "olivia" };
      const choices = await bot.playground.autocomplete(command, { server: "" }, focused);
      return choices.map(({ value }) => value);
    };
    assert.deepEqual(await offered("owner guilds approve"), []);
    assert.deepEqual(await offered("owner guilds refuse"), [bot.guildId]);
    await told("owner guilds refuse", { server: bot.guildId });
    assert.deepEqual(await offered("owner guilds approve"), [bot.guildId]);
    assert.deepEqual(await offered("owner guilds refuse"), []);
  });

  it("chooses a model that is installed, and no other", async () => {
    assert.match(
      await told("owner model", { name: "sana" }),
      /Before: as configured.*\nNow: `sana`/,
    );
    assert.equal((await settings()).model, "sana");
    assert.match(await told("owner model", { name: "dalle" }), /no model “dalle”/);
  });

  it("pauses until a moment or until resumed, and resumes", async () => {
    assert.match(await told("owner pause", { minutes: 30 }), /Now: on, resumes <t:\d+:R>/);
    const { paused } = await settings();
    assert.ok(Math.abs((paused?.until?.getTime() ?? 0) - Date.now() - 30 * 60_000) < 60_000);
    assert.match(await told("owner pause"), /Now: on, until resumed/);
    assert.match(await told("owner resume"), /Before: on, until resumed\nNow: off/);
  });

  it("sets quiet hours and takes them away", async () => {
    const set = { from: "22:00", to: "7:30", "time-zone": "Europe/Berlin" };
    assert.match(await told("owner quiet", set), /Now: 22:00 to 07:30 \(Europe\/Berlin\)/);
    assert.match(await told("owner quiet"), /Give both times.* or choose off/);
    assert.match(await told("owner quiet", { ...set, off: true }), /Give both times/);
    assert.match(await told("owner quiet", { off: true }), /Before: 22:00.*\nNow: off/);
    assert.match(
      await told("owner quiet", { from: "25:00", to: "07:00" }),
      /Give both times as HH:MM/,
    );
    assert.match(await told("owner quiet", { from: "22:00" }), /Give both times/);
    const nowhere = { ...set, "time-zone": "Mars/Olympus" };
    assert.match(await told("owner quiet", nowhere), /no time zone “Mars\/Olympus”/);
  });

  it("switches direct messages, user installs, unloading and the burst limit", async () => {
    assert.match(await told("owner direct-messages", { on: true }), /Before: off\nNow: on/);
    assert.match(await told("owner user-installs", { on: true }), /Before: off\nNow: on/);
    assert.match(
      await told("owner unload", { minutes: 20 }),
      /Before: as configured.*\nNow: after 20 minutes/,
    );
    const burst = await told("owner burst", { size: 3, seconds: 10 });
    assert.match(burst, /Now: 3 at once, then one each 10 s/);
    const { directMessages, userInstalls, unloadAfterMinutes, burst: set } = await settings();
    assert.deepEqual(
      [directMessages, userInstalls, unloadAfterMinutes, set],
      [true, true, 20, { size: 3, secondsEach: 10 }],
    );
  });

  it("sets limits over everything, and lists them", async () => {
    await told("owner quota set", { scope: "global", period: "day", credits: 100 });
    await told("owner quota set", { scope: "guild_ceiling", period: "day", credits: 50 });
    const user = bot.playground.member("ada");
    await told("owner quota set", { scope: "user", period: "hour", credits: 5, user });
    await told("owner quota set", { scope: "guild_user", period: "day", credits: 10 });
    const list = await told("owner quota show");
    for (const line of [
      /everyone together a day: 100 credits/,
      /each server a day: 50 credits/,
      new RegExp(`<@${user}> an hour: 5 credits`),
      /each member of each server a day: 10 credits/,
    ])
      assert.match(list, line);
    assert.match(await told("owner quota exempt", { user, free: true }), /Now: on/);
  });

  it("names servers in limits and shares", async () => {
    const server = bot.guildId;
    const limit = { scope: "guild_ceiling", period: "day", credits: 1, server };
    const said = [
      await told("owner quota set", limit),
      await told("owner quota show"),
      await told("owner weight", { weight: 50 }),
    ];
    for (const text of said) assert.match(text, new RegExp(`Playground \`${server}\``));
  });

  it("says so when a limit's scope would leave out the server or user that is named", async () => {
    const limit = { period: "day", credits: 1 };
    const user = bot.playground.member("ada");
    const misplaced = [
      await told("owner quota set", { ...limit, scope: "guild_user", user }),
      await told("owner quota set", { ...limit, scope: "global", server: bot.guildId }),
    ];
    assert.match(misplaced[0] ?? "", /A user can be named only with the scope “a user/);
    assert.match(misplaced[1] ?? "", /A server can be named only with the scope “a server/);
    assert.deepEqual(await bot.db.select().from(schema.quotaRule), []);
  });

  it("takes a server's id, and no name that was typed instead", async () => {
    const typed = { scope: "guild_ceiling", period: "day", credits: 1, server: "My server" };
    assert.match(
      await told("owner quota set", typed),
      /never been in a server with the id My server/,
    );
    assert.deepEqual(await bot.db.select().from(schema.quotaRule), []);
  });

  it("weighs servers and roles, and puts what waits in its new order", async () => {
    const weighed = await told("owner weight", { weight: 200, server: "123" });
    assert.match(weighed, /Before: 100\nNow: 200/);
    await told("owner weight", { weight: 50, role: bot.playground.role("Artist") });
    assert.deepEqual(bot.retagged, ["123", bot.guildId]);
    const rows = await bot.db.select().from(schema.fairWeight);
    assert.deepEqual(
      rows.map(({ scope, weight }) => [scope, weight]),
      [
        ["guild", 200],
        ["role", 50],
      ],
    );
  });

  it("blocks a user everywhere", async () => {
    const user = bot.playground.member("nova");
    await told("owner block", { user });
    const [row] = await bot.db.select().from(schema.block);
    assert.deepEqual([row?.guildId, row?.userId], ["*", user]);
    assert.match(await told("owner unblock", { user }), /Now: may use the bot/);
  });

  it("lets nobody block themselves", async () => {
    const user = bot.playground.member("olivia");
    for (const command of ["owner block", "admin block"])
      assert.match(await told(command, { user }), /cannot block yourself/);
    assert.deepEqual(await bot.db.select().from(schema.block), []);
  });

  it("says that what frees the memory is configured where the owner set nothing", async () => {
    await told("owner unload", { minutes: 5 });
    assert.match(await told("owner unload"), /Now: as configured \(UNLOAD_AFTER_MINUTES\)/);
  });

  it("keeps what the owner did in the audit log", async () => {
    await told("owner resume");
    const [line] = await readAudit(bot.db, null, { limit: 1, offset: 0 });
    assert.deepEqual([line?.action, line?.target], ["owner", "paused"]);
    assert.match(await told("owner audit"), /`owner` `paused`/);
  });
});
