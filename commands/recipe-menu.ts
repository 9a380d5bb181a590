import { ApplicationCommandType } from "discord.js";

import type { MessageCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { findRecipe } from "../src/discord/find-recipe.ts";
import { titled } from "../src/discord/localize.ts";
import { picturesIn } from "../src/discord/message-pictures.ts";
import { messageOf } from "../src/discord/reply.ts";
import { Refusal } from "../src/generation/refusal.ts";

/** How the picture of any message was made, where its file says so: ours, AUTOMATIC1111's or ComfyUI's. */
export const recipeMenu: MessageCommand = {
  kind: "message",
  data: { type: ApplicationCommandType.Message, ...titled("menu.recipe"), ...EVERYWHERE },
  acknowledge: "private",
  execute: async (interaction, { attachments }) => {
    const pictures = picturesIn(interaction.targetMessage);
    if (pictures.length === 0) throw new Refusal("refusal.no-picture");
    for (const picture of pictures) {
      const card = await findRecipe(picture, attachments, interaction.locale);
      if (card !== null) {
        await interaction.editReply(messageOf(card));
        return;
      }
    }
    throw new Refusal("refusal.no-recipe");
  },
};
