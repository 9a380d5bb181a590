import { setTimeout as wait } from "node:timers/promises";

import {
  type ApplicationCommandDataResolvable,
  type BaseInteraction,
  type Client,
  type ClientOptions,
  DiscordAPIError,
} from "discord.js";

import type { TestPlayground } from "./playground.ts";

/** A discord.js client whose next answers a test decides. */
export class PlaygroundBot {
  readonly client: Client<true>;
  readonly #arrived: BaseInteraction[] = [];
  readonly #waiting: ((interaction: BaseInteraction) => void)[] = [];

  private constructor(client: Client<true>) {
    this.client = client;
    client.on("interactionCreate", (interaction) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#arrived.push(interaction);
      else waiting(interaction);
    });
  }

  static async connect(
    playground: TestPlayground,
    commands: readonly ApplicationCommandDataResolvable[] = [],
    options: Partial<ClientOptions> = {},
  ): Promise<PlaygroundBot> {
    const bot = new PlaygroundBot(await playground.connect(options));
    if (commands.length > 0) await bot.client.application.commands.set(commands);
    return bot;
  }

  /** The next interaction that no one has taken. */
  async next(): Promise<BaseInteraction> {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return arrived;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next interaction of one kind: `await bot.take((i) => i.isButton())`. */
  async take<T extends BaseInteraction>(isKind: (i: BaseInteraction) => i is T): Promise<T> {
    const interaction = await this.next();
    if (!isKind(interaction))
      throw new TypeError(`An interaction of type ${interaction.type} came instead.`);
    return interaction;
  }
}

/** What Discord's API refused: the code, the status, and the codes of single fields as `components.0.label: CODE`. */
export interface Refused {
  status: number;
  code: number | string;
  fields: string[];
}

/** @throws {TypeError} when it was not refused. */
export async function refusalOf(request: Promise<unknown>): Promise<Refused> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof DiscordAPIError)) throw error;
    const { status, code, rawError } = error;
    const errors = "errors" in rawError ? rawError.errors : undefined;
    return { status, code, fields: [...fieldCodes(errors, [])] };
  }
  throw new TypeError("The request was not refused.");
}

function* fieldCodes(tree: unknown, path: readonly string[]): Generator<string> {
  if (typeof tree !== "object" || tree === null) return;
  for (const [key, value] of Object.entries(tree)) {
    if (key !== "_errors") yield* fieldCodes(value, [...path, key]);
    else for (const { code } of value as { code: string }[]) yield `${path.join(".")}: ${code}`;
  }
}

/** Waits, for at most 10 s, until something outside of the playground's own events is so. */
export async function poll(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error("It did not become so within 10 s.");
    await wait(10);
  }
}
