import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from "discord.js";

import type { SlashCommand } from "../../src/discord/command.ts";
import { named, titled } from "../../src/discord/localize.ts";
import { asAdmin } from "../administration/rights.ts";
import { tellAudit } from "../administration/audit.ts";
import { blockRoute, unblockRoute } from "../administration/blocking.ts";
import * as option from "../administration/options.ts";
import { type Completion, route, type Route, type Routes } from "../administration/routes.ts";
import * as access from "./access.ts";
import * as queue from "./queue.ts";
import * as quota from "./quota.ts";
import { settings } from "./settings.ts";
import * as styles from "./styles.ts";
import { usage } from "./usage.ts";
import * as words from "./words.ts";

const audit: Route = (interaction, context) => {
  const { actor } = asAdmin(interaction, context);
  return tellAudit(interaction, context.administration, actor.guildId);
};

const ROUTES: Routes<Route> = {
  "quota show": quota.quotaShow,
  "quota set": quota.quotaSet,
  "quota grant": quota.quotaGrant,
  "quota reset": quota.quotaReset,
  "quota exempt": quota.quotaExempt,
  "quota history": quota.quotaHistory,
  "quota export": quota.quotaExport,
  block: blockRoute(asAdmin),
  unblock: unblockRoute(asAdmin),
  "channels allow": access.channelAllow,
  "channels deny": access.channelDeny,
  "channels clear": access.channelClear,
  "channels list": access.channelList,
  "roles allow": access.roleAllow,
  "roles remove": access.roleRemove,
  "roles list": access.roleList,
  "words add": words.wordAdd,
  "words remove": words.wordRemove,
  "words list": words.wordList,
  "words test": words.wordTest,
  "queue show": queue.queueShow,
  "queue pause": queue.queuePause,
  "queue resume": queue.queueResume,
  "queue clear": queue.queueClear,
  "queue cancel": queue.queueCancel,
  settings,
  "styles add": styles.styleAdd,
  "styles remove": styles.styleRemove,
  "styles list": styles.styleList,
  usage,
  audit,
};

const COMPLETIONS: Routes<Completion> = {
  "words remove": words.completeWord,
  "queue cancel": queue.completeJob,
  "styles remove": styles.completeStyle,
};

const wordKind = {
  type: ApplicationCommandOptionType.String as const,
  ...named("option.kind"),
  choices: [
    { ...titled("choice.word"), value: "word" },
    { ...titled("choice.pattern"), value: "pattern" },
  ],
};
const MAX_TEMPLATE = 1000;

/** `/admin`: what a server's admins manage (Manage Server). */
export const admin: SlashCommand = {
  kind: "slash",
  data: {
    type: ApplicationCommandType.ChatInput,
    ...named("admin"),
    default_member_permissions: PermissionFlagsBits.ManageGuild.toString(),
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      option.group("admin.quota", [
        option.subcommand("admin.quota.show", [
          option.user(),
          option.role(),
          option.flag("option.each", { required: false }),
        ]),
        option.subcommand("admin.quota.set", [
          option.period(),
          option.credits({ min: 0 }),
          option.user(),
          option.role(),
          option.flag("option.each", { required: false }),
          option.flag("option.no-limit", { required: false }),
        ]),
        option.subcommand("admin.quota.grant", [
          option.credits({ min: 0.001, required: true }),
          option.user(),
          option.role(),
          option.whole("option.days", { min: 1, max: 365 }),
          option.text("option.reason"),
        ]),
        option.subcommand("admin.quota.reset", [
          option.user(),
          option.flag("option.whole-server", { required: false }),
        ]),
        option.subcommand("admin.quota.exempt", [
          option.flag("option.free"),
          option.user(),
          option.role(),
        ]),
        option.subcommand("admin.quota.history", [option.user()]),
        option.subcommand("admin.quota.export", [option.user()]),
      ]),
      option.subcommand("admin.block", [
        option.user({ required: true }),
        option.duration(),
        option.text("option.reason"),
      ]),
      option.subcommand("admin.unblock", [option.user({ required: true })]),
      option.group("admin.channels", [
        option.subcommand("admin.channels.allow", [option.channel()]),
        option.subcommand("admin.channels.deny", [option.channel()]),
        option.subcommand("admin.channels.clear", [option.channel()]),
        option.subcommand("admin.channels.list"),
      ]),
      option.group("admin.roles", [
        option.subcommand("admin.roles.allow", [option.role({ required: true })]),
        option.subcommand("admin.roles.remove", [option.role({ required: true })]),
        option.subcommand("admin.roles.list"),
      ]),
      option.group("admin.words", [
        option.subcommand("admin.words.add", [
          option.text("option.text", { required: true }),
          wordKind,
        ]),
        option.subcommand("admin.words.remove", [option.completed("option.text")]),
        option.subcommand("admin.words.list"),
        option.subcommand("admin.words.test", [
          option.text("option.test-text", { required: true, max: 2000 }),
        ]),
      ]),
      option.group("admin.queue", [
        option.subcommand("admin.queue.show"),
        option.subcommand("admin.queue.pause"),
        option.subcommand("admin.queue.resume"),
        option.subcommand("admin.queue.clear"),
        option.subcommand("admin.queue.cancel", [option.completed("option.job")]),
      ]),
      option.subcommand("admin.settings"),
      option.group("admin.styles", [
        option.subcommand("admin.styles.add", [
          option.text("option.style", { required: true, max: 64 }),
          option.text("option.template", { required: true, max: MAX_TEMPLATE }),
          option.text("option.negative", { max: MAX_TEMPLATE }),
        ]),
        option.subcommand("admin.styles.remove", [option.completed("option.style")]),
        option.subcommand("admin.styles.list"),
      ]),
      option.subcommand("admin.usage", [option.whole("option.days", { min: 1, max: 90 })]),
      option.subcommand("admin.audit", [option.whole("option.page", { min: 1, max: 1000 })]),
    ],
  },
  acknowledge: "private",
  execute: (interaction, context) => route(interaction, ROUTES)(interaction, context),
  autocomplete: (interaction, context) => route(interaction, COMPLETIONS)(interaction, context),
};
