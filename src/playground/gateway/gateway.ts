import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { GatewayCloseCodes, GatewayIntentBits, GatewayOpcodes } from "discord-api-types/v10";
import { type WebSocket, WebSocketServer } from "ws";

import type { WorldEvents } from "../world/events.ts";
import type { Renderer } from "../world/render.ts";
import type { World } from "../world/world.ts";
import { Connection, type ConnectionOwner, type MemberRequest } from "./connection.ts";
import { guildCreate } from "./guild-create.ts";
import { type Identity, Session } from "./session.ts";
import { publishWorld } from "./publish.ts";
import type { EventEmitter } from "node:events";

/** What only an application that Discord has approved may ask for. */
const PRIVILEGED =
  GatewayIntentBits.GuildMembers |
  GatewayIntentBits.GuildPresences |
  GatewayIntentBits.MessageContent;
const ALL_INTENTS = Object.values(GatewayIntentBits)
  .filter((bit) => typeof bit === "number")
  .reduce((all, bit) => all | bit, 0);

interface GatewayParts {
  world: World;
  events: EventEmitter<WorldEvents>;
  render: Renderer;
  token: string;
  origin: () => string;
}

/** Who gets an event. */
export interface Audience {
  /** Null: direct messages, which are shard 0's. */
  guildId: string | null;
  /** Any one of these; 0: everyone. */
  intents: number;
}

/** Discord's gateway, version 10: JSON without compression. */
export class Gateway implements ConnectionOwner {
  readonly #parts: GatewayParts;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1 << 20 });
  readonly #sessions = new Map<string, Session>();
  /** Privileged intents that the application may use, as if switched on in the developer portal. */
  allowedIntents = 0;
  /** Servers in an outage of Discord's: a bot that connects is told no more of them than their ids. */
  readonly unavailable = new Set<string>();

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    publishWorld(this, parts);
  }

  /** Whether a bot is connected. */
  get isOnline(): boolean {
    return [...this.#sessions.values()].some((session) => session.isConnected);
  }

  get sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on("close", () => this.#parts.events.emit("stateChange"));
      void new Connection(accepted, this);
    });
  }

  identify(socket: WebSocket, identity: Identity, token: string): Session | GatewayCloseCodes {
    const { intents, shard } = identity;
    if (token !== this.#parts.token) return GatewayCloseCodes.AuthenticationFailed;
    if (shard[0] >= shard[1]) return GatewayCloseCodes.InvalidShard;
    if ((intents & ~ALL_INTENTS) !== 0) return GatewayCloseCodes.InvalidIntents;
    if ((intents & PRIVILEGED & ~this.allowedIntents) !== 0)
      return GatewayCloseCodes.DisallowedIntents;
    const session = new Session(identity, socket);
    this.#sessions.set(session.id, session);
    this.#welcome(session);
    this.#parts.events.emit("stateChange");
    return session;
  }

  resume(
    socket: WebSocket,
    { sessionId, sequence, token }: { sessionId: string; sequence: number; token: string },
  ): Session | null {
    const session = this.#sessions.get(sessionId);
    if (token !== this.#parts.token || session?.isResumable !== true) return null;
    if (!session.resume(socket, sequence)) {
      this.#sessions.delete(sessionId);
      return null;
    }
    this.#parts.events.emit("stateChange");
    return session;
  }

  sendMembers(session: Session, { guild_id: guildId, user_ids: ids, nonce }: MemberRequest): void {
    const { world, render } = this.#parts;
    const found = world.membersOf(guildId).filter(({ userId }) => ids?.includes(userId) ?? true);
    session.dispatch("GUILD_MEMBERS_CHUNK", {
      guild_id: guildId,
      members: found.map((member) => render.member(member)),
      chunk_index: 0,
      chunk_count: 1,
      not_found: (ids ?? []).filter((id) => !found.some(({ userId }) => userId === id)),
      ...(nonce !== undefined && { nonce }),
    });
  }

  /** Sends an event to the shard that it concerns. @param d - The payload, or how it is for one session. */
  dispatch(t: string, d: unknown, { guildId, intents }: Audience): void {
    this.#forgetDead();
    for (const session of this.#sessions.values()) {
      const { identity } = session;
      const isMeant = intents === 0 || (identity.intents & intents) !== 0;
      if (!isMeant || !ownsGuild(identity, guildId)) continue;
      session.dispatch(t, typeof d === "function" ? d(identity) : d);
    }
  }

  /** Closes every connection. @param code - 1006: without a word, as when a network breaks. */
  disconnect(code: number): void {
    for (const { socket } of this.#sessions.values())
      if (code === 1006) socket?.terminate();
      else socket?.close(code);
  }

  /** Asks every client to connect again and resume (opcode 7). */
  askToReconnect(): void {
    for (const { socket } of this.#sessions.values())
      socket?.send(JSON.stringify({ op: GatewayOpcodes.Reconnect, d: null, s: null, t: null }));
  }

  /** Forgets all sessions (opcode 9): the clients must identify again. */
  invalidate(): void {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { socket } of sessions)
      socket?.send(
        JSON.stringify({ op: GatewayOpcodes.InvalidSession, d: false, s: null, t: null }),
      );
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  #welcome(session: Session): void {
    const { world, render, origin } = this.#parts;
    const { shard } = session.identity;
    const guilds = world.guilds.filter(
      (guild) => guild.hasBot && ownsGuild(session.identity, guild.id),
    );
    session.dispatch("READY", {
      v: 10,
      user: { ...world.bot, verified: true, mfa_enabled: true, email: null },
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: `${origin().replace(/^http/, "ws")}/gateway`,
      shard,
      application: { id: world.botId, flags: 0 },
      session_type: "normal",
      private_channels: [],
      user_settings: {},
      presences: [],
      relationships: [],
      guild_join_requests: [],
      auth: {},
      _trace: ["playground"],
    });
    for (const guild of guilds) {
      const { id } = guild;
      if (this.unavailable.has(id)) session.dispatch("GUILD_DELETE", { id, unavailable: true });
      else session.dispatch("GUILD_CREATE", guildCreate(guild, { world, render }));
    }
  }

  #forgetDead(): void {
    for (const [id, session] of this.#sessions) if (!session.isResumable) this.#sessions.delete(id);
  }
}

function ownsGuild({ shard: [id, count] }: Identity, guildId: string | null): boolean {
  return guildId === null ? id === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === id;
}
