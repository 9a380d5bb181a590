import { type Draft, remainingOptions } from "./draft.ts";

/** The name under which the field for adding options has the keyboard; no option can be called so. */
export const ADD_OPTION = "+";

/** Whether there is a field at the end: to add options, or where there are no options at all, to press Enter in. */
export function hasLastField(draft: Draft): boolean {
  return draft.fields.length === 0 || remainingOptions(draft).length > 0;
}

/** Where the keyboard goes when a command has begun: its first empty field, or the list of options. */
export function firstFocus(draft: Draft): string | null {
  const empty = draft.fields.find(({ text, upload }) => text === "" && upload === null);
  return empty?.option.name ?? draft.fields.at(-1)?.option.name ?? ADD_OPTION;
}
