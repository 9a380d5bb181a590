import { promisify } from "node:util";
import { gzip } from "node:zlib";

import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ButtonStyle,
  type ChatInputCommandInteraction,
  type Client,
  Routes,
} from "discord.js";

import { ACCENT, card, pressButton, row, text } from "../src/discord/cards/components.ts";
import { button, type Context, type SlashCommand } from "../src/discord/command.ts";
import { loggable } from "../src/discord/discord-error.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { messageOf, noteCard } from "../src/discord/reply.ts";
import type { Forgotten } from "../src/generation/generation-port.ts";
import { translate } from "../src/i18n/translate.ts";

const compress = promisify(gzip);

/** `/privacy`: what is stored of a member, to take along or to delete. */
export const privacy: SlashCommand = {
  kind: "slash",
  data: {
    type: ApplicationCommandType.ChatInput,
    ...named("privacy"),
    ...EVERYWHERE,
    options: [
      { type: ApplicationCommandOptionType.Subcommand, ...named("privacy.export") },
      { type: ApplicationCommandOptionType.Subcommand, ...named("privacy.delete") },
      {
        type: ApplicationCommandOptionType.Subcommand,
        ...named("privacy.mention"),
        options: [
          {
            type: ApplicationCommandOptionType.Boolean,
            ...named("privacy.mention.on"),
            required: true,
          },
        ],
      },
    ],
  },
  acknowledge: "private",
  execute: async (interaction, context) => {
    switch (interaction.options.getSubcommand()) {
      case "export":
        return exportData(interaction, context);
      case "delete":
        return askToDelete(interaction, context);
      default:
        return changeMention(interaction, context);
    }
  },
};

/** The press of its red button. */
export const privacyDelete = button({
  action: "privacy-delete",
  acknowledge: "update",
  execute: async (interaction, _target, { generation, log }) => {
    const { user, locale, client } = interaction;
    const { jobs, pictures, messages } = await generation.forget(user.id);
    const done = translate(locale, "privacy.deleted", { jobs, pictures });
    await interaction.editReply(messageOf(noteCard(done)));
    const left = await deleteMessages(client, messages);
    if (left.length > 0)
      log.info(
        { messages: left.length, err: left[0] },
        "some messages of a member could not be deleted",
      );
  },
});

async function exportData(
  interaction: ChatInputCommandInteraction,
  { generation }: Context,
): Promise<void> {
  const stored = await generation.exportOf(interaction.user.id);
  const { user, locale, attachmentSizeLimit } = interaction;
  const json = Buffer.from(JSON.stringify(stored, null, 2));
  const name = `sanabot-${user.id}.json`;
  // Of a thousand grids it has 10 MB, most of it words that repeat.
  const file =
    json.length <= attachmentSizeLimit
      ? { name, attachment: json }
      : { name: `${name}.gz`, attachment: await compress(json) };
  await interaction.editReply({ content: translate(locale, "privacy.export"), files: [file] });
}

async function askToDelete(
  interaction: ChatInputCommandInteraction,
  { customIds }: Context,
): Promise<void> {
  const { user, locale } = interaction;
  const customId = customIds.write({ action: "privacy-delete", id: user.id, index: 0 });
  const label = translate(locale, "privacy.confirm-button");
  const press = pressButton(customId, { label, style: ButtonStyle.Danger });
  const question = text(translate(locale, "privacy.confirm"));
  await interaction.editReply(messageOf(card(ACCENT.bad, [question, row(press)])));
}

async function changeMention(
  interaction: ChatInputCommandInteraction,
  { generation }: Context,
): Promise<void> {
  const mention = interaction.options.getBoolean("on", true);
  await generation.changeUserSettings(interaction.user.id, { mention });
  const key = mention ? "privacy.mention-on" : "privacy.mention-off";
  await interaction.editReply(messageOf(noteCard(translate(interaction.locale, key))));
}

/** @returns why some are left: mostly that they were gone before */
async function deleteMessages(
  { rest }: Client,
  messages: Forgotten["messages"],
): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const { channelId, messageId } of messages) {
    try {
      await rest.delete(Routes.channelMessage(channelId, messageId));
    } catch (error) {
      failures.push(loggable(error));
    }
  }
  return failures;
}
