import {
  Client,
  Events,
  GatewayIntentBits,
  type Guild,
  type Message,
  Options,
  Partials,
  type REST,
  RESTEvents,
  Team,
} from "discord.js";
import type { Logger } from "pino";

import { UserError } from "../errors.ts";
import type { Card } from "./cards/components.ts";
import type { Command, Component, Context } from "./command.ts";
import { loggable } from "./discord-error.ts";
import { Dispatcher } from "./dispatch.ts";
import { inviteLink } from "./invite.ts";
import { PictureMemory } from "./picture-memory.ts";
import { type RegistrationStore, registerCommands } from "./register-commands.ts";
import { messageOf } from "./reply.ts";

/** An upload of 20 MB takes 16 s on a line of 10 Mbit/s; discord.js would give up after 15. */
const REST_TIMEOUT_MS = 120_000;
/** Discord bans an address after 10,000 refused requests in ten minutes; one warning each 500. */
const INVALID_REQUESTS_PER_WARNING = 500;
/** Users and members come with every interaction; more of them need not be kept. */
const KEPT_USERS = 200;

export interface BotParts {
  readonly token: string;
  /** Without the version, such as `https://discord.com/api`. */
  readonly apiBase: string;
  readonly commands: readonly Command[];
  readonly components: readonly Component[];
  /** Answers a mention or a direct message; null: they are not even received. */
  readonly onMessage: ((message: Message, context: Context) => Promise<void>) | null;
  readonly onGuild: GuildEvents;
  readonly registration: { readonly guildId: string | null; readonly store: RegistrationStore };
  readonly log: Logger;
  readonly onAcknowledged?: (milliseconds: number, name: string) => void;
}

/** What becomes of the servers that the bot is in. */
export interface GuildEvents {
  /** Also for each one at the start. */
  readonly joined: (guild: { id: string; name: string; ownerId: string }) => Promise<void>;
  readonly left: (guildId: string) => Promise<void>;
}

/** The bot's connection to Discord: its gateway, its REST client, and the way of each interaction to its handler. */
export class Bot {
  readonly #client: Client;
  readonly #parts: BotParts;
  #owners: ReadonlySet<string> = new Set();
  #dispatcher: Dispatcher | null = null;

