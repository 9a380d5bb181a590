import type { ChatInputCommandInteraction } from "discord.js";

import { drawUsageChart } from "../../src/image/usage-chart.ts";
import { ACCENT, card, gallery, small, text } from "../../src/discord/cards/components.ts";
import { messageOf } from "../../src/discord/reply.ts";
import { readSettings } from "../../src/generation/policy/guild-rules.ts";
import {
  readUsage,
  type UsageDay,
  type UsageReport,
} from "../../src/generation/policy/usage-report.ts";
import { csv } from "../../src/quota/history.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { fileParts } from "../administration/answers.ts";
import { asAdmin } from "../administration/rights.ts";
import type { Route } from "../administration/routes.ts";

const USUAL_DAYS = 30;
const CHART = "usage.png";

export const usage: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const { db } = context.administration;
  const say = sayTo(interaction);
  const days = interaction.options.getInteger("days") ?? USUAL_DAYS;
  const { timeZone } = await readSettings(db, actor.guildId);
  const report = await readUsage(db, actor.guildId, { days, timeZone });
  const names = await namesOf(interaction, report);
  const title = say("admin.usage-title", { count: days });
  const png = await drawUsageChart({
    days: report.days.map((day) => chartDay(day, interaction.locale)),
    users: report.users.map(({ userId, pictures, millicredits }) => ({
      name: names.get(userId) ?? userId,
      pictures,
      credits: millicredits / 1000,
    })),
    words: {
      title,
      pictures: say("admin.usage-pictures"),
      credits: say("admin.usage-credits"),
      waiting: say("admin.usage-waiting"),
      topUsers: say("admin.usage-top"),
      nothing: say("admin.usage-nothing"),
    },
  });
  const tables = [
    { name: "usage-by-day.csv", data: Buffer.from(daysCsv(report)) },
    { name: "usage-by-user.csv", data: Buffer.from(usersCsv(report)) },
  ];
  const files = [{ name: CHART, data: Buffer.from(png) }, ...tables];
  const total = report.days.reduce((sum, { pictures }) => sum + pictures, 0);
  const summary = say("admin.usage-summary", { count: total });
  const parts = [
    text(`**${title}**\n${summary}`),
    gallery([{ name: CHART, description: `${title}. ${summary}` }]),
    ...fileParts(tables),
    small([say("admin.usage-remark", { zone: timeZone })]),
  ];
  await interaction.editReply(messageOf(card(ACCENT.quiet, parts, files)));
};

function chartDay({ day, pictures, millicredits, medianWait }: UsageDay, locale: string) {
  const date = new Date(`${day}T00:00:00Z`);
  const label = date.toLocaleDateString(locale, {
    timeZone: "UTC",
    day: "numeric",
    month: "numeric",
  });
  return { label, pictures, credits: millicredits / 1000, medianWait };
}

/** What members are called on the server; one who has left is shown by their id. */
async function namesOf(
  { guild }: ChatInputCommandInteraction,
  { users }: UsageReport,
): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.allSettled(
    users.map(async ({ userId }) => {
      const member = await guild?.members.fetch(userId);
      return [userId, member?.displayName ?? userId] as const;
    }),
  );
  return new Map(found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
}

function daysCsv({ days }: UsageReport): string {
  return csv([
    ["day", "pictures", "credits", "median_wait_seconds", "p90_wait_seconds"],
    ...days.map(({ day, pictures, millicredits, medianWait, p90Wait }) => [
      day,
      pictures,
      millicredits / 1000,
      medianWait,
      p90Wait,
    ]),
  ]);
}

function usersCsv({ users }: UsageReport): string {
  return csv([
    ["user", "pictures", "credits"],
    ...users.map(({ userId, pictures, millicredits }) => [userId, pictures, millicredits / 1000]),
  ]);
}
