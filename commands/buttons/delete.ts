import { ComponentType, type ModalSubmitInteraction } from "discord.js";

import { button, modal } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { obstacleOf } from "../../src/discord/discord-error.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import { within } from "../../src/discord/within.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { checkOwnership } from "../../src/generation/rights.ts";
import type { Requester } from "../../src/generation/types.ts";
import { translate } from "../../src/i18n/translate.ts";

/** Asks in a dialog, as Discord itself does, since a press beside another button would cost the pictures. */
export const askDelete = button({
  action: "delete",
  acknowledge: "own",
  execute: async (interaction, target, { generation, customIds, isOwner }) => {
    const { locale } = interaction;
    const job = await within(generation.job(longId(target.id)), null);
    if (job !== null) checkOwnership(job, requesterOf(interaction, isOwner));
    await interaction.showModal({
      custom_id: customIds.write({ ...target, action: "delete-sure" }),
      title: translate(locale, "delete.title"),
      components: [{ type: ComponentType.TextDisplay, content: translate(locale, "delete.text") }],
    });
  },
});

/** Deletes a card, and its pictures from everywhere that they are kept. */
export const deleteCard = modal({
  action: "delete-sure",
  acknowledge: "update",
  execute: async (interaction, { id }, { generation, isOwner }) => {
    const requester = requesterOf(interaction, isOwner);
    try {
      await generation.deletePictures(longId(id), requester);
    } catch (error) {
      const isGone = error instanceof Refusal && error.key === "refusal.picture-gone";
      if (!isGone || !mayDeleteMessage(interaction, requester)) throw error;
    }
    try {
      await interaction.deleteReply();
    } catch (error) {
      // Somebody was faster.
      if (obstacleOf(error) !== "message-deleted") throw error;
    }
  },
});

/** For a card that the database no longer knows: Discord still says whose command made it. */
function mayDeleteMessage(
  { message, user }: ModalSubmitInteraction,
  requester: Requester,
): boolean {
  const isRequester = message?.interactionMetadata?.user.id === user.id;
  return isRequester || requester.isModerator || requester.isOwner;
}
