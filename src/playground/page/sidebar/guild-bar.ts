import { h, type JSX } from "preact";

import type { ClientChannel, ClientGuild, ClientState } from "../../client-api.ts";
import { openGuild } from "../state/session.ts";
import { useApp } from "../state/store.ts";
import { memberOf } from "../state/world.ts";
import { avatar, guildInitials } from "../ui/avatar.ts";
import { ThemeButton } from "../ui/theme.ts";

/** The servers on the very left, direct messages above them. */
export function GuildBar({ world }: { world: ClientState }): JSX.Element {
  const open = useApp((state) => state.guildId);
  const unread = useApp((state) => state.unread);
  const bot = { ...world.bot.user, bot: true };
  const isUnread = (channels: readonly ClientChannel[]): boolean =>
    channels.some(({ id }) => unread.has(id));
  return h(
    "nav",
    { class: "guild-bar", "aria-label": "Servers" },
    guildButton({
      id: null,
      label: "Direct messages",
      isOpen: open === null,
      isUnread: isUnread([world.directMessages]),
      face: avatar(bot, 30),
    }),
    h("hr", null),
    joinedGuilds(world).map(({ id, name, channels }) =>
      guildButton({
        id,
        label: name,
        isOpen: open === id,
        isUnread: isUnread(channels),
        face: h("span", { "aria-hidden": "true" }, guildInitials(name)),
      }),
    ),
    h("span", { class: "spring" }),
    h(ThemeButton, null),
  );
}

/** Nobody sees servers that they are not in. */
function joinedGuilds({ guilds, userId }: ClientState): ClientGuild[] {
  return guilds.filter((guild) => memberOf(guild, userId) !== null);
}

interface GuildButton {
  id: string | null;
  label: string;
  isOpen: boolean;
  isUnread: boolean;
  face: JSX.Element;
}

function guildButton({ id, label, isOpen, isUnread, face }: GuildButton): JSX.Element {
  return h(
    "button",
    {
      key: id ?? "direct",
      type: "button",
      class: `guild-button ${isUnread ? "is-unread" : ""}`,
      "aria-label": isUnread ? `${label}, unread messages` : label,
      "aria-current": isOpen ? "true" : undefined,
      title: label,
      onClick: () => openGuild(id),
    },
    face,
  );
}
