import { COMMANDS, COMPONENTS, onMessage } from "../../commands/index.ts";
import { DiscordAttachmentFinder } from "../../src/discord/attachment-finder.ts";
import { Bot } from "../../src/discord/bot.ts";
import { CustomIds } from "../../src/discord/custom-id.ts";
import { DiscordMessenger } from "../../src/discord/messenger.ts";
import type { EditLeases } from "../../src/generation/edit-leases.ts";
import type { Notice } from "../../src/generation/messenger.ts";
import type { Administration } from "../../src/generation/policy/administration.ts";
import { createLogger } from "../../src/log.ts";
import type { Context } from "../../src/discord/command.ts";
import { MemoryGeneration } from "./memory-generation.ts";
import { TestPlayground } from "./playground.ts";
import type { TestPlaygroundOptions } from "./playground-server.ts";

const NEVER = new AbortController().signal;
/** Where one process edits alone. */
export const FREE_LEASES: EditLeases = {
  take: async () => ({ release: async () => undefined }),
  over: async () => undefined,
};
/** For tests that give no command of admins. */
const NO_ADMINISTRATION: Administration = {
  get db(): never {
    throw new Error("This test has no database");
  },
  retag: async () => undefined,
};

export interface TestBotOptions extends TestPlaygroundOptions {
  readonly answersMessages?: boolean;
  /** Parts of the context that other helpers' commands use. */
  readonly context?: Partial<Context>;
}

/** The bot with all its commands, by the real discord.js on a playground, on a generation room in memory. */
export class TestBot {
  readonly playground: TestPlayground;
  readonly generation = new MemoryGeneration();
  readonly customIds = new CustomIds(Buffer.alloc(32, 7));
  readonly bot: Bot;
  readonly messenger: DiscordMessenger;
  /** What is remembered of the registered commands. */
  registered: string | null = null;

  private constructor(playground: TestPlayground) {
    this.playground = playground;
    const log = createLogger("fatal");
    this.bot = new Bot({
      token: playground.token,
      apiBase: playground.apiBase,
      commands: COMMANDS,
      components: COMPONENTS,
      onMessage,
      onGuild: { joined: async () => undefined, left: async () => undefined },
      registration: {
        guildId: null,
        userInstalls: async () => true,
        store: {
          read: async () => this.registered,
          write: async (hash) => {
            this.registered = hash;
          },
        },
      },
      log,
    });
    this.messenger = new DiscordMessenger({
      rest: this.bot.rest,
      hasBotToken: true,
      customIds: this.customIds,
      leases: FREE_LEASES,
      log,
      now: () => playground.clock.now(),
    });
  }

  static async start(options: TestBotOptions = {}): Promise<TestBot> {
    const test = new TestBot(await TestPlayground.start(options));
    try {
      await test.#start(options);
    } catch (error) {
      await test[Symbol.asyncDispose]();
      throw error;
    }
    return test;
  }

  async #start({ context, answersMessages = false }: TestBotOptions): Promise<void> {
    const { generation, customIds, messenger, playground, bot } = this;
    const attachments = new DiscordAttachmentFinder(bot.rest, playground.apiBase);
    await bot.start({
      generation,
      administration: NO_ADMINISTRATION,
      customIds,
      messenger,
      attachments,
      ...context,
    });
    await bot.listenToMessages(answersMessages);
  }

  /** Draws the job that was asked for last, and posts it. */
  async finish(count = 1): Promise<void> {
    const { answer, notice } = await this.generation.finish(count);
    await this.messenger.post(answer, notice, NEVER);
  }

  /** Shows a notice of the last job. */
  async update(notice: Notice): Promise<void> {
    const { lastJob } = this.generation;
    await this.messenger.update(this.generation.answerOf(lastJob), notice, NEVER);
  }

  async post(notice: Notice): Promise<void> {
    const { lastJob } = this.generation;
    await this.messenger.post(this.generation.answerOf(lastJob), notice, NEVER);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bot.stop();
    await this.playground.close();
  }
}
