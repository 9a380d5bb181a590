import { ApplicationCommandType } from "discord.js";

import { relativeMoment } from "../src/discord/cards/time.ts";
import type { SlashCommand } from "../src/discord/command.ts";
import { EVERYWHERE } from "../src/discord/everywhere.ts";
import { named } from "../src/discord/localize.ts";
import { messageOf, noteCard } from "../src/discord/reply.ts";
import type { AboutView } from "../src/generation/generation-port.ts";
import { translate } from "../src/i18n/translate.ts";

/** `/about`: version, model, hardware, speed. */
export const about: SlashCommand = {
  kind: "slash",
  data: { type: ApplicationCommandType.ChatInput, ...named("about"), ...EVERYWHERE },
  acknowledge: "private",
  execute: async (interaction, { generation }) => {
    const lines = linesOf(await generation.about(), interaction.locale);
    await interaction.editReply(messageOf(noteCard(lines.join("\n"))));
  },
};

function linesOf(view: AboutView, locale: string): string[] {
  const { version, model, devices, secondsPerPicture, waiting, pausedUntil } = view;
  const seconds =
    secondsPerPicture === null
      ? translate(locale, "about.speed-unknown")
      : translate(locale, "about.speed", { seconds: secondsPerPicture.toFixed(1) });
  const paused = pausedUntil === "unknown" ? "unknown" : relativeMoment(pausedUntil ?? new Date());
  return [
    translate(locale, "about.title", { version }),
    model === null
      ? translate(locale, "about.no-model")
      : translate(locale, "about.model", { model: model.title, licence: model.licence }),
    ...(devices.length === 0
      ? []
      : [translate(locale, "about.devices", { devices: [...new Set(devices)].join(", ") })]),
    seconds,
    translate(locale, "about.waiting", { count: waiting }),
    ...(pausedUntil === null ? [] : [translate(locale, "queue.paused", { when: paused })]),
  ];
}
