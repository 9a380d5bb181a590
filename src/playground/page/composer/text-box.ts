import { h, type JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

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
  const [active, setActive] = useState(0);
  const [isClosed, setClosed] = useState(false);
  const [caret, setCaret] = useState(0);
  const picker = isClosed ? null : pickerFor(props, caret, input);
  useEffect(() => setActive(0), [props.text]);
  useLayoutEffect(() => {
    if (input.current === null) return;
    input.current.style.height = "auto";
    input.current.style.height = `${input.current.scrollHeight}px`;
  }, [props.text]);
  useEffect(() => {
    if (props.focusSerial > 0) input.current?.focus();
  }, [props.focusSerial]);
  const onInput = (): void => {
    const box = input.current;
    if (box === null) return;
    setClosed(false);
    setCaret(box.selectionStart);
    props.onText(box.value);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const moved =
      picker === null || !isArrow(event.key)
        ? null
        : moveActive(event.key, active, picker.items.length);
    if (moved !== null) setActive(moved);
    else if (picker !== null && picker.items.length > 0 && isPickKey(event)) picker.pick(active);
    else if (event.key === "Escape" && picker !== null) setClosed(true);
    else if (event.key === "Enter" && !event.shiftKey) props.onSend();
    else if (event.key !== "ArrowUp" || props.text !== "" || !goUp(props, event)) return;
    event.preventDefault();
  };
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
      onInput,
      onKeyDown,
      onBlur: () => setClosed(true),
      onFocus: () => setClosed(false),
    }),
    picker !== null &&
      props.anchor !== null &&
      h(
        Floating,
        { anchor: { element: props.anchor }, side: "above", isAnchorWide: true, class: "picker" },
        h(Listbox, {
          id: `${id}-list`,
          label: picker.label,
          items: picker.items,
          active,
          ...(picker.emptyText !== undefined && { emptyText: picker.emptyText }),
          onActive: setActive,
          onPick: picker.pick,
        }),
      ),
  );
}

const isArrow = (key: string): boolean => key === "ArrowDown" || key === "ArrowUp";
const isPickKey = ({ key, shiftKey }: KeyboardEvent): boolean =>
  (key === "Enter" || key === "Tab") && !shiftKey;

/** From an empty box: the last command again, or with Shift up into the messages. */
function goUp(props: TextBoxProps, event: KeyboardEvent): boolean {
  if (!event.shiftKey && props.onRecall()) return true;
  focusLastMessage();
  return true;
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
