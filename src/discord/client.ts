import { Client, GatewayIntentBits, Options, Partials } from "discord.js";

/** An upload of 20 MB takes 16 s on a line of 10 Mbit/s; discord.js would give up after 15. */
const REST_TIMEOUT_MS = 120_000;
/** Discord bans an address after 10,000 refused requests in ten minutes; one warning each 500. */
const INVALID_REQUESTS_PER_WARNING = 500;
/** Users and members come with every interaction; more of them need not be kept. */
const KEPT_USERS = 200;

export interface ClientChoice {
  /** Without the version, such as `https://discord.com/api`. */
  readonly apiBase: string;
  /** Whether messages are received: those that mention the bot, and direct ones, need no privileged intent. */
  readonly withMessages: boolean;
}

/** A client that is not connected yet, and that keeps as little as the bot needs. */
export function createClient({ apiBase, withMessages }: ClientChoice): Client {
  const direct = [GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages];
  return new Client({
    intents: [GatewayIntentBits.Guilds, ...(withMessages ? direct : [])],
    // A direct message's channel is not told beforehand.
    partials: withMessages ? [Partials.Channel] : [],
    shards: "auto",
    rest: {
      api: apiBase,
      timeout: REST_TIMEOUT_MS,
      invalidRequestWarningInterval: INVALID_REQUESTS_PER_WARNING,
    },
    allowedMentions: { parse: [] },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      GuildMemberManager: { maxSize: KEPT_USERS, keepOverLimit: ({ user }) => isSelf(user) },
      UserManager: { maxSize: KEPT_USERS, keepOverLimit: isSelf },
    }),
  });
}

function isSelf(user: { readonly id: string; readonly client: Client }): boolean {
  return user.id === user.client.user?.id;
}
