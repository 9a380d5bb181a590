import { h, type JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";

import { Floating } from "./floating.ts";
import { icon } from "./icons.ts";
import { itemId, Listbox, type ListItem, moveActive } from "./listbox.ts";

export interface SelectProps {
  label: string;
  placeholder: string;
  items: readonly ListItem[];
  values: readonly string[];
  /** How many are to be chosen. */
  min: number;
  max: number;
  isDisabled?: boolean;
  isBusy?: boolean;
  isInvalid?: boolean;
  describedBy?: string | undefined;
  /** Each choice, also while more can be added. */
  onChange?: (values: string[]) => void;
  /** The choice is made: the list has closed. */
  onCommit?: (values: string[]) => void;
}

/** A select of one or several values, as a button with a list; works like a native one with the keyboard. */
export function Select(props: SelectProps): JSX.Element {
  const { items, values, placeholder, max } = props;
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const control = useSelectControl(props, { isOpen, setOpen, setActive });
  const chosen = items.filter(({ key }) => values.includes(key));
  const text = chosen.map(({ label }) => label).join(", ");
  return h(
    "div",
    { class: "select" },
    h(
      "button",
      {
        ref: button,
        type: "button",
        class: "select-button",
        role: "combobox",
        "aria-haspopup": "listbox",
        "aria-expanded": isOpen ? "true" : "false",
        "aria-controls": `${id}-list`,
        "aria-activedescendant": isOpen ? itemId(`${id}-list`, active) : undefined,
        "aria-label": text === "" ? props.label : `${props.label}: ${text}`,
        "aria-invalid": props.isInvalid === true ? "true" : undefined,
        "aria-describedby": props.describedBy,
        "aria-busy": props.isBusy === true ? "true" : undefined,
        disabled: props.isDisabled === true,
        onClick: () => (isOpen ? control.close() : control.open()),
        onBlur: () => isOpen && control.close(),
        onKeyDown: (event: KeyboardEvent) => control.handleKey(event, active),
      },
      chosen.length === 1 && chosen[0]?.lead !== undefined && h("span", null, chosen[0].lead),
      h(
        "span",
        { class: text === "" ? "select-placeholder" : "select-value" },
        text || placeholder,
      ),
      props.isBusy === true ? h("span", { class: "spinner" }) : icon("chevron", 18),
    ),
    isOpen &&
      button.current !== null &&
      h(
        Floating,
        { anchor: { element: button.current }, isAnchorWide: true, onClose: control.close },
        h(Listbox, {
          id: `${id}-list`,
          label: props.label,
          items: markChosen(items, values),
          active,
          isMultiple: max > 1,
          emptyText: "Nothing to choose from",
          onActive: setActive,
          onPick: control.pick,
        }),
      ),
  );
}

function markChosen(items: readonly ListItem[], values: readonly string[]): ListItem[] {
  return items.map((item) =>
    Object.assign(
      { isSelected: values.includes(item.key) },
      item,
      values.includes(item.key) ? { trail: icon("check", 18) } : {},
    ),
  );
}

interface SelectState {
  isOpen: boolean;
  setOpen: (isOpen: boolean) => void;
  setActive: (index: number) => void;
}

interface SelectControl {
  open: () => void;
  close: () => void;
  pick: (index: number) => void;
  handleKey: (event: KeyboardEvent, active: number) => void;
}

function useSelectControl(props: SelectProps, state: SelectState): SelectControl {
  const { items, values, max, min } = props;
  /** The values when the list opened: nothing is told where nothing changed. */
  const before = useRef<readonly string[]>(values);
  const commit = (chosen: readonly string[]): void => {
    state.setOpen(false);
    if (max > 1 && chosen.join("\n") === before.current.join("\n")) return;
    if (chosen.length >= min) props.onCommit?.([...chosen]);
  };
  const open = (): void => {
    // Not disabled meanwhile: the keyboard's place would be lost.
    if (props.isBusy === true) return;
    before.current = values;
    state.setActive(
      Math.max(
        0,
        items.findIndex(({ key }) => values.includes(key)),
      ),
    );
    state.setOpen(true);
  };
  const close = (): void => {
    if (max > 1) commit(values);
    else state.setOpen(false);
  };
  const pick = (index: number): void => {
    const key = items[index]?.key;
    if (key === undefined) return;
    const next = nextValues(values, key, props);
    props.onChange?.(next);
    if (max === 1) commit(next);
  };
  const handleKey = (event: KeyboardEvent, active: number): void => {
    if (!state.isOpen) {
      if (["ArrowDown", "ArrowUp", "Enter", " "].includes(event.key)) {
        event.preventDefault();
        open();
      }
      return;
    }
    const moved =
      moveActive(event.key, active, items.length) ?? typeAhead(event.key, active, items);
    if (moved !== null) state.setActive(moved);
    else if (event.key === "Enter" || event.key === " ") pick(active);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { open, close, pick, handleKey };
}

function nextValues(
  values: readonly string[],
  key: string,
  { max, min }: { max: number; min: number },
): string[] {
  if (max === 1) return values.includes(key) && min === 0 ? [] : [key];
  if (values.includes(key)) return values.filter((value) => value !== key);
  return values.length < max ? [...values, key] : [...values];
}

function typeAhead(key: string, active: number, items: readonly ListItem[]): number | null {
  if (key.length !== 1 || key === " ") return null;
  const letter = key.toLocaleLowerCase();
  for (let step = 1; step <= items.length; step += 1) {
    const index = (active + step) % items.length;
    if (items[index]?.label.toLocaleLowerCase().startsWith(letter) === true) return index;
  }
  return null;
}
