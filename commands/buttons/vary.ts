import { ask } from "../../src/discord/ask.ts";
import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { picturesIn, referenceTo } from "../../src/discord/message-pictures.ts";
import { asVisibleAs } from "../../src/discord/same-visibility.ts";

/** `V1` to `V4` of a grid: as many variations of one picture as the grid has. */
export const varyOfGrid = button({
  action: "vary",
  acknowledge: asVisibleAs,
  execute: async (interaction, { id, index }, context) => {
    const picture = referenceTo(interaction.message, { pictureId: longId(id), index });
    const count = Math.max(1, picturesIn(interaction.message).length);
    await ask(interaction, { kind: "vary", how: "strong", picture, count }, context);
  },
});

export const varySubtle = varyOne("subtle");
export const varyStrong = varyOne("strong");

function varyOne(how: "subtle" | "strong") {
  return button({
    action: `vary-${how}`,
    acknowledge: asVisibleAs,
    execute: async (interaction, { id, index }, context) => {
      const picture = referenceTo(interaction.message, { pictureId: longId(id), index });
      await ask(interaction, { kind: "vary", how, picture, count: 1 }, context);
    },
  });
}
