import { Fragment, h, type JSX } from "preact";

import type { ClientChannel, ClientGuild, ClientState } from "../../client-api.ts";
import { ChannelType } from "../discord.ts";
import { openChannel } from "../state/session.ts";
import { store, useApp } from "../state/store.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";
import { UserPanel } from "./user-panel.ts";

/** The channels of the open server, and below them who one is. */
export function ChannelList({
  world,
  guild,
}: {
  world: ClientState;
  guild: ClientGuild | null;
}): JSX.Element {
  return h(
    "div",
    { class: "channel-bar" },
    h(
      "header",
      { class: "bar-header" },
      h("h1", null, guild?.name ?? "Direct messages"),
      guild !== null &&
        h(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": `Settings of ${guild.name}`,
            title: "Server settings",
            onClick: () => store.set({ settings: { type: "guild", guildId: guild.id } }),
          },
          icon("gear", 18),
        ),
    ),
    h(
      "nav",
      { class: "channels", "aria-label": "Channels" },
      guild === null ? directMessages(world) : h(GuildChannels, { guild }),
    ),
    h(UserPanel, { world, guild }),
  );
}

function directMessages(world: ClientState): JSX.Element {
  return h(ChannelLink, {
    channel: world.directMessages,
    name: world.bot.user.username,
    lead: avatar({ ...world.bot.user, bot: true }, 28),
  });
}

function GuildChannels({ guild }: { guild: ClientGuild }): JSX.Element {
  const visible = guild.channels.filter(({ permissions }) => permissions.view);
  const hidden = guild.channels.length - visible.length;
  return h(
    Fragment,
    null,
    withThreads(visible).map(guildChannel),
    hidden > 0 &&
      h(
        "p",
        { class: "hidden-channels muted" },
        icon("lock", 14),
        hidden === 1 ? "1 hidden channel" : `${hidden} hidden channels`,
      ),
  );
}

/** Threads stand below their channels. */
function withThreads(channels: readonly ClientChannel[]): ClientChannel[] {
  const threads = channels.filter(({ type }) => type === ChannelType.PublicThread);
  const roots = channels.filter((channel) => !threads.includes(channel));
  return roots.flatMap((root) =>
    [root].concat(threads.filter(({ parentId }) => parentId === root.id)),
  );
}

function guildChannel(channel: ClientChannel): JSX.Element {
  if (channel.type === ChannelType.GuildCategory)
    return h("h2", { key: channel.id, class: "category" }, channel.name);
  const isThread = channel.type === ChannelType.PublicThread;
  return h(ChannelLink, {
    key: channel.id,
    channel,
    name: channel.name,
    isThread,
    lead: icon(isThread ? "thread" : "hash", 18),
  });
}

interface ChannelLinkProps {
  channel: ClientChannel;
  name: string;
  lead: JSX.Element;
  isThread?: boolean;
}

function ChannelLink({ channel, name, lead, isThread }: ChannelLinkProps): JSX.Element {
  const isOpen = useApp((state) => state.channelId === channel.id);
  const isUnread = useApp((state) => state.unread.has(channel.id));
  return h(
    "div",
    { class: `channel ${isThread === true ? "is-thread" : ""} ${isUnread ? "is-unread" : ""}` },
    h(
      "button",
      {
        type: "button",
        class: "channel-link",
        "aria-current": isOpen ? "page" : undefined,
        "aria-label": [name, channel.nsfw ? "age-restricted" : "", isUnread ? "unread" : ""]
          .filter(Boolean)
          .join(", "),
        onClick: () => openChannel(channel.id),
      },
      lead,
      h("span", { class: "channel-name" }, name),
      channel.nsfw && h("span", { class: "age-mark", title: "Age-restricted" }, "18+"),
    ),
    channel.guildId !== null &&
      h(
        "button",
        {
          type: "button",
          class: "icon-button channel-gear",
          "aria-label": `Settings of ${name}`,
          title: "Channel settings",
          onClick: () => store.set({ settings: { type: "channel", channelId: channel.id } }),
        },
        icon("gear", 16),
      ),
  );
}
