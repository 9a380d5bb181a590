import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from "discord.js";

import type { SlashCommand } from "../../src/discord/command.ts";
import { named, titled } from "../../src/discord/localize.ts";
import { tellAudit } from "../administration/audit.ts";
import { blockRoute, unblockRoute } from "../administration/blocking.ts";
import * as option from "../administration/options.ts";
import { asOwner } from "../administration/rights.ts";
import { type Completion, route, type Route, type Routes } from "../administration/routes.ts";
import * as guilds from "./guilds.ts";
import * as limits from "./limits.ts";
import * as switches from "./switches.ts";

const audit: Route = (interaction, context) => {
  asOwner(interaction, context);
  return tellAudit(interaction, context.administration, null);
};

const ROUTES: Routes<Route> = {
  "guilds list": guilds.guildList,
  "guilds approve": guilds.guildApprove,
  "guilds refuse": guilds.guildRefuse,
  "quota set": limits.limitSet,
  "quota show": limits.limitShow,
  "quota exempt": limits.limitExempt,
  status: switches.status,
  model: switches.model,
  pause: switches.pause,
  resume: switches.resume,
  quiet: switches.quiet,
  unload: switches.unload,
  "direct-messages": switches.directMessages,
  "user-installs": switches.userInstalls,
  burst: switches.burst,
  weight: limits.weight,
  block: blockRoute(asOwner),
  unblock: unblockRoute(asOwner),
  audit,
};

const COMPLETIONS: Routes<Completion> = {
  "guilds approve": guilds.completeUnapproved,
  "guilds refuse": guilds.completeUnrefused,
  "quota set": guilds.completeGuild,
  weight: guilds.completeGuild,
  model: switches.completeModel,
};

const scope = {
  type: ApplicationCommandOptionType.String as const,
  ...named("option.scope"),
  required: true,
  choices: [
    { ...titled("choice.scope.global"), value: "global" },
    { ...titled("choice.scope.guild_ceiling"), value: "guild_ceiling" },
    { ...titled("choice.scope.user"), value: "user" },
    { ...titled("choice.scope.guild_user"), value: "guild_user" },
  ],
};
const MAX_MINUTES = 43_200;

/** `/owner`: what the bot's owner switches; anybody else who sees the command is refused. */
export const owner: SlashCommand = {
  kind: "slash",
  data: {
    type: ApplicationCommandType.ChatInput,
    ...named("owner"),
    default_member_permissions: PermissionFlagsBits.Administrator.toString(),
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      option.group("owner.guilds", [
        option.subcommand("owner.guilds.list"),
        option.subcommand("owner.guilds.approve", [option.completed("option.server")]),
        option.subcommand("owner.guilds.refuse", [option.completed("option.server")]),
      ]),
      option.group("owner.quota", [
        option.subcommand("owner.quota.set", [
          scope,
          option.period(),
          option.credits({ min: 0 }),
          option.completed("option.server", { required: false }),
          option.user(),
          option.flag("option.no-limit", { required: false }),
        ]),
        option.subcommand("owner.quota.show"),
        option.subcommand("owner.quota.exempt", [
          option.user({ required: true }),
          option.flag("option.free"),
        ]),
      ]),
      option.subcommand("owner.status"),
      option.subcommand("owner.model", [option.completed("option.model")]),
      option.subcommand("owner.pause", [
        option.whole("option.minutes", { min: 1, max: MAX_MINUTES }),
      ]),
      option.subcommand("owner.resume"),
      option.subcommand("owner.quiet", [
        option.text("option.from", { max: 5 }),
        option.text("option.to", { max: 5 }),
        option.text("option.zone", { max: 64 }),
        option.flag("option.quiet-off", { required: false }),
      ]),
      option.subcommand("owner.unload", [option.whole("option.minutes", { min: 1, max: 1440 })]),
      option.subcommand("owner.direct", [option.flag("option.on")]),
      option.subcommand("owner.installs", [option.flag("option.on")]),
      option.subcommand("owner.burst", [
        option.whole("option.size", { required: true, min: 1, max: 100 }),
        option.whole("option.seconds", { required: true, min: 1, max: 600 }),
      ]),
      option.subcommand("owner.weight", [
        option.whole("option.weight", { required: true, min: 1, max: 1000 }),
        option.completed("option.server", { required: false }),
        option.role(),
      ]),
      option.subcommand("owner.block", [
        option.user({ required: true }),
        option.duration(),
        option.text("option.reason"),
      ]),
      option.subcommand("owner.unblock", [option.user({ required: true })]),
      option.subcommand("owner.audit", [option.whole("option.page", { min: 1, max: 1000 })]),
    ],
  },
  acknowledge: "private",
  execute: (interaction, context) => route(interaction, ROUTES)(interaction, context),
  autocomplete: (interaction, context) => route(interaction, COMPLETIONS)(interaction, context),
};
