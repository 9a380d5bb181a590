import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  AttachmentBuilder,
  ComponentType,
  GatewayIntentBits,
  InteractionContextType,
  type Message,
  MessageFlags,
  Partials,
} from "discord.js";

import { pngOf } from "../support/pictures.ts";
import type { TestPlayground } from "../support/playground.ts";
import { poll, type PlaygroundBot } from "../support/playground-bot.ts";
import { postCard, startTrial } from "../support/playground-trial.ts";

let playground: TestPlayground;
let bot: PlaygroundBot;
let picture: Buffer;

before(async () => {
  picture = await pngOf(64, 48);
  ({ playground, bot } = await startTrial());
});
after(async () => playground.close());

describe("messages in the playground", () => {
  it("shows an ephemeral answer to its user alone", async () => {
    const begun = await playground.slash("imagine", { prompt: "secret" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply("for your eyes");
    const message = await begun.answer();
    assert.ok(((message.flags ?? 0) & MessageFlags.Ephemeral) !== 0);
    const isThere = async (as: string) =>
      (await playground.messagesIn("general", as)).some(({ id }) => id === message.id);
    assert.equal(await isThere("ada"), true);
    assert.equal(await isThere("bjoern"), false);
    assert.ok(
      !playground
        .eventsOf("bjoern")
        .some((event) => "message" in event && JSON.stringify(event).includes("for your eyes")),
    );
    await interaction.deleteReply();
    assert.equal(await isThere("ada"), false);
  });

  it("sends selects' values with what they stand for", async () => {
    await playground.slash("imagine", { prompt: "x" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    const row = (select: object) => ({ type: ComponentType.ActionRow, components: [select] });
    await interaction.reply({
      components: [
        row({ type: ComponentType.UserSelect, customId: "who", maxValues: 2 }),
        row({
          type: ComponentType.StringSelect,
          customId: "style",
          options: [{ label: "Ink", value: "ink" }],
        }),
      ] as never,
    });
    const message = await playground.waitForMessage(
      (one) => one.interaction_metadata?.id === interaction.id,
    );
    const values = [playground.member("bjoern"), playground.member("yuki")];
    await playground.select(message, { control: "who", values });
    const picked = await bot.take((i) => i.isUserSelectMenu());
    assert.deepEqual([...picked.users.keys()], values);
    await picked.deferUpdate();
    await assert.rejects(playground.select(message, { control: "style", values: ["oil"] }), {
      message: "This is not offered.",
    });
    await playground.select(message, { control: "style", values: ["ink"] });
    const styled = await bot.take((i) => i.isStringSelectMenu());
    assert.deepEqual(styled.values, ["ink"]);
    await styled.deferUpdate();
  });

  it("refuses a press of a control that is disabled or not there", async () => {
    const { message } = await postCard({ playground, bot });
    await assert.rejects(playground.click(message, "Gone"), { message: /disabled/ });
    await assert.rejects(
      playground.begin({
        type: "component",
        userId: playground.member("ada"),
        channelId: message.channel_id,
        messageId: message.id,
        customId: "forged",
      }),
      { message: /no such control/ },
    );
  });

  it("keeps the attachments that an edit lists, and drops the others", async () => {
    const { interaction } = await postCard({ playground, bot });
    const second = new AttachmentBuilder(await pngOf(10, 10), { name: "b.png" });
    const withFiles = await interaction.followUp({
      content: "two",
      files: [new AttachmentBuilder(picture, { name: "a.png" }), second],
    });
    const kept = withFiles.attachments.find(({ name }) => name === "a.png");
    assert.ok(kept !== undefined);
    const edited = await interaction.editReply({ message: withFiles, attachments: [kept] });
    assert.deepEqual(
      edited.attachments.map(({ name }) => name),
      ["a.png"],
    );
    const unchanged = await interaction.editReply({ message: withFiles, content: "one" });
    assert.equal(unchanged.attachments.size, 1);
  });

  it("returns the answer's message when it is asked for", async () => {
    await playground.slash("imagine", { prompt: "x" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    const response = await interaction.reply({ content: "hello", withResponse: true });
    assert.equal(response.resource?.message?.content, "hello");
    const fetched = await interaction.fetchReply();
    assert.equal(fetched.id, response.interaction.responseMessageId);
  });

  it("plays direct messages", async () => {
    const begun = await playground.slash("imagine", { prompt: "in private" }, { in: "dm" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.equal(interaction.guildId, null);
    assert.equal(interaction.context, InteractionContextType.BotDM);
    await interaction.reply("here");
    await begun.answer();
    const user = await bot.client.users.fetch(playground.member("ada"));
    await user.send("a letter");
    const [last] = (await playground.messagesIn("dm")).slice(-1);
    assert.equal(last?.content, "a letter");
  });

  it("tells a bot of messages by its intents, with the content of those that mention it", async () => {
    const { GuildMessages, DirectMessages, Guilds } = GatewayIntentBits;
    const listener = await playground.connect({
      intents: [Guilds, GuildMessages, DirectMessages],
      partials: [Partials.Channel],
    });
    const heard: Message[] = [];
    listener.on("messageCreate", (message) => heard.push(message));
    await playground.say("not for you");
    await playground.say(`<@${listener.user.id}> an apple`);
    await playground.say("a direct apple", { in: "dm" });
    await poll(() => heard.length === 3);
    assert.deepEqual(
      heard.map(({ content }) => content),
      ["", `<@${listener.user.id}> an apple`, "a direct apple"],
    );
    assert.ok(heard[1]?.mentions.has(listener.user.id));
    await listener.destroy();
  });

  it("pings only those whom allowed_mentions allows", async () => {
    const { interaction } = await postCard({ playground, bot });
    const ping = `<@${playground.member("bjoern")}>`;
    const quiet = await interaction.followUp({ content: ping, allowedMentions: { parse: [] } });
    assert.equal(quiet.mentions.users.size, 0);
    const loud = await interaction.followUp({ content: ping });
    assert.equal(loud.mentions.users.first()?.username, "bjoern");
  });
});
