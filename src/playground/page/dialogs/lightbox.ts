import { h, type JSX } from "preact";

import { store, useApp } from "../state/store.ts";
import { icon } from "../ui/icons.ts";
import { Dialog } from "./dialog.ts";

/** One picture in full, with its description; arrows go to its neighbours. */
export function Lightbox(): JSX.Element | null {
  const lightbox = useApp((state) => state.lightbox);
  const item = lightbox?.items[lightbox.index];
  if (lightbox === null || item === undefined) return null;
  const { items, index } = lightbox;
  const close = (): void => store.set({ lightbox: null });
  const go = (step: number): void => {
    store.set({ lightbox: { items, index: (index + step + items.length) % items.length } });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (items.length > 1 && event.key === "ArrowLeft") go(-1);
    if (items.length > 1 && event.key === "ArrowRight") go(1);
  };
  return h(
    Dialog,
    { label: item.alt === "" ? "Picture" : item.alt, class: "lightbox", onClose: close, onKeyDown },
    h(
      "div",
      { class: "lightbox-frame" },
      h("img", { key: item.url, src: item.url, alt: item.alt, onClick: close }),
      h(
        "div",
        { class: "lightbox-bar" },
        h("p", { class: "lightbox-alt" }, item.alt),
        items.length > 1 && h("span", { class: "muted" }, `${index + 1} / ${items.length}`),
        h(
          "a",
          {
            class: "button is-secondary",
            href: item.url,
            target: "_blank",
            rel: "noopener noreferrer",
          },
          "Open original",
        ),
      ),
    ),
    items.length > 1 && arrow("Picture before", { name: "left", onClick: () => go(-1) }),
    items.length > 1 && arrow("Next picture", { name: "right", onClick: () => go(1) }),
    h(
      "button",
      {
        type: "button",
        class: "icon-button lightbox-close",
        "aria-label": "Close",
        onClick: close,
        autofocus: true,
      },
      icon("close", 24),
    ),
  );
}

function arrow(
  label: string,
  { name, onClick }: { name: "left" | "right"; onClick: () => void },
): JSX.Element {
  return h(
    "button",
    { type: "button", class: `icon-button lightbox-${name}`, "aria-label": label, onClick },
    icon(name, 28),
  );
}
