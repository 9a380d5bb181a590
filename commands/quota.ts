import { ApplicationCommandType } from "discord.js";

import type { SlashCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { quotaCard } from "../src/discord/panels/quota-card.ts";
import { messageOf } from "../src/discord/reply.ts";
import { requesterOf } from "../src/discord/requester.ts";

/** `/quota`: what one has left, when it renews, and what things cost. */
export const quota: SlashCommand = {
  kind: "slash",
  data: { type: ApplicationCommandType.ChatInput, ...named("quota"), ...EVERYWHERE },
  acknowledge: "private",
  execute: async (interaction, { generation, isOwner }) => {
    const view = await generation.quotaOf(requesterOf(interaction, isOwner));
    await interaction.editReply(messageOf(quotaCard(view, interaction.locale)));
  },
};
