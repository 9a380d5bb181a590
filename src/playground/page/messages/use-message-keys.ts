import { useCallback } from "preact/hooks";

import { focusMessageBox } from "../composer/focus-message-box.ts";

/** Arrow keys go from message to message, Home and End to the ends, Escape back to the message box. */
export function useMessageKeys(): (event: KeyboardEvent) => void {
  return useCallback((event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.key === "Escape") {
      focusMessageBox();
      return;
    }
    // Keys on a control in a message are the control's.
    if (!target.matches("[data-message-id]")) return;
    const all = [...document.querySelectorAll<HTMLElement>(".message-items [data-message-id]")];
    const next = nextOf(event.key, all, all.indexOf(target));
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }, []);
}

function nextOf(key: string, all: readonly HTMLElement[], index: number): HTMLElement | undefined {
  if (key === "ArrowUp") return all[index - 1];
  if (key === "ArrowDown") return all[index + 1];
  if (key === "Home") return all[0];
  return key === "End" ? all.at(-1) : undefined;
}

/** From the empty message box up into the messages. */
export function focusLastMessage(): void {
  const all = document.querySelectorAll<HTMLElement>(".message-items [data-message-id]");
  const last = all[all.length - 1];
  last?.focus();
  last?.scrollIntoView({ block: "nearest" });
}
