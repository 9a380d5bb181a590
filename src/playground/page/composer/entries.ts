/** Slash commands as the picker lists them: one line for each that can be run, subcommands of their own. */
import type {
  APIApplicationCommand,
  APIApplicationCommandBasicOption,
  APIApplicationCommandOption,
} from "discord-api-types/v10";

import type { ClientChannel, ClientState } from "../../client-api.ts";
import { CommandType, OptionType } from "../discord.ts";
import { commandsIn, localized } from "../state/world.ts";

export interface CommandEntry {
  commandId: string;
  /** The names below the command: none, a subcommand, or a group and a subcommand. */
  path: readonly { type: 1 | 2; name: string }[];
  /** Such as `admin quota show`, as registered. */
  fullName: string;
  /** The same in the acting user's language. */
  label: string;
  description: string;
  options: readonly APIApplicationCommandBasicOption[];
}

export function commandEntries(world: ClientState, channel: ClientChannel | null): CommandEntry[] {
  return commandsIn(world, channel)
    .filter(({ type }) => type === CommandType.ChatInput)
    .flatMap((command) => entriesOf(command, world));
}

function entriesOf(command: APIApplicationCommand, world: ClientState): CommandEntry[] {
  const base: CommandEntry = {
    commandId: command.id,
    path: [],
    fullName: command.name,
    label: localized(world, command, "name"),
    description: localized(world, command, "description"),
    options: [],
  };
  return leaves(base, command.options ?? [], world);
}

function leaves(
  entry: CommandEntry,
  options: readonly APIApplicationCommandOption[],
  world: ClientState,
): CommandEntry[] {
  const inner = options.filter(
    (option) => option.type === OptionType.Subcommand || option.type === OptionType.SubcommandGroup,
  );
  if (inner.length === 0)
    return [{ ...entry, options: options as readonly APIApplicationCommandBasicOption[] }];
  return inner.flatMap((option) =>
    leaves(
      {
        ...entry,
        path: [...entry.path, { type: option.type, name: option.name }],
        fullName: `${entry.fullName} ${option.name}`,
        label: `${entry.label} ${localized(world, option, "name")}`,
        description: localized(world, option, "description"),
      },
      option.options ?? [],
      world,
    ),
  );
}

/** Those that fit what is typed after the slash: beginnings first, then words within, in the bot's own order. */
export function searchEntries(entries: readonly CommandEntry[], query: string): CommandEntry[] {
  const wanted = query.trim().toLocaleLowerCase();
  if (wanted === "") return [...entries];
  const rank = ({ label, fullName }: CommandEntry): number => {
    const names = [label.toLocaleLowerCase(), fullName];
    if (names.some((name) => name.startsWith(wanted))) return 0;
    if (names.some((name) => name.split(/[ -]/).some((word) => word.startsWith(wanted)))) return 1;
    return names.some((name) => name.includes(wanted)) ? 2 : 3;
  };
  return entries
    .map((entry) => ({ entry, order: rank(entry) }))
    .filter(({ order }) => order < 3)
    .toSorted((a, b) => a.order - b.order)
    .map(({ entry }) => entry);
}

/** The command that a text like `/imagine a red apple` has spelled out, and what follows it. */
export function spelledEntry(
  entries: readonly CommandEntry[],
  text: string,
): { entry: CommandEntry; rest: string } | null {
  if (!text.startsWith("/")) return null;
  for (const entry of entries)
    for (const name of [entry.label, entry.fullName])
      if (text.toLocaleLowerCase().startsWith(`/${name.toLocaleLowerCase()} `))
        return { entry, rest: text.slice(name.length + 2) };
  return null;
}
