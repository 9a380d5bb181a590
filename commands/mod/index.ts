import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
} from "discord.js";

import type { SlashCommand } from "../../src/discord/command.ts";
import { named } from "../../src/discord/localize.ts";
import { completeJob, queueCancel } from "../admin/queue.ts";
import { blockRoute, unblockRoute } from "../administration/blocking.ts";
import * as option from "../administration/options.ts";
import { asModerator } from "../administration/rights.ts";
import { type Completion, route, type Route, type Routes } from "../administration/routes.ts";
import { deletePicture } from "./delete.ts";
import { reports } from "./reports.ts";

const ROUTES: Routes<Route> = {
  // For a time; for good is an admin's to say.
  block: blockRoute(asModerator),
  unblock: unblockRoute(asModerator),
  cancel: queueCancel,
  delete: deletePicture,
  reports,
};
const COMPLETIONS: Routes<Completion> = { cancel: completeJob };

/** `/mod`: what a server's moderators do (Moderate Members). */
export const mod: SlashCommand = {
  kind: "slash",
  data: {
    type: ApplicationCommandType.ChatInput,
    ...named("mod"),
    default_member_permissions: PermissionFlagsBits.ModerateMembers.toString(),
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      option.subcommand("mod.block", [
        option.user({ required: true }),
        option.duration({ required: true }),
        option.text("option.reason"),
      ]),
      option.subcommand("mod.unblock", [option.user({ required: true })]),
      option.subcommand("mod.cancel", [option.completed("option.job")]),
      option.subcommand("mod.delete", [option.text("option.message", { required: true })]),
      option.subcommand("mod.reports"),
    ],
  },
  acknowledge: "private",
  execute: (interaction, context) => route(interaction, ROUTES)(interaction, context),
  autocomplete: (interaction, context) => route(interaction, COMPLETIONS)(interaction, context),
};
