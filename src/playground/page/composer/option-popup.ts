import type { APIApplicationCommandBasicOption } from "discord-api-types/v10";
import { Fragment, h, type JSX } from "preact";

import type { ClientState } from "../../client-api.ts";
import { localized } from "../state/world.ts";
import { Floating } from "../ui/floating.ts";
import { Listbox } from "../ui/listbox.ts";
import type { DraftField } from "./draft.ts";
import { describeType, type Suggestion } from "./suggest.ts";

interface OptionPopupProps {
  id: string;
  anchor: Element;
  field: DraftField;
  world: ClientState;
  suggestions: readonly Suggestion[];
  /** What is said in place of suggestions, such as while the bot is asked. */
  note: string | null;
  active: number;
  onActive: (index: number) => void;
  onPick: (index: number) => void;
}

/** Above the message box while an option has the keyboard: what it means and what can be chosen. */
export function OptionPopup(props: OptionPopupProps): JSX.Element {
  const { id, anchor, field, world, suggestions, note } = props;
  const name = localized(world, field.option, "name");
  return h(
    Floating,
    { anchor: { element: anchor }, side: "above", isAnchorWide: true, class: "picker" },
    h(
      "div",
      { class: "picker-head", id: `${id}-about` },
      h("strong", null, name),
      h("span", null, localized(world, field.option, "description")),
      h("span", { class: "muted" }, describeType(field.option)),
    ),
    field.error !== null && h("div", { class: "picker-error", role: "alert" }, field.error),
    note !== null && h("div", { class: "picker-note", role: "status" }, note),
    suggestions.length > 0 &&
      h(Listbox, {
        id: `${id}-list`,
        label: `Values of ${name}`,
        items: suggestions.map(({ item }) => item),
        active: props.active,
        onActive: props.onActive,
        onPick: props.onPick,
      }),
  );
}

interface MoreOptionsProps {
  id: string;
  anchor: Element;
  options: readonly APIApplicationCommandBasicOption[];
  world: ClientState;
  active: number;
  onActive: (index: number) => void;
  onPick: (index: number) => void;
}

/** The options that can still be added. */
export function MoreOptionsPopup(props: MoreOptionsProps): JSX.Element {
  const { id, anchor, options, world } = props;
  return h(
    Floating,
    { anchor: { element: anchor }, side: "above", isAnchorWide: true, class: "picker" },
    h(
      Fragment,
      null,
      h(
        "div",
        { class: "picker-head" },
        h("strong", null, "Options"),
        h("span", { class: "muted" }, "Press Enter with none chosen to send"),
      ),
      h(Listbox, {
        id: `${id}-list`,
        label: "Options that can be added",
        items: options.map((option) => ({
          key: option.name,
          label: localized(world, option, "name"),
          description: localized(world, option, "description"),
        })),
        active: props.active,
        emptyText: "No such option",
        onActive: props.onActive,
        onPick: props.onPick,
      }),
    ),
  );
}
