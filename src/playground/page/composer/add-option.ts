import type { APIApplicationCommandBasicOption } from "discord-api-types/v10";
import { h, type JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { localized } from "../state/world.ts";
import { itemId, moveActive } from "../ui/listbox.ts";
import type { CommandFormProps } from "./command-form.ts";
import { addField, remainingOptions } from "./draft.ts";
import { ADD_OPTION } from "./first-focus.ts";
import { MoreOptionsPopup } from "./option-popup.ts";

/** The field at the end of a command, where further options are found by name. */
export function AddOption(props: CommandFormProps): JSX.Element {
  const { place, focused, anchor } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const isFocused = focused === ADD_OPTION;
  const search = useOptionSearch(props);
  const { all, found, active } = search;
  useLayoutEffect(() => {
    if (isFocused) input.current?.focus();
  }, [isFocused]);
  return h(
    "div",
    { class: "option-add" },
    h("input", {
      ref: input,
      value: search.query,
      placeholder: all.length === 0 ? "Press Enter to send" : `+ ${all.length} optional`,
      readOnly: all.length === 0,
      autocomplete: "off",
      spellcheck: false,
      role: "combobox",
      "aria-label": all.length === 0 ? "Press Enter to send" : `Add an option (${all.length} more)`,
      "aria-expanded": isFocused ? "true" : "false",
      "aria-controls": `${id}-list`,
      "aria-activedescendant": active >= 0 ? itemId(`${id}-list`, active) : undefined,
      onFocus: () => props.setFocused(ADD_OPTION),
      onInput: (event: Event) => search.setQuery((event.currentTarget as HTMLInputElement).value),
      onKeyDown: (event: KeyboardEvent) => handleKey(event, props, search),
    }),
    isFocused &&
      anchor !== null &&
      all.length > 0 &&
      h(MoreOptionsPopup, {
        id,
        anchor,
        options: found,
        world: place.world,
        active,
        onActive: search.setActive,
        onPick: search.choose,
      }),
  );
}

interface OptionSearch {
  query: string;
  all: readonly APIApplicationCommandBasicOption[];
  found: readonly APIApplicationCommandBasicOption[];
  /** -1: none, so that Enter sends the command. */
  active: number;
  setQuery: (query: string) => void;
  setActive: (index: number) => void;
  choose: (index: number) => void;
}

function useOptionSearch({ draft, place, onDraft, setFocused }: CommandFormProps): OptionSearch {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(-1);
  const all = remainingOptions(draft);
  const wanted = query.toLocaleLowerCase();
  const found = all.filter((option) =>
    localized(place.world, option, "name").toLocaleLowerCase().startsWith(wanted),
  );
  const change = (text: string): void => {
    setQuery(text);
    setActive(text === "" ? -1 : 0);
  };
  return {
    query,
    all,
    found,
    active,
    setQuery: change,
    setActive,
    choose: (index) => {
      const option = found[index];
      if (option === undefined) return;
      change("");
      onDraft(addField(draft, option));
      setFocused(option.name);
    },
  };
}

function handleKey(event: KeyboardEvent, props: CommandFormProps, search: OptionSearch): void {
  const { active, found } = search;
  const moved = ["ArrowDown", "ArrowUp"].includes(event.key)
    ? moveActive(event.key, active, found.length)
    : null;
  if (moved !== null) search.setActive(moved);
  else if (event.key === "Enter" && active < 0) props.onSubmit();
  else if (event.key === "Enter") search.choose(active);
  else if (event.key === "Tab" && active >= 0 && !event.shiftKey) search.choose(active);
  else if (event.key === "Escape") props.onCancel();
  else if (event.key === "Backspace" && search.query === "") goBack(props);
  else return;
  event.preventDefault();
}

/** To the field before, or out of a command that has none. */
function goBack({ draft, setFocused, onCancel }: CommandFormProps): void {
  const last = draft.fields.at(-1);
  if (last === undefined) onCancel();
  else setFocused(last.option.name);
}
