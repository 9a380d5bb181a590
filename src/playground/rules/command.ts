import {
  ApplicationCommandOptionType as OptionType,
  ApplicationCommandType,
  Locale,
} from "discord-api-types/v10";
import { z } from "zod";

import { ApiError } from "./api-error.ts";
import { channelTypes, fileTypes } from "./components.ts";
import {
  distinct,
  FormErrors,
  integer,
  lengthOf,
  list,
  optional,
  orElse,
  parseForm,
  text,
} from "./form.ts";

type Path = readonly PropertyKey[];

/** Of slash commands and their options, from Discord's documentation; letters that have a lower case must be in it. */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const MAX_SIZE = 8000;
const MAX_COMMANDS = [
  { type: ApplicationCommandType.ChatInput, max: 100 },
  { type: ApplicationCommandType.User, max: 15 },
  { type: ApplicationCommandType.Message, max: 15 },
] as const;
const LOCALES = new Set<string>(Object.values(Locale));

const localizations = z
  .record(z.string(), z.string().nullable())
  .refine((given) => Object.keys(given).every((locale) => LOCALES.has(locale)), {
    message: `DICT_TYPE_KEY_INVALID|Keys must be one of (${[...LOCALES].join(", ")}).`,
  })
  .nullish();

const choiceSchema = z.object({
  name: text(1, 100),
  name_localizations: localizations,
  value: z.union([text(0, 100), z.number()]),
});

const optionSchema = z.object({
  type: z.enum(
    OptionType,
    "BASE_TYPE_CHOICES|Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}.",
  ),
  name: z.string(),
  name_localizations: localizations,
  description: text(1, 100),
  description_localizations: localizations,
  required: optional(z.boolean()),
  autocomplete: optional(z.boolean()),
  choices: optional(list(choiceSchema, 0, 25)),
  channel_types: optional(channelTypes),
  min_value: optional(z.number()),
  max_value: optional(z.number()),
  min_length: optional(integer(0, 6000)),
  max_length: optional(integer(1, 6000)),
  file_types: optional(fileTypes),
  get options() {
    return optional(list(optionSchema, 0, 25));
  },
});
type CommandOption = z.infer<typeof optionSchema>;

const commandSchema = z.object({
  name: z.string(),
  name_localizations: localizations,
  type: orElse(
    z.enum(ApplicationCommandType, "BASE_TYPE_CHOICES|Value must be one of {1, 2, 3, 4}."),
    ApplicationCommandType.ChatInput,
  ),
  description: orElse(text(0, 100), ""),
  description_localizations: localizations,
  options: optional(list(optionSchema, 0, 25)),
  default_member_permissions: z
    .string()
    .regex(/^\d{1,20}$/, "NUMBER_TYPE_COERCE|Value is not an integer.")
    .nullish(),
  contexts: optional(distinct(integer(0, 2), 1, 3)),
  integration_types: optional(distinct(integer(0, 1), 1, 2)),
  nsfw: orElse(z.boolean(), false),
});
export type CommandBody = z.infer<typeof commandSchema>;

/** @throws {ApiError} 50035, or 30032 of too many. */
export function parseCommands(value: unknown): CommandBody[] {
  const bodies = parseForm(z.array(z.unknown()), value).map((one, n) => parseCommand(one, [n]));
  const errors = new FormErrors();
  const seen = new Set<string>();
  for (const [index, { type, name }] of bodies.entries())
    if (seen.size === seen.add(`${type} ${name}`).size)
      errors.add(
        [index],
        "APPLICATION_COMMANDS_DUPLICATE_NAME",
        "Application command names must be unique",
      );
  errors.throwIfAny();
  for (const { type, max } of MAX_COMMANDS)
    if (bodies.filter((body) => body.type === type).length > max)
      throw new ApiError(400, 30_032, {
        message: `Maximum number of application commands reached (${max})`,
      });
  return bodies;
}

/** @throws {ApiError} 50035 with every fault. */
export function parseCommand(value: unknown, at: Path): CommandBody {
  const body = parseForm(commandSchema, value, at);
  const errors = new FormErrors();
  const isSlash = body.type === ApplicationCommandType.ChatInput;
  if (isSlash) {
    checkNames(errors, body, { at, code: "APPLICATION_COMMAND_INVALID_NAME" });
    if (body.description === "")
      errors.add([...at, "description"], "BASE_TYPE_REQUIRED", "This field is required");
    checkOptions(errors, body.options ?? [], { at: [...at, "options"], depth: 0 });
  } else {
    checkContextMenu(errors, body, at);
  }
  const size = sizeOf(body);
  if (size > MAX_SIZE)
    errors.add(
      at,
      "APPLICATION_COMMAND_TOO_LARGE",
      `Command exceeds maximum size (${MAX_SIZE}); it has ${size}.`,
    );
  errors.throwIfAny();
  return body;
}

