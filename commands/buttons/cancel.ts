import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { requesterOf } from "../../src/discord/requester.ts";

/** Stops the job of a card, waiting or running; the card says so once it has ended. */
export const cancel = button({
  action: "cancel",
  acknowledge: "update",
  execute: async (interaction, { id }, { generation, isOwner }) => {
    await generation.cancel(longId(id), requesterOf(interaction, isOwner));
  },
});
