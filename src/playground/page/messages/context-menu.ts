import type { ApplicationCommandType } from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

import type { ClientMessage, ClientState } from "../../client-api.ts";
import { CommandType } from "../discord.ts";
import { runContextMenu } from "../state/interactions.ts";
import { report } from "../state/session.ts";
import { type OpenMenu, store, useApp } from "../state/store.ts";
import { channelOf, commandsIn, localized } from "../state/world.ts";
import { Floating } from "../ui/floating.ts";
import { icon, type IconName } from "../ui/icons.ts";
import { moveActive } from "../ui/listbox.ts";
import { canDelete, canReply, deleteMessage, replyTo } from "./message-actions.ts";

interface MenuItem {
  label: string;
  icon: IconName;
  isDanger?: boolean;
  run: () => void;
}

interface MenuSection {
  label: string;
  items: MenuItem[];
}

/** The menu that is open, if any: what can be done with a message or somebody, and the bot's commands for it. */
export function ContextMenu(): JSX.Element | null {
  const menu = useApp((state) => state.menu);
  const world = useApp((state) => state.world);
  if (menu === null || world === null) return null;
  return h(Menu, { menu, world });
}

function Menu({ menu, world }: { menu: OpenMenu; world: ClientState }): JSX.Element {
  const sections = useMemo(() => sectionsOf(menu, world), [menu, world]);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => itemsIn(box.current)[0]?.focus(), [menu]);
  const close = (): void => {
    store.set({ menu: null });
    menu.from?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const items = itemsIn(box.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = moveActive(event.key, at, items.length);
    if (event.key === "Tab") close();
    if (next === null) return;
    event.preventDefault();
    items[next]?.focus();
  };
  return h(
    Floating,
    { anchor: menu.anchor, onClose: close, class: "menu" },
    h(
      "div",
      { ref: box, role: "menu", "aria-label": "Actions", onKeyDown },
      sections.map(({ label, items }) =>
        h(
          "div",
          { key: label, role: "group", "aria-label": label, class: "menu-group" },
          h("div", { class: "menu-heading", "aria-hidden": "true" }, label),
          items.map((item) => menuItem(item, close)),
        ),
      ),
    ),
  );
}

function itemsIn(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
}

function menuItem(item: MenuItem, close: () => void): JSX.Element {
  return h(
    "button",
    {
      key: item.label,
      type: "button",
      role: "menuitem",
      tabIndex: -1,
      class: `menu-item ${item.isDanger === true ? "is-danger" : ""}`,
      onClick: () => {
        close();
        item.run();
      },
    },
    h("span", null, item.label),
    icon(item.icon, 18),
  );
}

function sectionsOf({ target }: OpenMenu, world: ClientState): MenuSection[] {
  const isMessage = target.type === "message";
  const apps = appItems(world, {
    type: isMessage ? CommandType.Message : CommandType.User,
    targetId: isMessage ? target.message.id : target.userId,
  });
  const id = isMessage ? target.message.id : target.userId;
  return [
    { label: "Apps", items: apps },
    ...(isMessage && target.pictureUrl !== null
      ? [{ label: "Picture", items: pictureItems(target.pictureUrl) }]
      : []),
    ...(isMessage ? [{ label: "Message", items: messageItems(target.message, world) }] : []),
    { label: "For developers", items: [copyItem("Copy ID", id)] },
  ].filter(({ items }) => items.length > 0);
}

function appItems(
  world: ClientState,
  { type, targetId }: { type: ApplicationCommandType; targetId: string },
): MenuItem[] {
  const channel = channelOf(world, store.state.channelId);
  return commandsIn(world, channel)
    .filter((command) => command.type === type)
    .map((command) => ({
      label: localized(world, command, "name"),
      icon: "spark",
      run: () => {
        void runContextMenu(command.name, { commandId: command.id, targetId }).catch(report);
      },
    }));
}

function pictureItems(url: string): MenuItem[] {
  const follow = (attributes: Partial<HTMLAnchorElement>): void =>
    Object.assign(document.createElement("a"), { href: url, ...attributes }).click();
  return [
    {
      label: "Open picture",
      icon: "link",
      run: () => follow({ target: "_blank", rel: "noopener noreferrer" }),
    },
    {
      label: "Save picture",
      icon: "download",
      run: () => follow({ download: new URL(url).pathname.split("/").at(-1) ?? "picture" }),
    },
  ];
}

function messageItems(message: ClientMessage, world: ClientState): MenuItem[] {
  return [
    ...(canReply(message)
      ? [{ label: "Reply", icon: "reply" as const, run: () => replyTo(message) }]
      : []),
    ...(message.content === "" ? [] : [copyItem("Copy text", message.content)]),
    ...(canDelete(message, world)
      ? [
          {
            label: "Delete message",
            icon: "trash" as const,
            isDanger: true,
            run: () => void deleteMessage(message),
          },
        ]
      : []),
  ];
}

function copyItem(label: string, text: string): MenuItem {
  return {
    label,
    icon: "copy",
    run: () => {
      navigator.clipboard.writeText(text).then(() => store.set({ toast: "Copied" }), report);
    },
  };
}
