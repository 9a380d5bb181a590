import { ApplicationCommandType, type RepliableInteraction } from "discord.js";

import { button, type Context, select, type SlashCommand } from "../src/discord/command.ts";
import { longId } from "../src/discord/custom-id.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { queueCard } from "../src/discord/panels/queue-card.ts";
import { messageOf } from "../src/discord/reply.ts";
import { requesterOf } from "../src/discord/requester.ts";

/** `/queue`: what runs and waits here. */
export const queue: SlashCommand = {
  kind: "slash",
  data: { type: ApplicationCommandType.ChatInput, ...named("queue"), ...EVERYWHERE },
  acknowledge: "private",
  execute: (interaction, context) => show(interaction, context),
};

export const queueRefresh = button({
  action: "queue-refresh",
  acknowledge: "update",
  execute: (interaction, _target, context) => show(interaction, context),
});

export const queueCancel = select({
  action: "queue-cancel",
  acknowledge: "update",
  execute: async (interaction, _target, context) => {
    const requester = requesterOf(interaction, context.isOwner);
    for (const id of interaction.values) await context.generation.cancel(longId(id), requester);
    await show(interaction, context);
  },
});

async function show(
  interaction: RepliableInteraction,
  { generation, customIds, isOwner }: Context,
): Promise<void> {
  const { user, locale } = interaction;
  const view = await generation.queueOf(requesterOf(interaction, isOwner));
  const card = queueCard(view, { userId: user.id, locale }, customIds);
  await interaction.editReply(messageOf(card));
}
