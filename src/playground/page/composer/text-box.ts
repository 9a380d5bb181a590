import { h, type JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { type Place, userItems } from "../components/select-items.ts";
import { focusLastMessage } from "../messages/use-message-keys.ts";
import { Floating } from "../ui/floating.ts";
import { itemId, Listbox, type ListItem, moveActive } from "../ui/listbox.ts";
import { type CommandEntry, searchEntries } from "./entries.ts";
import { mentionAt, searchPeople } from "./mentions.ts";

interface TextBoxProps {
  text: string;
  placeholder: string;
  isDisabled: boolean;
  entries: readonly CommandEntry[];
  place: Place;
  anchor: Element | null;
  /** Counts up when the keyboard is to come here. */
  focusSerial: number;
  /** Why there are no commands, for people. */
  emptyText: string;
  onText: (text: string) => void;
  onEntry: (entry: CommandEntry) => void;
  onSend: () => void;
  /** Brings back the command that was used last; false where there is none. */
  onRecall: () => boolean;
}

interface Picker {
  label: string;
  items: readonly ListItem[];
  emptyText?: string;
  pick: (index: number) => void;
}

/** The message box for plain text, with the list of commands after `/` and of people after `@`. */
export function TextBox(props: TextBoxProps): JSX.Element {
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const { picker, active, setActive, setClosed, setCaret } = usePicker(props, input);
  useLayoutEffect(() => {
    if (input.current === null) return;
    input.current.style.height = "auto";
    input.current.style.height = `${input.current.scrollHeight}px`;
  }, [props.text]);
  useLayoutEffect(() => {
    if (props.focusSerial > 0) input.current?.focus();
  }, [props.focusSerial]);
  return h(
    "div",
    { class: "text-box" },
    h("textarea", {
      ref: input,
      rows: 1,
      value: props.text,
      placeholder: props.placeholder,
      disabled: props.isDisabled,
      role: "combobox",
      "aria-label": props.placeholder,
      "aria-autocomplete": "list",
      "aria-expanded": picker === null ? "false" : "true",
      "aria-controls": `${id}-list`,
      "aria-activedescendant":
        picker !== null && picker.items.length > 0 ? itemId(`${id}-list`, active) : undefined,
      onInput: (event: Event) => {
        const box = event.currentTarget as HTMLTextAreaElement;
        setClosed(false);
        setCaret(box.selectionStart);
        props.onText(box.value);
      },
      onKeyDown: (event: KeyboardEvent) =>
        handleKey(event, props, { picker, active, setActive, setClosed }),
      onBlur: () => setClosed(true),
      onFocus: () => setClosed(false),
    }),
    picker !== null &&
      props.anchor !== null &&
      pickerList({ id, picker, active, setActive }, props.anchor),
  );
}

interface PickerState {
  picker: Picker | null;
  /** The item that the arrow keys are at. */
  active: number;
  setActive: (index: number) => void;
  setClosed: (isClosed: boolean) => void;
}

function usePicker(
  props: TextBoxProps,
  input: { current: HTMLTextAreaElement | null },
): PickerState & { setCaret: (caret: number) => void } {
  const [active, setActive] = useState(0);
  const [isClosed, setClosed] = useState(false);
  const [caret, setCaret] = useState(0);
  useLayoutEffect(() => setActive(0), [props.text]);
  const picker = isClosed ? null : pickerFor(props, caret, input);
  return { picker, active, setActive, setClosed, setCaret };
}

function pickerList(
  {
    id,
    picker,
    active,
    setActive,
  }: Pick<PickerState, "active" | "setActive"> & { id: string; picker: Picker },
  anchor: Element,
): JSX.Element {
  return h(
    Floating,
    { anchor: { element: anchor }, side: "above", isAnchorWide: true, class: "picker" },
    h(Listbox, {
      id: `${id}-list`,
      label: picker.label,
      items: picker.items,
      active,
      ...(picker.emptyText !== undefined && { emptyText: picker.emptyText }),
      onActive: setActive,
      onPick: picker.pick,
    }),
  );
}

function handleKey(event: KeyboardEvent, props: TextBoxProps, state: PickerState): void {
  if (event.isComposing) return;
  const { picker, active } = state;
  const count = picker?.items.length ?? 0;
  const moved = isArrow(event.key) ? moveActive(event.key, active, count) : null;
  if (moved !== null) state.setActive(moved);
  else if (picker !== null && count > 0 && isPickKey(event)) picker.pick(active);
  else if (event.key === "Escape" && picker !== null) state.setClosed(true);
  else if (event.key === "Enter" && !event.shiftKey) props.onSend();
  else if (event.key === "ArrowUp" && props.text === "") goUp(props, event);
  else return;
  event.preventDefault();
}

const isArrow = (key: string): boolean => key === "ArrowDown" || key === "ArrowUp";
const isPickKey = ({ key, shiftKey }: KeyboardEvent): boolean =>
  (key === "Enter" || key === "Tab") && !shiftKey;

/** From an empty box: the last command again, or with Shift, or without one, up into the messages. */
function goUp(props: TextBoxProps, event: KeyboardEvent): void {
  if (event.shiftKey || !props.onRecall()) focusLastMessage();
}

function pickerFor(
  props: TextBoxProps,
  caret: number,
  input: { current: HTMLTextAreaElement | null },
): Picker | null {
  const { text, entries, place } = props;
  if (/^\/[^/\n]*$/.test(text)) {
    const found = searchEntries(entries, text.slice(1));
    return {
      label: "Commands",
      items: found.map((entry) => commandItem(entry, place.world.bot.user.username)),
      emptyText: entries.length === 0 ? props.emptyText : "No such command",
      pick: (index) => {
        const entry = found[index];
        if (entry !== undefined) props.onEntry(entry);
      },
    };
  }
  const mention = mentionAt(text, caret);
  if (mention === null) return null;
  const people = searchPeople(userItems(place), mention.query);
  if (people.length === 0) return null;
  return {
    label: "People",
    items: people,
    pick: (index) => {
      const name = people[index]?.label ?? "";
      const before = `${text.slice(0, mention.start)}@${name} `;
      props.onText(before + text.slice(caret));
      requestAnimationFrame(() => input.current?.setSelectionRange(before.length, before.length));
    },
  };
}

function commandItem(
  { commandId, label, fullName, description }: CommandEntry,
  group: string,
): ListItem {
  return { key: `${commandId} ${fullName}`, label: `/${label}`, description, group };
}
