import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import {
  ApplicationCommandOptionType,
  AttachmentBuilder,
  type BaseInteraction,
  ButtonStyle,
  type Client,
  ComponentType,
  MessageFlags,
} from "discord.js";
import sharp from "sharp";

import { TestPlayground, textOf } from "../support/playground.ts";

let playground: TestPlayground;
let client: Client<true>;
let picture: Buffer;
/** What the bot does with the next interactions; each test says it. */
let onInteraction: (interaction: BaseInteraction) => Promise<unknown> = async () => undefined;

before(async () => {
  picture = await sharp({
    create: { width: 64, height: 48, channels: 3, background: "red" },
  })
    .png()
    .toBuffer();
  playground = await TestPlayground.start();
  client = await playground.connect();
  client.on("interactionCreate", (interaction) => void onInteraction(interaction));
  await client.application.commands.set([
    {
      name: "imagine",
      description: "Make a picture",
      options: [
        {
          name: "prompt",
          description: "What to show",
          type: ApplicationCommandOptionType.String,
          required: true,
        },
        {
          name: "style",
          description: "How",
          type: ApplicationCommandOptionType.String,
          autocomplete: true,
        },
        { name: "image", description: "From", type: ApplicationCommandOptionType.Attachment },
      ],
    },
  ]);
});
after(async () => playground.close());

describe("the playground, played through discord.js", () => {
  it("carries a slash command to a card with a picture and a button", async () => {
    onInteraction = async (interaction) => {
      assert.ok(interaction.isChatInputCommand());
      assert.equal(interaction.attachmentSizeLimit, 10 * 2 ** 20);
      await interaction.deferReply();
      await interaction.editReply({
        flags: MessageFlags.IsComponentsV2,
        components: [
          {
            type: ComponentType.Container,
            components: [
              {
                type: ComponentType.MediaGallery,
                items: [{ media: { url: "attachment://apple.png" }, description: "an apple" }],
              },
              {
                type: ComponentType.TextDisplay,
                content: interaction.options.getString("prompt", true),
              },
              {
                type: ComponentType.ActionRow,
                components: [
                  {
                    type: ComponentType.Button,
                    style: ButtonStyle.Secondary,
                    label: "V1",
                    customId: "v1",
                  },
                ],
              },
            ],
          },
        ],
        files: [new AttachmentBuilder(picture, { name: "apple.png" })],
      });
    };
    const begun = await playground.slash("imagine", { prompt: "an apple" });
    const card = await begun.answer();
    assert.equal(textOf(card), "an apple");
    assert.equal(card.commandName, "imagine");
    const [container] = card.components as {
      components: { items?: { media: { url: string; width: number } }[] }[];
    }[];
    const media = container?.components[0]?.items?.[0]?.media;
    assert.equal(media?.width, 64);
    const file = await fetch(playground.url + media.url);
    assert.equal(file.status, 200);
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), picture);
  });
});
