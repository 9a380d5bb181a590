import { button } from "../../src/discord/command.ts";
import { messageOf, noteCard } from "../../src/discord/reply.ts";
import { setGuildState } from "../../src/generation/policy/owner-rules.ts";
import { translate } from "../../src/i18n/translate.ts";
import { asOwner } from "../administration/rights.ts";
import { serverNames } from "../owner/guilds.ts";

/** The bot's owner serves a server that waits, or does not. */
export const guildApproval = [
  decideBy("guild-approve", "approved"),
  decideBy("guild-refuse", "refused"),
];

function decideBy(action: string, state: "approved" | "refused") {
  return button({
    action,
    acknowledge: "update",
    execute: async (interaction, { id }, context) => {
      const { actor } = asOwner(interaction, context);
      const { db } = context.administration;
      await setGuildState(db, actor, { guildId: id, state });
      const server = (await serverNames(db))(id);
      const told = translate(interaction.locale, "approval.done", { server, state });
      await interaction.editReply(messageOf(noteCard(told)));
    },
  });
}
