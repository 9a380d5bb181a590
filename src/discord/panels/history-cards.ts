import {
  type APIComponentInContainer,
  type APISectionComponent,
  ComponentType,
  messageLink,
  type RawFile,
} from "discord.js";

import type {
  Family,
  HistoryEntry,
  HistoryPage,
  HistoryQuery,
} from "../../generation/generation-port.ts";
import { type MessageKey, type Say, sayTo, translate } from "../../i18n/translate.ts";
import {
  ACCENT,
  type Card,
  card,
  cut,
  gallery,
  pressButton,
  row,
  small,
  text,
} from "../cards/components.ts";
import { escapeMarkdown } from "../cards/markdown.ts";
import { relativeMoment } from "../cards/time.ts";
import { type CustomIds, shortId } from "../custom-id.ts";
import { writeOpened, writeQuery } from "./history-query.ts";

const MAX_LINE = 200;
const MAX_PROMPT = 1500;
/** Discord's limits of a select's label and of a gallery. */
const MAX_LABEL = 100;
const MAX_SHOWN = 10;
const MAX_FAMILY_OPTIONS = 25;

interface Reader {
  readonly locale: string;
  readonly ids: CustomIds;
}

/** A page of a member's pictures. */
export function historyCard(page: HistoryPage, query: HistoryQuery, { locale, ids }: Reader): Card {
  const say = sayTo({ locale });
  const { entries, total, pages } = page;
  const shown = { ...query, page: page.page };
  const title = say(query.favouritesOnly ? "history.title-favourites" : "history.title", {
    count: total,
    search: query.search === "" ? "none" : escapeMarkdown(query.search),
  });
  const empty = say(query.search === "" ? "history.empty" : "history.empty-search");
  const turn = (by: -1 | 1, key: MessageKey, emoji: string) => {
    const to = { ...shown, page: shown.page + by };
    const isThere = to.page >= 0 && to.page < pages;
    const target = writeQuery(isThere ? to : shown, by < 0 ? "h-newer" : "h-older");
    return pressButton(ids.write(target), { label: say(key), emoji, disabled: !isThere });
  };
  return card(
    ACCENT.quiet,
    [
      text(entries.length === 0 ? `${title}\n${empty}` : title),
      ...entries.map((entry) => section(entry, say)),
      entries.length === 0 ? null : openSelect(entries, shown, { locale, ids }),
      pages <= 1 ? null : row(turn(-1, "history.previous", "◀️"), turn(1, "history.next", "▶️")),
      pages <= 1 ? null : small([say("history.page", { page: shown.page + 1, pages })]),
    ],
    entries.flatMap(thumbnailOf),
  );
}

/** One picture of the list with what can be done with it. */
export function openedCard(
  entry: HistoryEntry,
  query: HistoryQuery,
  { locale, ids }: Reader,
): Card {
  const say = sayTo({ locale });
  const { picture, isFavourite } = entry;
  const id = shortId(picture.id);
  const press = (action: string, label: string, emoji: string) =>
    pressButton(ids.write(writeOpened(id, query, action)), { label, emoji });
  const post = ids.write({ action: "h-post", id, index: Number(picture.isPrivate) });
  const recipe = ids.write({ action: "recipe", id, index: 0 });
  const files = thumbnailOf(entry);
  return card(
    ACCENT.quiet,
    [
      text(escapeMarkdown(cut(picture.prompt, MAX_PROMPT)) || "–"),
      files.length === 0 ? null : gallery([{ name: nameOf(entry), description: picture.prompt }]),
      small([factsOf(entry, say), linkTo(entry, say)]),
      row(
        pressButton(post, { label: say("history.post"), emoji: "📌" }),
        press(
          "h-fav",
          say(isFavourite ? "history.favourite-off" : "history.favourite-on"),
          isFavourite ? "💔" : "⭐",
        ),
        press("h-family", say("history.family"), "🌳"),
        pressButton(recipe, { label: say("card.recipe"), emoji: "📜" }),
        pressButton(ids.write(writeQuery(query, "h-list")), {
          label: say("history.back"),
          emoji: "↩️",
        }),
      ),
    ],
    files,
  );
}

