import { Bot, type BotParts } from "../../src/discord/bot.ts";
import { CustomIds } from "../../src/discord/custom-id.ts";
import { createLogger } from "../../src/log.ts";
import { MemoryGeneration, noAdministration } from "./memory-generation.ts";
import type { TestPlayground } from "./playground.ts";

/** A bot on a playground without any command or event but those of the test. */
export function bareBot(playground: TestPlayground, change: Partial<BotParts> = {}): Bot {
  return new Bot({
    token: playground.token,
    apiBase: playground.apiBase,
    commands: [],
    components: [],
    onMessage: async () => undefined,
    onGuild: { joined: async () => undefined, left: async () => undefined },
    registration: {
      guildId: null,
      userInstalls: async () => true,
      store: { read: async () => null, write: async () => undefined },
    },
    log: createLogger("silent"),
    ...change,
  });
}

export async function startBare(bot: Bot): Promise<{ readonly inviteLink: string }> {
  return bot.start({
    generation: new MemoryGeneration(),
    administration: noAdministration(),
    customIds: new CustomIds(Buffer.alloc(32)),
    attachments: { refresh: async () => null, isTrusted: () => false },
    messenger: { update: async () => undefined },
  });
}
