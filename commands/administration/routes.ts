import type { AutocompleteInteraction, ChatInputCommandInteraction } from "discord.js";

import type { Choice, Context } from "../../src/discord/command.ts";

export type Route = (interaction: ChatInputCommandInteraction, context: Context) => Promise<void>;
export type Completion = (
  interaction: AutocompleteInteraction,
  context: Context,
) => Promise<readonly Choice[]>;

/** Handlers by `group command`, or `command` alone. */
export type Routes<Handler> = Readonly<Record<string, Handler>>;

/** The handler of a big command's part; that there is one for each is held by a test. */
export function route<Handler>(
  { options }: ChatInputCommandInteraction | AutocompleteInteraction,
  routes: Routes<Handler>,
): Handler {
  const name = [options.getSubcommandGroup(false), options.getSubcommand()]
    .filter((part) => part !== null)
    .join(" ");
  const handler = routes[name];
  if (handler === undefined) throw new Error(`There is no handler for ${name}`);
  return handler;
}

/** The choices whose name holds what is typed. */
export function matching(
  { options }: AutocompleteInteraction,
  choices: readonly Choice[],
): readonly Choice[] {
  const typed = options.getFocused().trim().toLowerCase();
  return choices.filter(({ name }) => name.toLowerCase().includes(typed));
}
