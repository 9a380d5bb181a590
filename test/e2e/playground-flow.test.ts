import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  AttachmentBuilder,
  ChannelType,
  InteractionContextType,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  TextInputBuilder,
  TextInputStyle,
} from "discord.js";

import { pngOf } from "../support/pictures.ts";
import { TestPlayground, textOf } from "../support/playground.ts";
import type { PlaygroundBot } from "../support/playground-bot.ts";
import { card, mediaOf, postCard, startTrial } from "../support/playground-trial.ts";

let playground: TestPlayground;
let bot: PlaygroundBot;
let picture: Buffer;

before(async () => {
  picture = await pngOf(64, 48);
  ({ playground, bot } = await startTrial());
});
after(async () => playground.close());

describe("the playground, played through discord.js", () => {
  it("is ready in under a second", async () => {
    const startedAt = performance.now();
    const other = await TestPlayground.start();
    await other.connect();
    const ms = performance.now() - startedAt;
    await other.close();
    assert.ok(ms < 1000, `It took ${ms} ms.`);
  });

  it("shows that the bot is thinking, then the card with its picture", async () => {
    const begun = await playground.slash("imagine", { prompt: "an apple" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    await interaction.deferReply();
    const thinking = await begun.reply();
    assert.equal(thinking.flags, MessageFlags.Loading);
    assert.equal(thinking.commandName, "imagine");
    await interaction.editReply({
      ...card("apple.png", "an apple"),
      files: [new AttachmentBuilder(picture, { name: "apple.png" })],
    });
    const message = await begun.answer();
    assert.equal(message.id, thinking.id);
    assert.equal(message.edited_timestamp, null);
    assert.equal(textOf(message), "an apple");
    const file = await fetch(playground.url + mediaOf(message).url);
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), picture);
    assert.equal(file.headers.get("content-type"), "image/png");
  });

  it("gives an interaction everything that the real one carries", async () => {
    await playground.slash("imagine", { prompt: "x" }, { as: "yuki", in: "after-dark" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    assert.equal(interaction.user.username, "yuki");
    assert.equal(interaction.locale, "ja");
    assert.equal(interaction.guildLocale, "en-US");
    assert.equal(interaction.context, InteractionContextType.Guild);
    assert.equal(interaction.attachmentSizeLimit, 10 * 2 ** 20);
    assert.deepEqual(interaction.authorizingIntegrationOwners[0], playground.guildId);
    assert.equal(interaction.entitlements.size, 0);
    assert.ok(interaction.appPermissions.has("AttachFiles"));
    assert.ok(!interaction.memberPermissions?.has("ModerateMembers"));
    assert.ok(interaction.channel?.type === ChannelType.GuildText && interaction.channel.nsfw);
    await interaction.reply("ok");
  });

  it("resolves users, roles, channels and attachments of options", async () => {
    const image = await playground.upload({ filename: "my cat.png", bytes: picture });
    await playground.slash("imagine", {
      prompt: "x",
      image,
      who: playground.member("bjoern"),
      where: playground.channel("art"),
      role: playground.role("Artist"),
    });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    const { options } = interaction;
    const attachment = options.getAttachment("image", true);
    assert.deepEqual(
      [attachment.name, attachment.width, attachment.height],
      ["my_cat.png", 64, 48],
    );
    assert.deepEqual(Buffer.from(await (await fetch(attachment.url)).arrayBuffer()), picture);
    assert.match(attachment.url, /\/ephemeral-attachments\//);
    assert.equal(options.getUser("who", true).username, "bjoern");
    assert.equal(options.getChannel("where", true).name, "art");
    assert.equal(options.getRole("role", true).name, "Artist");
    await interaction.reply("ok");
  });

  it("answers a button by editing its message", async () => {
    const { message } = await postCard({ playground, bot });
    const begun = await playground.click(message, "V1", { as: "bjoern" });
    const button = await bot.take((i) => i.isButton());
    assert.equal(button.customId, "vary:1");
    assert.equal(button.message.id, message.id);
    await button.update(card("apple.png", "changed"));
    await begun.acknowledged();
    const changed = await playground.waitForMessage((one) => textOf(one) === "changed");
    assert.equal(changed.id, message.id);
    assert.equal(mediaOf(changed).attachment_id, mediaOf(message).attachment_id);
  });

  it("answers a button by a message that refers to the card", async () => {
    const { message } = await postCard({ playground, bot });
    const begun = await playground.click(message, "V1");
    const button = await bot.take((i) => i.isButton());
    await button.deferReply();
    await button.editReply("four variations");
    const reply = await begun.answer();
    assert.equal(reply.message_reference?.message_id, message.id);
    assert.equal(reply.interaction_metadata?.user.username, "ada");
  });

  it("lets a deferred update edit the card later", async () => {
    const { message } = await postCard({ playground, bot });
    await playground.click(message, "V1");
    const button = await bot.take((i) => i.isButton());
    await button.deferUpdate();
    await button.editReply(card("apple.png", "later"));
    const changed = await playground.waitForMessage((one) => textOf(one) === "later");
    assert.equal(changed.id, message.id);
    await button.followUp({ content: "only you", flags: MessageFlags.Ephemeral });
    const [last] = (await playground.messagesIn("general")).slice(-1);
    assert.equal(last?.content, "only you");
  });

  it("opens a dialog, takes its upload, and hands all fields over", async () => {
    const { message } = await postCard({ playground, bot });
    const begun = await playground.click(message, "V1");
    const button = await bot.take((i) => i.isButton());
    const prompt = new TextInputBuilder()
      .setCustomId("prompt")
      .setStyle(TextInputStyle.Paragraph)
      .setValue("an apple");
    const modal = new ModalBuilder({ custom_id: "edit", title: "Edit" }).addLabelComponents(
      new LabelBuilder().setLabel("Prompt").setTextInputComponent(prompt),
      new LabelBuilder()
        .setLabel("Style")
        .setStringSelectMenuComponent((select) =>
          select
            .setCustomId("style")
            .setOptions({ label: "Photo", value: "photo" }, { label: "Ink", value: "ink" }),
        ),
      new LabelBuilder()
        .setLabel("Strength")
        .setRadioGroupComponent((group) =>
          group
            .setCustomId("strength")
            .setOptions({ label: "Subtle", value: "subtle" }, { label: "Strong", value: "strong" }),
        ),
      new LabelBuilder()
        .setLabel("Reference")
        .setFileUploadComponent((upload) => upload.setCustomId("reference").setRequired(false)),
      new LabelBuilder()
        .setLabel("Private")
        .setCheckboxComponent((box) => box.setCustomId("private")),
    );
    await button.showModal(modal);
    const opened = await begun.modal();
    assert.equal(opened.modal.title, "Edit");
    const reference = await playground.upload({ filename: "ref.png", bytes: picture });
    await playground.submitModal(opened, {
      style: ["ink"],
      strength: "strong",
      reference: [reference],
      private: true,
    });
    const submit = await bot.take((i) => i.isModalSubmit());
    assert.equal(submit.customId, "edit");
    assert.equal(submit.message?.id, message.id);
    assert.equal(submit.fields.getTextInputValue("prompt"), "an apple");
    assert.deepEqual(submit.fields.getStringSelectValues("style"), ["ink"]);
    assert.equal(submit.fields.getRadioGroup("strength"), "strong");
    assert.equal(submit.fields.getCheckbox("private"), true);
    const file = submit.fields.getUploadedFiles("reference", true).first();
    assert.equal(file?.name, "ref.png");
    assert.ok(submit.isFromMessage());
    await submit.update(card("apple.png", "edited"));
    await playground.waitForMessage((one) => one.id === message.id && textOf(one) === "edited");
  });

  it("keeps a dialog from being sent with a required field empty", async () => {
    const { message } = await postCard({ playground, bot });
    const begun = await playground.click(message, "V1");
    const button = await bot.take((i) => i.isButton());
    await button.showModal(
      new ModalBuilder({ custom_id: "edit", title: "Edit" }).addLabelComponents(
        new LabelBuilder()
          .setLabel("Prompt")
          .setTextInputComponent(
            new TextInputBuilder().setCustomId("prompt").setStyle(TextInputStyle.Short),
          ),
      ),
    );
    const opened = await begun.modal();
    await assert.rejects(playground.submitModal(opened), { message: "This field is required." });
  });
});
