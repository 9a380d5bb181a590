import type {
  APIActionRowComponent,
  APIButtonComponent,
  APIComponentInMessageActionRow,
  APIMessageComponentEmoji,
} from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useContext } from "preact/hooks";

import { ButtonStyle, ComponentType } from "../discord.ts";
import { pressComponent } from "../state/interactions.ts";
import { useApp } from "../state/store.ts";
import { icon } from "../ui/icons.ts";
import { isBusy, MessageContext } from "./message-context.ts";
import { MessageSelect } from "./message-select.ts";

const STYLE_CLASSES: Readonly<Record<number, string>> = {
  [ButtonStyle.Primary]: "is-primary",
  [ButtonStyle.Secondary]: "is-secondary",
  [ButtonStyle.Success]: "is-success",
  [ButtonStyle.Danger]: "is-danger",
  [ButtonStyle.Link]: "is-secondary",
  [ButtonStyle.Premium]: "is-primary",
};

export function ActionRow({
  component,
}: {
  component: APIActionRowComponent<APIComponentInMessageActionRow>;
}): JSX.Element {
  return h(
    "div",
    { class: "action-row" },
    component.components.map((inner) =>
      inner.type === ComponentType.Button
        ? h(Button, { key: keyOf(inner), component: inner })
        : h(MessageSelect, { key: inner.custom_id, component: inner }),
    ),
  );
}

function keyOf(button: APIButtonComponent): string {
  if ("custom_id" in button) return button.custom_id;
  return "url" in button ? button.url : button.sku_id;
}

export function Button({ component }: { component: APIButtonComponent }): JSX.Element {
  const message = useContext(MessageContext);
  const customId = "custom_id" in component ? component.custom_id : "";
  const busy = useApp((state) => isBusy(state, message, customId));
  const label = "label" in component ? (component.label ?? "") : "Premium";
  const emoji = "emoji" in component ? component.emoji : undefined;
  const content = [
    emoji !== undefined && buttonEmoji(emoji),
    label !== "" && h("span", null, label),
    "url" in component && icon("link", 16),
    busy && h("span", { class: "spinner" }),
  ];
  const name = `button ${STYLE_CLASSES[component.style] ?? ""} ${busy ? "is-busy" : ""}`;
  const spoken = label === "" ? { "aria-label": emoji?.name ?? "Button" } : {};
  if ("url" in component && component.disabled !== true)
    return h(
      "a",
      { class: name, href: component.url, target: "_blank", rel: "noopener noreferrer", ...spoken },
      content,
    );
  const press = (): void => {
    if (message !== null && !busy && customId !== "") void pressComponent(message, { customId });
  };
  return h(
    "button",
    {
      type: "button",
      class: name,
      disabled: component.disabled === true,
      // Not `disabled` while it waits: the keyboard's place would be lost.
      "aria-disabled": busy ? "true" : undefined,
      "aria-busy": busy ? "true" : undefined,
      onClick: press,
      ...spoken,
    },
    content,
  );
}

/** Pictures of custom emoji are elsewhere; their names are shown. */
function buttonEmoji(emoji: APIMessageComponentEmoji): JSX.Element {
  const text = emoji.id === undefined ? (emoji.name ?? "") : `:${emoji.name ?? "emoji"}:`;
  return h("span", { class: "emoji", "aria-hidden": "true" }, text);
}
