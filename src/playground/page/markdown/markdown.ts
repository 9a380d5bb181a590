import { type ComponentChildren, h, type JSX } from "preact";
import { useMemo, useState } from "preact/hooks";

import { serverNow, useServerNow } from "../state/clock.ts";
import { openChannel } from "../state/session.ts";
import { store, useApp } from "../state/store.ts";
import {
  actingUser,
  channelOf,
  cssColour,
  guildOf,
  nameIn,
  personOf,
  roleOf,
} from "../state/world.ts";
import { icon } from "../ui/icons.ts";
import { type Block, type ListBlock, parseMarkdown } from "./parse.ts";
import type { Inline } from "./parse-inline.ts";
import { formatRelative, formatTime } from "./time.ts";

/** Text with Discord's Markdown. */
export function Markdown({ source }: { source: string }): JSX.Element {
  const blocks = useMemo(() => parseMarkdown(source), [source]);
  return h("div", { class: "markdown" }, blocks.map(block));
}

function block(part: Block): JSX.Element {
  switch (part.type) {
    case "paragraph":
      return h("p", null, part.children.map(inline));
    case "heading":
      // A message's headings stand below those of the page.
      return h(`h${part.level + 2}`, { class: `heading-${part.level}` }, part.children.map(inline));
    case "small":
      return h("p", { class: "small" }, part.children.map(inline));
    case "quote":
      return h("blockquote", null, part.children.map(block));
    case "code":
      return h("pre", null, h("code", null, part.text));
    case "list":
      return list(part);
  }
}

function list(part: ListBlock): JSX.Element {
  const items = part.items.map(({ children, list: inner }) =>
    h("li", null, children.map(inline), inner !== null && list(inner)),
  );
  return part.isOrdered ? h("ol", { start: part.start }, items) : h("ul", null, items);
}

const STYLED = { strong: "strong", em: "em", underline: "u", strike: "s" } as const;

function inline(part: Inline): ComponentChildren {
  switch (part.type) {
    case "text":
      return part.text;
    case "strong":
    case "em":
    case "underline":
    case "strike":
      return h(STYLED[part.type], null, part.children.map(inline));
    case "spoiler":
      return h(Spoiler, { children: part.children.map(inline) });
    case "code":
      return h("code", null, part.text);
    case "link":
      return h(
        "a",
        { href: part.url, target: "_blank", rel: "noopener noreferrer", title: part.url },
        part.children.map(inline),
      );
    case "user":
    case "role":
    case "channel":
      return h(Mention, { kind: part.type, id: part.id });
    case "everyone":
      return h("span", { class: "mention" }, part.text);
    case "command":
      return h(CommandMention, { name: part.name, id: part.id });
    case "emoji":
      return `:${part.name}:`;
    case "time":
      return h(part.style === "R" ? RelativeTime : FixedTime, part);
  }
}

function Spoiler({ children }: { children: ComponentChildren }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  if (isOpen) return h("span", { class: "spoiler is-open" }, children);
  return h(
    "button",
    {
      type: "button",
      class: "spoiler",
      "aria-label": "Spoiler: show",
      onClick: () => setOpen(true),
    },
    h("span", { "aria-hidden": "true" }, children),
  );
}

function Mention({ kind, id }: { kind: "user" | "role" | "channel"; id: string }): JSX.Element {
  const world = useApp((state) => state.world);
  const guild = useApp((state) =>
    state.world === null ? null : guildOf(state.world, state.guildId),
  );
  if (world === null) return h("span", { class: "mention" }, id);
  if (kind === "channel") return channelMention(id);
  if (kind === "user") {
    const person = personOf(world, id);
    return h(
      "span",
      { class: "mention" },
      `@${person === null ? "unknown" : nameIn(guild, person)}`,
    );
  }
  const role = roleOf(guild, id);
  const style = role === null || role.color === 0 ? {} : { color: cssColour(role.color) };
  return h(
    "span",
    { class: "mention", style },
    `@${role?.name.replace(/^@/, "") ?? "deleted role"}`,
  );
}

function channelMention(id: string): JSX.Element {
  const { world } = store.state;
  const channel = world === null ? null : channelOf(world, id);
  if (channel === null || !channel.permissions.view)
    return h("span", { class: "mention" }, icon("lock", 14), "No access");
  return h(
    "button",
    { type: "button", class: "mention", onClick: () => openChannel(id) },
    icon("hash", 14),
    channel.name,
  );
}

function CommandMention({ name, id }: { name: string; id: string }): JSX.Element {
  const begin = (): void => {
    const { composer } = store.state;
    store.set({ composer: { serial: composer.serial + 1, commandId: id, commandName: name } });
  };
  return h("button", { type: "button", class: "mention", onClick: begin }, `/${name}`);
}

interface TimeProps {
  seconds: number;
  style: string;
}

function locale(): string {
  const { world } = store.state;
  return world === null ? "en-US" : actingUser(world).locale;
}

function FixedTime({ seconds, style }: TimeProps): JSX.Element {
  useApp((state) => state.world);
  return time(seconds, formatTime(seconds, style, locale()));
}

/** Counts on by itself. */
function RelativeTime({ seconds }: TimeProps): JSX.Element {
  useServerNow();
  return time(seconds, formatRelative(seconds, serverNow(), locale()));
}

function time(seconds: number, text: string): JSX.Element {
  const date = new Date(seconds * 1000);
  const isValid = !Number.isNaN(date.getTime());
  return h(
    "time",
    {
      class: "timestamp",
      ...(isValid && { datetime: date.toISOString() }),
      title: formatTime(seconds, "F", locale()),
    },
    text,
  );
}