  constructor(parts: BotParts) {
    this.#parts = parts;
    const direct = [GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages];
    this.#client = new Client({
      intents: [GatewayIntentBits.Guilds, ...(parts.onMessage === null ? [] : direct)],
      // A direct message's channel is not told beforehand.
      partials: parts.onMessage === null ? [] : [Partials.Channel],
      shards: "auto",
      rest: {
        api: parts.apiBase,
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

  /** Also before the start, for those who only keep it. */
  get rest(): REST {
    return this.#client.rest;
  }

  get isReady(): boolean {
    return this.#client.isReady();
  }

  /** Whether a user is the application's owner or a member of its team; known from the start on. */
  readonly isOwner = (userId: string): boolean => this.#owners.has(userId);

  /** Whether this process is connected for a server; direct messages are the first shard's. */
  serves(guildId: string | null): boolean {
    if (guildId !== null) return this.#client.guilds.cache.has(guildId);
    return this.#client.shard === null || this.#client.shard.ids.includes(0);
  }

  /**
   * Connects, and resolves when the bot is ready and its commands are registered.
   *
   * @returns the address where a server's admin adds the bot
   * @throws {UserError} `invalid_config` for a token that Discord does not take
   */
  async start(
    context: Omit<Context, "isOwner" | "log" | "pictureMemory">,
  ): Promise<{ readonly inviteLink: string }> {
    const { commands, components, onMessage, onAcknowledged, log, registration } = this.#parts;
    const whole = { ...context, isOwner: this.isOwner, log, pictureMemory: new PictureMemory() };
    const dispatcher = new Dispatcher({
      commands,
      components,
      context: whole,
      ...(onAcknowledged === undefined ? {} : { onAcknowledged }),
    });
    this.#dispatcher = dispatcher;
    this.#logEvents();
    this.#client.on(Events.InteractionCreate, (interaction) => dispatcher.handle(interaction));
    if (onMessage !== null) this.#answerMessages(onMessage, whole);
    const client = await this.#login();
    this.#owners = await ownersOf(client);
    await registerCommands({
      rest: client.rest,
      applicationId: client.application.id,
      commands,
      ...registration,
    });
    await this.#watchGuilds(client);
    return { inviteLink: inviteLink(client.application.id) };
  }

  /** Takes nothing more, lets the handlers that run end, and disconnects; may be called twice. */
  async stop(): Promise<void> {
    this.#client.removeAllListeners(Events.InteractionCreate);
    this.#client.removeAllListeners(Events.MessageCreate);
    await this.#dispatcher?.settled();
    await this.#client.destroy();
  }

  /** Writes to each owner; one who takes no direct messages gets none. */
  async tellOwners(card: Card): Promise<void> {
    for (const id of this.#owners) {
      try {
        const user = await this.#client.users.fetch(id);
        await user.send(messageOf(card));
      } catch (error) {
        this.#parts.log.warn({ err: loggable(error), userId: id }, "an owner could not be told");
      }
    }
  }

  #answerMessages(answer: NonNullable<BotParts["onMessage"]>, context: Context): void {
    this.#client.on(Events.MessageCreate, (message) => {
      answer(message, context).catch((error: unknown) => {
        context.log.error(
          { err: loggable(error), messageId: message.id },
          "a message was not answered",
        );
      });
    });
  }

  async #login(): Promise<Client<true>> {
    const ready = new Promise<Client<true>>((resolve) => {
      this.#client.once(Events.ClientReady, resolve);
    });
    try {
      await this.#client.login(this.#parts.token);
    } catch (error) {
      if (isRefusedToken(error))
        throw new UserError(
          "invalid_config",
          "Discord does not accept DISCORD_TOKEN. Copy the bot's token anew from https://discord.com/developers/applications, page Bot, Reset Token.",
        );
      throw error;
    }
    return ready;
  }

  async #watchGuilds(client: Client<true>): Promise<void> {
    const { onGuild, log } = this.#parts;
    const watched = (work: Promise<void>, guild: Guild) => {
      work.catch((error: unknown) =>
        log.error({ err: error, guildId: guild.id }, "a server's arrival or leave was not noted"),
      );
    };
    client.on(Events.GuildCreate, (guild) => watched(onGuild.joined(guild), guild));
    client.on(Events.GuildDelete, (guild) => watched(onGuild.left(guild.id), guild));
    for (const guild of client.guilds.cache.values()) await onGuild.joined(guild);
  }

  #logEvents(): void {
    const { log } = this.#parts;
    const client = this.#client;
    client.on(Events.Error, (error) =>
      log.error({ err: loggable(error) }, "discord.js reports an error"),
    );
    client.on(Events.Warn, (message) => log.warn(message));
    client.on(Events.ShardDisconnect, ({ code }, shard) =>
      log.warn({ shard, code }, "disconnected from Discord"),
    );
    client.on(Events.ShardReconnecting, (shard) => log.info({ shard }, "reconnecting to Discord"));
    client.on(Events.ShardResume, (shard) => log.info({ shard }, "connected to Discord again"));
    client.rest.on(RESTEvents.RateLimited, ({ route, timeToReset, scope }) =>
      log.debug({ route, timeToReset, scope }, "Discord slows us down"),
    );
    client.rest.on(RESTEvents.InvalidRequestWarning, ({ count, remainingTime }) =>
      log.warn({ count, remainingTime }, "Discord refuses many requests"),
    );
  }
}

function isSelf(user: { readonly id: string; readonly client: Client }): boolean {
  return user.id === user.client.user?.id;
}

async function ownersOf(client: Client<true>): Promise<ReadonlySet<string>> {
  const { owner } = await client.application.fetch();
  if (owner === null) return new Set();
  return new Set(owner instanceof Team ? owner.members.keys() : [owner.id]);
}

/** A token of the wrong shape is refused by discord.js itself, another by Discord. */
function isRefusedToken(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "TokenInvalid" || error.code === 4004)
  );
}
