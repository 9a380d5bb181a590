import { setAllowedRole, setChannelRule } from "../../src/generation/policy/guild-rules.ts";
import { loadPolicy } from "../../src/generation/policy/load-policy.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { onOff, tellChange, tellList } from "../administration/answers.ts";
import { asAdmin } from "../administration/rights.ts";
import type { Route } from "../administration/routes.ts";

const RULE_TEXT = { allow: "admin.channel-allowed", deny: "admin.channel-denied" } as const;

function channelRoute(rule: "allow" | "deny" | null): Route {
  return async (interaction, context) => {
    const { actor } = asAdmin(interaction, context);
    const say = sayTo(interaction);
    const { id } = interaction.options.getChannel("channel", true);
    const changed = await setChannelRule(context.administration.db, actor, { channelId: id, rule });
    const ruleText = (is: "allow" | "deny" | null): string =>
      say(is === null ? "admin.channel-none" : RULE_TEXT[is]);
    await tellChange(interaction, {
      title: say("admin.channel-title", { channel: `<#${id}>` }),
      before: ruleText(changed.before),
      after: ruleText(changed.after),
      isNew: changed.isNew,
      remark: rule === "allow" ? say("admin.channel-remark") : undefined,
    });
  };
}

export const channelAllow = channelRoute("allow");
export const channelDeny = channelRoute("deny");
export const channelClear = channelRoute(null);

export const channelList: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const { channels } = await loadPolicy(context.administration.db, {
    guildId: actor.guildId,
    userId: requester.userId,
  });
  await tellList(interaction, {
    title: say("admin.channels-title"),
    lines: channels.map(({ channelId, rule }) => `<#${channelId}>: ${say(RULE_TEXT[rule])}`),
    empty: say("admin.channels-empty"),
  });
};

function roleRoute(isAllowed: boolean): Route {
  return async (interaction, context) => {
    const { actor } = asAdmin(interaction, context);
    const say = sayTo(interaction);
    const { id } = interaction.options.getRole("role", true);
    const { db } = context.administration;
    const changed = await setAllowedRole(db, actor, { roleId: id, isAllowed });
    await tellChange(interaction, {
      title: say("admin.role-title", { role: `<@&${id}>` }),
      before: onOff(say, changed.before),
      after: onOff(say, changed.after),
      isNew: changed.isNew,
      remark: isAllowed ? say("admin.role-remark") : undefined,
    });
  };
}

export const roleAllow = roleRoute(true);
export const roleRemove = roleRoute(false);

export const roleList: Route = async (interaction, context) => {
  const { actor, requester } = asAdmin(interaction, context);
  const say = sayTo(interaction);
  const { allowedRoleIds } = await loadPolicy(context.administration.db, {
    guildId: actor.guildId,
    userId: requester.userId,
  });
  await tellList(interaction, {
    title: say("admin.roles-title"),
    lines: allowedRoleIds.map((id) => `<@&${id}>`),
    empty: say("admin.roles-empty"),
  });
};
