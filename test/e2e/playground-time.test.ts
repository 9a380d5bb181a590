import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { AttachmentBuilder, MessageFlags, Routes } from "discord.js";

import { pngOf } from "../support/pictures.ts";
import type { TestPlayground } from "../support/playground.ts";
import { type PlaygroundBot, refusalOf } from "../support/playground-bot.ts";
import { card, mediaOf, postCard, startTrial } from "../support/playground-trial.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

let playground: TestPlayground;
let bot: PlaygroundBot;

before(async () => {
  ({ playground, bot } = await startTrial({ frozen: true }));
});
after(async () => playground.close());

async function slash() {
  const begun = await playground.slash("imagine", { prompt: "x" });
  return { begun, interaction: await bot.take((i) => i.isChatInputCommand()) };
}

describe("time in the playground", () => {
  it("ends an interaction that nobody answers within 3 s", async () => {
    const { begun, interaction } = await slash();
    playground.clock.advance(3 * SECOND_MS);
    const failure = await begun.failure();
    assert.equal(failure.message, "The application did not respond");
    assert.equal(failure.commandName, "imagine");
    const late = await refusalOf(interaction.reply("late"));
    assert.deepEqual([late.status, late.code], [404, 10_062]);
    const { code } = await refusalOf(interaction.fetchReply());
    assert.equal(code, 10_015);
  });

  it("takes an answer just before 3 s", async () => {
    const { begun, interaction } = await slash();
    playground.clock.advance(3 * SECOND_MS - 1);
    await interaction.deferReply();
    playground.clock.advance(10 * SECOND_MS);
    await interaction.editReply("in time");
    assert.equal((await begun.answer()).content, "in time");
  });

  it("takes one first answer", async () => {
    const { interaction } = await slash();
    await interaction.reply("first");
    const path = Routes.interactionCallback(interaction.id, interaction.token);
    const body = { type: 4, data: { content: "second" } };
    const second = await refusalOf(bot.client.rest.post(path, { body, auth: false }));
    assert.deepEqual([second.status, second.code], [400, 40_060]);
  });

  it("knows no interaction by a wrong token", async () => {
    const { interaction } = await slash();
    const path = Routes.interactionCallback(interaction.id, `${interaction.token}x`);
    const body = { type: 4, data: { content: "x" } };
    const { code } = await refusalOf(bot.client.rest.post(path, { body, auth: false }));
    assert.equal(code, 10_062);
  });

  it("ends an interaction's token after 15 minutes, and leaves the message to the bot's own", async () => {
    const { begun, interaction } = await slash();
    await interaction.deferReply();
    playground.clock.advance(15 * MINUTE_MS - 1);
    await interaction.editReply("still");
    playground.clock.advance(1);
    for (const request of [
      async () => interaction.editReply("over"),
      async () => interaction.followUp("over"),
      async () => interaction.deleteReply(),
    ]) {
      const { status, code } = await refusalOf(request());
      assert.deepEqual([status, code], [401, 50_027]);
    }
    const { id, channel_id: channel } = await begun.answer();
    const body = { content: "by my own hand" };
    await bot.client.rest.patch(Routes.channelMessage(channel, id), { body });
    assert.ok(bot.client.token !== null, "discord.js still has the bot's token");
  });

  it("keeps an ephemeral answer out of the bot's own reach", async () => {
    const { begun, interaction } = await slash();
    await interaction.reply({ content: "secret", flags: MessageFlags.Ephemeral });
    const { id, channel_id: channel } = await begun.answer();
    const path = Routes.channelMessage(channel, id);
    assert.equal((await refusalOf(bot.client.rest.get(path))).code, 10_008);
    assert.equal(
      (await refusalOf(bot.client.rest.patch(path, { body: { content: "x" } }))).code,
      10_008,
    );
    await interaction.editReply("by the token");
  });

  it("lets buttons live on when the token is over", async () => {
    const { message } = await postCard({ playground, bot });
    playground.clock.advance(3 * 24 * 60 * MINUTE_MS);
    await playground.click(message, "V1");
    const button = await bot.take((i) => i.isButton());
    await button.update(card("apple.png", "days later"));
  });

  it("ends links to files after a day, and signs them anew when the message is read", async () => {
    const { message } = await postCard({ playground, bot });
    const old = mediaOf(message).url;
    assert.equal((await fetch(playground.url + old)).status, 200);
    playground.clock.advance(25 * 60 * MINUTE_MS);
    assert.equal((await fetch(playground.url + old)).status, 404);
    const path = Routes.channelMessage(message.channel_id, message.id);
    const fresh = mediaOf(await bot.client.rest.get(path)).url;
    assert.equal((await fetch(fresh)).status, 200);
    const body = { attachment_urls: [playground.url + old, "https://example.com/x.png"] };
    const { refreshed_urls: refreshed } = (await bot.client.rest.post("/attachments/refresh-urls", {
      body,
    })) as { refreshed_urls: { refreshed: string | null }[] };
    assert.equal((await fetch(refreshed[0]?.refreshed ?? "")).status, 200);
    assert.equal(refreshed[1]?.refreshed, null);
  });

  it("refuses links whose signature is not its own", async () => {
    const { message } = await postCard({ playground, bot });
    const { url } = mediaOf(message);
    const later = url.replace(/ex=[0-9a-f]+/, "ex=ffffffff");
    assert.equal((await fetch(playground.url + later)).status, 404);
    assert.equal((await fetch(playground.url + url.replace(/hm=..../, "hm=0000"))).status, 404);
  });

  it("gives an answer that failed another chance within the time", async () => {
    const { begun, interaction } = await slash();
    assert.equal((await refusalOf(interaction.reply("x".repeat(2001)))).code, 50_035);
    await interaction.reply("short");
    assert.equal((await begun.answer()).content, "short");
  });

  it("says that a message is gone once it was deleted", async () => {
    const { begun, interaction } = await slash();
    await interaction.reply({
      content: "soon gone",
      files: [new AttachmentBuilder(await pngOf(8, 8), { name: "a.png" })],
    });
    await playground.deleteMessage(await begun.answer(), "morgan");
    assert.equal((await refusalOf(interaction.editReply("x"))).code, 10_008);
    assert.equal((await refusalOf(interaction.deleteReply())).code, 10_008);
  });

  it("makes every token void at once for tests of that", async () => {
    const { interaction } = await slash();
    await interaction.deferReply();
    playground.context.interactions.expire();
    assert.equal((await refusalOf(interaction.editReply("x"))).code, 50_027);
  });

  it("makes ids that follow its clock", async () => {
    const earlier = await slash();
    playground.clock.advance(MINUTE_MS);
    const later = await slash();
    assert.equal(
      later.interaction.createdTimestamp - earlier.interaction.createdTimestamp,
      MINUTE_MS,
    );
  });
});
