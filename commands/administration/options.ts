import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandGroupOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ChannelType,
  type ChatInputCommandInteraction,
} from "discord.js";

import { QUOTA_PERIODS } from "../../src/db/schema.ts";
import { named, titled } from "../../src/discord/localize.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import type { QuotaPeriod } from "../../src/quota/quota.ts";

type Names = Parameters<typeof named>[0];
type Need = { readonly required?: boolean };

/** One command of a group, or of the whole. */
export function subcommand(
  name: Names,
  options: readonly APIApplicationCommandBasicOption[] = [],
): APIApplicationCommandSubcommandOption {
  return {
    type: ApplicationCommandOptionType.Subcommand,
    ...named(name),
    options: [...options],
  };
}

export function group(
  name: Names,
  options: readonly APIApplicationCommandSubcommandOption[],
): APIApplicationCommandSubcommandGroupOption {
  return {
    type: ApplicationCommandOptionType.SubcommandGroup,
    ...named(name),
    options: [...options],
  };
}

export function user({ required = false }: Need = {}): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.User, ...named("option.user"), required };
}

export function role({ required = false }: Need = {}): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.Role, ...named("option.role"), required };
}

export function channel(): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.Channel,
    ...named("option.channel"),
    required: true,
    channel_types: [
      ChannelType.GuildText,
      ChannelType.GuildAnnouncement,
      ChannelType.GuildForum,
      ChannelType.GuildVoice,
      ChannelType.PublicThread,
      ChannelType.PrivateThread,
    ],
  };
}

export function text(
  name: Names,
  { required = false, max = 200 }: Need & { readonly max?: number } = {},
): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.String,
    ...named(name),
    required,
    min_length: 1,
    max_length: max,
  };
}

/** A text that completes itself while it is typed. */
export function completed(
  name: Names,
  { required = true }: Need = {},
): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.String,
    ...named(name),
    required,
    autocomplete: true,
  };
}

export function whole(
  name: Names,
  { required = false, min, max }: Need & { readonly min: number; readonly max: number },
): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.Integer,
    ...named(name),
    required,
    min_value: min,
    max_value: max,
  };
}

/** A flag; the option says what it means to be on. */
export function flag(
  name: Names,
  { required = true }: Need = {},
): APIApplicationCommandBasicOption {
  return { type: ApplicationCommandOptionType.Boolean, ...named(name), required };
}

/** Credits that a limit or a grant may have; a thousandth is the least that anything costs. */
const MAX_CREDITS = 1_000_000;

export function credits({
  min,
  required = false,
}: Need & { min: number }): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.Number,
    ...named("option.credits"),
    required,
    min_value: min,
    max_value: MAX_CREDITS,
  };
}

/** What somebody typed as credits, in thousandths. */
export function millicredits(typed: number): number {
  return Math.round(typed * 1000);
}

/** @throws {Refusal} `refusal.limit-needed` unless either credits or no limit were chosen, so that none goes unsaid */
export function readLimit(
  options: Pick<ChatInputCommandInteraction["options"], "getNumber" | "getBoolean">,
): number | null {
  const typed = options.getNumber("credits");
  const isUnlimited = options.getBoolean("no-limit") === true;
  if ((typed === null) !== isUnlimited) throw new Refusal("refusal.limit-needed");
  return typed === null ? null : millicredits(typed);
}

export function period(): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.String,
    ...named("option.period"),
    required: true,
    choices: QUOTA_PERIODS.map((value) => ({ ...titled(`choice.period.${value}`), value })),
  };
}

/** What the option of {@link period} holds: Discord gives one of its choices. */
export function readPeriod(value: string): QuotaPeriod {
  const found = QUOTA_PERIODS.find((name) => name === value);
  if (found === undefined) throw new RangeError(`${value} is no period`);
  return found;
}

/** How long a block lasts, in minutes. */
export function duration({ required = false }: Need = {}): APIApplicationCommandBasicOption {
  return {
    type: ApplicationCommandOptionType.Integer,
    ...named("option.duration"),
    required,
    choices: [
      { ...titled("choice.duration.minutes"), value: 10 },
      { ...titled("choice.duration.hour"), value: 60 },
      { ...titled("choice.duration.day"), value: 1440 },
      { ...titled("choice.duration.week"), value: 10_080 },
      { ...titled("choice.duration.month"), value: 43_200 },
    ],
  };
}

/** When a block of so many minutes ends; null: not by itself. */
export function endOf(minutes: number | null): Date | null {
  return minutes === null ? null : new Date(Date.now() + minutes * 60_000);
}
