import type { ChatInputCommandInteraction, GuildMember } from "discord.js";

import { relativeMoment } from "../../src/discord/cards/time.ts";
import {
  forgiveUse,
  giveCredits,
  type QuotaTarget,
  setExemption,
  setLimit,
  showQuota,
} from "../../src/generation/policy/quota-admin.ts";
import { readSettings } from "../../src/generation/policy/guild-rules.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { ledgerCsv, type LedgerLine, readLedger } from "../../src/quota/history.ts";
import { type QuotaUsage, usage } from "../../src/quota/quota.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import {
  creditsText,
  limitText,
  onOff,
  targetName,
  tellChange,
  tellList,
  usualCost,
} from "../administration/answers.ts";
import { endOf, millicredits, readLimit, readPeriod } from "../administration/options.ts";
import { asAdmin } from "../administration/rights.ts";
import type { Route } from "../administration/routes.ts";

/** Lines of a history, and of a file. */
const SHOWN_LINES = 20;
const EXPORTED_LINES = 100_000;
const MINUTES_PER_DAY = 1440;

/** Whom the options name: a user before a role before the server. */
function targetOf({ options }: ChatInputCommandInteraction): QuotaTarget {
  const user = options.getUser("user");
  if (user !== null) return { kind: "member", userId: user.id };
  const role = options.getRole("role");
  if (role !== null) return { kind: "role", roleId: role.id };
  return options.getBoolean("each-member") === true ? { kind: "everyone" } : { kind: "guild" };
}

export const quotaSet: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const { options } = interaction;
  const say = sayTo(interaction);
  const target = targetOf(interaction);
  const period = readPeriod(options.getString("period", true));
  const usual = await usualCost(requester, context);
  const changed = await setLimit(context.administration.db, actor, {
    target,
    period,
    millicredits: readLimit(options),
  });
  await tellChange(interaction, {
    title: say("admin.limit-title", { target: targetName(say, target), period }),
    before: limitText(say, changed.before, usual),
    after: limitText(say, changed.after, usual),
    isNew: changed.isNew,
    remark: target.kind === "role" ? say("admin.role-limit") : undefined,
  });
};

export const quotaGrant: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const { options } = interaction;
  const say = sayTo(interaction);
  const target = targetOf(interaction);
  if (target.kind === "everyone") throw new Refusal("refusal.target");
  const days = options.getInteger("days");
  const expiresAt = endOf(days === null ? null : days * MINUTES_PER_DAY);
  const usual = await usualCost(requester, context);
  const changed = await giveCredits(context.administration.db, actor, {
    target,
    millicredits: millicredits(options.getNumber("credits", true)),
    expiresAt,
    reason: options.getString("reason"),
  });
  await tellChange(interaction, {
    title: say("admin.grant-title", { target: targetName(say, target) }),
    before: creditsText(say, changed.before, usual),
    after: creditsText(say, changed.after, usual),
    isNew: changed.isNew,
    remark: say(target.kind === "role" ? "admin.grant-role" : "admin.grant-expires", {
      when: expiresAt === null ? "never" : relativeMoment(expiresAt),
    }),
  });
};

export const quotaReset: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const target = targetOf(interaction);
  if (target.kind !== "guild" && target.kind !== "member") throw new Refusal("refusal.target");
  const isWhole = interaction.options.getBoolean("whole-server") === true;
  if (isWhole !== (target.kind === "guild")) throw new Refusal("refusal.reset-target");
  const usual = await usualCost(requester, context);
  const changed = await forgiveUse(context.administration.db, actor, target);
  await tellChange(interaction, {
    title: say("admin.reset-title", { target: targetName(say, target) }),
    before: creditsText(say, changed.before, usual),
    after: creditsText(say, changed.after, usual),
    isNew: changed.isNew,
    remark: say("admin.reset-remark"),
  });
};

export const quotaExempt: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const target = targetOf(interaction);
  if (target.kind !== "role" && target.kind !== "member") throw new Refusal("refusal.target");
  const changed = await setExemption(context.administration.db, actor, {
    target,
    isFree: interaction.options.getBoolean("free", true),
  });
  await tellChange(interaction, {
    title: say("admin.exempt-title", { target: targetName(say, target) }),
    before: onOff(say, changed.before),
    after: onOff(say, changed.after),
    isNew: changed.isNew,
    remark: say("admin.exempt-remark"),
  });
};

