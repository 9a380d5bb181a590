import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  AttachmentBuilder,
  ButtonStyle,
  type ChatInputCommandInteraction,
  ComponentType,
  MessageFlags,
} from "discord.js";

import type { ClientMessage } from "../../src/playground/client-api.ts";
import type { BegunInteraction } from "./begun-interaction.ts";
import { pngOf } from "./pictures.ts";
import { controls, TestPlayground } from "./playground.ts";
import { PlaygroundBot } from "./playground-bot.ts";

/** Commands of every kind that a playground knows. */
export const TRIAL_COMMANDS = [
  {
    name: "imagine",
    description: "Make a picture",
    options: [
      {
        name: "prompt",
        description: "What to show",
        type: ApplicationCommandOptionType.String,
        required: true,
        maxLength: 20,
      },
      {
        name: "style",
        description: "How",
        type: ApplicationCommandOptionType.String,
        autocomplete: true,
      },
      {
        name: "count",
        description: "How many",
        type: ApplicationCommandOptionType.Integer,
        minValue: 1,
        maxValue: 4,
      },
      {
        name: "size",
        description: "How large",
        type: ApplicationCommandOptionType.String,
        choices: [{ name: "Small", value: "s" }],
      },
      { name: "image", description: "From", type: ApplicationCommandOptionType.Attachment },
      { name: "who", description: "Whom", type: ApplicationCommandOptionType.User },
      { name: "where", description: "Where", type: ApplicationCommandOptionType.Channel },
      { name: "role", description: "Role", type: ApplicationCommandOptionType.Role },
    ],
  },
  {
    name: "admin",
    description: "Rules",
    defaultMemberPermissions: 1n << 40n,
    options: [
      {
        name: "quota",
        description: "Limits",
        type: ApplicationCommandOptionType.SubcommandGroup,
        options: [
          { name: "show", description: "All", type: ApplicationCommandOptionType.Subcommand },
        ],
      },
    ],
  },
  { name: "Remix", type: ApplicationCommandType.Message },
  { name: "Pictures of", type: ApplicationCommandType.User },
] as never;

/** A playground with a bot that has registered {@link TRIAL_COMMANDS}. */
export async function startTrial(
  options: Parameters<typeof TestPlayground.start>[0] = {},
): Promise<{ playground: TestPlayground; bot: PlaygroundBot }> {
  const playground = await TestPlayground.start(options);
  return { playground, bot: await PlaygroundBot.connect(playground, TRIAL_COMMANDS) };
}

/** A card with a picture and a row of buttons, as an edit of the deferred answer. */
export const card = (name: string, text: string) => ({
  flags: MessageFlags.IsComponentsV2 as const,
  components: [
    {
      type: ComponentType.Container as const,
      components: [
        {
          type: ComponentType.MediaGallery as const,
          items: [{ media: { url: `attachment://${name}` }, description: text }],
        },
        { type: ComponentType.TextDisplay as const, content: text },
        {
          type: ComponentType.ActionRow as const,
          components: [
            {
              type: ComponentType.Button as const,
              style: ButtonStyle.Secondary as const,
              label: "V1",
              customId: "vary:1",
            },
            {
              type: ComponentType.Button as const,
              style: ButtonStyle.Secondary as const,
              label: "Gone",
              customId: "gone",
              disabled: true,
            },
          ],
        },
      ],
    },
  ],
});

interface PostedCard {
  begun: BegunInteraction;
  interaction: ChatInputCommandInteraction;
  message: ClientMessage;
}

/** `/imagine`, deferred and answered by a card with a picture of 64 x 48. */
export async function postCard(
  { playground, bot }: { playground: TestPlayground; bot: PlaygroundBot },
  prompt = "an apple",
): Promise<PostedCard> {
  const begun = await playground.slash("imagine", { prompt });
  const interaction = await bot.take((i) => i.isChatInputCommand());
  await interaction.deferReply();
  await interaction.editReply({
    ...card("apple.png", prompt),
    files: [new AttachmentBuilder(await pngOf(64, 48), { name: "apple.png" })],
  });
  return { begun, interaction, message: await begun.answer() };
}

/** The picture's link in a card, as the page gets it. */
export function mediaOf(message: unknown): { url: string; width: number; attachment_id: string } {
  for (const component of controls((message as { components: unknown }).components)) {
    const [item] = (component["items"] ?? []) as { media: never }[];
    if (item !== undefined) return item.media;
  }
  throw new TypeError("The message has no picture.");
}
