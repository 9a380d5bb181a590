import type { ButtonInteraction } from "discord.js";

import { ask } from "../../src/discord/ask.ts";
import { button, modal } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { editForm, type FormValues, readForm, storedValues } from "../../src/discord/edit-form.ts";
import { picturesIn, referenceTo } from "../../src/discord/message-pictures.ts";
import { asVisibleAs } from "../../src/discord/same-visibility.ts";
import { uploadedPicture } from "../../src/discord/uploaded-picture.ts";
import { within } from "../../src/discord/within.ts";

/** Opens a dialog with a picture's prompt and settings, to draw it anew with some of them changed. */
export const edit = button({
  action: "edit",
  acknowledge: "own",
  execute: async (interaction, target, context) => {
    const [values, styles] = await Promise.all([
      within(storedValues(longId(target.id), context.generation), null),
      within(context.generation.styles(interaction.guildId), []),
    ]);
    await interaction.showModal(
      editForm({
        customId: context.customIds.write({ ...target, action: "edit-form" }),
        title: "form.edit",
        locale: interaction.locale,
        values: values ?? shownValues(interaction),
        styles: styles.map(({ name }) => name),
        last: "upload",
      }),
    );
  },
});

/** That dialog, filled in. */
export const editSubmit = modal({
  action: "edit-form",
  acknowledge: asVisibleAs,
  execute: async (interaction, { id, index }, context) => {
    const picture = referenceTo(interaction.message, { pictureId: longId(id), index });
    const upload = interaction.fields.getUploadedFiles("picture")?.first();
    const start = upload === undefined ? {} : { picture: uploadedPicture(upload) };
    const options = { ...readForm(interaction), ...start };
    await ask(interaction, { kind: "edit", picture, options }, context);
  },
});

/** Where the database does not know, or not soon enough, the card itself says most of it. */
function shownValues({ message }: ButtonInteraction): FormValues {
  const [shown] = picturesIn(message);
  return { prompt: shown?.prompt ?? "", negativePrompt: "", style: null, strength: null };
}
