import type { ButtonInteraction } from "discord.js";

import { button, type Context } from "../../src/discord/command.ts";
import { ACCENT, card, pressButton, row, text } from "../../src/discord/cards/components.ts";
import { type CustomId, longId, shortId } from "../../src/discord/custom-id.ts";
import { messageOf, noteCard } from "../../src/discord/reply.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { translate } from "../../src/i18n/translate.ts";

/** Marks a card's picture as a favourite, or takes the mark away; of a grid it asks which one. */
export const favourite = button({
  action: "favourite",
  acknowledge: "private",
  execute: async (interaction, target, context) => {
    if (target.index > 1) await askWhich(interaction, target, context);
    else await toggle(interaction, target, context);
  },
});

/** The answer to that question. */
export const favouriteOne = button({
  action: "favourite-one",
  acknowledge: "update",
  execute: (interaction, target, context) => toggle(interaction, target, context),
});

async function toggle(
  interaction: ButtonInteraction,
  { id }: CustomId,
  { generation, isOwner }: Context,
): Promise<void> {
  const isOn = await generation.favourite(longId(id), requesterOf(interaction, isOwner));
  const key = isOn ? "reply.favourite-on" : "reply.favourite-off";
  await interaction.editReply(messageOf(noteCard(translate(interaction.locale, key))));
}

async function askWhich(
  interaction: ButtonInteraction,
  { id }: CustomId,
  { generation, customIds }: Context,
): Promise<void> {
  const { locale } = interaction;
  const first = await generation.picture(longId(id));
  const pictures = first === null ? [] : await generation.picturesOf(first.jobId);
  if (pictures.length === 0) throw new Refusal("refusal.picture-gone");
  const buttons = pictures.map((picture, index) =>
    pressButton(customIds.write({ action: "favourite-one", id: shortId(picture.id), index }), {
      label: String(index + 1),
      emoji: "⭐",
    }),
  );
  const question = text(translate(locale, "reply.favourite-which"));
  await interaction.editReply(messageOf(card(ACCENT.quiet, [question, row(...buttons)])));
}
