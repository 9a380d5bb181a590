import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import type { Bot, GuildEvents } from "../../src/discord/bot.ts";
import { bareBot, startBare } from "../support/bare-bot.ts";
import { TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

describe("the servers that the bot is in", () => {
  let playground: TestPlayground;
  let bot: Bot | undefined;

  beforeEach(async () => {
    playground = await TestPlayground.start();
  });
  afterEach(async () => {
    await bot?.stop();
    await playground.close();
  });

  async function startWith(change: Partial<GuildEvents>): Promise<void> {
    const nothing = async () => undefined;
    bot = bareBot(playground, { onGuild: { joined: nothing, left: nothing, ...change } });
    await startBare(bot);
  }

  it("are told at the start, when the bot is added, and when it is removed", async () => {
    const log: string[] = [];
    await startWith({
      joined: async ({ id }) => void log.push(`joined ${id}`),
      left: async (id) => void log.push(`left ${id}`),
    });
    const { guildId } = playground;
    await until(() => log.includes(`joined ${guildId}`));
    await playground.change(`/guilds/${guildId}`, { hasBot: false });
    await until(() => log.at(-1) === `left ${guildId}`);
    await playground.change(`/guilds/${guildId}`, { hasBot: true });
    await until(() => log.at(-1) === `joined ${guildId}`);
  });

  it("do not keep it from starting while one is in an outage, and that one is noted when it is back", async () => {
    const { guildId, gateway, context } = playground;
    gateway.unavailable.add(guildId);
    const noted: { id: string; name: string }[] = [];
    await startWith({ joined: async ({ id, name }) => void noted.push({ id, name }) });
    const others = context.world.guilds.filter(({ id }) => id !== guildId);
    assert.deepEqual(
      noted,
      others.map(({ id, name }) => ({ id, name })),
    );
    const back = context.world.guild(guildId);
    context.events.emit("guildJoin", back);
    await until(() => noted.some(({ id }) => id === guildId));
    assert.deepEqual(noted.at(-1), { id: guildId, name: back.name });
  });

  it("do not keep it from starting where one cannot be noted", async () => {
    const noted: string[] = [];
    await startWith({
      joined: async ({ id }) => {
        if (id === playground.guildId) throw new Error("a fault of this server");
        noted.push(id);
      },
    });
    const others = playground.context.world.guilds.filter(({ id }) => id !== playground.guildId);
    assert.deepEqual(
      noted,
      others.map(({ id }) => id),
    );
  });
});
