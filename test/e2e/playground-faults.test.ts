import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { type Client, HTTPError, RateLimitError, REST, Routes } from "discord.js";

import type { TestPlayground } from "../support/playground.ts";
import { poll, type PlaygroundBot, refusalOf } from "../support/playground-bot.ts";
import { startTrial } from "../support/playground-trial.ts";

let playground: TestPlayground;
let bot: PlaygroundBot;
let client: Client<true>;
let path: `/${string}`;

before(async () => {
  ({ playground, bot } = await startTrial());
  ({ client } = bot);
  path = Routes.channelMessages(playground.channel("general"));
  playground.context.rateLimits.isOff = true;
});
afterEach(() => playground.faults.clear());
after(async () => playground.close());

const MESSAGES = { method: "POST", path: "/messages$" };
const post = async (content: string) =>
  client.rest.post(path, { body: { content, nonce: content, enforce_nonce: true } });
const lastCalls = (count: number) => playground.transcript.calls.slice(-count);

describe("faults in the playground", () => {
  it("sends 429, and discord.js tries again after the time it names", async () => {
    playground.faults.add({ kind: "rate_limit", retryAfterMs: 200, count: 1, ...MESSAGES });
    const startedAt = performance.now();
    await post("slowly");
    assert.ok(performance.now() - startedAt >= 200);
    assert.deepEqual(
      lastCalls(2).map(({ status }) => status),
      [429, 200],
    );
    assert.equal(playground.faults.pending, 0);
  });

  it("answers 5xx without carrying the request out", async () => {
    playground.faults.add({
      kind: "server_error",
      status: 502,
      applied: false,
      count: 2,
      ...MESSAGES,
    });
    await post("third time lucky");
    assert.deepEqual(
      lastCalls(3).map(({ status }) => status),
      [502, 502, 200],
    );
    assert.equal(playground.transcript.creationsByNonce["third time lucky"], 1);
  });

  it("answers 5xx after the request was carried out; the nonce keeps the second from doubling it", async () => {
    playground.faults.add({
      kind: "server_error",
      status: 503,
      applied: true,
      count: 1,
      ...MESSAGES,
    });
    await post("said once");
    assert.deepEqual(
      lastCalls(2).map(({ status }) => status),
      [503, 200],
    );
    assert.equal(playground.transcript.creationsByNonce["said once"], 1);
  });

  it("breaks the connection after the request was carried out", async () => {
    const rest = new REST({ api: playground.apiBase, retries: 0 }).setToken(playground.token);
    playground.faults.add({ kind: "disconnect", applied: true, count: 1, ...MESSAGES });
    await assert.rejects(rest.post(path, { body: { content: "heard", nonce: "heard" } }));
    assert.equal(lastCalls(1)[0]?.status, null);
    assert.equal(playground.transcript.creationsByNonce["heard"], 1);
  });

  it("breaks the connection before the request is carried out", async () => {
    const rest = new REST({ api: playground.apiBase, retries: 0 }).setToken(playground.token);
    playground.faults.add({ kind: "disconnect", applied: false, count: 1, ...MESSAGES });
    await assert.rejects(rest.post(path, { body: { content: "unheard", nonce: "unheard" } }));
    assert.equal(playground.transcript.creationsByNonce["unheard"], undefined);
  });

  it("gives up on a server that stays broken", async () => {
    playground.faults.add({ kind: "server_error", status: 500, applied: false, ...MESSAGES });
    await assert.rejects(post("never"), HTTPError);
  });

  it("answers any error of the API", async () => {
    const error = { status: 403, code: 50_013, message: "Missing Permissions" };
    playground.faults.add({ kind: "error", error, count: 1, ...MESSAGES });
    const { status, code } = await refusalOf(post("not allowed"));
    assert.deepEqual([status, code], [403, 50_013]);
    assert.equal(lastCalls(1)[0]?.errorCode, 50_013);
  });

  it("is slow where it is told to be", async () => {
    playground.faults.add({ kind: "latency", ms: 150, count: 1, ...MESSAGES });
    const startedAt = performance.now();
    await post("late");
    assert.ok(performance.now() - startedAt >= 150);
  });

  it("strikes the route that was named, and no other", async () => {
    const error = { status: 500, code: 0, message: "x" };
    playground.faults.add({ kind: "error", error, path: "^/guilds/", method: "GET" });
    await post("unharmed");
    assert.equal(playground.faults.pending, 0);
  });

  it("goes down altogether and comes back", async () => {
    const rest = new REST({ api: playground.apiBase, retries: 0 }).setToken(playground.token);
    playground.setOutage(true);
    await assert.rejects(rest.get(Routes.user("@me")));
    await poll(() => !playground.gateway.isOnline);
    assert.equal((await playground.state()).bot.isOnline, false);
    playground.setOutage(false);
    await poll(() => playground.gateway.isOnline);
    await playground.slash("imagine", { prompt: "again" });
    const interaction = await bot.take((i) => i.isChatInputCommand());
    await interaction.reply("back");
  });
});

describe("rate limits in the playground", () => {
  before(() => {
    playground.context.rateLimits.isOff = false;
  });

  it("are said in headers and enforced when a bucket is empty", async () => {
    const ask = async () =>
      fetch(`${playground.apiBase}/v10${Routes.channelMessages(playground.channel("art"))}`, {
        method: "POST",
        headers: {
          authorization: `Bot ${playground.token}`,
          "content-type": "application/json",
        },
        body: '{"content":"x"}',
      });
    const first = await ask();
    assert.equal(first.headers.get("x-ratelimit-limit"), "5");
    assert.equal(first.headers.get("x-ratelimit-remaining"), "4");
    assert.ok(first.headers.get("x-ratelimit-bucket"));
    for (let n = 1; n < 5; n += 1) assert.equal((await ask()).status, 200);
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("x-ratelimit-scope"), "user");
    const body = (await refused.json()) as { retry_after: number; global: boolean };
    assert.ok(body.retry_after > 0 && body.retry_after <= 5);
    assert.equal(body.global, false);
  });

  it("are kept by discord.js itself", async () => {
    const rest = new REST({ api: playground.apiBase, rejectOnRateLimit: ["/"] });
    rest.setToken(playground.token);
    const target = Routes.channelMessages(playground.channel("lobby"));
    const sent = Array.from({ length: 8 }, async () =>
      rest.post(target, { body: { content: "x" } }),
    );
    const outcomes = await Promise.allSettled(sent);
    const limited = outcomes.filter(
      (outcome) => outcome.status === "rejected" && outcome.reason instanceof RateLimitError,
    );
    assert.equal(limited.length, 3);
  });

  it("leave answers to interactions out of the global limit", async () => {
    const begun = await Promise.all(
      Array.from({ length: 60 }, async () => playground.slash("imagine", { prompt: "x" })),
    );
    await Promise.all(
      begun.map(async () => {
        const interaction = await bot.take((i) => i.isChatInputCommand());
        await interaction.deferReply();
      }),
    );
    const limited = playground.transcript.calls.filter(
      ({ status, route }) => status === 429 && route.startsWith("/interactions"),
    );
    assert.equal(limited.length, 0);
  });
});
