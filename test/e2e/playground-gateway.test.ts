import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, it } from "node:test";

import { Client, Events, GatewayIntentBits, Locale } from "discord.js";
import { WebSocket } from "ws";

import { TestPlayground } from "../support/playground.ts";
import { poll, PlaygroundBot } from "../support/playground-bot.ts";
import { TRIAL_COMMANDS } from "../support/playground-trial.ts";

let playground: TestPlayground;
before(async () => {
  playground = await TestPlayground.start();
});
afterEach(() => {
  playground.gateway.allowedIntents = 0;
});
after(async () => playground.close());

/** A bare websocket that speaks the gateway's JSON. */
async function open(): Promise<{
  send: (op: number, d: unknown) => void;
  next: () => Promise<{ op: number; d: never; t: string | null }>;
  closed: Promise<number>;
  close: () => void;
}> {
  const socket = new WebSocket(
    `${playground.url.replace("http", "ws")}/gateway/?v=10&encoding=json`,
  );
  const arrived: string[] = [];
  socket.on("message", (data) => arrived.push((data as Buffer).toString()));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await once(socket, "open");
  return {
    send: (op, d) => socket.send(JSON.stringify({ op, d })),
    next: async () => {
      await poll(() => arrived.length > 0);
      return JSON.parse(arrived.shift() ?? "") as { op: number; d: never; t: string | null };
    },
    closed,
    close: () => socket.close(),
  };
}

const identify = (more: object = {}) => ({
  token: playground.token,
  intents: 1,
  properties: { os: "linux", browser: "test", device: "test" },
  ...more,
});

describe("the playground's gateway", () => {
  it("says hello, answers heartbeats, and sends READY and the guilds", async () => {
    const gateway = await open();
    const hello = await gateway.next();
    assert.deepEqual([hello.op, hello.d["heartbeat_interval"]], [10, 41_250]);
    gateway.send(1, null);
    assert.equal((await gateway.next()).op, 11);
    gateway.send(2, identify());
    const ready = await gateway.next();
    assert.equal(ready.t, "READY");
    assert.match(ready.d["resume_gateway_url"], /^ws:\/\/127\.0\.0\.1:\d+\/gateway$/);
    assert.deepEqual(
      [(await gateway.next()).t, (await gateway.next()).t],
      ["GUILD_CREATE", "GUILD_CREATE"],
    );
    gateway.close();
  });

  const closings: [fault: string, code: number, op: number, d: () => unknown][] = [
    ["a wrong token", 4004, 2, () => identify({ token: "wrong" })],
    ["intents that do not exist", 4013, 2, () => identify({ intents: 2 ** 30 })],
    ["privileged intents that are not switched on", 4014, 2, () => identify({ intents: 1 << 15 })],
    ["a shard beyond the count", 4010, 2, () => identify({ shard: [2, 2] })],
    ["a payload before identifying", 4003, 8, () => ({ guild_id: "1" })],
    ["what is no payload", 4002, 2, () => "x".repeat(10)],
    ["payloads over 4096 bytes", 4002, 2, () => identify({ extra: "x".repeat(5000) })],
  ];
  for (const [fault, code, op, d] of closings)
    it(`closes with ${code} on ${fault}`, async () => {
      const gateway = await open();
      await gateway.next();
      gateway.send(op, d());
      assert.equal(await gateway.closed, code);
    });

  it("closes with 4001 on an opcode that is none, and with 4005 on a second identification", async () => {
    const unknown = await open();
    unknown.send(2, identify());
    unknown.send(99, null);
    assert.equal(await unknown.closed, 4001);
    const twice = await open();
    twice.send(2, identify());
    twice.send(2, identify());
    assert.equal(await twice.closed, 4005);
  });

  it("closes with 4008 on a flood", async () => {
    const gateway = await open();
    await gateway.next();
    for (let n = 0; n < 130; n += 1) gateway.send(1, null);
    assert.equal(await gateway.closed, 4008);
  });

  it("allows privileged intents that are switched on", async () => {
    playground.gateway.allowedIntents = GatewayIntentBits.MessageContent;
    const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
    const client = await playground.connect({ intents: [Guilds, GuildMessages, MessageContent] });
    const heard = new Promise<string>((resolve) =>
      client.once("messageCreate", ({ content }) => resolve(content)),
    );
    await playground.say("everyone may read this");
    assert.equal(await heard, "everyone may read this");
    await client.destroy();
  });

  it("tells a bot with a wrong token so, by REST and by the gateway", async () => {
    const client = new Client({ intents: [], rest: { api: playground.apiBase } });
    await assert.rejects(client.login("wrong"), /invalid token/i);
  });
});

