import { h, type JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import type { Place } from "../components/select-items.ts";
import { localized } from "../state/world.ts";
import { itemId, moveActive } from "../ui/listbox.ts";
import {
  addField,
  changeField,
  type Draft,
  type DraftField,
  remainingOptions,
  removeField,
} from "./draft.ts";
import { ADD_OPTION } from "./first-focus.ts";
import { OptionField } from "./option-field.ts";
import { MoreOptionsPopup, OptionPopup } from "./option-popup.ts";
import { isListed } from "./suggest.ts";
import { useSuggestions } from "./use-suggestions.ts";

interface CommandFormProps {
  draft: Draft;
  place: Place;
  /** The option that has the keyboard, or {@link ADD_OPTION}. */
  focused: string | null;
  setFocused: (name: string | null) => void;
  onDraft: (draft: Draft) => void;
  onSubmit: () => void;
  onCancel: () => void;
  onFile: (optionName: string, file: File) => void;
  anchor: Element | null;
}

/** The command's name and its options, in place of the text box. */
export function CommandForm(props: CommandFormProps): JSX.Element {
  const { draft, place, focused, anchor } = props;
  const popupId = useId();
  const field = draft.fields.find(({ option }) => option.name === focused) ?? null;
  const { suggestions, note } = useSuggestions(draft, field, place);
  const [active, setActive] = useState(0);
  const [isHidden, setHidden] = useState(false);
  const shown = isHidden || (field?.chosen ?? null) !== null ? [] : suggestions;
  useEffect(() => {
    // Free text is not to be replaced by the Enter that sends it.
    setActive(field !== null && (isListed(field.option) || field.text !== "") ? 0 : -1);
    setHidden(false);
  }, [focused, field?.text]);
  const control = { props, field, shown, active, setActive, setHidden };
  return h(
    "div",
    { class: "command-form", role: "group", "aria-label": `Command ${draft.entry.label}` },
    h("span", { class: "command-name" }, `/${draft.entry.label}`),
    draft.fields.map((one) => optionField(control, one, popupId)),
    remainingOptions(draft).length > 0 && h(AddOption, { ...props }),
    field !== null &&
      anchor !== null &&
      h(OptionPopup, {
        id: popupId,
        anchor,
        field,
        world: place.world,
        suggestions: shown,
        note,
        active,
        onActive: setActive,
        onPick: (index) => pick(control, index),
      }),
  );
}

interface Control {
  props: CommandFormProps;
  field: DraftField | null;
  shown: ReturnType<typeof useSuggestions>["suggestions"];
  active: number;
  setActive: (index: number) => void;
  setHidden: (isHidden: boolean) => void;
}

function optionField(control: Control, one: DraftField, popupId: string): JSX.Element {
  const { props, shown, active } = control;
  const { draft, focused, onDraft, setFocused } = props;
  const { name } = one.option;
  const isFocused = focused === name;
  const change = (fresh: Partial<DraftField>): void => onDraft(changeField(draft, name, fresh));
  return h(OptionField, {
    key: name,
    field: one,
    world: props.place.world,
    popupId,
    isFocused,
    active,
    hasSuggestions: shown.length > 0,
    wantsFocus: isFocused,
    onFocus: () => setFocused(name),
    onText: (text) => change({ text, chosen: null, error: null }),
    onFile: (file) => props.onFile(name, file),
    onRemove: one.option.required === true ? null : () => remove(props, name),
    onKeyDown: (event) => handleKey(control, one, event),
  });
}

/** Chooses a suggestion and goes on to the next field. */
function pick({ props, field, shown }: Control, index: number): void {
  const suggestion = shown[index];
  if (suggestion === undefined || field === null) return;
  const { name } = field.option;
  const { value, text } = suggestion;
  const draft = changeField(props.draft, name, { chosen: value, text, error: null });
  props.onDraft(draft);
  goOn(props, draft, name);
}

function goOn(props: CommandFormProps, draft: Draft, name: string): void {
  const at = draft.fields.findIndex(({ option }) => option.name === name);
  const next = draft.fields
    .slice(at + 1)
    .find(({ text, upload }) => text === "" && upload === null);
  const last = remainingOptions(draft).length > 0 ? ADD_OPTION : name;
  props.setFocused(next?.option.name ?? last);
}

function remove(props: CommandFormProps, name: string): void {
  const { draft } = props;
  const at = draft.fields.findIndex(({ option }) => option.name === name);
  props.onDraft(removeField(draft, name));
  props.setFocused(draft.fields[at - 1]?.option.name ?? ADD_OPTION);
}

function handleKey(control: Control, one: DraftField, event: KeyboardEvent): void {
  if (event.isComposing) return;
  const { props, shown, active } = control;
  const isChoosing = shown.length > 0 && active >= 0;
  const moved = ["ArrowDown", "ArrowUp"].includes(event.key)
    ? moveActive(event.key, active, shown.length)
    : null;
  if (moved !== null) control.setActive(moved);
  else if (event.key === "Enter") {
    if (isChoosing) pick(control, active);
    else props.onSubmit();
  } else if (event.key === "Tab" && !event.shiftKey && isChoosing) pick(control, active);
  else if (event.key === "Escape") {
    if (shown.length > 0) control.setHidden(true);
    else props.onCancel();
  } else if (event.key === "Backspace" && one.text === "") removeByKey(props, one);
  else return;
  event.preventDefault();
}

/** Backspace in an empty field takes the field away; the first one, the command. */
function removeByKey(props: CommandFormProps, { option }: DraftField): void {
  if (option.required !== true) remove(props, option.name);
  else if (props.draft.fields[0]?.option.name === option.name) props.onCancel();
}

/** The field at the end, where further options are found by name. */
function AddOption(props: CommandFormProps): JSX.Element {
  const { draft, place, focused, setFocused, anchor } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(-1);
  const isFocused = focused === ADD_OPTION;
  const all = remainingOptions(draft);
  const found = all.filter((option) =>
    localized(place.world, option, "name")
      .toLocaleLowerCase()
      .startsWith(query.toLocaleLowerCase()),
  );
  useEffect(() => {
    if (isFocused) input.current?.focus();
  }, [isFocused]);
  const choose = (index: number): void => {
    const option = found[index];
    if (option === undefined) return;
    setQuery("");
    setActive(-1);
    props.onDraft(addField(draft, option));
    setFocused(option.name);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moved = ["ArrowDown", "ArrowUp"].includes(event.key)
      ? moveActive(event.key, active, found.length)
      : null;
    if (moved !== null) setActive(moved);
    else if (event.key === "Enter" || (event.key === "Tab" && active >= 0 && !event.shiftKey)) {
      if (active >= 0) choose(active);
      else props.onSubmit();
    } else if (event.key === "Escape") props.onCancel();
    else if (event.key === "Backspace" && query === "")
      setFocused(draft.fields.at(-1)?.option.name ?? null);
    else return;
    event.preventDefault();
  };
  return h(
    "div",
    { class: "option-add" },
    h("input", {
      ref: input,
      value: query,
      placeholder: `+ ${all.length} optional`,
      autocomplete: "off",
      spellcheck: false,
      role: "combobox",
      "aria-label": `Add an option (${all.length} more)`,
      "aria-expanded": isFocused ? "true" : "false",
      "aria-controls": `${id}-list`,
      "aria-activedescendant": active >= 0 ? itemId(`${id}-list`, active) : undefined,
      onFocus: () => setFocused(ADD_OPTION),
      onInput: (event: Event) => {
        const { value } = event.currentTarget as HTMLInputElement;
        setQuery(value);
        setActive(value === "" ? -1 : 0);
      },
      onKeyDown,
    }),
    isFocused &&
      anchor !== null &&
      h(MoreOptionsPopup, {
        id,
        anchor,
        options: found,
        world: place.world,
        active,
        onActive: setActive,
        onPick: choose,
      }),
  );
}
