import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import { runChecks } from "../../src/cli/doctor/check.ts";
import { discordChecks } from "../../src/cli/doctor/discord-checks.ts";
import { parseConfig, PROJECT_DIR } from "../../src/config.ts";
import { PlaygroundBot } from "../support/playground-bot.ts";
import { TestPlayground } from "../support/playground.ts";

interface Found {
  readonly state: string;
  readonly detail: string;
  readonly mend?: string;
}

describe("doctor", () => {
  let playground: TestPlayground;
  let dataDir: string;

  before(async () => {
    playground = await TestPlayground.start();
    dataDir = await mkdtemp(join(tmpdir(), "sanabot-doctor-"));
  });
  after(async () => {
    await playground.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** The findings by their checks' names. */
  async function examine(
    change: Record<string, string>,
  ): Promise<{ code: number | null; found: ReadonlyMap<string, readonly Found[]> }> {
    const child = spawn(
      process.execPath,
      [join(PROJECT_DIR, "src", "cli.ts"), "doctor", "--json"],
      {
        env: {
          ...process.env,
          DATABASE_URL: "",
          DATA_DIR: dataDir,
          DISCORD_TOKEN: playground.token,
          DISCORD_API_BASE: playground.apiBase,
          ...change,
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [written] = await Promise.all([text(child.stdout), once(child, "exit")]);
    const { checks } = JSON.parse(written) as { checks: { name: string; findings: Found[] }[] };
    const found = new Map(checks.map(({ name, findings }) => [name, findings]));
    return { code: child.exitCode, found };
  }

  it("finds every part, and the channels where a permission is missing", async () => {
    await PlaygroundBot.connect(playground, [{ name: "imagine", description: "Draw" }]);
    const { code, found } = await examine({});
    assert.equal(code, 0);
    const names =
      "Node, data folder, memory, model, provider, database, token, clock, commands, servers";
    assert.equal([...found.keys()].join(", "), names);
    assert.match(found.get("token")?.[0]?.detail ?? "", /no privileged intent is needed/);
    assert.match(found.get("commands")?.[0]?.detail ?? "", /1 are registered/);
    const servers = found.get("servers") ?? [];
    const noFiles = servers.find(({ detail }) => detail.includes("#no-files"));
    assert.match(noFiles?.detail ?? "", /no AttachFiles/);
    assert.ok(servers.some(({ state }) => state === "ok"));
  });

  it("says of each fault how to mend it, and of what follows from it only that", async () => {
    const file = join(dataDir, "file");
    await writeFile(file, "");
    const { code, found } = await examine({
      DATA_DIR: join(file, "data"),
      DATABASE_URL: "postgres://127.0.0.1:1/x",
      DISCORD_TOKEN: "wrong",
      MODEL: "nothing-here",
    });
    assert.equal(code, 1);
    const faults = [...found].filter(([, [first]]) => first?.state === "fault");
    assert.deepEqual(
      faults.map(([name]) => name),
      ["data folder", "model", "database", "token"],
    );
    for (const [name, findings] of found)
      for (const { state, mend = "" } of findings)
        if (state === "fault" || state === "warning")
          assert.match(mend, /^(?!This should not happen).+/, name);
    for (const [name, first] of [
      ["provider", "data folder"],
      ["commands", "token"],
      ["servers", "token"],
    ] as const)
      assert.deepEqual(found.get(name), [{ state: "skipped", detail: `mend "${first}" first` }]);
  });

  it("says that Discord cannot be reached, and that there is no token", async () => {
    const apart = async (change: Record<string, string>): Promise<string[]> => {
      const config = parseConfig({ DATA_DIR: dataDir, ...change });
      const details: string[] = [];
      for await (const { name, findings } of runChecks(discordChecks(config)))
        details.push(...findings.map(({ state, detail }) => `${state} ${name}: ${detail}`));
      return details;
    };
    const [token = "", ...others] = await apart({
      DISCORD_TOKEN: "some",
      DISCORD_API_BASE: "http://127.0.0.1:9/api",
    });
    assert.match(token, /^fault token: Discord cannot be reached/);
    assert.ok(others.every((line) => line.startsWith("skipped ")));
    const [none = ""] = await apart({});
    assert.match(none, /^skipped Discord: DISCORD_TOKEN is not set/);
  });

  it("finds a clock that is wrong", async (context) => {
    const date = new Date(Date.now() - 90_000).toUTCString();
    context.mock.method(globalThis, "fetch", async () => new Response("", { headers: { date } }));
    const config = parseConfig({
      DATA_DIR: dataDir,
      DISCORD_TOKEN: playground.token,
      DISCORD_API_BASE: playground.apiBase,
    });
    const clock = discordChecks(config).filter(({ name }) => name === "clock");
    for await (const { findings } of runChecks(clock)) {
      const [finding] = findings;
      assert.match(finding?.detail ?? "", /^(?:89|90|91) s off from Discord's$/);
      assert.match(finding?.mend ?? "", /NTP/);
    }
  });
});