export const quotaShow: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const { db } = context.administration;
  const say = sayTo(interaction);
  const target = targetOf(interaction);
  const usual = await usualCost(requester, context);
  const shown = await showQuota(db, actor.guildId, target);
  const windows = await windowsOf(interaction, target, context.administration);
  const rule = (key: "admin.own-limit" | "admin.ceiling", row: (typeof shown.own)[number]) =>
    say(key, { period: row.period, limit: creditsText(say, row.maxMillicredits, usual) });
  const lines = [
    ...shown.own.map((row) => rule("admin.own-limit", row)),
    ...shown.ceilings.map((row) => rule("admin.ceiling", row)),
    ...(shown.isExempt ? [say("admin.is-exempt")] : []),
    ...shown.grants.map(({ remaining, expiresAt }) =>
      say("admin.grant-line", {
        credits: creditsText(say, remaining, usual),
        when: expiresAt === null ? "never" : relativeMoment(expiresAt),
      }),
    ),
    ...windows.map((window) => windowLine(say, window, usual)),
  ];
  await tellList(interaction, {
    title: say("admin.quota-title", { target: targetName(say, target) }),
    lines,
    empty: say("admin.nothing-limits"),
  });
};

/** Where a member or the whole server stands; a role and "each member" have no use of their own. */
async function windowsOf(
  interaction: ChatInputCommandInteraction,
  target: QuotaTarget,
  { db }: { db: Parameters<typeof usage>[0] },
): Promise<QuotaUsage[]> {
  const guildId = interaction.guildId;
  if (guildId === null || target.kind === "role" || target.kind === "everyone") return [];
  const { timeZone } = await readSettings(db, guildId);
  if (target.kind === "guild") {
    const all = await usage(db, { guildId, userId: "", roleIds: [], timeZone });
    return all.filter(({ scope }) => scope === "guild" || scope === "guild_ceiling");
  }
  const member = interaction.options.getMember("user") as Partial<GuildMember> | null;
  const roleIds = [...(member?.roles?.cache.keys() ?? [])].filter((id) => id !== guildId);
  return usage(db, { guildId, userId: target.userId, roleIds, timeZone });
}

function windowLine(say: Say, window: QuotaUsage, usual: number | null): string {
  const { scope, period, used, held, limit, renewsAt } = window;
  return say("admin.window", {
    scope,
    period,
    used: creditsText(say, used + held, null),
    limit: creditsText(say, limit, usual),
    renews: renewsAt === null ? "never" : relativeMoment(renewsAt),
  });
}

export const quotaHistory: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const filter = accountOf(interaction, actor.guildId);
  const lines = await readLedger(context.administration.db, filter, SHOWN_LINES);
  await tellList(interaction, {
    title: say("admin.history-title", { target: targetName(say, targetOf(interaction)) }),
    lines: lines.map((line) => ledgerLine(say, line)),
    empty: say("admin.history-empty"),
  });
};

export const quotaExport: Route = async (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const filter = accountOf(interaction, actor.guildId);
  const lines = await readLedger(context.administration.db, filter, EXPORTED_LINES);
  await tellList(interaction, {
    title: say("admin.history-title", { target: targetName(say, targetOf(interaction)) }),
    lines: [say("admin.export-lines", { count: lines.length })],
    empty: "",
    files: [{ name: "ledger.csv", data: Buffer.from(ledgerCsv(lines)) }],
  });
};

function accountOf({ options }: ChatInputCommandInteraction, guildId: string) {
  return { guildId, userId: options.getUser("user")?.id };
}

function ledgerLine(say: Say, { at, kind, amount, userId, actor }: LedgerLine): string {
  return say("admin.ledger-line", {
    when: relativeMoment(at),
    kind,
    credits: amount / 1000,
    user: userId === null ? "none" : `<@${userId}>`,
    actor: actor === null ? "none" : `<@${actor}>`,
  });
}
