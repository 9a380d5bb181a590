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
  REST,
  Routes,
} from "discord.js";

import type { ClientEvent } from "../../src/playground/client-api.ts";
import { pngOf } from "../support/pictures.ts";
import type { TestPlayground } from "../support/playground.ts";
import { poll, type PlaygroundBot } from "../support/playground-bot.ts";
import { card, postCard, startTrial } from "../support/playground-trial.ts";

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

  it("hides an ephemeral answer that its user dismissed, which the bot can still edit", async () => {
    const begun = await playground.slash("imagine", { prompt: "secret" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    await interaction.reply({ content: "secret", flags: MessageFlags.Ephemeral });
    const message = await begun.answer();
    await assert.rejects(playground.deleteMessage(message, "morgan"), { status: 403 });
    await playground.deleteMessage(message);
    await interaction.editReply("unseen");
    assert.ok((await playground.messagesIn("general")).every(({ id }) => id !== message.id));
    assert.ok(!JSON.stringify(playground.eventsOf("ada")).includes("unseen"));
  });

  it("makes no message ephemeral that answers no interaction", async () => {
    const path = Routes.channelMessages(playground.channel("art"));
    const body = { content: "for all", flags: MessageFlags.Ephemeral };
    const { id } = (await bot.client.rest.post(path, { body })) as { id: string };
    const message = (await playground.messagesIn("art", "bjoern")).find((one) => one.id === id);
    assert.equal(message?.flags, 0);
  });

  it("does not bring a message back that was deleted while an edit's files came", async () => {
    const { message, interaction } = await postCard({ playground, bot });
    const files = [new AttachmentBuilder(await pngOf(600, 600), { name: "b.png" })];
    const { attachments, messages } = playground.context;
    const add = attachments.add.bind(attachments);
    attachments.add = async (upload) => {
      messages.delete(messages.get(message.id));
      return add(upload);
    };
    const edited = interaction.editReply({ ...card("b.png", "late"), files });
    await assert.rejects(edited, { code: 10_008 });
    attachments.add = add;
    assert.equal(messages.find(message.id), null);
  });

  it("makes one message of two with the same enforced nonce that come at once with files", async () => {
    const rest = new REST({ api: playground.apiBase }).setToken(playground.token);
    const send = async (client: REST) =>
      client.post(Routes.channelMessages(playground.channel("art")), {
        body: { nonce: "twin", enforce_nonce: true },
        files: [{ name: "a.png", data: await pngOf(500, 500) }],
      }) as Promise<{ id: string }>;
    const [one, two] = await Promise.all([send(rest), send(bot.client.rest)]);
    assert.equal(one.id, two.id);
    assert.equal(playground.transcript.creationsByNonce["twin"], 1);
  });

  it("reads messages before, after and around another", async () => {
    const channel = await bot.client.channels.fetch(playground.channel("renders"));
    assert.ok(channel?.isSendable());
    const sent: string[] = [];
    for (let n = 0; n < 5; n += 1) sent.push((await channel.send(`${n}`)).id);
    const idsOf = async (query: object) => [...(await channel.messages.fetch(query)).keys()];
    const [, first, middle, last] = sent;
    assert.deepEqual(await idsOf({ before: middle, limit: 1 }), [first]);
    assert.deepEqual(await idsOf({ after: middle, limit: 1 }), [last]);
    assert.deepEqual(await idsOf({ around: middle, limit: 3 }), [last, middle, first]);
    await assert.rejects(idsOf({ before: "never", limit: 1 }), { code: 50_035 });
  });

  it("shows reactions and that the bot types", async () => {
    const said = await playground.say("a fine apple");
    const channel = await bot.client.channels.fetch(said.channel_id);
    assert.ok(channel?.isSendable());
    await channel.sendTyping();
    await playground.waitForEvent(
      (event): event is Extract<ClientEvent, { type: "typing" }> => event.type === "typing",
    );
    const message = await channel.messages.fetch(said.id);
    const reaction = await message.react("🍎");
    await playground.waitForMessage(
      ({ id, reactions }) => id === said.id && reactions?.[0]?.count === 1,
    );
    await reaction.users.remove();
    const shown = (await playground.messagesIn("general")).find(({ id }) => id === said.id);
    assert.deepEqual([shown?.reactions, shown?.edited_timestamp], [undefined, null]);
  });
});
