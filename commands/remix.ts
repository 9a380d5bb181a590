import { ApplicationCommandType } from "discord.js";

import { ask } from "../src/discord/ask.ts";
import { type Context, type MessageCommand, modal } from "../src/discord/command.ts";
import { type CustomId, longId, shortId } from "../src/discord/custom-id.ts";
import { editForm, readForm, readWhich, storedValues } from "../src/discord/edit-form.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { titled } from "../src/discord/localize.ts";
import { asVisibleAs } from "../src/discord/same-visibility.ts";
import { referencesIn, siblingOf } from "../src/discord/target-message.ts";
import { within } from "../src/discord/within.ts";
import { Refusal } from "../src/generation/refusal.ts";
import type { PictureReference } from "../src/generation/types.ts";

/** How far a remix leaves its picture, where the member does not change it. */
const USUAL_STRENGTH = 0.6;
/** In a dialog's custom id: the first picture's short id where the message is a card of ours, then the message's. */
const PICTURES = /^(?<firstId>[\w-]{22})?(?<messageId>\d{1,20})$/;
/** As many as a select in a dialog can offer. */
const MAX_PICTURES = 10;

/** A new picture that begins from one in a message. */
export const remix: MessageCommand = {
  kind: "message",
  data: { type: ApplicationCommandType.Message, ...titled("menu.remix"), ...EVERYWHERE },
  acknowledge: "own",
  execute: async (interaction, { generation, customIds, pictureMemory }) => {
    const { targetMessage, guildId, locale } = interaction;
    const pictures = referencesIn(targetMessage, customIds).slice(0, MAX_PICTURES);
    const [first] = pictures;
    if (first === undefined) throw new Refusal("refusal.no-picture");
    pictureMemory.remember(targetMessage.id, pictures);
    const firstId = first.kind === "stored" ? shortId(first.pictureId) : "";
    const id = firstId + targetMessage.id;
    const stored = first.kind === "stored" ? storedValues(first.pictureId, generation) : null;
    const [values, styles] = await Promise.all([
      within(Promise.resolve(stored), null),
      within(generation.styles(guildId), []),
    ]);
    await interaction.showModal(
      editForm({
        customId: customIds.write({ action: "remix-form", id, index: 0 }),
        title: "form.remix",
        locale,
        values: {
          prompt: values?.prompt ?? promptOf(first),
          negativePrompt: values?.negativePrompt ?? "",
          style: values?.style ?? null,
          strength: USUAL_STRENGTH,
        },
        styles: styles.map(({ name }) => name),
        last: { pictures: pictures.length },
      }),
    );
  },
};

/** That dialog, filled in. */
export const remixSubmit = modal({
  action: "remix-form",
  acknowledge: asVisibleAs,
  execute: async (interaction, target, context) => {
    const picture = await chosenPicture(target, readWhich(interaction), context);
    if (picture === null) throw new Refusal("refusal.picture-gone");
    await ask(interaction, { kind: "remix", picture, options: readForm(interaction) }, context);
  },
});

/** As the message showed it, or where that is forgotten, as the database has it. */
async function chosenPicture(
  { id }: CustomId,
  index: number,
  { generation, pictureMemory }: Context,
): Promise<PictureReference | null> {
  const { firstId, messageId = "" } = PICTURES.exec(id)?.groups ?? {};
  const remembered = pictureMemory.recall(messageId)[index];
  if (remembered !== undefined) return remembered;
  return firstId === undefined ? null : siblingOf(longId(firstId), index, generation);
}

function promptOf(reference: PictureReference): string {
  const shown = reference.kind === "stored" ? reference.fallback : reference.picture;
  return shown?.prompt ?? "";
}
