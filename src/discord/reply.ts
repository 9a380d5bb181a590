import { MessageFlags, type RepliableInteraction } from "discord.js";

import { Refusal } from "../generation/refusal.ts";
import { UserError } from "../errors.ts";
import { errorWords } from "../i18n/error-words.ts";
import { translate } from "../i18n/translate.ts";
import { ACCENT, type Card, card, text } from "./cards/components.ts";

/** A card as discord.js sends it; user text in it mentions nobody. */
export function messageOf(shown: Card) {
  return {
    flags: MessageFlags.IsComponentsV2,
    components: shown.components,
    files: shown.files.map(({ name, data }) => ({ name, attachment: data as Buffer })),
    allowedMentions: { parse: [] },
  } as const;
}

/** A short answer in a card of its own. */
export function noteCard(content: string): Card {
  return card(ACCENT.quiet, [text(content)]);
}

/** What a member is told of an error; null for a bug. */
export function errorText(error: unknown, locale: string): string | null {
  if (error instanceof Refusal) return translate(locale, error.key, error.parameters);
  return error instanceof UserError ? errorWords(error, locale) : null;
}

/** Answers privately, however the interaction was acknowledged; a public "thinking" message goes away. */
export async function replyPrivately(
  interaction: RepliableInteraction,
  shown: Card,
): Promise<void> {
  const message = messageOf(shown);
  const flags = [MessageFlags.IsComponentsV2, MessageFlags.Ephemeral] as const;
  if (!interaction.deferred && !interaction.replied) {
    await interaction.reply({ ...message, flags });
    return;
  }
  // Null after `deferUpdate`, where the message belongs to the component.
  if (interaction.ephemeral === true && !interaction.replied) {
    await interaction.editReply(message);
    return;
  }
  if (interaction.ephemeral === false && !interaction.replied) await interaction.deleteReply();
  await interaction.followUp({ ...message, flags });
}

/** Adds a private remark to an answer that is there already. */
export async function remark(interaction: RepliableInteraction, content: string): Promise<void> {
  const flags = [MessageFlags.IsComponentsV2, MessageFlags.Ephemeral] as const;
  await interaction.followUp({ ...messageOf(noteCard(content)), flags });
}
