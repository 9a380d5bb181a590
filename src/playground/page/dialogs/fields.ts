/** Fields of the playground's own settings. */
import { type ComponentChildren, h, type JSX } from "preact";

import { icon } from "../ui/icons.ts";

interface ToggleProps {
  label: string;
  description?: string;
  isOn: boolean;
  isDisabled?: boolean;
  onChange: (isOn: boolean) => void;
}

export function Toggle({
  label,
  description,
  isOn,
  isDisabled,
  onChange,
}: ToggleProps): JSX.Element {
  return h(
    "label",
    { class: "toggle" },
    h(
      "span",
      { class: "toggle-text" },
      h("span", { class: "toggle-label" }, label),
      description !== undefined && h("span", { class: "muted" }, description),
    ),
    h("input", {
      type: "checkbox",
      role: "switch",
      checked: isOn,
      disabled: isDisabled === true,
      onChange: (event: Event) => onChange((event.currentTarget as HTMLInputElement).checked),
    }),
  );
}

interface ChooserProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** A native select: these settings are the playground's, not the bot's. */
export function Chooser({ label, value, options, onChange }: ChooserProps): JSX.Element {
  return h(
    "label",
    { class: "chooser" },
    h("span", { class: "toggle-label" }, label),
    h(
      "select",
      {
        value,
        onChange: (event: Event) => onChange((event.currentTarget as HTMLSelectElement).value),
      },
      options.map((option) =>
        h(
          "option",
          { key: option.value, value: option.value, selected: option.value === value },
          option.label,
        ),
      ),
    ),
  );
}

export function SettingsHeader({
  title,
  onClose,
}: {
  title: ComponentChildren;
  onClose: () => void;
}): JSX.Element {
  return h(
    "header",
    { class: "dialog-header" },
    h("h2", null, title),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close", onClick: onClose },
      icon("close", 20),
    ),
  );
}

export function SettingsGroup({
  title,
  children,
}: {
  title: string;
  children?: ComponentChildren;
}): JSX.Element {
  return h("section", { class: "settings-group" }, h("h3", null, title), children);
}
