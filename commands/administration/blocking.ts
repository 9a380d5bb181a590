import type { BaseInteraction } from "discord.js";

import type { Context } from "../../src/discord/command.ts";
import type { Actor } from "../../src/generation/policy/actor.ts";
import { blockUser, unblockUser } from "../../src/generation/policy/blocks.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { blockText, tellChange } from "./answers.ts";
import { endOf } from "./options.ts";
import type { Acting } from "./rights.ts";
import type { Route } from "./routes.ts";

type Rights = (interaction: BaseInteraction, context: Context) => Acting<Actor>;

/** Blocks the named user: in the server, or, for the owner, anywhere. */
export function blockRoute(rights: Rights): Route {
  return async (interaction, context) => {
    const { actor } = rights(interaction, context);
    const { options } = interaction;
    const say = sayTo(interaction);
    const { id } = options.getUser("user", true);
    const changed = await blockUser(context.administration.db, actor, {
      userId: id,
      until: endOf(options.getInteger("duration")),
      reason: options.getString("reason"),
    });
    await tellChange(interaction, {
      title: say("admin.block-title", { user: `<@${id}>` }),
      before: blockText(say, changed.before),
      after: blockText(say, changed.after),
      isNew: changed.isNew,
    });
  };
}

export function unblockRoute(rights: Rights): Route {
  return async (interaction, context) => {
    const { actor } = rights(interaction, context);
    const say = sayTo(interaction);
    const { id } = interaction.options.getUser("user", true);
    const changed = await unblockUser(context.administration.db, actor, id);
    await tellChange(interaction, {
      title: say("admin.block-title", { user: `<@${id}>` }),
      before: blockText(say, changed.before),
      after: blockText(say, changed.after),
      isNew: changed.isNew,
    });
  };
}
