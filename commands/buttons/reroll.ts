import { ask } from "../../src/discord/ask.ts";
import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { referenceTo } from "../../src/discord/message-pictures.ts";
import { asVisibleAs } from "../../src/discord/same-visibility.ts";

/** The same request with a new seed. */
export const reroll = button({
  action: "reroll",
  acknowledge: asVisibleAs,
  execute: async (interaction, { id, index }, context) => {
    const picture = referenceTo(interaction.message, { pictureId: longId(id), index });
    await ask(interaction, { kind: "reroll", picture }, context);
  },
});
