import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client, type ClientOptions, GatewayIntentBits } from "discord.js";

import { createLogger } from "../../src/log.ts";
import type { ClientEvent, ClientMessage } from "../../src/playground/client-api.ts";
import { subscribe } from "../../src/playground/client/event-stream.ts";
import type { Context } from "../../src/playground/context.ts";
import { setOutage } from "../../src/playground/control/control.ts";
import type { Fault } from "../../src/playground/rest/faults.ts";
import { type Playground, servePlayground } from "../../src/playground/server.ts";
import { PLAYGROUND_TOKEN } from "../../src/playground/token.ts";
import type { MessagePredicate } from "./begun-interaction.ts";

/** How long a test waits for something to happen, in ms of real time, before it fails. */
const DEADLINE_MS = 15_000;

export interface TestPlaygroundOptions {
  /** Kept when the playground is closed; without it, a folder of its own that is removed. */
  dataDir?: string;
  /** Time stands still unless it is advanced, so that a slow machine breaks no deadline. */
  frozen?: boolean;
  port?: number;
  botHttp?: string;
}

interface OpenedPlayground {
  playground: Playground;
  close: () => Promise<void>;
}

/** Starts one on a free port, with `/control` open. */
export async function openPlayground(options: TestPlaygroundOptions): Promise<OpenedPlayground> {
  const temporary =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), "playground-")) : null;
  const playground = await servePlayground({
    port: options.port ?? 0,
    dataDir: options.dataDir ?? temporary ?? "",
    botHttp: options.botHttp ?? null,
    control: true,
    log: createLogger("error"),
  });
  if (options.frozen === true) playground.context.clock.freeze();
  const close = async (): Promise<void> => {
    await playground.close();
    if (temporary !== null) await rm(temporary, { recursive: true, force: true });
  };
  return { playground, close };
}

/** A playground in this process with a test's hold on it: its parts, a real client, and waiting for what happens. */
export class PlaygroundServer {
  readonly #playground: Playground;
  readonly #close: () => Promise<void>;
  readonly #clients: Client[] = [];
  readonly #events: { userId: string; event: ClientEvent }[] = [];
  readonly #listeners = new Set<() => void>();

  protected constructor({ playground, close }: OpenedPlayground) {
    this.#playground = playground;
    this.#close = close;
    for (const { user } of this.context.world.people)
      subscribe(this.context, user.id, (event) => {
        this.#events.push({ userId: user.id, event });
        for (const listener of this.#listeners) listener();
      });
  }

  get context(): Context {
    return this.#playground.context;
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return this.#playground.origin;
  }

  /** For discord.js' `rest.api`, and for `DISCORD_API_BASE`. */
  get apiBase(): string {
    return `${this.url}/api`;
  }

  readonly token = PLAYGROUND_TOKEN;

  get clock(): Context["clock"] {
    return this.context.clock;
  }

  get faults(): { add(fault: Fault): void; clear(): void; readonly pending: number } {
    return this.context.faults;
  }

  get transcript(): Context["transcript"] {
    return this.context.transcript;
  }

  get gateway(): Context["gateway"] {
    return this.context.gateway;
  }

  setOutage(on: boolean): void {
    setOutage(this.context, on);
  }

  /** The id of a person by name. */
  member(name: string): string {
    const found = this.context.world.people.find(({ user }) => user.username === name);
    assert.ok(found, `There is nobody named ${name}.`);
    return found.user.id;
  }

  /** The real discord.js client, ready. */
  async connect(options: Partial<ClientOptions> = {}): Promise<Client<true>> {
    const client = new Client({
      intents: [GatewayIntentBits.Guilds],
      ...options,
      rest: { api: this.apiBase, timeout: 120_000, ...options.rest },
    });
    this.#clients.push(client);
    const ready = new Promise<Client<true>>((resolve) => client.once("clientReady", resolve));
    await client.login(this.token);
    return ready;
  }

  /** The first message, of those that came or changed since the start, that is right as it then was. */
  async waitForMessage(isRight: MessagePredicate): Promise<ClientMessage> {
    const event = await this.waitForEvent(
      (one): one is Extract<ClientEvent, { message: ClientMessage }> =>
        (one.type === "message_create" || one.type === "message_update") && isRight(one.message),
    );
    return event.message;
  }

  /** The first event of any person's page, since the start, that is right. */
  async waitForEvent<T extends ClientEvent>(
    isRight: (event: ClientEvent) => event is T,
  ): Promise<T> {
    return this.waitFor(() => this.#events.map(({ event }) => event).find(isRight));
  }

  /** Every event of a person's page since the start. */
  eventsOf(name: string): ClientEvent[] {
    const id = this.member(name);
    return this.#events.filter(({ userId }) => userId === id).map(({ event }) => event);
  }

  /** What `find` gives as soon as it gives something; it is asked again at each event. */
  async waitFor<T>(find: () => T | undefined): Promise<T> {
    const first = find();
    if (first !== undefined) return first;
    return new Promise<T>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timeout);
        this.#listeners.delete(look);
      };
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        done();
        resolve(found);
      };
      const timeout = setTimeout(() => {
        done();
        reject(new Error(`Nothing came within ${DEADLINE_MS} ms.\n${this.#recent()}`));
      }, DEADLINE_MS);
      this.#listeners.add(look);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(async (client) => client.destroy()));
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For the error of a wait in vain: what the bot did last. */
  #recent(): string {
    const calls = this.transcript.calls
      .slice(-8)
      .map(({ method, route, status, errorCode, body }) => {
        const text = JSON.stringify(body)?.slice(0, 300) ?? "";
        return `${method} ${route} -> ${status} ${errorCode ?? ""} ${text}`;
      });
    return `The bot's last requests:\n${calls.join("\n")}`;
  }
}
