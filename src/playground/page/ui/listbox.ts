import { h, type ComponentChildren, type JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface ListItem {
  /** Unique in its list. */
  key: string;
  label: string;
  description?: string | undefined;
  /** Drawn before the label. */
  lead?: ComponentChildren;
  /** Drawn at the end of the line. */
  trail?: ComponentChildren;
  isSelected?: boolean;
  /** Shown above the item when it is not the item before's. */
  group?: string | undefined;
}

interface ListboxProps {
  id: string;
  label: string;
  items: readonly ListItem[];
  /** The one that the arrow keys are at; -1 for none. */
  active: number;
  isMultiple?: boolean;
  /** Said in place of no items. */
  emptyText?: string;
  onActive: (index: number) => void;
  onPick: (index: number) => void;
}

/** The id of an item's element, for `aria-activedescendant`. */
export function itemId(listId: string, index: number): string {
  return `${listId}-${index}`;
}

/** A list to choose from, whose keys are pressed elsewhere: in the text box or button that it belongs to. */
export function Listbox(props: ListboxProps): JSX.Element {
  const { id, label, items, active, emptyText } = props;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[data-active="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active, items]);
  return h(
    "ul",
    {
      ref: list,
      id,
      class: "listbox",
      role: "listbox",
      "aria-label": label,
      "aria-multiselectable": props.isMultiple === true ? "true" : undefined,
      // The keyboard stays where it is.
      onPointerDown: (event: PointerEvent) => event.preventDefault(),
    },
    items.length === 0 && emptyText !== undefined
      ? h("li", { class: "listbox-empty", role: "presentation" }, emptyText)
      : items.map((item, index) => listItem(props, item, index)),
  );
}

function listItem(props: ListboxProps, item: ListItem, index: number): JSX.Element[] {
  const isActive = index === props.active;
  const group = item.group !== props.items[index - 1]?.group ? item.group : undefined;
  const option = h(
    "li",
    {
      key: item.key,
      id: itemId(props.id, index),
      class: "listbox-item",
      role: "option",
      "aria-selected": (item.isSelected ?? isActive) ? "true" : "false",
      "data-active": isActive ? "true" : "false",
      onPointerMove: () => {
        if (!isActive) props.onActive(index);
      },
      onClick: () => props.onPick(index),
    },
    item.lead !== undefined && h("span", { class: "listbox-lead" }, item.lead),
    h(
      "span",
      { class: "listbox-text" },
      h("span", { class: "listbox-label" }, item.label),
      item.description !== undefined &&
        item.description !== "" &&
        h("span", { class: "listbox-description" }, item.description),
    ),
    item.trail !== undefined && h("span", { class: "listbox-trail" }, item.trail),
  );
  return group === undefined
    ? [option]
    : [
        h("li", { key: `group ${group}`, class: "listbox-group", role: "presentation" }, group),
        option,
      ];
}

/** The place after a key: arrows wrap around, Home and End go to the ends; null for other keys. */
export function moveActive(key: string, active: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case "ArrowDown":
      return (active + 1) % count;
    case "ArrowUp":
      return active <= 0 ? count - 1 : active - 1;
    case "Home":
    case "PageUp":
      return 0;
    case "End":
    case "PageDown":
      return count - 1;
    default:
      return null;
  }
}
