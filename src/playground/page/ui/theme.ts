import { h, type JSX } from "preact";
import { useState } from "preact/hooks";

import { icon } from "./icons.ts";

type Theme = "light" | "dark";

const KEY = "playground.theme";

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

function storedTheme(): Theme | null {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : null;
}

/** The chosen theme, or none: then the style sheet follows the system's. */
export function applyTheme(): void {
  const theme = storedTheme();
  if (theme === null) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function ThemeButton(): JSX.Element {
  const [theme, setTheme] = useState<Theme>(() => storedTheme() ?? systemTheme());
  const other: Theme = theme === "dark" ? "light" : "dark";
  const label = `Use the ${other} theme`;
  return h(
    "button",
    {
      type: "button",
      class: "icon-button theme-button",
      "aria-label": label,
      title: label,
      onClick: () => {
        localStorage.setItem(KEY, other);
        applyTheme();
        setTheme(other);
      },
    },
    icon(other === "light" ? "sun" : "moon", 20),
  );
}
