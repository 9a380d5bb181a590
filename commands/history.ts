import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type ButtonInteraction,
  type RepliableInteraction,
} from "discord.js";

import { button, type Context, select, type SlashCommand } from "../src/discord/command.ts";
import { type CustomId, longId } from "../src/discord/custom-id.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { familyCard, historyCard, openedCard } from "../src/discord/panels/history-cards.ts";
import { MAX_SEARCH_BYTES, readOpened, readQuery } from "../src/discord/panels/history-query.ts";
import { messageOf } from "../src/discord/reply.ts";
import { requesterOf } from "../src/discord/requester.ts";
import { singleCard } from "../src/discord/single-card.ts";
import { pictureOfMessage } from "../src/discord/target-message.ts";
import type { HistoryQuery } from "../src/generation/generation-port.ts";
import { Refusal } from "../src/generation/refusal.ts";

/** `/history`: one's own pictures, or one's favourites. */
export const history: SlashCommand = {
  kind: "slash",
  data: {
    type: ApplicationCommandType.ChatInput,
    ...named("history"),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        ...named("history.search"),
        max_length: MAX_SEARCH_BYTES,
      },
      { type: ApplicationCommandOptionType.Boolean, ...named("history.favourites") },
    ],
  },
  acknowledge: "private",
  execute: async (interaction, context) => {
    const { options } = interaction;
    const query = {
      search: options.getString("search")?.trim() ?? "",
      favouritesOnly: options.getBoolean("favourites") ?? false,
      page: 0,
    };
    await showList(interaction, query, context);
  },
};

/** Newer, Older and Back. */
export const historyPages = ["h-newer", "h-older", "h-list"].map((action) =>
  button({
    action,
    acknowledge: "update",
    execute: (interaction, target, context) => showList(interaction, readQuery(target), context),
  }),
);

export const historyOpen = select({
  action: "h-open",
  acknowledge: "update",
  execute: async (interaction, target, context) => {
    const [picture = ""] = interaction.values;
    await showOpened(interaction, { picture, query: readQuery(target) }, context);
  },
});

export const historyFavourite = button({
  action: "h-fav",
  acknowledge: "update",
  execute: async (interaction, target, context) => {
    const opened = readOpened(target);
    const requester = requesterOf(interaction, context.isOwner);
    await context.generation.favourite(longId(opened.picture), requester);
    await showOpened(interaction, opened, context);
  },
});

export const historyFamily = button({
  action: "h-family",
  acknowledge: "update",
  execute: async (interaction, target, { generation, customIds, isOwner }) => {
    const { picture, query } = readOpened(target);
    const family = await generation.family(longId(picture), requesterOf(interaction, isOwner));
    const reader = { locale: interaction.locale, ids: customIds };
    await interaction.editReply(messageOf(familyCard(family, query, reader)));
  },
});

/** Posts a picture again with all its buttons; a private one to its requester alone. */
export const historyPost = button({
  action: "h-post",
  acknowledge: (_interaction, { index }) => (index === 1 ? "private" : "public"),
  execute: postAgain,
});

async function postAgain(
  interaction: ButtonInteraction,
  { id, index }: CustomId,
  context: Context,
): Promise<void> {
  const picture = await context.generation.picture(longId(id));
  if (picture === null || picture.isPrivate !== (index === 1))
    throw new Refusal("refusal.picture-gone");
  await context.generation.checkRepost(picture, requesterOf(interaction, context.isOwner));
  const card = await singleCard(context, {
    picture,
    locale: interaction.locale,
    limitBytes: interaction.attachmentSizeLimit,
    shown: await pictureOfMessage(interaction.client, picture),
  });
  await interaction.editReply(messageOf(card));
}

async function showList(
  interaction: RepliableInteraction,
  query: HistoryQuery,
  { generation, customIds, isOwner }: Context,
): Promise<void> {
  const page = await generation.history(requesterOf(interaction, isOwner), query);
  const reader = { locale: interaction.locale, ids: customIds };
  await interaction.editReply(messageOf(historyCard(page, query, reader)));
}

async function showOpened(
  interaction: RepliableInteraction,
  { picture, query }: { picture: string; query: HistoryQuery },
  { generation, customIds, isOwner }: Context,
): Promise<void> {
  const family = await generation.family(longId(picture), requesterOf(interaction, isOwner));
  const reader = { locale: interaction.locale, ids: customIds };
  await interaction.editReply(messageOf(openedCard(family.picture, query, reader)));
}
