import { GatewayIntentBits } from "discord-api-types/v10";
import type { Hono } from "hono";

import type { Context } from "../context.ts";
import { apiErrors } from "../rules/api-error.ts";
import type { WorldGuild } from "../world/types.ts";
import { isThread } from "../world/world.ts";
import { queryInteger, type RestContext, type RestEnv } from "./request.ts";

/** Guilds that the bot is in. */
export function guildRoutes(rest: Hono<RestEnv>, context: Context): void {
  const { world, render, gateway } = context;
  const guildOf = (c: RestContext): WorldGuild => {
    const guild = world.guild(c.req.param("guild") ?? "");
    if (!guild.hasBot) throw apiErrors.missingAccess();
    return guild;
  };
  rest.get("/guilds/:guild", (c) => {
    const guild = guildOf(c);
    const count = world.membersOf(guild.id).length;
    const counts = { approximate_member_count: count, approximate_presence_count: count };
    return c.json({
      ...render.guild(guild),
      ...(c.req.query("with_counts") === "true" && counts),
    });
  });
  rest.get("/guilds/:guild/channels", (c) =>
    c.json(
      world
        .channelsOf(guildOf(c).id)
        .filter((channel) => !isThread(channel))
        .map((channel) => render.channel(channel)),
    ),
  );
  rest.get("/guilds/:guild/threads/active", (c) => {
    const threads = world.channelsOf(guildOf(c).id).filter((channel) => isThread(channel));
    return c.json({ threads: threads.map((thread) => render.channel(thread)), members: [] });
  });
  rest.get("/guilds/:guild/roles", (c) => c.json(guildOf(c).roles));
  rest.get("/guilds/:guild/roles/:role", (c) =>
    c.json(world.role(guildOf(c).id, c.req.param("role"))),
  );
  rest.get("/guilds/:guild/members", (c) => {
    const guild = guildOf(c);
    // Only with the privileged intent switched on in the developer portal.
    if ((gateway.allowedIntents & GatewayIntentBits.GuildMembers) === 0)
      throw apiErrors.missingAccess();
    const limit = queryInteger(c, "limit", { initial: 1, max: 1000 });
    return c.json(
      world
        .membersOf(guild.id)
        .slice(0, limit)
        .map((member) => render.member(member)),
    );
  });
  rest.get("/guilds/:guild/members/search", (c) => {
    const query = (c.req.query("query") ?? "").toLowerCase();
    const limit = queryInteger(c, "limit", { initial: 1, max: 1000 });
    const found = world.membersOf(guildOf(c).id).filter(({ userId, nick }) => {
      const { user } = world.user(userId);
      const names = [nick, user.username, user.global_name];
      return names.some((name) => name?.toLowerCase().startsWith(query));
    });
    return c.json(found.slice(0, limit).map((member) => render.member(member)));
  });
  rest.get("/guilds/:guild/members/:user", (c) => {
    const guild = guildOf(c);
    const { user } = world.user(c.req.param("user"));
    return c.json(render.member(world.member(guild.id, user.id)));
  });
}
