import { h, type JSX } from "preact";

import type { ClientGuild, ClientState } from "../../client-api.ts";
import { store } from "../state/store.ts";
import { colourOf, nameIn, personOf, rolesOf } from "../state/world.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";

interface Group {
  name: string;
  userIds: string[];
}

/** Everybody in the open server, by role. */
export function MemberList({
  world,
  guild,
}: {
  world: ClientState;
  guild: ClientGuild | null;
}): JSX.Element {
  return h(
    "aside",
    { class: "member-bar", "aria-label": "Members", id: "members" },
    groupsOf(world, guild).map(({ name, userIds }) =>
      h(
        "section",
        { key: name },
        h("h2", { class: "member-group" }, `${name} — ${userIds.length}`),
        h(
          "ul",
          null,
          userIds.map((id) => memberItem(id, { world, guild })),
        ),
      ),
    ),
  );
}

/** Under the highest role that is shown apart; the others together. */
function groupsOf(world: ClientState, guild: ClientGuild | null): Group[] {
  if (guild === null)
    return [{ name: "In this conversation", userIds: [world.userId, world.bot.user.id] }];
  const members = guild.members.filter(
    ({ userId }) => guild.hasBot || userId !== world.bot.user.id,
  );
  const groups = new Map<string, string[]>();
  const names = guild.roles
    .filter(({ hoist }) => hoist)
    .toSorted((a, b) => b.position - a.position)
    .map(({ name }) => name);
  for (const name of [...names, "Apps", "Members"]) groups.set(name, []);
  for (const { userId } of members) {
    const role = rolesOf(guild, userId).find(({ hoist }) => hoist);
    const group = userId === world.bot.user.id ? "Apps" : (role?.name ?? "Members");
    groups.get(group)?.push(userId);
  }
  return [...groups]
    .map(([name, userIds]) => ({ name, userIds }))
    .filter(({ userIds }) => userIds.length > 0);
}

function memberItem(
  userId: string,
  { world, guild }: { world: ClientState; guild: ClientGuild | null },
): JSX.Element | null {
  const person = personOf(world, userId);
  if (person === null) return null;
  const isBot = userId === world.bot.user.id;
  const isOffline = isBot && !world.bot.isOnline;
  const colour = colourOf(guild, userId);
  return h(
    "li",
    { key: userId },
    h(
      "button",
      {
        type: "button",
        class: `member ${isOffline ? "is-offline" : ""}`,
        "aria-haspopup": "menu",
        onClick: (event: MouseEvent) => openMenu(userId, event.currentTarget as HTMLElement),
        onContextMenu: (event: MouseEvent) => {
          event.preventDefault();
          openMenu(userId, event.currentTarget as HTMLElement);
        },
      },
      avatar({ ...person, bot: isBot }, 32),
      h(
        "span",
        { class: "member-name", style: colour === null ? {} : { "--role": colour } },
        nameIn(guild, person),
      ),
      isBot && h("span", { class: "app-tag" }, "APP"),
      guild?.ownerId === userId &&
        h("span", { class: "crown", title: "Owner of the server" }, icon("crown", 16)),
      isOffline && h("span", { class: "muted" }, "offline"),
    ),
  );
}

function openMenu(userId: string, from: HTMLElement): void {
  store.set({ menu: { target: { type: "user", userId }, anchor: { element: from }, from } });
}
