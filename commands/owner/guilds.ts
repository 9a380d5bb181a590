import { cut } from "../../src/discord/cards/components.ts";
import { escapeMarkdown } from "../../src/discord/cards/markdown.ts";
import {
  type GuildState,
  listGuilds,
  setGuildState,
} from "../../src/generation/policy/owner-rules.ts";
import { code, sayTo, tellChange, tellList } from "../administration/answers.ts";
import { asOwner } from "../administration/rights.ts";
import { type Completion, matching, type Route } from "../administration/routes.ts";

/** Servers that a list names; Discord's texts end at 4,000 characters. */
const MAX_LISTED = 40;

export const guildList: Route = async (interaction, context) => {
  asOwner(interaction, context);
  const say = sayTo(interaction);
  const guilds = await listGuilds(context.administration.db);
  const listed = guilds.slice(0, MAX_LISTED);
  await tellList(interaction, {
    title: say("owner.guilds-title", { count: guilds.length }),
    lines: listed.map(({ id, name, state }) =>
      say("owner.guild-line", { name: escapeMarkdown(cut(name, 60)), id: code(id), state }),
    ),
    empty: say("owner.guilds-empty"),
  });
};

function stateRoute(state: GuildState): Route {
  return async (interaction, context) => {
    const { actor } = asOwner(interaction, context);
    const say = sayTo(interaction);
    const guildId = interaction.options.getString("server", true).trim();
    const changed = await setGuildState(context.administration.db, actor, { guildId, state });
    await tellChange(interaction, {
      title: say("owner.guild-title", { id: code(guildId) }),
      before: say("owner.guild-state", { state: changed.before }),
      after: say("owner.guild-state", { state: changed.after }),
      isNew: changed.isNew,
    });
  };
}

export const guildApprove = stateRoute("approved");
export const guildRefuse = stateRoute("refused");

export const completeGuild: Completion = async (interaction, context) => {
  asOwner(interaction, context);
  const guilds = await listGuilds(context.administration.db);
  return matching(
    interaction,
    guilds.map(({ id, name, state }) => ({
      name: `${cut(name, 60)} (${id}, ${state})`,
      value: id,
    })),
  );
};
