import { h, type JSX } from "preact";
import { useId, useLayoutEffect, useState } from "preact/hooks";

import type { Place } from "../components/select-items.ts";
import { moveActive } from "../ui/listbox.ts";
import {
  changeField,
  type Draft,
  type DraftField,
  remainingOptions,
  removeField,
} from "./draft.ts";
import { ADD_OPTION, hasLastField } from "./first-focus.ts";
import { AddOption } from "./add-option.ts";
import { OptionField } from "./option-field.ts";
import { OptionPopup } from "./option-popup.ts";
import { isListed, type Suggestion } from "./suggest.ts";
import { useSuggestions } from "./use-suggestions.ts";

export interface CommandFormProps {
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
  const shown = isHidden ? [] : suggestions;
  useLayoutEffect(() => {
    // Free text is not to be replaced by the Enter that sends it.
    setActive(field !== null && (isListed(field.option) || field.text !== "") ? 0 : -1);
    // What was chosen needs no list; the arrow keys bring it back.
    setHidden((field?.chosen ?? null) !== null);
  }, [focused, field?.text]);
  const control = { props, field, suggestions, shown, active, setActive, setHidden };
  return h(
    "div",
    { class: "command-form", role: "group", "aria-label": `Command ${draft.entry.label}` },
    h("span", { class: "command-name" }, `/${draft.entry.label}`),
    draft.fields.map((one) => optionField(control, one, popupId)),
    hasLastField(draft) && h(AddOption, { ...props }),
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
  suggestions: readonly Suggestion[];
  /** Those of them that are on the screen. */
  shown: readonly Suggestion[];
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
  else if (event.key === "ArrowDown" && shown.length === 0) reopen(control, one);
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

/** The list again, at what was chosen. */
function reopen({ suggestions, setActive, setHidden }: Control, { chosen }: DraftField): void {
  setActive(
    Math.max(
      0,
      suggestions.findIndex(({ value }) => value === chosen),
    ),
  );
  setHidden(false);
}

/** Backspace in an empty field takes the field away; the first one, the command. */
function removeByKey(props: CommandFormProps, { option }: DraftField): void {
  if (option.required !== true) remove(props, option.name);
  else if (props.draft.fields[0]?.option.name === option.name) props.onCancel();
}
