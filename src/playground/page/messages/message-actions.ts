import { h, type JSX } from "preact";

import type { ClientMessage, ClientState } from "../../client-api.ts";
import { hasFlag, MessageFlag } from "../discord.ts";
import { api } from "../state/api.ts";
import { report } from "../state/session.ts";
import { store } from "../state/store.ts";
import { channelOf } from "../state/world.ts";
import type { Anchor } from "../ui/anchor.ts";
import { icon } from "../ui/icons.ts";

/** As long as Discord's own clients wait. */
const LONG_PRESS_MS = 500;
/** A finger that moves farther scrolls. */
const LONG_PRESS_SLOP_PX = 10;

/** @param on - The element that was pressed: on a picture the menu also saves it. */
function openMessageMenu(
  message: ClientMessage,
  { anchor, on }: { anchor: Anchor; on: EventTarget | null },
): void {
  const from = document.activeElement;
  store.set({
    menu: {
      target: { type: "message", message, pictureUrl: pictureUnder(on) },
      anchor,
      from: from instanceof HTMLElement ? from : null,
    },
  });
}

function pictureUnder(on: EventTarget | null): string | null {
  const tile = on instanceof Element ? on.closest(".tile:not(.is-hidden)") : null;
  return tile?.querySelector("img")?.src ?? null;
}

interface MessageHandlers {
  onContextMenu: (event: MouseEvent) => void;
  onPointerDown: (event: PointerEvent) => void;
  onPointerMove: (event: PointerEvent) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
}

/** Right click, a long press, and the keyboard's menu key open the message's menu. */
export function messageHandlers(message: ClientMessage): MessageHandlers {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  const stop = (): void => clearTimeout(timer);
  return {
    onContextMenu: (event) => {
      // Links, pictures and text fields keep the browser's own menu with Shift held.
      if (event.shiftKey) return;
      event.preventDefault();
      openMessageMenu(message, { anchor: anchorOf(event), on: event.target });
    },
    onPointerDown: (event) => {
      if (event.pointerType !== "touch") return;
      start = { x: event.clientX, y: event.clientY };
      const { target: on } = event;
      timer = setTimeout(() => openMessageMenu(message, { anchor: start, on }), LONG_PRESS_MS);
    },
    onPointerMove: (event) => {
      const moved = Math.hypot(event.clientX - start.x, event.clientY - start.y);
      if (moved > LONG_PRESS_SLOP_PX) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}

/** The menu key has no place of its own: the menu hangs on the element that has the keyboard. */
function anchorOf(event: MouseEvent): Anchor {
  const isByKey = event.clientX === 0 && event.clientY === 0;
  return isByKey && event.target instanceof Element
    ? { element: event.target }
    : { x: event.clientX, y: event.clientY };
}

export function replyTo(message: ClientMessage): void {
  store.set({ composer: { serial: store.state.composer.serial + 1, replyTo: message } });
}

export function canReply(message: ClientMessage): boolean {
  return !hasFlag(message, MessageFlag.ephemeral) && !hasFlag(message, MessageFlag.loading);
}

/** One's own messages, and as a moderator all. */
export function canDelete(message: ClientMessage, world: ClientState): boolean {
  if (hasFlag(message, MessageFlag.ephemeral)) return false;
  const mayManage = channelOf(world, message.channel_id)?.permissions.manageMessages === true;
  return mayManage || message.author.id === world.userId;
}

export async function deleteMessage(message: ClientMessage): Promise<void> {
  const { world } = store.state;
  if (world === null) return;
  try {
    await api.deleteMessage(world.userId, message);
  } catch (error) {
    report(error);
  }
}

/** Beside a message under the pointer or with the keyboard. */
export function MessageToolbar({ message }: { message: ClientMessage }): JSX.Element {
  return h(
    "div",
    { class: "message-toolbar" },
    canReply(message) &&
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Reply",
          title: "Reply",
          onClick: () => replyTo(message),
        },
        icon("reply", 18),
      ),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "More: apps and other actions",
        title: "More",
        "aria-haspopup": "menu",
        onClick: (event: MouseEvent) =>
          openMessageMenu(message, {
            anchor: { element: event.currentTarget as Element },
            on: null,
          }),
      },
      icon("more", 18),
    ),
  );
}
