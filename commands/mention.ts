import { type Message, MessageFlags } from "discord.js";

import { showQueued, waits } from "../src/discord/ask.ts";
import { placeOfMessage } from "../src/discord/answer-place.ts";
import { proposalCard } from "../src/discord/cards/proposal-card.ts";
import type { Context } from "../src/discord/command.ts";
import { loggable } from "../src/discord/discord-error.ts";
import { errorText, messageOf, noteCard } from "../src/discord/reply.ts";
import { requesterOfMessage } from "../src/discord/requester.ts";
import { translate } from "../src/i18n/translate.ts";

/** Answers a mention of the bot, or a direct message to it, as `/imagine` would: the text is the prompt. */
export async function onMessage(message: Message, context: Context): Promise<void> {
  const prompt = promptIn(message);
  if (prompt === null || !(await context.generation.answersMessages(message.guildId))) return;
  const requester = requesterOfMessage(message, context.isOwner);
  const { locale } = requester;
  const begun = noteCard(translate(locale, "reply.begun"));
  const shown = await message.reply({ ...messageOf(begun), failIfNotExists: false });
  try {
    const answer = await context.generation.request({
      wish: { kind: "imagine", origin: "mention", options: { prompt } },
      requester,
      place: placeOfMessage(message),
      interactionId: message.id,
      message: { channelId: shown.channelId, messageId: shown.id },
      agreed: null,
    });
    if (answer.kind === "proposed")
      await shown.edit(messageOf(proposalCard(answer, context.customIds)));
    else if (waits(answer))
      await showQueued(answer, context, { channelId: shown.channelId, messageId: shown.id });
  } catch (error) {
    const told = errorText(error, locale);
    if (told === null)
      context.log.error({ err: loggable(error), messageId: message.id }, "a mention failed");
    const content = told ?? translate(locale, "reply.apology", { id: message.id });
    await shown.edit({ ...messageOf(noteCard(content)), flags: MessageFlags.IsComponentsV2 });
  }
}

/** What is to be drawn; null where the bot is not meant. */
function promptIn(message: Message): string | null {
  const { author, client, content, guildId, channel } = message;
  if (author.bot || message.system || !channel.isSendable()) return null;
  const mention = new RegExp(`^\\s*<@!?${client.user.id}>`);
  if (guildId !== null && !mention.test(content)) return null;
  const prompt = content.replace(mention, "").trim();
  return prompt === "" ? null : prompt;
}
