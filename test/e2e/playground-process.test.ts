import assert from "node:assert/strict";
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";

import { Client, Routes } from "discord.js";

import { PROJECT_DIR } from "../../src/config.ts";
import { UserError } from "../../src/errors.ts";
import { startPlayground } from "../../src/playground/start.ts";
import { PLAYGROUND_TOKEN } from "../../src/playground/token.ts";
import { TestPlayground, textOf } from "../support/playground.ts";
import { poll } from "../support/playground-bot.ts";
import { mediaOf, postCard, startTrial } from "../support/playground-trial.ts";

const MAIN = join(PROJECT_DIR, "src/playground/main.ts");
let dir: string;
let children: ChildProcess[] = [];

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "playground-process-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
});
after(async () => rm(dir, { recursive: true, force: true }));

/** The server's answer to a request with any headers; `fetch` does not let one choose `Host`. */
async function ask(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const sent = request(url, { headers });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
  return { status: answer.statusCode ?? 0, text };
}

describe("the playground's process", () => {
  it("tells its parent its address, serves it through Ctrl-C, and ends when the parent is gone", async () => {
    const child = fork(MAIN, ["--port", "0", "--data", join(dir, "ipc")], { execArgv: [] });
    children.push(child);
    const [ready] = (await once(child, "message")) as [{ type: string; address: string }];
    assert.equal(ready.type, "ready");
    assert.equal((await fetch(`${ready.address}/client/state`)).status, 200);
    child.kill("SIGINT");
    assert.equal((await fetch(`${ready.address}/client/state`)).status, 200);
    const ended = once(child, "exit");
    child.disconnect();
    assert.deepEqual(await ended, [0, null]);
  });

  it("prints its address where it has no parent, and ends on SIGTERM", async () => {
    const child = spawn(process.execPath, [MAIN, "--port", "0", "--data", join(dir, "alone")]);
    children.push(child);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    assert.match(line.toString(), /^Playground: http:\/\/127\.0\.0\.1:\d+\n$/);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null]);
  });

  it("says in one sentence that its port is taken", async () => {
    const taken = await TestPlayground.start();
    const port = new URL(taken.url).port;
    const child = spawn(process.execPath, [MAIN, "--port", port, "--data", join(dir, "taken")]);
    children.push(child);
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    assert.deepEqual(await once(child, "exit"), [1, null]);
    assert.equal(said, `The playground cannot listen on 127.0.0.1:${port}. Is PORT in use?\n`);
    await taken.close();
  });

  it("is started and stopped by the bot's main, to which its token and base belong", async () => {
    const started = await startPlayground({
      port: 0,
      host: "127.0.0.1",
      dataDir: join(dir, "started"),
      botHttp: "http://127.0.0.1:9",
      onExit: () => assert.fail("It was told to stop."),
    });
    const client = new Client({ intents: [1], rest: { api: started.apiBase } });
    const ready = once(client, "clientReady");
    await client.login(started.token);
    await ready;
    assert.match(started.address, /^http:\/\/localhost:\d+$/);
    await client.destroy();
    await started.stop();
    await started.stop();
    await assert.rejects(fetch(started.address));
  });

  it("hands the reason on when it cannot start", async () => {
    const taken = await TestPlayground.start();
    const port = Number(new URL(taken.url).port);
    const options = { port, host: "127.0.0.1", dataDir: dir, botHttp: "", onExit: () => undefined };
    await assert.rejects(
      startPlayground(options),
      (error: unknown) => error instanceof UserError && /Is PORT in use\?/.test(error.message),
    );
    await taken.close();
  });

  it("keeps messages, files, commands and changes when it is killed", async () => {
    const dataDir = join(dir, "kept");
    const first = await startTrial({ dataDir });
    const { message, interaction } = await postCard(first, "still here");
    const port = Number(new URL(first.playground.url).port);
    await first.playground.change(`/users/${first.playground.member("ada")}`, { locale: "ja" });
    await first.playground.close();

    const child = fork(MAIN, ["--port", String(port), "--data", dataDir], { execArgv: [] });
    children.push(child);
    await once(child, "message");
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;

    const second = await TestPlayground.start({ dataDir });
    const kept = (await second.messagesIn("general")).find(({ id }) => id === message.id);
    assert.ok(kept !== undefined);
    assert.equal(textOf(kept), "still here");
    assert.equal((await fetch(second.url + mediaOf(kept).url)).status, 200);
    assert.equal(
      (await second.state()).users.find(({ username }) => username === "ada")?.locale,
      "ja",
    );
    assert.equal(second.command("imagine").name, "imagine");
    const path = Routes.webhookMessage(interaction.applicationId, interaction.token);
    const edited = await fetch(`${second.apiBase}/v10${path}`, {
      method: "PATCH",
      body: JSON.stringify({ components: [{ type: 10, content: "edited after it" }] }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(edited.status, 200);
    const next = await second.say("after it");
    assert.ok(BigInt(next.id) > BigInt(message.id));
    await second.close();
  });
});

describe("the playground's door", () => {
  let playground: TestPlayground;
  before(async () => {
    playground = await TestPlayground.start();
  });
  after(async () => playground.close());

  it("is shut to names that only resolve to this machine, and to pages of other origins", async () => {
    const state = `${playground.url}/client/state`;
    const { host } = new URL(playground.url);
    const port = host.split(":")[1];
    assert.equal((await ask(state, { host: "evil.example" })).status, 403);
    assert.equal((await ask(state, { host: `evil.example:${port}` })).status, 403);
    assert.equal((await ask(state, { host, origin: "http://evil.example" })).status, 403);
    assert.equal((await ask(state, { host, origin: "null" })).status, 403);
    assert.equal((await ask(state, { host, origin: `http://${host}` })).status, 200);
    assert.equal((await ask(state, { host: `localhost:${port}` })).status, 200);
    assert.equal((await ask(state, { host: `[::1]:${port}` })).status, 200);
  });

  it("is shut to the gateway from other origins", async () => {
    const headers = {
      host: new URL(playground.url).host,
      origin: "http://evil.example",
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      "sec-websocket-version": "13",
    };
    await assert.rejects(ask(`${playground.url}/gateway`, headers), { code: "ECONNRESET" });
  });

  it("does not open /control unless it is told to", async () => {
    const child = fork(MAIN, ["--port", "0", "--data", join(dir, "shut")], { execArgv: [] });
    children.push(child);
    const [{ address }] = (await once(child, "message")) as [{ address: string }];
    assert.equal((await fetch(`${address}/control/clock`)).status, 404);
    assert.equal((await fetch(`${playground.url}/control/clock`)).status, 200);
  });

  it("offers files that could run in the page for download only", async () => {
    const id = await playground.upload({
      filename: "page.html",
      bytes: Buffer.from("<script>alert(1)</script>"),
    });
    const attachment = playground.context.attachments.get(id);
    assert.ok(attachment !== null);
    const answer = await fetch(playground.context.attachments.url(attachment, playground.url));
    assert.equal(answer.headers.get("content-disposition"), "attachment");
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    assert.match(answer.headers.get("content-security-policy") ?? "", /sandbox/);
  });

  it("keeps too large files out", async () => {
    const bytes = Buffer.alloc(10 * 2 ** 20 + 1);
    await assert.rejects(playground.upload({ filename: "a.bin", bytes }), /10 MiB/);
  });
});

describe("what the playground passes on to the bot", () => {
  it("is health, metrics and originals; without the bot a sentence", async () => {
    const bot = createServer((incoming, answer) => {
      answer.setHeader("content-type", "text/plain");
      answer.setHeader("set-cookie", "not=passed");
      answer.statusCode = incoming.url === "/readyz" ? 503 : 200;
      answer.end(`bot ${incoming.url}`);
    });
    bot.listen(0, "127.0.0.1");
    await once(bot, "listening");
    const { port } = bot.address() as AddressInfo;
    const playground = await TestPlayground.start({ botHttp: `http://127.0.0.1:${port}` });
    for (const [path, status] of [
      ["/livez", 200],
      ["/readyz", 503],
      ["/metrics", 200],
      ["/originals/a.png?sig=1", 200],
    ] as const) {
      const answer = await fetch(playground.url + path);
      assert.equal(answer.status, status);
      assert.equal(await answer.text(), `bot ${path}`);
      assert.equal(answer.headers.get("set-cookie"), null);
    }
    bot.close();
    bot.closeAllConnections();
    const away = await fetch(`${playground.url}/livez`);
    assert.equal(away.status, 503);
    assert.match(await away.text(), /The bot is not there/);
    await playground.close();
  });
});

describe("/control", () => {
  it("moves the clock, makes faults and reads the transcript from another process", async () => {
    const dataDir = join(dir, "control");
    const child = fork(MAIN, ["--port", "0", "--data", dataDir, "--control"], { execArgv: [] });
    children.push(child);
    const [{ address }] = (await once(child, "message")) as [{ address: string }];
    const control = async (method: string, path: string, body?: object): Promise<unknown> => {
      const answer = await fetch(`${address}/control${path}`, {
        method,
        ...(body && {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      });
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
      return answer.status === 204 ? undefined : answer.json();
    };
    const client = new Client({ intents: [1], rest: { api: `${address}/api` } });
    const ready = once(client, "clientReady");
    await client.login(PLAYGROUND_TOKEN);
    await ready;
    const earlier = (await control("GET", "/clock")) as { now: number };
    const moved = (await control("POST", "/clock", { advanceMs: 60_000 })) as { now: number };
    assert.ok(moved.now - earlier.now >= 60_000);
    const general = client.channels.cache.find((one) => "name" in one && one.name === "general");
    assert.ok(general !== undefined);
    const path = Routes.channelMessages(general.id);
    await control("POST", "/faults", {
      kind: "server_error",
      status: 502,
      applied: true,
      count: 1,
    });
    await client.rest.post(path, { body: { content: "x", nonce: "n1", enforce_nonce: true } });
    await control("DELETE", "/faults");
    const transcript = (await control("GET", "/transcript")) as {
      calls: { status: number; route: string }[];
      creationsByNonce: Record<string, number>;
    };
    assert.deepEqual(transcript.creationsByNonce, { n1: 1 });
    assert.deepEqual(
      transcript.calls.slice(-2).map(({ status, route }) => [status, route]),
      [
        [502, "/channels/:id/messages"],
        [200, "/channels/:id/messages"],
      ],
    );
    let resumed = 0;
    client.on("shardResume", () => {
      resumed += 1;
    });
    await control("POST", "/gateway", { action: "disconnect" });
    await poll(() => resumed === 1);
    await control("PUT", "/outage", { on: true });
    await control("PUT", "/outage", { on: false });
    await poll(() => resumed === 2);
    await control("DELETE", "/tokens");
    await control("DELETE", "/transcript");
    await client.destroy();
  });

  it("says what is wrong with a request", async () => {
    const playground = await TestPlayground.start();
    const answer = await fetch(`${playground.url}/control/faults`, {
      method: "POST",
      body: JSON.stringify({ kind: "earthquake" }),
    });
    assert.equal(answer.status, 400);
    await playground.close();
  });
});
