import { useLayoutEffect } from "preact/hooks";

import { type Drawer, store } from "../state/store.ts";

/** Where a side is a drawer and no column, as in layout.css; each has the id by which it is called here. */
const DRAWER_WIDTHS = { channels: "(max-width: 720px)", members: "(max-width: 1000px)" } as const;

export function isDrawer(side: keyof typeof DRAWER_WIDTHS): boolean {
  return matchMedia(DRAWER_WIDTHS[side]).matches;
}

/** The keyboard goes into an open drawer, and back to what opened it; Escape and a wider window close it. */
export function useDrawer(drawer: Drawer): void {
  useLayoutEffect(() => {
    if (drawer === null) return undefined;
    const media = matchMedia(DRAWER_WIDTHS[drawer]);
    const close = (): void => store.set({ drawer: null });
    const onKeyDown = (event: KeyboardEvent): void => {
      // A dialog above the drawer closes first.
      if (event.key === "Escape" && document.querySelector("dialog[open]") === null) close();
    };
    document.addEventListener("keydown", onKeyDown);
    media.addEventListener("change", close);
    document.getElementById(drawer)?.querySelector("button")?.focus({ preventScroll: true });
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      media.removeEventListener("change", close);
      giveBack(drawer);
    };
  }, [drawer]);
}

/** Unless the keyboard has gone on already, as to the message box of a channel that was chosen. */
function giveBack(drawer: string): void {
  if (document.querySelector("main:focus-within") !== null) return;
  document.querySelector<HTMLElement>(`[aria-controls="${drawer}"]`)?.focus();
}
