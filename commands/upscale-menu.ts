import { ApplicationCommandType } from "discord.js";

import { ask } from "../src/discord/ask.ts";
import { ACCENT, card, pressButton, row, text } from "../src/discord/cards/components.ts";
import { button, type MessageCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { titled } from "../src/discord/localize.ts";
import { picturesIn } from "../src/discord/message-pictures.ts";
import { messageOf } from "../src/discord/reply.ts";
import { findTarget, referencesIn, targetOf } from "../src/discord/target-message.ts";
import { Refusal } from "../src/generation/refusal.ts";
import { translate } from "../src/i18n/translate.ts";

/** A row of buttons. */
const MAX_PICTURES = 5;

/** Enlarges a picture of any message; of several it asks which one. */
export const upscaleMenu: MessageCommand = {
  kind: "message",
  data: { type: ApplicationCommandType.Message, ...titled("menu.upscale"), ...EVERYWHERE },
  acknowledge: ({ targetMessage }) =>
    picturesIn(targetMessage).length === 1 ? "public" : "private",
  execute: async (interaction, context) => {
    const { targetMessage, locale } = interaction;
    const pictures = referencesIn(targetMessage, context.customIds).slice(0, MAX_PICTURES);
    const [first] = pictures;
    if (first === undefined) throw new Refusal("refusal.no-picture");
    if (pictures.length === 1) {
      await ask(interaction, { kind: "upscale", mode: "faithful", picture: first }, context);
      return;
    }
    const target = (index: number) => targetOf(first, targetMessage, index);
    const buttons = pictures.map((_, index) =>
      pressButton(context.customIds.write({ action: "upscale-of", ...target(index) }), {
        label: translate(locale, "card.upscale-number", { number: index + 1 }),
      }),
    );
    const question = text(translate(locale, "reply.favourite-which"));
    await interaction.editReply(messageOf(card(ACCENT.quiet, [question, row(...buttons)])));
  },
};

/** The answer to that question. */
export const upscaleOf = button({
  action: "upscale-of",
  acknowledge: "public",
  execute: async (interaction, target, context) => {
    const picture = await findTarget(interaction, target, context);
    if (picture === null) throw new Refusal("refusal.picture-gone");
    await ask(interaction, { kind: "upscale", mode: "faithful", picture }, context);
  },
});
