import { goOn as goOnWith } from "../../src/discord/ask.ts";
import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { messageOf, noteCard } from "../../src/discord/reply.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import { translate } from "../../src/i18n/translate.ts";

/** Begins a dear request whose price its member has seen. */
export const goOn = button({
  action: "go-on",
  acknowledge: "update",
  execute: (interaction, { id }, context) => goOnWith(interaction, longId(id), context),
});

/** Leaves it. */
export const callOff = button({
  action: "call-off",
  acknowledge: "update",
  execute: async (interaction, { id }, { generation, isOwner }) => {
    await generation.callOff(longId(id), requesterOf(interaction, isOwner));
    await interaction.editReply(
      messageOf(noteCard(translate(interaction.locale, "card.cancelled"))),
    );
  },
});
