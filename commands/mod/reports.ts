import { ComponentType, type MessageComponentInteraction } from "discord.js";

import { ACCENT, card, cut, row, text } from "../../src/discord/cards/components.ts";
import { escapeMarkdown } from "../../src/discord/cards/markdown.ts";
import { relativeMoment } from "../../src/discord/cards/time.ts";
import { button, select } from "../../src/discord/command.ts";
import { longId, shortId } from "../../src/discord/custom-id.ts";
import { noticeCard } from "../../src/discord/moderation-poster.ts";
import { messageOf } from "../../src/discord/reply.ts";
import { blockUser } from "../../src/generation/policy/blocks.ts";
import {
  decideReport,
  findReport,
  noticeOfReport,
  openReports,
  type ReportRow,
} from "../../src/generation/policy/reports.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import { tellList } from "../administration/answers.ts";
import { endOf } from "../administration/options.ts";
import { asModerator } from "../administration/rights.ts";
import type { Route } from "../administration/routes.ts";
import { deleteEverywhere } from "./delete.ts";

/** Discord's limit of a select. */
const MAX_REPORTS = 25;
const SHOWN_REASON = 80;
const MINUTES_PER_DAY = 1440;

/** `/mod reports`: what nobody has decided yet. */
export const reports: Route = async (interaction, context) => {
  const { actor } = asModerator(interaction, context);
  const say = sayTo(interaction);
  const open = await openReports(context.administration.db, actor.guildId);
  const title = say("report.list-title", { count: open.length });
  if (open.length === 0) {
    await tellList(interaction, { title, lines: [], empty: say("report.list-empty") });
    return;
  }
  const listed = open.slice(0, MAX_REPORTS);
  const chooser = row({
    type: ComponentType.StringSelect,
    custom_id: context.customIds.write({ action: "report-open", id: "", index: 0 }),
    placeholder: say("report.choose"),
    options: listed.map((report) => ({
      label: cut(labelOf(report), 100),
      value: shortId(report.id),
    })),
  });
  const lines = listed.map((report) => lineOf(say, report));
  const parts = [text(`**${title}**\n${lines.join("\n")}`), chooser];
  await interaction.editReply(messageOf(card(ACCENT.quiet, parts)));
};

function lineOf(say: Say, { createdAt, userId, reporterId, reason }: ReportRow): string {
  return say("report.line", {
    when: relativeMoment(createdAt),
    user: userId === "" ? say("report.unknown-user") : `<@${userId}>`,
    reporter: `<@${reporterId}>`,
    reason: reason === "" ? "none" : escapeMarkdown(cut(reason, SHOWN_REASON)),
  });
}

/** A select shows no mentions: the prompt tells reports apart. */
function labelOf(report: ReportRow): string {
  const [prompt = ""] = noticeOfReport(report).prompts;
  return prompt.replaceAll(/\s+/g, " ").trim() || report.id;
}

/** One report with its evidence and what can be done about it. */
export const reportOpen = select({
  action: "report-open",
  acknowledge: "update",
  execute: async (interaction, _target, context) => {
    const { actor } = asModerator(interaction, context);
    const [chosen = ""] = interaction.values;
    const report = await findReport(context.administration.db, actor.guildId, longId(chosen));
    if (report === null) throw new Refusal("refusal.report-gone");
    const shown = noticeCard(noticeOfReport(report), interaction.locale, context.customIds);
    await interaction.editReply(messageOf(shown));
  },
});

export const reportKeep = button({
  action: "report-keep",
  acknowledge: "update",
  execute: async (interaction, { id }, context) => {
    const { actor } = asModerator(interaction, context);
    const decision = { reportId: longId(id), state: "kept" } as const;
    const { after } = await decideReport(context.administration.db, actor, decision);
    const report = await findReport(context.administration.db, actor.guildId, decision.reportId);
    await tellDecision(interaction, { report, state: after });
  },
});

export const reportDelete = button({
  action: "report-delete",
  acknowledge: "update",
  execute: async (interaction, { id }, context) => {
    const { actor, requester } = asModerator(interaction, context);
    const { db } = context.administration;
    const reportId = longId(id);
    const report = await findReport(db, actor.guildId, reportId);
    if (report === null) throw new Refusal("refusal.report-gone");
    await deleteEverywhere(interaction.client, { context, requester, target: report });
    const { after } = await decideReport(db, actor, { reportId, state: "deleted" });
    await tellDecision(interaction, { report, state: after });
  },
});

/** Blocks who asked for the picture for a day; the report itself is still to be decided. */
export const reportBlock = button({
  action: "report-block",
  acknowledge: "private",
  execute: async (interaction, { id }, context) => {
    const { actor } = asModerator(interaction, context);
    const { db } = context.administration;
    const report = await findReport(db, actor.guildId, longId(id));
    if (report === null || report.userId === "") throw new Refusal("refusal.report-gone");
    const until = endOf(MINUTES_PER_DAY);
    // The blocked member is shown the reason, and must not read who reported them by their words.
    await blockUser(db, actor, { userId: report.userId, until, reason: null });
    const say = sayTo(interaction);
    await tellList(interaction, {
      title: say("admin.block-title", { user: `<@${report.userId}>` }),
      lines: [say("report.blocked", { when: relativeMoment(until ?? new Date()) })],
      empty: "",
    });
  },
});

/** In the place of the report, so that nobody decides it again; the evidence stays in the database. */
async function tellDecision(
  interaction: MessageComponentInteraction,
  { report, state }: { report: ReportRow | null; state: string },
): Promise<void> {
  const say = sayTo(interaction);
  const userId = report?.userId ?? "";
  const decided = say("report.decided", {
    user: userId === "" ? say("report.unknown-user") : `<@${userId}>`,
    state,
    moderator: `<@${report?.decidedBy ?? interaction.user.id}>`,
  });
  const shown = messageOf(card(ACCENT.good, [text(decided)]));
  await interaction.editReply({ ...shown, attachments: [] });
}
