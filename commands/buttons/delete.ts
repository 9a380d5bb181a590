import { ComponentType, type ModalSubmitInteraction } from "discord.js";

import { button, type Context, modal } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { obstacleOf } from "../../src/discord/discord-error.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import { DELETE_ACTIONS } from "../../src/discord/shown-by.ts";
import { within } from "../../src/discord/within.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { checkOwnership } from "../../src/generation/rights.ts";
import type { Requester, Shown } from "../../src/generation/types.ts";
import { translate } from "../../src/i18n/translate.ts";

const TEXTS = { job: "delete.text", picture: "delete.text-one" } as const;

/** Asks in a dialog, as Discord itself does, since a press beside another button would cost the pictures. */
export const askDelete = (["job", "picture"] as const).map((kind) =>
  button({
    action: DELETE_ACTIONS[kind],
    acknowledge: "own",
    execute: async (interaction, target, { generation, customIds, isOwner }) => {
      const { locale } = interaction;
      const owned = await within(ownedOf({ kind, id: longId(target.id) }, generation), null);
      if (owned !== null) checkOwnership(owned, requesterOf(interaction, isOwner));
      await interaction.showModal({
        custom_id: customIds.write({ ...target, action: sure(kind) }),
        title: translate(locale, "delete.title"),
        components: [{ type: ComponentType.TextDisplay, content: translate(locale, TEXTS[kind]) }],
      });
    },
  }),
);

/** Deletes a card, and what it shows from everywhere that it is kept. */
export const deleteCard = (["job", "picture"] as const).map((kind) =>
  modal({
    action: sure(kind),
    acknowledge: "update",
    execute: async (interaction, { id }, { generation, isOwner }) => {
      const requester = requesterOf(interaction, isOwner);
      try {
        await generation.deletePictures({ kind, id: longId(id) }, requester);
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
  }),
);

function sure(kind: Shown["kind"]): string {
  return `${DELETE_ACTIONS[kind]}-sure`;
}

async function ownedOf(
  { kind, id }: Shown,
  generation: Context["generation"],
): Promise<Parameters<typeof checkOwnership>[0] | null> {
  return kind === "job" ? generation.job(id) : generation.picture(id);
}

/** For a card that the database no longer knows: Discord still says whose command made it. */
function mayDeleteMessage(
  { message, user }: ModalSubmitInteraction,
  requester: Requester,
): boolean {
  const isRequester = message?.interactionMetadata?.user.id === user.id;
  return isRequester || requester.isModerator || requester.isOwner;
}
