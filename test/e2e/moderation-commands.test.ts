import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";
import { eq } from "drizzle-orm";
import { pino } from "pino";

import * as schema from "../../src/db/schema.ts";
import { DiscordModerationPoster } from "../../src/discord/moderation-poster.ts";
import { changeSettings } from "../../src/generation/policy/guild-rules.ts";
import { postModerationNotices } from "../../src/generation/policy/moderation-log.ts";
import { openReports } from "../../src/generation/policy/reports.ts";
import { AdminBot } from "../support/admin-bot.ts";
import { addPicture } from "../support/personal-rows.ts";
import { textOf } from "../support/playground.ts";
import { until } from "../support/until.ts";

const log = pino({ level: "silent" });

describe("moderation", () => {
  let bot: AdminBot;
  const asMorgan = { as: "morgan" };
  const told = (command: string, options = {}) => bot.told(command, options, asMorgan);

  before(async () => {
    bot = await AdminBot.start();
  });
  after(() => bot.close());
  beforeEach(() => bot.reset());

  /** A finished card in #general, asked for by Björn, and known to the database. */
  async function draw(prompt: string): Promise<APIMessage> {
    const { generation } = bot.test;
    const begun = await bot.playground.slash("imagine", { prompt }, { as: "bjoern" });
    await until(() => generation.wishes.find((one) => one.interactionId === begun.id));
    await bot.test.finish();
    return begun.answer((message) => textOf(message).includes("Seed"));
  }

  async function report(message: APIMessage, reason: string): Promise<string> {
    const menu = await bot.playground.contextMenu("Report picture", message);
    const sent = await bot.playground.submitModal(await menu.modal(), { reason });
    return textOf(await sent.answer());
  }

  /** Posts what waits into #art, which is the log channel then. */
  async function postLog(): Promise<void> {
    const logChannelId = bot.playground.channel("art");
    const actor = { userId: "1", guildId: bot.guildId, interactionId: `${Date.now()}` };
    await changeSettings(bot.db, actor, { logChannelId });
    const { customIds, bot: client } = bot.test;
    const poster = new DiscordModerationPoster({ rest: client.rest, customIds });
    await postModerationNotices(bot.db, { poster, log }, new AbortController().signal);
  }

  const logged = async (words: string): Promise<APIMessage> => {
    const messages = await bot.playground.messagesIn("art", "morgan");
    const found = messages.findLast((message) => textOf(message).includes(words));
    assert.ok(found, `Nothing in the log says ${words}`);
    return found;
  };

  it("lets a moderator block for a time and lift it", async () => {
    const user = bot.playground.member("nova");
    assert.match(await told("mod block", { user, duration: 10 }), /Now: blocked \(ends <t:/);
    assert.match(await told("mod unblock", { user }), /Now: may use the bot/);
  });

  it("is not for members", async () => {
    await assert.rejects(bot.playground.slash("mod reports", {}, { as: "ada" }));
  });

  it("takes a report with a reason, and says how long the evidence is kept", async () => {
    const card = await draw("a strange thing");
    const thanks = await report(card, "it is *rude*");
    assert.match(thanks, /Thank you/);
    assert.match(thanks, /kept for 30 days/);
    assert.match(await report(card, "again"), /reported this already/);
    const [row, ...others] = await openReports(bot.db, bot.guildId);
    assert.deepEqual([row?.reason, row?.messageId, others.length], ["it is *rude*", card.id, 0]);
  });

  it("refuses a report of somebody else's message", async () => {
    const message = await bot.playground.say("hello");
    const menu = await bot.playground.contextMenu("Report picture", message);
    assert.match(textOf(await menu.answer()), /not one of mine/);
  });

  it("shows a report in the log channel, and keeps the picture by a button", async () => {
    await report(await draw("a blue pear"), "bad pear");
    await postLog();
    const notice = await logged("bad pear");
    assert.match(textOf(notice), /a blue pear/);
    assert.match(textOf(notice), /This evidence is deleted <t:/);
    const pressed = await bot.playground.click(notice, "Keep the picture", asMorgan);
    await pressed.acknowledged();
    await bot.until(async () => (await openReports(bot.db, bot.guildId)).length === 0);
    await until(() =>
      bot.playground.transcript.calls.some(({ body }) =>
        JSON.stringify(body ?? "").includes("the picture stays"),
      ),
    );
  });

  it("lets nobody but moderators use the log's buttons", async () => {
    await report(await draw("a green plum"), "bad plum");
    await postLog();
    const pressed = await bot.playground.click(await logged("bad plum"), "Delete the picture");
    assert.match(textOf(await pressed.answer()), /for moderators of this server/);
    assert.equal((await openReports(bot.db, bot.guildId)).length, 1);
  });

  it("deletes a reported picture and its message by a button", async () => {
    const card = await draw("a yellow kiwi");
    await report(card, "bad kiwi");
    await postLog();
    const pressed = await bot.playground.click(
      await logged("bad kiwi"),
      "Delete the picture",
      asMorgan,
    );
    await pressed.acknowledged();
    await bot.until(async () => {
      const left = await bot.playground.messagesIn("general");
      return left.every(({ id }) => id !== card.id);
    });
    await bot.until(async () => {
      const [row] = await bot.db.select().from(schema.report);
      return row?.state === "deleted";
    });
  });

  it("blocks who asked for a reported picture, without a word of the report", async () => {
    const card = await draw("a grey lemon");
    const user = bot.playground.member("bjoern");
    const { jobId } = await addPicture(bot.db, user);
    await bot.db
      .update(schema.delivery)
      .set({ messageId: card.id })
      .where(eq(schema.delivery.jobId, jobId));
    await report(card, "he promised me at lunch not to");
    await postLog();
    const notice = await logged("at lunch");
    const pressed = await bot.playground.click(notice, "Block for a day", asMorgan);
    assert.match(textOf(await pressed.answer()), /Blocked; it ends/);
    const [block] = await bot.db.select().from(schema.block);
    assert.deepEqual([block?.userId, block?.reason], [user, null]);
  });

  it("lists open reports, and opens one with its evidence", async () => {
    assert.match(await told("mod reports"), /Nothing is open/);
    await report(await draw("a red cherry"), "bad cherry");
    const list = await bot.answer("mod reports", {}, asMorgan);
    assert.match(textOf(list), /1 open report/);
    const [row] = await openReports(bot.db, bot.guildId);
    const value = Buffer.from((row?.id ?? "").replaceAll("-", ""), "hex").toString("base64url");
    await bot.playground.select(list, { control: "Open one …", values: [value] }, asMorgan);
    await bot.playground.waitForMessage(
      (message) => message.id === list.id && textOf(message).includes("Reason: bad cherry"),
    );
  });

  it("deletes a message by its link, and no message of another server or author", async () => {
    const card = await draw("a purple fig");
    const link = (guildId: string, message: APIMessage): string =>
      `https://discord.com/channels/${guildId}/${message.channel_id}/${message.id}`;
    assert.match(await told("mod delete", { message: "that one" }), /no link of a message/);
    assert.match(await told("mod delete", { message: link("1", card) }), /on another server/);
    const foreign = await bot.playground.say("hello");
    assert.match(
      await told("mod delete", { message: link(bot.guildId, foreign) }),
      /not one of mine/,
    );
    assert.match(
      await told("mod delete", { message: link(bot.guildId, card) }),
      /deleted with its pictures/,
    );
    const left = await bot.playground.messagesIn("general");
    assert.ok(left.every(({ id }) => id !== card.id));
  });

  it("cancels a request that waits, chosen from what waits", async () => {
    const begun = await bot.playground.slash("imagine", { prompt: "a slow boat" });
    const { generation } = bot.test;
    await until(() => generation.wishes.find((one) => one.interactionId === begun.id));
    const offered = await bot.playground.autocomplete(
      "mod cancel",
      { request: "boat" },
      { focused: "request", ...asMorgan },
    );
    const [choice] = offered;
    assert.match(choice?.name ?? "", /a slow boat/);
    const cancelled = await told("mod cancel", { request: String(choice?.value) });
    assert.match(cancelled, /Before: waiting\nNow: cancelled/);
    assert.match(
      await told("mod cancel", { request: "nonsense" }),
      /no such request here\. Choose one from the list/,
    );
  });

  it("cancels a private request too, without seeing its prompt", async () => {
    await bot.playground.slash("imagine", { prompt: "a secret boat", private: true });
    const { generation } = bot.test;
    await until(() => [...generation.jobs.values()].find(({ isPrivate }) => isPrivate));
    const complete = (typed: string) =>
      bot.playground.autocomplete(
        "mod cancel",
        { request: typed },
        { focused: "request", ...asMorgan },
      );
    assert.deepEqual(await complete("secret"), []);
    const [choice] = await complete("private");
    assert.equal(choice?.name, "1 a private picture");
    assert.match(await told("mod cancel", { request: String(choice.value) }), /Now: cancelled/);
  });
});
