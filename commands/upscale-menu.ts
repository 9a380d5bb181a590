import { ApplicationCommandType, ComponentType } from "discord.js";

import { ask } from "../src/discord/ask.ts";
import {
  ACCENT,
  type Card,
  card,
  pressButton,
  row,
  text,
} from "../src/discord/cards/components.ts";
import { button, type MessageCommand } from "../src/discord/command.ts";
import { type CustomIds, longId, shortId } from "../src/discord/custom-id.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { titled } from "../src/discord/localize.ts";
import { picturesIn } from "../src/discord/message-pictures.ts";
import { messageOf } from "../src/discord/reply.ts";
import { referencesIn } from "../src/discord/target-message.ts";
import { Refusal } from "../src/generation/refusal.ts";
import type { MessagePicture, PictureReference } from "../src/generation/types.ts";
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
    await interaction.editReply(messageOf(questionCard(pictures, locale, context.customIds)));
  },
};

/** Shows the pictures again: a press finds them in this message, since it cannot read the member's own. */
function questionCard(pictures: readonly PictureReference[], locale: string, ids: CustomIds): Card {
  const items = pictures.map((reference) => {
    const { source } = shownBy(reference) ?? {};
    return { media: { url: source?.url ?? "" } };
  });
  const buttons = pictures.map((reference, index) => {
    const id = reference.kind === "stored" ? shortId(reference.pictureId) : "";
    return pressButton(ids.write({ action: "upscale-of", id, index }), {
      label: translate(locale, "card.upscale-number", { number: index + 1 }),
    });
  });
  return card(ACCENT.quiet, [
    text(translate(locale, "reply.favourite-which")),
    { type: ComponentType.MediaGallery, items },
    row(...buttons),
  ]);
}

function shownBy(reference: PictureReference): MessagePicture | null {
  return reference.kind === "stored" ? reference.fallback : reference.picture;
}

/** The answer to that question. */
export const upscaleOf = button({
  action: "upscale-of",
  acknowledge: "public",
  execute: async (interaction, { id, index }, context) => {
    const shown = picturesIn(interaction.message)[index] ?? null;
    if (id === "" && shown === null) throw new Refusal("refusal.picture-gone");
    const picture: PictureReference =
      id !== "" || shown === null
        ? { kind: "stored", pictureId: longId(id), fallback: shown }
        : { kind: "message", picture: shown };
    await ask(interaction, { kind: "upscale", mode: "faithful", picture }, context);
  },
});