/** What a picture was made from, and what was made from it. */
export function familyCard(family: Family, query: HistoryQuery, { locale, ids }: Reader): Card {
  const say = sayTo({ locale });
  const { picture, ancestors, children } = family;
  const line = (entry: HistoryEntry, depth: number) => {
    const mark = entry === picture ? "➤ " : depth === 0 ? "" : "└ ";
    const prompt = escapeMarkdown(oneLine(entry.picture.prompt, 60));
    return `${"\u2003".repeat(Math.min(depth, 8))}${mark}${prompt} · ${relativeMoment(entry.picture.createdAt)}`;
  };
  const everyone = [...ancestors, picture, ...children];
  const lines = [
    ...ancestors.map((entry, depth) => line(entry, depth)),
    line(picture, ancestors.length),
    ...children.map((entry) => line(entry, ancestors.length + 1)),
  ];
  const pictured = [...ancestors.slice(-4), picture, ...children]
    .filter(({ thumbnail }) => thumbnail !== null)
    .slice(0, MAX_SHOWN);
  const isAlone = everyone.length === 1;
  return card(
    ACCENT.quiet,
    [
      text(say("family.title")),
      pictured.length === 0
        ? null
        : gallery(
            pictured.map((entry) => ({ name: nameOf(entry), description: entry.picture.prompt })),
          ),
      text(isAlone ? say("family.alone") : lines.join("\n")),
      isAlone ? null : openSelect(everyone.slice(0, MAX_FAMILY_OPTIONS), query, { locale, ids }),
      row(
        pressButton(ids.write(writeQuery(query, "h-list")), {
          label: say("history.back"),
          emoji: "↩️",
        }),
      ),
    ],
    pictured.flatMap(thumbnailOf),
  );
}

function section(entry: HistoryEntry, say: Say): APIComponentInContainer {
  const { picture, isFavourite } = entry;
  const prompt = escapeMarkdown(oneLine(picture.prompt, MAX_LINE));
  const content = `${isFavourite ? "⭐ " : ""}${prompt}\n-# ${factsOf(entry, say)}`;
  if (entry.thumbnail === null) return text(content);
  const shown: APISectionComponent = {
    type: ComponentType.Section,
    components: [{ type: ComponentType.TextDisplay, content }],
    accessory: {
      type: ComponentType.Thumbnail,
      media: { url: `attachment://${nameOf(entry)}` },
      description: cut(picture.prompt, MAX_LABEL) || null,
    },
  };
  return shown;
}

function openSelect(
  entries: readonly HistoryEntry[],
  query: HistoryQuery,
  { locale, ids }: Reader,
) {
  return row({
    type: ComponentType.StringSelect,
    custom_id: ids.write(writeQuery(query, "h-open")),
    placeholder: translate(locale, "history.open"),
    options: entries.map(({ picture }, index) => ({
      label: cut(`${index + 1}. ${oneLine(picture.prompt, MAX_LABEL)}`, MAX_LABEL),
      value: shortId(picture.id),
    })),
  });
}

function factsOf({ picture }: HistoryEntry, say: Say): string {
  const { width, height, recipe, createdAt } = picture;
  const seed = say("card.seed", { seed: recipe.seed });
  return `${width} × ${height} · ${seed} · ${relativeMoment(createdAt)}`;
}

/** Null for a private picture, whose message only its requester ever had. */
function linkTo({ picture }: HistoryEntry, say: Say): string | null {
  const { messageId, channelId, guildId, isPrivate } = picture;
  if (messageId === null || isPrivate) return null;
  const url =
    guildId === null
      ? messageLink(channelId, messageId)
      : messageLink(channelId, messageId, guildId);
  return say("history.link", { url });
}

function thumbnailOf(entry: HistoryEntry): RawFile[] {
  const { thumbnail } = entry;
  return thumbnail === null ? [] : [{ name: nameOf(entry), data: Buffer.from(thumbnail) }];
}

function nameOf({ picture }: HistoryEntry): string {
  return `${picture.id}.webp`;
}

function oneLine(content: string, length: number): string {
  return cut(content.replaceAll(/\s+/g, " ").trim(), length);
}
