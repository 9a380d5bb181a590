import { useEffect } from "preact/hooks";

import { focusMessageBox } from "./focus-message-box.ts";

/** Where typing belongs by itself. */
const OWN_KEYS = "input, textarea, select, dialog, [popover]";

/** What is typed while nothing that takes text has the keyboard goes into the message box, as in Discord. */
export function useTypingAnywhere(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event;
      // The space bar presses buttons and scrolls.
      const isText = key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey;
      if (!isText || event.defaultPrevented) return;
      if (target instanceof Element && target.closest(OWN_KEYS) !== null) return;
      if (document.querySelector("dialog[open]") !== null) return;
      // The key itself arrives after this, where the keyboard then is.
      focusMessageBox();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
