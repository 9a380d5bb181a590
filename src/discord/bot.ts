import {
  type Client,
  Events,
  type Guild,
  type Message,
  type REST,
  RESTEvents,
  Status,
  Team,
} from "discord.js";
import type { Logger } from "pino";

import { UserError } from "../errors.ts";
import { createClient } from "./client.ts";
import { MessageListener } from "./message-listener.ts";
import type { Card } from "./cards/components.ts";
import type { Command, Component, Context } from "./command.ts";
import { loggable } from "./discord-error.ts";
import { Dispatcher } from "./dispatch.ts";
import { inviteLink } from "./invite.ts";
import { PictureMemory } from "./picture-memory.ts";
import { readCommandIds, type RegistrationStore, registerCommands } from "./register-commands.ts";
import { messageOf } from "./reply.ts";

export interface BotParts {
  readonly token: string;
  /** Without the version, such as `https://discord.com/api`. */
  readonly apiBase: string;
  readonly commands: readonly Command[];
  readonly components: readonly Component[];
  /** Answers a mention or a direct message, while {@link Bot.listenToMessages} is on. */
  readonly onMessage: (message: Message, context: Context) => Promise<void>;
  readonly onGuild: GuildEvents;
  readonly registration: {
    readonly guildId: string | null;
    readonly store: RegistrationStore;
    /** Whether users may install the commands for themselves. */
    readonly userInstalls: () => Promise<boolean>;
  };
  readonly log: Logger;
  readonly onAcknowledged?: (milliseconds: number, name: string) => void;
}

/** What becomes of the servers that the bot is in. */
export interface GuildEvents {
  /** Also for each one at the start, or where Discord has an outage then, after it. */
  readonly joined: (guild: { id: string; name: string; ownerId: string }) => Promise<void>;
  readonly left: (guildId: string) => Promise<void>;
}

/** The bot's connection to Discord: its gateway, its REST client, and the way of each interaction to its handler. */
export class Bot {
  readonly #client: Client;
  readonly #parts: BotParts;
  #owners: ReadonlySet<string> = new Set();
  /** Null until they were asked for. */
  #commandIds: ReadonlyMap<string, string> | null = null;
  #dispatcher: Dispatcher | null = null;
  #listener: MessageListener | null = null;

  constructor(parts: BotParts) {
    this.#parts = parts;
    this.#client = createClient({ apiBase: parts.apiBase, withMessages: false });
  }

  /** Also before the start, for those who only keep it. */
  get rest(): REST {
    return this.#client.rest;
  }

  get isReady(): boolean {
    return this.#client.isReady();
  }

  /** How many of this process' connections to the gateway are ready. */
  get readyShards(): number {
    return this.#client.ws.shards.filter(({ status }) => status === Status.Ready).size;
  }

  /** Milliseconds of the gateway's answers to heartbeats, in the middle of all shards; NaN before the first. */
  get gatewayLatencyMs(): number {
    const { ping } = this.#client.ws;
    return ping < 0 ? Number.NaN : ping;
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
    context: Omit<Context, "isOwner" | "commandIds" | "log" | "pictureMemory">,
  ): Promise<{ readonly inviteLink: string }> {
    const { commands, components, onMessage, onAcknowledged, log } = this.#parts;
    const { token, apiBase } = this.#parts;
    const whole = {
      ...context,
      isOwner: this.isOwner,
      commandIds: () => this.#commandIds ?? new Map(),
      log,
      pictureMemory: new PictureMemory(),
    };
    const dispatcher = new Dispatcher({
      commands,
      components,
      context: whole,
      ...(onAcknowledged === undefined ? {} : { onAcknowledged }),
    });
    this.#dispatcher = dispatcher;
    this.#logEvents();
    this.#client.on(Events.InteractionCreate, (interaction) => dispatcher.handle(interaction));
    const client = await this.#login();
    this.#listener = new MessageListener({
      token,
      apiBase,
      onMessage: (message) => onMessage(message, whole),
      log,
    });
    this.#owners = await ownersOf(client);
    await this.registerCommands();
    await this.#watchGuilds(client);
    return { inviteLink: inviteLink(client.application.id) };
  }

  /** Tells Discord the commands where they, or where they may be installed, have changed; not before the start. */
  async registerCommands(): Promise<void> {
    const { commands, registration } = this.#parts;
    const { guildId, store, userInstalls } = registration;
    const applicationId = this.#client.application?.id;
    if (applicationId === undefined) return;
    const where = { rest: this.rest, applicationId, guildId };
    const isTold = await registerCommands({
      ...where,
      commands,
      store,
      userInstalls: await userInstalls(),
    });
    if (isTold || this.#commandIds === null) await this.#readCommandIds(where);
  }

  /** They only make commands clickable: the bot goes on without them. */
  async #readCommandIds(where: Parameters<typeof readCommandIds>[0]): Promise<void> {
    this.#commandIds = new Map();
    try {
      this.#commandIds = await readCommandIds(where);
    } catch (error) {
      this.#parts.log.info({ err: loggable(error) }, "the commands' ids could not be read");
    }
  }

  /** Whether mentions and direct messages are received; not before the start. */
  async listenToMessages(isWanted: boolean): Promise<void> {
    await this.#listener?.listen(isWanted);
  }

  /** Takes nothing more, lets the handlers that run end, and disconnects; may be called twice. */
  async stop(): Promise<void> {
    this.#client.removeAllListeners(Events.InteractionCreate);
    await this.#listener?.stop();
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
    const watched = async (work: Promise<void>, guild: Guild): Promise<void> => {
      try {
        await work;
      } catch (error) {
        log.error({ err: error, guildId: guild.id }, "a server's arrival or leave was not noted");
      }
    };
    client.on(Events.GuildCreate, (guild) => void watched(onGuild.joined(guild), guild));
    client.on(Events.GuildAvailable, (guild) => void watched(onGuild.joined(guild), guild));
    client.on(Events.GuildDelete, (guild) => void watched(onGuild.left(guild.id), guild));
    // During an outage Discord tells no more of a server than its id; it is noted when it is back.
    for (const guild of client.guilds.cache.filter(({ available }) => available).values())
      await watched(onGuild.joined(guild), guild);
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
