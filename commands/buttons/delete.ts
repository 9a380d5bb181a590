import type { ButtonInteraction } from "discord.js";

import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { obstacleOf } from "../../src/discord/discord-error.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { Requester } from "../../src/generation/types.ts";

/** Deletes a card, and its pictures from everywhere that they are kept. */
export const deleteCard = button({
  action: "delete",
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
function mayDeleteMessage({ message, user }: ButtonInteraction, requester: Requester): boolean {
  const isRequester = message.interactionMetadata?.user.id === user.id;
  return isRequester || requester.isModerator || requester.isOwner;
}
