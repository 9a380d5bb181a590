import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { findRecipe } from "../../src/discord/find-recipe.ts";
import { picturesIn } from "../../src/discord/message-pictures.ts";
import { recipeCard } from "../../src/discord/recipe-card.ts";
import { messageOf } from "../../src/discord/reply.ts";
import { Refusal } from "../../src/generation/refusal.ts";

/** How a card's picture was made; where the database no longer knows, its file does. */
export const recipe = button({
  action: "recipe",
  acknowledge: "private",
  execute: async (interaction, { id, index }, { generation, attachments }) => {
    const { locale } = interaction;
    const picture = await generation.picture(longId(id));
    const shown = picturesIn(interaction.message)[index];
    if (picture === null && shown === undefined) throw new Refusal("refusal.picture-gone");
    const card =
      picture !== null
        ? recipeCard(picture.recipe, locale)
        : shown === undefined
          ? null
          : await findRecipe(shown, attachments, locale);
    if (card === null) throw new Refusal("refusal.no-recipe");
    await interaction.editReply(messageOf(card));
  },
});
