import { GatewayCloseCodes, GatewayOpcodes } from "discord-api-types/v10";
import type { RawData, WebSocket } from "ws";
import { z } from "zod";

import type { Identity, Session } from "./session.ts";

/** As the real one asks for, in ms; a client that is silent for half as long again is taken for dead. */
const HEARTBEAT_MS = 41_250;
const MAX_PAYLOAD_BYTES = 4096;
/** Payloads of one connection: 120 in 60 s. */
const MAX_PAYLOADS = 120;
const PAYLOAD_WINDOW_MS = 60_000;

const payloadSchema = z.object({
  op: z.custom<GatewayOpcodes>((value) => Number.isInteger(value)),
  d: z.unknown(),
});
const identifySchema = z.object({
  token: z.string(),
  intents: z.int().min(0),
  shard: z.tuple([z.int().min(0), z.int().min(1)]).optional(),
  properties: z.record(z.string(), z.unknown()),
});
const resumeSchema = z.object({
  token: z.string(),
  session_id: z.string(),
  seq: z.int().min(0).nullable(),
});
const requestMembersSchema = z.object({
  guild_id: z.string(),
  user_ids: z.union([z.string().transform((id) => [id]), z.array(z.string())]).optional(),
  query: z.string().optional(),
  nonce: z.string().optional(),
});
export type MemberRequest = z.infer<typeof requestMembersSchema>;

/** What a connection needs of the gateway. */
export interface ConnectionOwner {
  /** @returns the session, or the close code of what is wrong. */
  identify(socket: WebSocket, identity: Identity, token: string): Session | GatewayCloseCodes;
  /** @returns null when the session cannot go on. */
  resume(
    socket: WebSocket,
    given: { sessionId: string; sequence: number; token: string },
  ): Session | null;
  sendMembers(session: Session, request: MemberRequest): void;
}

/** One websocket: hello, heartbeats, identify or resume, and the close codes of those who break the rules. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #owner: ConnectionOwner;
  #session: Session | null = null;
  #silence: NodeJS.Timeout | undefined;
  #window = { startedAtMs: Date.now(), payloads: 0 };

  constructor(socket: WebSocket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on("message", (data: RawData) => this.#receive(data));
    socket.on("close", () => {
      clearTimeout(this.#silence);
      this.#session?.lose(socket);
    });
    // What breaks a connection also closes it, and that is handled.
    socket.on("error", () => undefined);
    this.#send(GatewayOpcodes.Hello, {
      heartbeat_interval: HEARTBEAT_MS,
      _trace: ["playground"],
    });
    this.#expectHeartbeat();
  }

  #receive(data: RawData): void {
    // `ws` gives Buffers unless it is told otherwise.
    const bytes = data as Buffer;
    if (bytes.byteLength > MAX_PAYLOAD_BYTES)
      return this.#socket.close(GatewayCloseCodes.DecodeError);
    if (this.#isFlooding()) return this.#socket.close(GatewayCloseCodes.RateLimited);
    const parsed = payloadSchema.safeParse(jsonOf(bytes));
    if (!parsed.success) return this.#socket.close(GatewayCloseCodes.DecodeError);
    const { op, d } = parsed.data;
    if (op === GatewayOpcodes.Heartbeat) return this.#beat();
    if (op === GatewayOpcodes.Identify) return this.#identify(d);
    if (op === GatewayOpcodes.Resume) return this.#resume(d);
    if (this.#session === null) return this.#socket.close(GatewayCloseCodes.NotAuthenticated);
    if (op === GatewayOpcodes.RequestGuildMembers) return this.#requestMembers(this.#session, d);
    const isIgnored = [GatewayOpcodes.PresenceUpdate, GatewayOpcodes.VoiceStateUpdate].includes(op);
    if (!isIgnored) this.#socket.close(GatewayCloseCodes.UnknownOpcode);
    return undefined;
  }

  #beat(): void {
    this.#expectHeartbeat();
    this.#send(GatewayOpcodes.HeartbeatAck, null);
  }

  #identify(d: unknown): void {
    const parsed = identifySchema.safeParse(d);
    if (!parsed.success) return this.#socket.close(GatewayCloseCodes.DecodeError);
    if (this.#session !== null) return this.#socket.close(GatewayCloseCodes.AlreadyAuthenticated);
    const { token, intents, shard = [0, 1] } = parsed.data;
    const session = this.#owner.identify(this.#socket, { intents, shard }, token);
    if (typeof session === "number") return this.#socket.close(session);
    this.#session = session;
    return undefined;
  }

  #resume(d: unknown): void {
    const parsed = resumeSchema.safeParse(d);
    if (!parsed.success) return this.#socket.close(GatewayCloseCodes.DecodeError);
    const { token, session_id: sessionId, seq } = parsed.data;
    const session = this.#owner.resume(this.#socket, { sessionId, sequence: seq ?? 0, token });
    if (session === null) this.#send(GatewayOpcodes.InvalidSession, false);
    else this.#session = session;
    return undefined;
  }

  #requestMembers(session: Session, d: unknown): void {
    const parsed = requestMembersSchema.safeParse(d);
    if (parsed.success) this.#owner.sendMembers(session, parsed.data);
    else this.#socket.close(GatewayCloseCodes.DecodeError);
  }

  #expectHeartbeat(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(
      () => this.#socket.close(GatewayCloseCodes.SessionTimedOut),
      HEARTBEAT_MS * 1.5,
    );
    this.#silence.unref();
  }

  #isFlooding(): boolean {
    if (Date.now() - this.#window.startedAtMs > PAYLOAD_WINDOW_MS)
      this.#window = { startedAtMs: Date.now(), payloads: 0 };
    this.#window.payloads += 1;
    return this.#window.payloads > MAX_PAYLOADS;
  }

  #send(op: GatewayOpcodes, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d, s: null, t: null }));
  }
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    // Refused as what it is: not a payload.
    return undefined;
  }
}
