import type { ChatInputCommandInteraction } from "discord.js";

import { setWeight } from "../../src/generation/policy/owner-rules.ts";
import {
  type OwnerLimit,
  ownerLimits,
  setOwnerExemption,
  setOwnerLimit,
} from "../../src/generation/policy/quota-admin.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { type Say, sayTo } from "../../src/i18n/translate.ts";
import {
  creditsText,
  limitText,
  onOff,
  tellChange,
  tellList,
  usualCost,
} from "../administration/answers.ts";
import { readLimit, readPeriod } from "../administration/options.ts";
import { asOwner } from "../administration/rights.ts";
import { serverNames } from "./guilds.ts";
import type { Route } from "../administration/routes.ts";

/**
 * The server that is named; null where none is.
 *
 * @throws {Refusal} `refusal.guild-unknown` for what is no id: a name was typed instead of chosen
 */
function serverOf(options: ChatInputCommandInteraction["options"]): string | null {
  const id = options.getString("server");
  if (id !== null && !/^\d{1,20}$/.test(id)) throw new Refusal("refusal.guild-unknown", { id });
  return id;
}

/** @throws {Refusal} `refusal.scope-only` for a server or user that the scope would leave out unseen */
function checkScope(interaction: ChatInputCommandInteraction): void {
  const { options } = interaction;
  const say = sayTo(interaction);
  const scope = options.getString("scope", true);
  if (options.getString("server") !== null && scope !== "guild_ceiling")
    throw new Refusal("refusal.scope-only", {
      what: "server",
      scope: say("choice.scope.guild_ceiling"),
    });
  if (options.getUser("user") !== null && scope !== "user")
    throw new Refusal("refusal.scope-only", { what: "user", scope: say("choice.scope.user") });
}

function limitOf(interaction: ChatInputCommandInteraction): OwnerLimit {
  checkScope(interaction);
  const { options } = interaction;
  const change = {
    period: readPeriod(options.getString("period", true)),
    millicredits: readLimit(options),
  };
  switch (options.getString("scope", true)) {
    case "guild_ceiling":
      return { ...change, scope: "guild_ceiling", guildId: serverOf(options) };
    case "user":
      return { ...change, scope: "user", userId: options.getUser("user")?.id ?? null };
    case "guild_user":
      return { ...change, scope: "guild_user" };
    default:
      return { ...change, scope: "global" };
  }
}

/** Whom a limit of the owner is for; `*` is each. */
function targetTexts(
  say: Say,
  nameOf: (guildId: string) => string,
): (limit: { readonly scope: string; readonly subject: string }) => string {
  return ({ scope, subject }) => {
    const each = subject.startsWith("*");
    const who = scope === "user" ? `<@${subject}>` : nameOf(subject);
    return say("owner.limit-target", { scope, who: each ? "each" : who });
  };
}

function subjectOf(limit: OwnerLimit): string {
  if (limit.scope === "guild_ceiling") return limit.guildId ?? "*";
  return limit.scope === "user" ? (limit.userId ?? "*") : "*";
}

export const limitSet: Route = async (interaction, context) => {
  const { actor, requester } = asOwner(interaction, context);
  const say = sayTo(interaction);
  const limit = limitOf(interaction);
  const usual = await usualCost(requester, context);
  const { db } = context.administration;
  const changed = await setOwnerLimit(db, actor, limit);
  const targetOf = targetTexts(say, await serverNames(db));
  const target = targetOf({ scope: limit.scope, subject: subjectOf(limit) });
  await tellChange(interaction, {
    title: say("admin.limit-title", { target, period: limit.period }),
    before: limitText(say, changed.before, usual),
    after: limitText(say, changed.after, usual),
    isNew: changed.isNew,
  });
};

export const limitShow: Route = async (interaction, context) => {
  const { requester } = asOwner(interaction, context);
  const say = sayTo(interaction);
  const usual = await usualCost(requester, context);
  const { db } = context.administration;
  const rules = await ownerLimits(db);
  const targetOf = targetTexts(say, await serverNames(db));
  await tellList(interaction, {
    title: say("owner.limits-title"),
    lines: rules.map(({ scope, subject, period, maxMillicredits }) =>
      say("owner.limit-line", {
        target: targetOf({ scope, subject }),
        period,
        limit: creditsText(say, maxMillicredits, usual),
      }),
    ),
    empty: say("admin.nothing-limits"),
  });
};

export const limitExempt: Route = async (interaction, context) => {
  const { actor } = asOwner(interaction, context);
  const { options } = interaction;
  const say = sayTo(interaction);
  const { id } = options.getUser("user", true);
  const isFree = options.getBoolean("free", true);
  const changed = await setOwnerExemption(context.administration.db, actor, { userId: id, isFree });
  await tellChange(interaction, {
    title: say("admin.exempt-title", { target: `<@${id}>` }),
    before: onOff(say, changed.before),
    after: onOff(say, changed.after),
    isNew: changed.isNew,
  });
};

/** A role's weight counts inside its own server, so the command must be given there. */
export const weight: Route = async (interaction, context) => {
  const { actor } = asOwner(interaction, context);
  const { db, retag } = context.administration;
  const { options } = interaction;
  const say = sayTo(interaction);
  const role = options.getRole("role");
  const guildId = role === null ? (serverOf(options) ?? interaction.guildId) : interaction.guildId;
  if (guildId === null) throw new Refusal("refusal.server-needed");
  const changed = await setWeight(db, actor, {
    guildId,
    roleId: role?.id ?? null,
    weight: options.getInteger("weight", true),
    retag: (tx) => retag(tx, guildId),
  });
  await tellChange(interaction, {
    title: say("owner.weight-title", {
      target: role === null ? (await serverNames(db))(guildId) : `<@&${role.id}>`,
    }),
    before: String(changed.before),
    after: String(changed.after),
    isNew: changed.isNew,
    remark: say("owner.weight-remark"),
  });
};
