import type { Hono } from "hono";

import type { Context } from "../context.ts";
import { apiErrors } from "../rules/api-error.ts";
import { commandRoutes } from "./command-routes.ts";
import type { RestEnv } from "./request.ts";

/** The gateway's address, the application and its user, and others by their ids. */
export function applicationRoutes(rest: Hono<RestEnv>, context: Context): void {
  const { world, render } = context;
  const gatewayUrl = () => `${context.origin().replace(/^http/, "ws")}/gateway`;
  rest.get("/gateway", (c) => c.json({ url: gatewayUrl() }));
  rest.get("/gateway/bot", (c) =>
    c.json({
      url: gatewayUrl(),
      // One shard per thousand guilds, as Discord recommends them.
      shards: Math.max(1, Math.ceil(world.guilds.length / 1000)),
      session_start_limit: {
        total: 1000,
        remaining: 1000,
        reset_after: 14_400_000,
        // Real bots of this size start one shard in five seconds; here several may start at once.
        max_concurrency: 16,
      },
    }),
  );

  rest.get("/users/@me", (c) =>
    c.json({ ...world.bot, verified: true, mfa_enabled: true, email: null, locale: "en-US" }),
  );
  rest.get("/users/@me/guilds", (c) =>
    c.json(
      world.guilds
        .filter(({ hasBot }) => hasBot)
        .map(({ id, name }) => ({
          id,
          name,
          icon: null,
          banner: null,
          owner: false,
          permissions: world.guildPermissions(id, world.botId).toString(),
          features: [],
        })),
    ),
  );
  rest.delete("/users/@me/guilds/:guild", (c) => {
    const guild = world.guild(c.req.param("guild"));
    if (!guild.hasBot) throw apiErrors.unknownGuild();
    world.saveGuild({ ...guild, hasBot: false });
    return c.body(null, 204);
  });
  rest.post("/users/@me/channels", (c) => {
    const { recipient_id: recipient } = (c.get("body").value ?? {}) as { recipient_id?: unknown };
    const { user } = world.user(String(recipient));
    if (user.id === world.botId) throw apiErrors.cannotMessageUser();
    return c.json(render.channel(world.directMessagesOf(user.id)));
  });
  rest.get("/users/:user", (c) => c.json(render.user(c.req.param("user"))));

  rest.get("/applications/@me", (c) => c.json(application(context)));
  rest.get("/oauth2/applications/@me", (c) => c.json(application(context)));
  rest.get("/applications/:app/emojis", (c) => c.json({ items: [] }));
  rest.get("/applications/:app/skus", (c) => c.json([]));
  rest.get("/applications/:app/entitlements", (c) => c.json([]));
  commandRoutes(rest, context);
}

/** As its owner, the first user, would have set it up. */
function application({ world, gateway }: Context): object {
  const [owner] = world.people;
  // As the developer portal sets them for members' and message content's intents of a small bot.
  const flags = gateway.allowedIntents === 0 ? 0 : (1 << 19) | (1 << 15);
  const { bot } = world;
  const guilds = world.guilds.filter(({ hasBot }) => hasBot).length;
  const users = world.people.filter(({ hasInstalledApp }) => hasInstalledApp).length;
  return {
    id: world.botId,
    name: bot.username,
    icon: null,
    description: "",
    type: null,
    bot,
    owner: owner?.user,
    team: null,
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: "0".repeat(64),
    flags,
    flags_new: String(flags),
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    approximate_guild_count: guilds,
    approximate_user_install_count: users,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    eligible_oauth2_scopes: [],
    integration_types_config: {
      0: { oauth2_install_params: { scopes: ["applications.commands", "bot"], permissions: "0" } },
      1: { oauth2_install_params: { scopes: ["applications.commands"], permissions: "0" } },
    },
  };
}
