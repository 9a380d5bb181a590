import { ask } from "../../src/discord/ask.ts";
import { button } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { referenceTo } from "../../src/discord/message-pictures.ts";
import { asVisibleAs } from "../../src/discord/same-visibility.ts";

/** The same picture, larger. */
export const upscaleFaithful = upscaleBy("upscale", "faithful");
/** Larger, with detail that the small one did not have. */
export const upscaleCreative = upscaleBy("creative", "creative");

function upscaleBy(action: string, mode: "faithful" | "creative") {
  return button({
    action,
    acknowledge: asVisibleAs,
    execute: async (interaction, { id, index }, context) => {
      const picture = referenceTo(interaction.message, { pictureId: longId(id), index });
      await ask(interaction, { kind: "upscale", mode, picture }, context);
    },
  });
}
