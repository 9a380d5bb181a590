import { select } from "../../src/discord/command.ts";
import { longId } from "../../src/discord/custom-id.ts";
import { picturesIn } from "../../src/discord/message-pictures.ts";
import { messageOf } from "../../src/discord/reply.ts";
import { requesterOf } from "../../src/discord/requester.ts";
import { asVisibleAs } from "../../src/discord/same-visibility.ts";
import { singleCard } from "../../src/discord/single-card.ts";
import { Refusal } from "../../src/generation/refusal.ts";

/** Of a select's option on a grid: place and picture. */
const OPTION = /^(?<index>\d):(?<id>[\w-]{22})$/;

/** One picture of a grid on a card of its own, with all its buttons. */
export const pick = select({
  action: "pick",
  acknowledge: asVisibleAs,
  execute: async (interaction, _target, context) => {
    const { index, id } = OPTION.exec(interaction.values[0] ?? "")?.groups ?? {};
    if (index === undefined || id === undefined) throw new Refusal("refusal.forged");
    const picture = await context.generation.picture(longId(id));
    if (picture === null) throw new Refusal("refusal.picture-gone");
    await context.generation.checkRepost(picture, requesterOf(interaction, context.isOwner));
    const card = await singleCard(context, {
      picture,
      locale: interaction.locale,
      limitBytes: interaction.attachmentSizeLimit,
      shown: picturesIn(interaction.message)[Number(index)] ?? null,
    });
    await interaction.editReply(messageOf(card));
  },
});
