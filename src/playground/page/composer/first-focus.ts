import { type Draft, remainingOptions } from "./draft.ts";

/** The name under which the field for adding options has the keyboard; no option can be called so. */
export const ADD_OPTION = "+";

/** Where the keyboard goes when a command has begun: its first empty field, or the list of options. */
export function firstFocus(draft: Draft): string | null {
  const empty = draft.fields.find(({ text, upload }) => text === "" && upload === null);
  if (empty !== undefined) return empty.option.name;
  const last = draft.fields.at(-1)?.option.name ?? null;
  return last ?? (remainingOptions(draft).length > 0 ? ADD_OPTION : null);
}
