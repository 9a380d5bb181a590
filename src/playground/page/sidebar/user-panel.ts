import { h, type JSX } from "preact";

import type { ClientGuild, ClientState } from "../../client-api.ts";
import { store } from "../state/store.ts";
import { actingUser, nameIn, rolesOf } from "../state/world.ts";
import { avatar } from "../ui/avatar.ts";
import { icon } from "../ui/icons.ts";

/** Who one is at the moment; a press changes that. */
export function UserPanel({
  world,
  guild,
}: {
  world: ClientState;
  guild: ClientGuild | null;
}): JSX.Element {
  const user = actingUser(world);
  const [role] = rolesOf(guild, user.id);
  const standing = guild?.ownerId === user.id ? "Owner" : (role?.name ?? "Member");
  return h(
    "button",
    {
      type: "button",
      class: "user-panel",
      "aria-haspopup": "dialog",
      "aria-label": `You act as ${nameIn(guild, user)}, ${standing}. Act as somebody else`,
      title: "Act as somebody else, with other roles or in another language",
      onClick: () => store.set({ settings: { type: "person" } }),
    },
    avatar(user, 34),
    h(
      "span",
      { class: "user-panel-text" },
      h("span", { class: "user-panel-name" }, nameIn(guild, user)),
      h("span", { class: "muted" }, standing),
    ),
    h("span", { class: "user-panel-switch" }, "Switch", icon("chevron", 16)),
  );
}
