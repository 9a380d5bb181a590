import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { MessageFlags } from "discord-api-types/v10";

import { COMMANDS } from "../../commands/index.ts";
import { guild } from "../../src/db/schema.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { CATALOGUES } from "../../src/i18n/translate.ts";
import { AdminBot } from "../support/admin-bot.ts";
import type { Scene, TestPlayground } from "../support/playground.ts";
import { AS_TEXT, Said } from "../support/said.ts";

/** What a handler throws of a picture's file is said in the same way. */
type RefusalKey = ConstructorParameters<typeof Refusal>[0];

const AS_OLIVIA = { as: "olivia" };
const AS_MORGAN = { as: "morgan" };

/** Something for each name that a message uses. */
function parametersOf(message: string): Record<string, string | number> {
  const names = [...message.matchAll(/\{(\w+)(?:, (\w+))?/g)];
  return Object.fromEntries(
    names.map(([, name = "", kind]) => [name, kind === "plural" || kind === "number" ? 2 : name]),
  );
}

/** Each message as it arrives at Discord's client: a change of any of them shows in the snapshot. */
describe("what the bot answers to commands, as JSON", () => {
  let bot: AdminBot;
  let playground: TestPlayground;
  let said: Said;

  before(async () => {
    bot = await AdminBot.start();
    ({ playground } = bot);
    said = new Said(bot);
    await bot.reset();
  });
  after(() => bot.close());

  /** The answers to commands, one after the other. */
  async function answers(
    commands: readonly (readonly [string, Record<string, string | number | boolean>?])[],
    scene: Scene = {},
  ): Promise<string> {
    const told: string[] = [];
    for (const [command, options] of commands) {
      const answer = await (await said.slash(command, options, scene)).answer();
      told.push(
        said.steady(`/${command} ${JSON.stringify(options ?? {})}`),
        said.jsonOf(answer),
        "",
      );
    }
    return told.join("\n");
  }

  it("answer every command of members", async (context) => {
    await said.draw(1);
    const told = await answers([
      ["queue"],
      ["quota"],
      ["history"],
      ["history", { search: "nothing" }],
      ["help"],
      ["about"],
      ["privacy export"],
      ["privacy delete"],
      ["privacy mention", { on: false }],
      ["privacy mention", { on: true }],
    ]);
    context.assert.snapshot(told, AS_TEXT);
  });

  it("answer every command of admins", async (context) => {
    const user = playground.member("ada");
    const role = playground.role("Artist");
    const channel = playground.channel("art");
    const told = await answers(
      [
        ["admin quota set", { period: "day", credits: 50, "each-member": true }],
        ["admin quota grant", { credits: 5, user, reason: "thanks" }],
        ["admin quota exempt", { free: true, user }],
        ["admin quota exempt", { free: false, user }],
        ["admin quota show", { user }],
        ["admin quota history", { user }],
        ["admin quota reset", { user }],
        ["admin quota export"],
        ["admin block", { user, duration: 10, reason: "a pause" }],
        ["admin unblock", { user }],
        ["admin channels allow", { channel }],
        ["admin channels deny", { channel }],
        ["admin channels list"],
        ["admin channels clear", { channel }],
        ["admin roles allow", { role }],
        ["admin roles list"],
        ["admin roles remove", { role }],
        ["admin words add", { text: "worm" }],
        ["admin words list"],
        ["admin words test", { text: "a w0rm" }],
        ["admin words remove", { text: "worm" }],
        ["admin queue pause"],
        ["admin queue resume"],
        ["admin queue show"],
        ["admin queue clear"],
        ["admin queue cancel", { request: "none" }],
        ["admin settings"],
        ["admin styles add", { name: "Chalk", template: "{prompt} in chalk" }],
        ["admin styles list"],
        ["admin styles remove", { name: "Chalk" }],
        ["admin usage", { days: 7 }],
        ["admin audit"],
      ],
      AS_OLIVIA,
    );
    context.assert.snapshot(told, AS_TEXT);
  });

  it("answer every command of moderators", async (context) => {
    const user = playground.member("nova");
    const told = await answers(
      [
        ["mod block", { user, duration: 10 }],
        ["mod unblock", { user }],
        ["mod reports"],
        ["mod cancel", { request: "none" }],
        ["mod delete", { message: "that one" }],
      ],
      AS_MORGAN,
    );
    context.assert.snapshot(told, AS_TEXT);
  });

  it("answer every command of the owner", async (context) => {
    await bot.db.insert(guild).values({ id: "123", name: "New" });
    const user = playground.member("nova");
    const told = await answers(
      [
        ["owner guilds list"],
        ["owner guilds approve", { server: "123" }],
        ["owner guilds refuse", { server: "123" }],
        ["owner quota set", { scope: "global", period: "day", credits: 500 }],
        ["owner quota show"],
        ["owner quota exempt", { user, free: true }],
        ["owner model", { name: "sana" }],
        ["owner pause", { minutes: 5 }],
        ["owner status"],
        ["owner resume"],
        ["owner quiet", { from: "22:00", to: "07:00", "time-zone": "Europe/Berlin" }],
        ["owner quiet", { off: true }],
        ["owner unload", { minutes: 10 }],
        ["owner direct-messages", { on: true }],
        ["owner user-installs", { on: true }],
        ["owner burst", { size: 8, seconds: 4 }],
        ["owner weight", { weight: 2 }],
        ["owner block", { user }],
        ["owner unblock", { user }],
        ["owner audit"],
      ],
      AS_OLIVIA,
    );
    context.assert.snapshot(told, AS_TEXT);
  });

  it("say every error", async (context) => {
    const errors = Object.entries(CATALOGUES.en).filter(([key]) =>
      /^(?:refusal|problem)\./.test(key),
    );
    const told: string[] = [];
    for (const [key, message] of errors) {
      bot.test.generation.refusal = new Refusal(key as RefusalKey, parametersOf(message));
      const begun = await said.slash("imagine", { prompt: "x" });
      const answer = await playground.waitForMessage(
        ({ interaction_metadata: metadata, flags = 0 }) =>
          metadata?.id === begun.id && (flags & MessageFlags.Ephemeral) !== 0,
      );
      told.push(`${key}\n${said.jsonOf(answer)}`);
    }
    context.assert.snapshot(told.join("\n\n"), AS_TEXT);
  });

  it("is all here: every slash command was used", () => {
    const commands = COMMANDS.filter(({ kind }) => kind === "slash").flatMap(({ data }) =>
      pathsOf(data as Named),
    );
    assert.deepEqual(
      commands.filter((name) => !said.used.has(name)),
      [],
    );
  });
});

interface Named {
  readonly name: string;
  readonly type?: number | undefined;
  readonly options?: readonly Named[] | undefined;
}

/** `admin quota set` and so on: of a command with subcommands, those. */
function pathsOf({ name, options = [] }: Named): string[] {
  const nested = options.filter(({ type = 0 }) => type <= 2);
  return nested.length === 0
    ? [name]
    : nested.flatMap((option) => pathsOf(option).map((path) => `${name} ${path}`));
}
