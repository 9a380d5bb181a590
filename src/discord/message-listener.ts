import { type Client, Events, type Message } from "discord.js";
import type { Logger } from "pino";

import { createClient } from "./client.ts";
import { loggable } from "./discord-error.ts";

interface ListenerParts {
  readonly token: string;
  readonly apiBase: string;
  readonly onMessage: (message: Message) => Promise<void>;
  readonly log: Logger;
}

/**
 * A connection for mentions and direct messages, which is there only while somebody has switched them on: what a
 * connection receives is fixed when it begins, and without this one the bot is told of no message at all.
 */
export class MessageListener {
  readonly #parts: ListenerParts;
  #client: Client | null = null;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Connects or disconnects, where that is not so already. */
  async listen(isWanted: boolean): Promise<void> {
    if (isWanted === (this.#client !== null)) return;
    if (isWanted) await this.#connect();
    else await this.stop();
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.destroy();
  }

  async #connect(): Promise<void> {
    const { token, apiBase, onMessage, log } = this.#parts;
    const client = createClient({ apiBase, withMessages: true });
    this.#client = client;
    client.on(Events.Error, (error) =>
      log.error({ err: loggable(error) }, "the connection for messages reports an error"),
    );
    client.on(Events.MessageCreate, (message) => {
      onMessage(message).catch((error: unknown) => {
        log.error({ err: loggable(error), messageId: message.id }, "a message was not answered");
      });
    });
    const ready = new Promise((done) => client.once(Events.ClientReady, done));
    try {
      await client.login(token);
    } catch (error) {
      await this.stop();
      throw error;
    }
    await ready;
    log.info("mentions and direct messages are answered");
  }
}
