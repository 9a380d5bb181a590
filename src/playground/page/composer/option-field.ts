import { h, type JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { ClientState } from "../../client-api.ts";
import { OptionType } from "../discord.ts";
import { localized } from "../state/world.ts";
import { ownUrl } from "../ui/picture.ts";
import { icon } from "../ui/icons.ts";
import { itemId } from "../ui/listbox.ts";
import type { DraftField } from "./draft.ts";

export interface OptionFieldProps {
  field: DraftField;
  world: ClientState;
  popupId: string;
  isFocused: boolean;
  /** The suggestion that the arrow keys are at, or -1. */
  active: number;
  hasSuggestions: boolean;
  /** The keyboard goes here now. */
  wantsFocus: boolean;
  onFocus: () => void;
  onText: (text: string) => void;
  onFile: (file: File) => void;
  onRemove: (() => void) | null;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** One option of the command: its name and its value, as a pill. */
export function OptionField(props: OptionFieldProps): JSX.Element {
  const { field, world, isFocused, onRemove } = props;
  const name = localized(world, field.option, "name");
  const state = `${isFocused ? "is-focused" : ""} ${field.error === null ? "" : "is-invalid"}`;
  return h(
    "div",
    { class: `option ${state}`, title: field.error ?? undefined },
    h("span", { class: "option-name", "aria-hidden": "true" }, name),
    field.option.type === OptionType.Attachment
      ? h(FileValue, { ...props, name })
      : h(TextValue, { ...props, name }),
    onRemove !== null &&
      h(
        "button",
        {
          type: "button",
          class: "option-remove",
          tabIndex: -1,
          "aria-label": `Remove ${name}`,
          onClick: onRemove,
        },
        icon("close", 14),
      ),
  );
}

type ValueProps = OptionFieldProps & { name: string };

function TextValue(props: ValueProps): JSX.Element {
  const { field, name, popupId, active, hasSuggestions, isFocused } = props;
  const input = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (!props.wantsFocus || input.current === null) return;
    input.current.focus();
    input.current.setSelectionRange(field.text.length, field.text.length);
  }, [props.wantsFocus]);
  const isNumber =
    field.option.type === OptionType.Integer || field.option.type === OptionType.Number;
  return h("textarea", {
    ref: input,
    rows: 1,
    class: "option-input",
    value: field.text,
    spellcheck: false,
    autocomplete: "off",
    inputMode: isNumber ? "decimal" : undefined,
    role: "combobox",
    "aria-label": field.option.required === true ? `${name} (required)` : name,
    "aria-expanded": isFocused && hasSuggestions ? "true" : "false",
    "aria-controls": `${popupId}-list`,
    "aria-describedby": isFocused ? `${popupId}-about` : undefined,
    "aria-activedescendant":
      isFocused && active >= 0 && hasSuggestions ? itemId(`${popupId}-list`, active) : undefined,
    "aria-invalid": field.error === null ? undefined : "true",
    onFocus: props.onFocus,
    // An option is one line, whatever is pasted.
    onInput: (event: Event) =>
      props.onText((event.currentTarget as HTMLTextAreaElement).value.replaceAll(/\s*\n\s*/g, " ")),
    onKeyDown: props.onKeyDown,
  });
}

function FileValue(props: ValueProps): JSX.Element {
  const { field, name } = props;
  const chooser = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (props.wantsFocus) button.current?.focus();
  }, [props.wantsFocus]);
  const { upload } = field;
  const url = upload?.content_type?.startsWith("image/") === true ? ownUrl(upload.url) : null;
  const text = field.isUploading
    ? "Uploading…"
    : (upload?.filename ?? "Choose, drop or paste a file");
  return h(
    "span",
    { class: "option-file" },
    h("input", {
      ref: chooser,
      type: "file",
      hidden: true,
      "aria-label": name,
      onChange: (event: Event) => {
        const [file] = (event.currentTarget as HTMLInputElement).files ?? [];
        if (file !== undefined) props.onFile(file);
      },
    }),
    url !== null && h("img", { src: url, alt: "", width: 24, height: 24 }),
    h(
      "button",
      {
        ref: button,
        type: "button",
        class: "option-file-button",
        "aria-label": `${name}: ${text}`,
        "aria-invalid": field.error === null ? undefined : "true",
        onFocus: props.onFocus,
        onKeyDown: (event: KeyboardEvent) => {
          // Enter and the space bar choose a file; the others are the command's.
          if (event.key !== "Enter" && event.key !== " ") props.onKeyDown(event);
        },
        onClick: () => chooser.current?.click(),
      },
      text,
    ),
  );
}