function checkContextMenu(errors: FormErrors, body: CommandBody, at: Path): void {
  const names = [body.name, ...Object.values(body.name_localizations ?? {})];
  if (names.some((name) => name !== null && (lengthOf(name) < 1 || lengthOf(name) > 32)))
    errors.add([...at, "name"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.");
  if (body.description !== "")
    errors.add(
      [...at, "description"],
      "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID",
      "Context menu commands cannot have description",
    );
  if ((body.options?.length ?? 0) > 0)
    errors.add(
      [...at, "options"],
      "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_INVALID",
      "Context menu commands cannot have options",
    );
}

function checkNames(
  errors: FormErrors,
  {
    name,
    name_localizations: localized,
    description_localizations: descriptions,
  }: Pick<CommandBody, "name" | "name_localizations" | "description_localizations">,
  { at, code }: { at: Path; code: string },
): void {
  const isRight = (one: string) => NAME.test(one) && one === one.toLowerCase();
  if (!isRight(name)) errors.add([...at, "name"], code, "Command name is invalid");
  for (const [locale, one] of Object.entries(localized ?? {}))
    if (one !== null && !isRight(one))
      errors.add([...at, "name_localizations", locale], code, "Command name is invalid");
  for (const [locale, one] of Object.entries(descriptions ?? {}))
    if (one !== null && (lengthOf(one) < 1 || lengthOf(one) > 100))
      errors.add(
        [...at, "description_localizations", locale],
        "BASE_TYPE_BAD_LENGTH",
        "Must be between 1 and 100 in length.",
      );
}

/** @param depth - Inside how many subcommands and groups they are. */
function checkOptions(
  errors: FormErrors,
  options: readonly CommandOption[],
  { at, depth }: { at: Path; depth: number },
): void {
  const isNesting = ({ type }: CommandOption) =>
    type === OptionType.Subcommand || type === OptionType.SubcommandGroup;
  const nesting = options.filter(isNesting).length;
  if (nesting > 0 && nesting < options.length)
    errors.add(
      at,
      "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
      "Sub-command and sub-command group option types are mutually exclusive to all other types",
    );
  checkDistinct(errors, options, at);
  let hasOptional = false;
  for (const [index, option] of options.entries()) {
    const path = [...at, index];
    checkNames(errors, option, { at: path, code: "APPLICATION_COMMAND_OPTIONS_NAME_INVALID" });
    if (option.required === true && hasOptional)
      errors.add(
        path,
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        "Required options must be placed before non-required options",
      );
    hasOptional ||= !isNesting(option) && option.required !== true;
    checkOption(errors, option, { path, depth });
    if (isNesting(option))
      checkOptions(errors, option.options ?? [], { at: [...path, "options"], depth: depth + 1 });
  }
}

/** Names differ within each language, and from every default name. */
function checkDistinct(errors: FormErrors, options: readonly CommandOption[], at: Path): void {
  const defaults = options.map(({ name }) => name);
  const locales = new Set(
    options.flatMap(({ name_localizations: names }) => Object.keys(names ?? {})),
  );
  for (const [index, { name }] of options.entries())
    if (defaults.indexOf(name) !== index)
      errors.add(
        [...at, index, "name"],
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        "Option name already exists",
      );
  for (const locale of locales) {
    const localized = options.map(({ name, name_localizations: names }) => names?.[locale] ?? name);
    for (const [index, name] of localized.entries()) {
      const isTaken =
        localized.indexOf(name) !== index || (name !== defaults[index] && defaults.includes(name));
      if (isTaken)
        errors.add(
          [...at, index, "name_localizations", locale],
          "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
          "Option name already exists",
        );
    }
  }
}

function checkOption(
  errors: FormErrors,
  option: CommandOption,
  { path, depth }: { path: Path; depth: number },
): void {
  const { type, choices, autocomplete } = option;
  const isText = type === OptionType.String;
  const isNumber = type === OptionType.Integer || type === OptionType.Number;
  const says = (field: string, code: string, message: string) =>
    errors.add([...path, field], code, message);
  if (type === OptionType.SubcommandGroup && depth > 0)
    says("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Groups cannot be nested");
  if (type === OptionType.Subcommand && depth > 1)
    says("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Subcommands cannot be nested");
  if (((choices?.length ?? 0) > 0 || autocomplete === true) && !isText && !isNumber)
    says(
      "choices",
      "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID",
      "Only strings and numbers may have choices",
    );
  if ((choices?.length ?? 0) > 0 && autocomplete === true)
    says(
      "autocomplete",
      "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES",
      "Autocomplete cannot be used with choices",
    );
  for (const [index, { value }] of (choices ?? []).entries())
    if (isText !== (typeof value === "string"))
      errors.add(
        [...path, "choices", index, "value"],
        "APPLICATION_COMMAND_OPTIONS_CHOICE_VALUE_INVALID",
        "The choice's value is not of the option's type",
      );
  const bounds = [option.min_value, option.max_value];
  if (type === OptionType.Integer && bounds.some((one) => !Number.isInteger(one ?? 0)))
    says("min_value", "NUMBER_TYPE_COERCE", "Value is not int.");
  const isOfRange = (low: unknown, high: unknown) =>
    typeof low !== "number" || typeof high !== "number" || low <= high;
  if (!isOfRange(option.min_value, option.max_value))
    says(
      "min_value",
      "APPLICATION_COMMAND_OPTIONS_MIN_GREATER_THAN_MAX",
      "min_value cannot be greater than max_value",
    );
  if (!isOfRange(option.min_length, option.max_length))
    says(
      "min_length",
      "APPLICATION_COMMAND_OPTIONS_MIN_GREATER_THAN_MAX",
      "min_length cannot be greater than max_length",
    );
}

/** Names, descriptions and values together; of each text the longest translation counts. */
function sizeOf(command: CommandBody | CommandOption): number {
  const longest = (
    original: string,
    localized: Record<string, string | null> | null | undefined,
  ): number =>
    Math.max(
      lengthOf(original),
      ...Object.values(localized ?? {}).map((one) => lengthOf(one ?? "")),
    );
  const choices = "choices" in command ? (command.choices ?? []) : [];
  const own =
    longest(command.name, command.name_localizations) +
    longest(command.description, command.description_localizations);
  const ofChoices = choices.reduce(
    (sum, { name, name_localizations: names, value }) =>
      sum + longest(name, names) + lengthOf(String(value)),
    0,
  );
  const nested = (command.options ?? []).reduce((sum, option) => sum + sizeOf(option), 0);
  return own + ofChoices + nested;
}
