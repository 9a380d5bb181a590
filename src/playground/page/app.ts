import { Fragment, h, type JSX } from "preact";
import { useEffect } from "preact/hooks";

import type { ClientChannel, ClientGuild, ClientState } from "../client-api.ts";
import { Banner } from "./banner.ts";
import { Composer } from "./composer/composer.ts";
import { Lightbox } from "./dialogs/lightbox.ts";
import { Modal } from "./dialogs/modal.ts";
import { Settings } from "./dialogs/settings.ts";
import { ChannelType } from "./discord.ts";
import { ContextMenu } from "./messages/context-menu.ts";
import { MessageList } from "./messages/message-list.ts";
import { ChannelList } from "./sidebar/channel-list.ts";
import { GuildBar } from "./sidebar/guild-bar.ts";
import { MemberList } from "./sidebar/member-list.ts";
import { isDrawer, useDrawer } from "./sidebar/use-drawer.ts";
import { store, useApp } from "./state/store.ts";
import { channelOf, guildOf } from "./state/world.ts";
import { icon } from "./ui/icons.ts";

export function App(): JSX.Element {
  const world = useApp((state) => state.world);
  const failure = useApp((state) => state.loadFailure);
  const channelId = useApp((state) => state.channelId);
  const guildId = useApp((state) => state.guildId);
  const channel = world === null ? null : channelOf(world, channelId);
  if (world === null || channel === null)
    return h("p", { class: "loading", role: "status" }, failure ?? "Opening the playground…");
  const guild = guildOf(world, guildId);
  return h(
    Fragment,
    null,
    h(Layout, { world, guild, channel }),
    h(ContextMenu, null),
    h(Modal, null),
    h(Settings, null),
    h(Lightbox, null),
    h(Notices, null),
  );
}

interface LayoutProps {
  world: ClientState;
  guild: ClientGuild | null;
  channel: ClientChannel;
}

function Layout({ world, guild, channel }: LayoutProps): JSX.Element {
  const drawer = useApp((state) => state.drawer);
  const isMemberListShown = useApp((state) => state.isMemberListShown);
  useEffect(() => {
    document.title = `${channel.guildId === null ? "@" : "#"}${channel.name} · sanabot playground`;
  }, [channel.name, channel.guildId]);
  useDrawer(drawer);
  return h(
    "div",
    {
      class: `layout ${isMemberListShown ? "has-members" : ""}`,
      "data-drawer": drawer ?? "none",
    },
    h(
      "div",
      { class: "left-bars", id: "channels", inert: drawer === "members" },
      h(GuildBar, { world }),
      h(ChannelList, { world, guild }),
    ),
    h(
      "main",
      { class: "chat", inert: drawer !== null },
      h(ChatHeader, { channel, world }),
      h(Banner, null),
      h(ConnectionNote, { world }),
      h(MessageList, { channel, world, guild }),
      h(Composer, { key: `${world.userId} ${channel.id}`, channel, world, guild }),
    ),
    h(MemberList, { world, guild }),
    drawer !== null &&
      h("button", {
        type: "button",
        class: "scrim",
        "aria-label": "Close the side bar",
        onClick: () => store.set({ drawer: null }),
      }),
  );
}

function ChatHeader({
  channel,
  world,
}: {
  channel: ClientChannel;
  world: ClientState;
}): JSX.Element {
  const isDirect = channel.type === ChannelType.DM;
  const isThread = channel.type === ChannelType.PublicThread;
  return h(
    "header",
    { class: "bar-header chat-header" },
    h(
      "button",
      {
        type: "button",
        class: "icon-button only-narrow",
        "aria-label": "Servers and channels",
        "aria-controls": "channels",
        onClick: () => store.set({ drawer: "channels" }),
      },
      icon("menu", 22),
    ),
    icon(isDirect ? "at" : isThread ? "thread" : "hash", 20),
    h("h1", null, isDirect ? world.bot.user.username : channel.name),
    channel.nsfw && h("span", { class: "age-mark" }, "18+"),
    channel.topic !== null && h("p", { class: "topic muted" }, channel.topic),
    h("span", { class: "spring" }),
    !isDirect &&
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Channel settings",
          title: "Channel settings",
          onClick: () => store.set({ settings: { type: "channel", channelId: channel.id } }),
        },
        icon("gear", 20),
      ),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Members",
        title: "Members",
        "aria-controls": "members",
        onClick: toggleMembers,
      },
      icon("members", 20),
    ),
  );
}

/** A drawer on a phone, a column elsewhere. */
function toggleMembers(): void {
  if (isDrawer("members")) store.set({ drawer: "members" });
  else store.set({ isMemberListShown: !store.state.isMemberListShown });
}

function ConnectionNote({ world }: { world: ClientState }): JSX.Element | null {
  const connection = useApp((state) => state.connection);
  if (connection === "lost")
    return h(
      "p",
      { class: "connection-note", role: "status" },
      "The playground's server does not answer. Trying again…",
    );
  if (!world.bot.isOnline)
    return h(
      "p",
      { class: "connection-note", role: "status" },
      "The bot is not connected: commands and buttons get no answer.",
    );
  return null;
}

/** A line that fades, and what screen readers are told. */
function Notices(): JSX.Element {
  const toast = useApp((state) => state.toast);
  const announcement = useApp((state) => state.announcement);
  return h(
    Fragment,
    null,
    toast !== null && h("div", { class: "toast", role: "status" }, toast),
    h("div", { class: "visually-hidden", "aria-live": "polite" }, announcement),
  );
}
