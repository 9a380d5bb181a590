import { Fragment, h, type JSX } from "preact";
import { useState } from "preact/hooks";

import { store, useApp } from "./state/store.ts";
import { icon } from "./ui/icons.ts";

const KEY = "playground.banner-closed";

/** For newcomers: what this is, what to do first, and how to go on from here. */
export function Banner(): JSX.Element | null {
  const [isClosed, setClosed] = useState(() => localStorage.getItem(KEY) === "yes");
  const [isLong, setLong] = useState(false);
  const isOnline = useApp((state) => state.world?.bot.isOnline === true);
  if (isClosed) return null;
  return h(
    "aside",
    { class: `banner ${isLong ? "is-long" : ""}`, "aria-label": "About this page" },
    icon("spark", 22),
    h(
      "div",
      { class: "banner-text" },
      h(
        "p",
        null,
        h("strong", null, "This is the playground"),
        ", a stand-in for Discord. ",
        isOnline ? firstStep() : "The bot is still starting…",
        !isLong &&
          h(
            "button",
            { type: "button", class: "link only-narrow banner-more", onClick: () => setLong(true) },
            "More",
          ),
      ),
      h(
        "p",
        { class: "muted" },
        "Small built-in model. For the real one: ",
        h("code", null, "npx sanabot models recommend"),
        ". For a real bot: ",
        h("code", null, "DISCORD_TOKEN"),
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

function firstStep(): JSX.Element {
  return h(
    Fragment,
    null,
    "Type ",
    h("button", { type: "button", class: "kbd-button", onClick: begin }, "/imagine"),
    " and press ",
    h("kbd", null, "Enter"),
    ".",
  );
}

function begin(): void {
  const { composer } = store.state;
  store.set({ composer: { serial: composer.serial + 1, commandName: "imagine" } });
}
