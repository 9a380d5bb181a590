import { randomBytes } from "node:crypto";

import { GatewayOpcodes } from "discord-api-types/v10";
import type { WebSocket } from "ws";

/** Events that a client which lost its connection can still get, and for how long (ms of real time). */
const MAX_BUFFERED = 5000;
const RESUMABLE_MS = 3 * 60_000;

export interface Identity {
  intents: number;
  shard: readonly [id: number, count: number];
}

/** One shard of a bot, over all the connections that it resumes with. */
export class Session {
  readonly id = randomBytes(16).toString("hex");
  readonly identity: Identity;
  #sequence = 0;
  #buffer: { s: number; text: string }[] = [];
  #socket: WebSocket | null = null;
  /** Of real time; null while connected. */
  #lostAtMs: number | null = null;

  constructor(identity: Identity, socket: WebSocket) {
    this.identity = identity;
    this.#socket = socket;
  }

  get isConnected(): boolean {
    return this.#socket !== null;
  }

  get isResumable(): boolean {
    return this.#lostAtMs === null || Date.now() - this.#lostAtMs < RESUMABLE_MS;
  }

  get socket(): WebSocket | null {
    return this.#socket;
  }

  /** Sends an event now, or when the client resumes. */
  dispatch(t: string, d: unknown): void {
    this.#sequence += 1;
    const s = this.#sequence;
    const text = JSON.stringify({ op: GatewayOpcodes.Dispatch, t, s, d });
    this.#buffer.push({ s, text });
    if (this.#buffer.length > MAX_BUFFERED) this.#buffer = this.#buffer.slice(MAX_BUFFERED / 10);
    this.#socket?.send(text);
  }

  /** Goes on over a new connection from event `sequence`. @returns false when too much was missed. */
  resume(socket: WebSocket, sequence: number): boolean {
    const oldest = this.#buffer[0]?.s ?? this.#sequence + 1;
    if (sequence > this.#sequence || sequence < oldest - 1) return false;
    this.#socket?.close(4000);
    this.#socket = socket;
    this.#lostAtMs = null;
    for (const { s, text } of this.#buffer) if (s > sequence) socket.send(text);
    this.dispatch("RESUMED", {});
    return true;
  }

  /** Its connection has closed, unless it was another by then. */
  lose(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#lostAtMs = Date.now();
  }
}
