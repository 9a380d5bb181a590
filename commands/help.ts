import { ApplicationCommandType } from "discord.js";

import type { SlashCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { messageOf, noteCard } from "../src/discord/reply.ts";
import { translate } from "../src/i18n/translate.ts";

/** `/help`. */
export const help: SlashCommand = {
  kind: "slash",
  data: { type: ApplicationCommandType.ChatInput, ...named("help"), ...EVERYWHERE },
  acknowledge: "private",
  execute: async (interaction) => {
    await interaction.editReply(messageOf(noteCard(translate(interaction.locale, "help.text"))));
  },
};