describe("a connection that breaks", () => {
  it("resumes, and gets the interactions that came meanwhile", async () => {
    const bot = await PlaygroundBot.connect(playground, TRIAL_COMMANDS);
    const resumed = new Promise<void>((resolve) =>
      bot.client.once(Events.ShardResume, () => resolve()),
    );
    playground.gateway.disconnect(1006);
    const begun = await playground.slash("imagine", { prompt: "while you were away" });
    await resumed;
    const interaction = await bot.take((i) => i.isChatInputCommand());
    await interaction.reply("I heard it");
    assert.equal((await begun.answer()).content, "I heard it");
    await bot.client.destroy();
  });

  it("resumes when it is asked to reconnect", async () => {
    const client = await playground.connect();
    const resumed = new Promise<void>((resolve) =>
      client.once(Events.ShardResume, () => resolve()),
    );
    playground.gateway.askToReconnect();
    await resumed;
    await client.destroy();
  });

  it("identifies anew when its session is no longer valid", async () => {
    const client = await playground.connect();
    const old = new Set(playground.gateway.sessions.map(({ id }) => id));
    const ready = new Promise<void>((resolve) => client.once(Events.ShardReady, () => resolve()));
    playground.gateway.invalidate();
    await ready;
    assert.ok(playground.gateway.sessions.every(({ id }) => !old.has(id)));
    await client.destroy();
  });
});

describe("shards", () => {
  it("share the guilds by their ids, and interactions go to the guild's own", async () => {
    const client = await playground.connect({ shardCount: 2, shards: [0, 1] });
    const { guilds, shard } = client;
    assert.equal(guilds.cache.size, 2);
    assert.equal(shard, null);
    for (const guild of guilds.cache.values())
      assert.equal(guild.shardId, Number((BigInt(guild.id) >> 22n) % 2n));
    await client.destroy();
  });
});

describe("changes of the world", () => {
  it("reach the bot's caches", async () => {
    const client = await playground.connect();
    const guild = client.guilds.cache.get(playground.guildId);
    assert.ok(guild !== undefined);
    const general = playground.channel("general");
    await playground.change(`/channels/${general}`, { nsfw: true });
    await poll(() => (guild.channels.cache.get(general) as { nsfw?: boolean }).nsfw === true);
    await playground.change(`/channels/${general}`, { nsfw: false });
    await playground.change(`/guilds/${guild.id}`, { premiumTier: 2, preferredLocale: "ja" });
    await poll(() => guild.preferredLocale === Locale.Japanese);
    assert.equal(guild.premiumTier, 2);
    const artist = playground.role("Artist");
    await playground.change(`/guilds/${guild.id}/roles/${artist}`, { permissions: "8" });
    await poll(() => guild.roles.cache.get(artist)?.permissions.bitfield === 8n);
    await client.destroy();
  });

  it("take the bot out of a guild and back in", async () => {
    const client = await playground.connect();
    const { guildId } = playground;
    await playground.change(`/guilds/${guildId}`, { hasBot: false });
    await poll(() => !client.guilds.cache.has(guildId));
    await playground.change(`/guilds/${guildId}`, { hasBot: true });
    await poll(() => client.guilds.cache.has(guildId));
    await client.guilds.cache.get(guildId)?.leave();
    await poll(() => !client.guilds.cache.has(guildId));
    assert.equal((await playground.state()).guilds.find(({ id }) => id === guildId)?.hasBot, false);
    await client.destroy();
  });
});
