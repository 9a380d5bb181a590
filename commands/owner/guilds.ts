import { cut } from "../../src/discord/cards/components.ts";
import { escapeMarkdown } from "../../src/discord/cards/markdown.ts";
import type { Database } from "../../src/db/database.ts";
import {
  type GuildState,
  listGuilds,
  setGuildState,
} from "../../src/generation/policy/owner-rules.ts";
import { sayTo } from "../../src/i18n/translate.ts";
import { code, tellChange, tellList } from "../administration/answers.ts";
import { asOwner } from "../administration/rights.ts";
import { type Completion, matching, type Route } from "../administration/routes.ts";

/** Servers that a list names; Discord's texts end at 4,000 characters. */
const MAX_LISTED = 40;

/** How servers are named to people: an id alone says nothing. */
export async function serverNames(db: Database): Promise<(id: string) => string> {
  const guilds = await listGuilds(db);
  const names = new Map(guilds.map(({ id, name }) => [id, escapeMarkdown(cut(name, 60))]));
  return (id) => [names.get(id), code(id)].filter((part) => part !== undefined).join(" ");
}

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
    const { db } = context.administration;
    const guildId = interaction.options.getString("server", true).trim();
    const changed = await setGuildState(db, actor, { guildId, state });
    await tellChange(interaction, {
      title: say("owner.guild-title", { server: (await serverNames(db))(guildId) }),
      before: say("owner.guild-state", { state: changed.before }),
      after: say("owner.guild-state", { state: changed.after }),
      isNew: changed.isNew,
    });
  };
}

export const guildApprove = stateRoute("approved");
export const guildRefuse = stateRoute("refused");

/** Servers by name, but for those in a state that the command would not change. */
function guildCompletion(without: GuildState | null): Completion {
  return async (interaction, context) => {
    asOwner(interaction, context);
    const say = sayTo(interaction);
    const guilds = await listGuilds(context.administration.db);
    return matching(
      interaction,
      guilds
        .filter(({ state }) => state !== without)
        .map(({ id, name, state }) => ({
          name: `${cut(name, 50)} (${id}, ${say("owner.guild-state", { state })})`,
          value: id,
        })),
    );
  };
}

export const completeGuild = guildCompletion(null);
export const completeUnapproved = guildCompletion("approved");
export const completeUnrefused = guildCompletion("refused");
