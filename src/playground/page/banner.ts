import { h, type JSX } from "preact";
import { useState } from "preact/hooks";

import { store, useApp } from "./state/store.ts";
import { icon } from "./ui/icons.ts";

const KEY = "playground.banner-closed";

/** For newcomers: what this is, what to do first, and how to go on from here. */
export function Banner(): JSX.Element | null {
  const [isClosed, setClosed] = useState(() => localStorage.getItem(KEY) === "yes");
  const isOnline = useApp((state) => state.world?.bot.isOnline === true);
  if (isClosed) return null;
  return h(
    "aside",
    { class: "banner", "aria-label": "About this page" },
    icon("spark", 22),
    h(
      "div",
      { class: "banner-text" },
      h(
        "p",
        null,
        h("strong", null, "This is the playground: "),
        "the whole bot on your own machine, in a stand-in for Discord. ",
        isOnline
          ? [
              "Type ",
              h("button", { type: "button", class: "kbd-button", onClick: begin }, "/imagine"),
              " and press ",
              h("kbd", null, "Enter"),
              ".",
            ]
          : "The bot is still starting; its commands come in a moment.",
      ),
      h(
        "p",
        { class: "muted" },
        "Pictures come from the small built-in model. For the real one: ",
        h("code", null, "npx sanabot models recommend"),
        ". With ",
        h("code", null, "DISCORD_TOKEN"),
        " set, it is a real bot.",
      ),
    ),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Close this note",
        onClick: () => {
          localStorage.setItem(KEY, "yes");
          setClosed(true);
        },
      },
      icon("close", 18),
    ),
  );
}

function begin(): void {
  const { composer } = store.state;
  store.set({ composer: { serial: composer.serial + 1, commandName: "imagine" } });
}
