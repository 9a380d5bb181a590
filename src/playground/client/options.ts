import {
  type APIApplicationCommandOption,
  ApplicationCommandOptionType as T,
} from "discord-api-types/v10";
import { z } from "zod";

import { lengthOf } from "../rules/form.ts";
import { Refusal } from "./refusal.ts";
import type { Resolved } from "./resolved.ts";

/** An option as the page sends it. */
export const givenOptionSchema = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
  get options() {
    return z.array(givenOptionSchema).max(25).optional();
  },
});
export type GivenOption = z.infer<typeof givenOptionSchema>;

/** An option as the bot gets it. */
interface SentOption {
  name: string;
  type: T;
  value?: string | number | boolean;
  focused?: true;
  options?: SentOption[];
}

/** An option's fields, whichever kind it is. */
type Definition = Pick<APIApplicationCommandOption, "name" | "required"> & {
  type: T;
  options?: readonly Definition[];
  choices?: readonly { value: string | number }[];
  channel_types?: readonly number[];
  file_types?: readonly string[];
  autocomplete?: boolean;
  min_value?: number;
  max_value?: number;
  min_length?: number;
  max_length?: number;
};

interface Circumstances {
  resolved: Resolved;
  /** While typing, nothing is required and no value must be right. */
  isAutocomplete: boolean;
}

/** Subcommand names behind the command's, as in "admin quota show". */
export function subcommandNames(options: readonly GivenOption[]): string[] {
  const [only] = options;
  return only?.options === undefined ? [] : [only.name, ...subcommandNames(only.options)];
}

/** Checks what was chosen and typed against the command's definition, as Discord's client and server do. */
export function fillOptions(
  definitions: readonly APIApplicationCommandOption[],
  given: readonly GivenOption[],
  circumstances: Circumstances,
): SentOption[] {
  return fill(definitions, given, circumstances);
}

function fill(
  definitions: readonly Definition[],
  given: readonly GivenOption[],
  circumstances: Circumstances,
): SentOption[] {
  const isNested = definitions.some(({ type }) => type <= T.SubcommandGroup);
  if (isNested && given.length !== 1)
    throw new Refusal(400, "Choose one of the command's subcommands.");
  if (!circumstances.isAutocomplete)
    for (const { name, required } of definitions)
      if (required === true && !given.some((option) => option.name === name))
        throw new Refusal(400, "This option is required. Specify a value.", name);
  return given.map((option) => {
    const definition = definitions.find(({ name }) => name === option.name);
    if (definition === undefined)
      throw new Refusal(400, `The command has no option ${option.name}.`, option.name);
    const { type, name } = definition;
    if (type <= T.SubcommandGroup)
      return {
        name,
        type,
        options: fill(definition.options ?? [], option.options ?? [], circumstances),
      };
    const { value } = option;
    if (value === undefined) throw new Refusal(400, "This option has no value.", name);
    if (option.focused === true && circumstances.isAutocomplete)
      return { name, type, value, focused: true };
    checkValue(definition, value, circumstances);
    return { name, type, value };
  });
}

function checkValue(
  definition: Definition,
  value: string | number | boolean,
  { resolved, isAutocomplete }: Circumstances,
): void {
  const { name } = definition;
  const refuse = (message: string) => {
    throw new Refusal(400, message, name);
  };
  if (!isOfType(definition.type, value)) return refuse("This value is not of the option's kind.");
  if (isAutocomplete) return undefined;
  const { choices = [], autocomplete } = definition;
  if (choices.length > 0 && autocomplete !== true && !choices.some((one) => one.value === value))
    return refuse("Choose one of the values that are offered.");
  if (typeof value === "number") {
    if (value < (definition.min_value ?? -(2 ** 53)))
      return refuse(`Enter a number of at least ${definition.min_value}.`);
    if (value > (definition.max_value ?? 2 ** 53))
      return refuse(`Enter a number of at most ${definition.max_value}.`);
  }
  if (definition.type === T.String && typeof value === "string") {
    const length = lengthOf(value);
    if (length < (definition.min_length ?? 0))
      return refuse(`Write at least ${definition.min_length} characters.`);
    if (length > (definition.max_length ?? 6000))
      return refuse(`Write at most ${definition.max_length ?? 6000} characters.`);
  }
  if (typeof value === "string") resolve(definition, value, resolved);
  return undefined;
}

function resolve(definition: Definition, id: string, resolved: Resolved): void {
  switch (definition.type) {
    case T.User:
      return resolved.addUser(id);
    case T.Role:
      return resolved.addRole(id);
    case T.Mentionable:
      return resolved.addMentionable(id);
    case T.Channel:
      return resolved.addChannel(id, definition.channel_types);
    case T.Attachment:
      return resolved.addAttachment(id, definition.file_types);
    case T.String:
    case T.Integer:
    case T.Number:
    case T.Boolean:
    case T.Subcommand:
    case T.SubcommandGroup:
      return undefined;
  }
}

function isOfType(type: T, value: string | number | boolean): boolean {
  if (type === T.Boolean) return typeof value === "boolean";
  if (type === T.Integer) return Number.isSafeInteger(value);
  if (type === T.Number) return typeof value === "number" && Number.isFinite(value);
  return typeof value === "string";
}
