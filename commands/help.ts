import { ApplicationCommandType } from "discord.js";

import type { SlashCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { messageOf, noteCard } from "../src/discord/reply.ts";
import { type MessageKey, translate } from "../src/i18n/translate.ts";

/** The commands that the text names. */
const NAMED = {
  imagine: ["imagine"],
  queue: ["queue"],
  quota: ["quota"],
  history: ["history"],
  privacyExport: ["privacy", "export"],
  privacyDelete: ["privacy", "delete"],
  about: ["about"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

/** `/help`. */
export const help: SlashCommand = {
  kind: "slash",
  data: { type: ApplicationCommandType.ChatInput, ...named("help"), ...EVERYWHERE },
  acknowledge: "private",
  execute: async (interaction, { commandIds }) => {
    const { locale } = interaction;
    const mentions = Object.entries(NAMED).map(([name, path]) => {
      const id = commandIds().get(path[0]);
      return [name, id === undefined ? nameOf(path, locale) : `</${path.join(" ")}:${id}>`];
    });
    const content = translate(locale, "help.text", Object.fromEntries(mentions));
    await interaction.editReply(messageOf(noteCard(content)));
  },
};

/** As it is typed, where Discord's id of it is not known: a mention would open it by a click. */
function nameOf(path: readonly string[], locale: string): string {
  const names = path.map((_, index) => {
    const key = `command.${path.slice(0, index + 1).join(".")}.name`;
    return translate(locale, key as MessageKey);
  });
  return `\`/${names.join(" ")}\``;
}
