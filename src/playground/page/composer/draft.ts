/** A slash command that is being filled in. */
import type {
  APIApplicationCommandBasicOption,
  APIApplicationCommandInteractionDataOption,
} from "discord-api-types/v10";

import type { ClientAttachment } from "../../client-api.ts";
import { OptionType } from "../discord.ts";
import type { CommandEntry } from "./entries.ts";

export type OptionValue = string | number | boolean;

export interface DraftField {
  option: APIApplicationCommandBasicOption;
  /** What stands in the field. */
  text: string;
  /** What was chosen from a list; goes when the text is changed. */
  chosen: OptionValue | null;
  upload: ClientAttachment | null;
  isUploading: boolean;
  error: string | null;
}

export interface Draft {
  entry: CommandEntry;
  fields: readonly DraftField[];
}

/** What Discord allows for a text that sets no limit of its own. */
const MAX_TEXT = 6000;

function newField(option: APIApplicationCommandBasicOption): DraftField {
  return { option, text: "", chosen: null, upload: null, isUploading: false, error: null };
}

/** With the fields that are required, and a text that was typed already in the first that takes one. */
export function startDraft(entry: CommandEntry, rest = ""): Draft {
  const required = entry.options.filter((option) => option.required === true).map(newField);
  if (rest.trim() === "") return { entry, fields: required };
  const isText = ({ option }: DraftField): boolean =>
    option.type === OptionType.String && !("choices" in option && option.choices !== undefined);
  const first = entry.options.find((option) => isText(newField(option)));
  const fields =
    required.some(isText) || first === undefined ? required : [...required, newField(first)];
  const at = fields.findIndex(isText);
  const field = fields[at];
  return {
    entry,
    fields: field === undefined ? fields : fields.with(at, { ...field, text: rest }),
  };
}

/** Options that are not among the fields yet. */
export function remainingOptions({ entry, fields }: Draft): APIApplicationCommandBasicOption[] {
  const used = new Set(fields.map(({ option }) => option.name));
  return entry.options.filter(({ name }) => !used.has(name));
}

export function changeField(draft: Draft, name: string, change: Partial<DraftField>): Draft {
  return {
    ...draft,
    fields: draft.fields.map((field) =>
      field.option.name === name ? { ...field, ...change } : field,
    ),
  };
}

export function addField(draft: Draft, option: APIApplicationCommandBasicOption): Draft {
  if (draft.fields.some((field) => field.option.name === option.name)) return draft;
  return { ...draft, fields: [...draft.fields, newField(option)] };
}

export function removeField(draft: Draft, name: string): Draft {
  return { ...draft, fields: draft.fields.filter(({ option }) => option.name !== name) };
}

type Checked = { value: OptionValue } | { error: string } | null;

/** The field's value, what is wrong with it, or null where it is left empty. */
function checkField(field: DraftField): Checked {
  const { option, text, chosen, upload } = field;
  if (option.type === OptionType.Attachment) {
    if (upload !== null) return { value: upload.id };
    if (field.isUploading) return { error: "This file is still being uploaded." };
    return option.required === true ? { error: "Choose a file." } : null;
  }
  if (chosen !== null) return { value: chosen };
  if (text.trim() === "")
    return option.required === true ? { error: "This option is required." } : null;
  return checkText(option, text);
}

function checkText(option: APIApplicationCommandBasicOption, text: string): Checked {
  if ("choices" in option && option.choices !== undefined && option.choices.length > 0)
    return { error: "Choose one from the list." };
  if (option.type === OptionType.String)
    return checkLength(text, option.min_length ?? 0, option.max_length ?? MAX_TEXT);
  if (option.type === OptionType.Integer || option.type === OptionType.Number)
    return checkNumber(text, {
      isWhole: option.type === OptionType.Integer,
      min: option.min_value,
      max: option.max_value,
    });
  return {
    error:
      option.type === OptionType.Boolean ? "Choose True or False." : "Choose one from the list.",
  };
}

function checkLength(text: string, min: number, max: number): Checked {
  if (text.length < min) return { error: `Write at least ${min} characters.` };
  if (text.length > max) return { error: `Write at most ${max} characters (now ${text.length}).` };
  return { value: text };
}

interface NumberRange {
  isWhole: boolean;
  min: number | undefined;
  max: number | undefined;
}

function checkNumber(text: string, { isWhole, min, max }: NumberRange): Checked {
  const value = Number(text.trim().replace(",", "."));
  if (!Number.isFinite(value)) return { error: "Write a number." };
  if (isWhole && !Number.isSafeInteger(value)) return { error: "Write a whole number." };
  if (min !== undefined && value < min) return { error: `Write a number from ${min} up.` };
  if (max !== undefined && value > max) return { error: `Write a number up to ${max}.` };
  return { value };
}

/** The draft with each field's fault marked; `isComplete` when there is none. */
export function checkDraft(draft: Draft): { draft: Draft; isComplete: boolean } {
  const fields = draft.fields.map((field) => {
    const checked = checkField(field);
    return { ...field, error: checked !== null && "error" in checked ? checked.error : null };
  });
  return { draft: { ...draft, fields }, isComplete: fields.every(({ error }) => error === null) };
}

type Sent = APIApplicationCommandInteractionDataOption;

/** As Discord's client sends them. With `focused`, as for autocomplete: faulty fields are left out, that one is text. */
export function toOptions({ entry, fields }: Draft, focused?: string): Sent[] {
  const values = fields.flatMap((field): object[] => {
    const { name, type } = field.option;
    if (name === focused) return [{ name, type, value: field.text, focused: true }];
    const checked = checkField(field);
    return checked !== null && "value" in checked ? [{ name, type, value: checked.value }] : [];
  });
  const nested = entry.path.reduceRight<object[]>(
    (inner, { type, name }) => [{ type, name, options: inner }],
    values,
  );
  return nested as Sent[];
}
