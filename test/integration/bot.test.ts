import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";

import { MessageFlags } from "discord-api-types/v10";

import type { Bot, BotParts } from "../../src/discord/bot.ts";
import { EVERYWHERE } from "../../src/discord/everywhere.ts";
import type { SlashCommand } from "../../src/discord/command.ts";
import { UserError } from "../../src/errors.ts";
import { bareBot, startBare } from "../support/bare-bot.ts";
import { TestPlayground, textOf } from "../support/playground.ts";
import { until } from "../support/until.ts";

/** A command that does what a test says. */
function command(name: string, execute: SlashCommand["execute"]): SlashCommand {
  return {
    kind: "slash",
    data: { type: 1, name, description: "For a test" },
    acknowledge: "private",
    execute,
  };
}

/** What was registered last, as the database remembers it. */
function remembering(): BotParts["registration"]["store"] {
  let hash: string | null = null;
  return {
    read: async () => hash,
    write: async (written) => {
      hash = written;
    },
  };
}

/** A command that answers `done` once the test lets it, and says how often it has begun. */
function slowCommand(): { slow: SlashCommand; runs: () => number; finish: () => void } {
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const slow = command("slow", async (interaction) => {
    runs += 1;
    await gate.promise;
    await interaction.editReply("done");
  });
  return { slow, runs: () => runs, finish: () => gate.resolve() };
}

describe("the bot's connection to Discord", () => {
  const open: { stop: () => Promise<void> }[] = [];

  afterEach(async () => {
    for (const part of open.splice(0)) await part.stop();
  });

  async function playgroundOf(): Promise<TestPlayground> {
    const playground = await TestPlayground.start();
    open.unshift({ stop: () => playground.close() });
    return playground;
  }

  function botOn(playground: TestPlayground, change: Partial<BotParts> = {}): Bot {
    const bot = bareBot(playground, change);
    open.unshift(bot);
    return bot;
  }

  const registrationsOn = ({ transcript }: TestPlayground) =>
    transcript.calls.filter(({ method, route }) => method === "PUT" && route.endsWith("/commands"));

  it("prints an invite link with exactly the permissions that it needs", async () => {
    const playground = await playgroundOf();
    const { inviteLink } = await startBare(botOn(playground));
    const { searchParams, origin, pathname } = new URL(inviteLink);
    assert.equal(origin + pathname, "https://discord.com/oauth2/authorize");
    assert.equal(searchParams.get("permissions"), "274878024704");
    assert.equal(searchParams.get("scope"), "bot applications.commands");
  });

  it("tells Discord its commands only when they have changed", async () => {
    const playground = await playgroundOf();
    const registration = { guildId: null, store: remembering(), userInstalls: async () => true };
    const first = command("first", async () => undefined);
    await startBare(botOn(playground, { commands: [first], registration }));
    await startBare(botOn(playground, { commands: [first], registration }));
    assert.equal(registrationsOn(playground).length, 1);
    const second = command("second", async () => undefined);
    await startBare(botOn(playground, { commands: [first, second], registration }));
    assert.equal(registrationsOn(playground).length, 2);
    assert.equal(playground.command("second").guild_id, undefined);
  });

  /** What a command finds of the commands' ids, in a bot that starts now. */
  async function idsKnown(playground: TestPlayground, store = remembering()) {
    const seen = Promise.withResolvers<ReadonlyMap<string, string>>();
    const ask = command("first", async (interaction, { commandIds }) => {
      seen.resolve(commandIds());
      await interaction.editReply("seen");
    });
    const registration = { guildId: null, store, userInstalls: async () => true };
    const bot = botOn(playground, { commands: [ask], registration });
    await startBare(bot);
    await playground.slash("first");
    const ids = await seen.promise;
    await bot.stop();
    return [...ids];
  }

  it("knows their ids, also where Discord need not be told anything", async () => {
    const playground = await playgroundOf();
    const store = remembering();
    const first = await idsKnown(playground, store);
    assert.deepEqual(first, [["first", playground.command("first").id]]);
    assert.deepEqual(await idsKnown(playground, store), first);
    assert.equal(registrationsOn(playground).length, 1);
  });

  it("goes on where Discord does not say their ids", async () => {
    const playground = await playgroundOf();
    playground.faults.add({
      kind: "error",
      error: { status: 403, code: 50_001, message: "Missing Access" },
      method: "GET",
      path: "/commands$",
    });
    assert.deepEqual(await idsKnown(playground), []);
  });

  it("registers them in one server where it is told to", async () => {
    const playground = await playgroundOf();
    const { guildId } = playground;
    const registration = { guildId, store: remembering(), userInstalls: async () => true };
    const commands = [command("first", async () => undefined)];
    await startBare(botOn(playground, { commands, registration }));
    assert.equal(playground.command("first").guild_id, playground.guildId);
  });

  it("offers commands for users' own installs only where that is switched on, and changes it while it runs", async () => {
    const playground = await playgroundOf();
    let isOn = false;
    const registration = { guildId: null, store: remembering(), userInstalls: async () => isOn };
    const { data, ...rest } = command("first", async () => undefined);
    const first = { ...rest, data: { ...data, ...EVERYWHERE } };
    const bot = botOn(playground, { commands: [first], registration });
    await startBare(bot);
    const registered = () => {
      const { contexts, integration_types: installs } = playground.command("first");
      return [contexts, installs];
    };
    assert.deepEqual(registered(), [[0, 1], [0]]);
    await bot.registerCommands();
    assert.equal(registrationsOn(playground).length, 1);
    isOn = true;
    await bot.registerCommands();
    assert.deepEqual(registered(), [
      [0, 1, 2],
      [0, 1],
    ]);
  });

  it("says in a sentence that Discord does not take the token", async () => {
    const playground = await playgroundOf();
    const bot = botOn(playground, { token: "wrong" });
    await assert.rejects(
      startBare(bot),
      (error) =>
        error instanceof UserError &&
        error.code === "invalid_config" &&
        error.message.startsWith("Discord does not accept DISCORD_TOKEN."),
    );
  });

  it("knows its owner", async () => {
    const playground = await playgroundOf();
    const bot = botOn(playground);
    await startBare(bot);
    assert.ok(bot.isOwner(playground.member("olivia")));
    assert.ok(!bot.isOwner(playground.member("ada")));
  });

  it("refuses two commands of one name at the start", async () => {
    const playground = await playgroundOf();
    const twice = [command("same", async () => undefined), command("same", async () => undefined)];
    await assert.rejects(
      startBare(botOn(playground, { commands: twice })),
      /one name: .*slash same/,
    );
  });

  it("goes on after an interaction whose acknowledgement came too late", async () => {
    const playground = await playgroundOf();
    let runs = 0;
    const count = command("count", async (interaction) => {
      runs += 1;
      await interaction.editReply("counted");
    });
    await startBare(botOn(playground, { commands: [count] }));
    playground.faults.add({
      kind: "error",
      error: { status: 404, code: 10_062, message: "Unknown interaction" },
      path: "/callback$",
      count: 1,
    });
    await playground.slash("count");
    await until(() => playground.faults.pending === 0);
    const second = await playground.slash("count");
    assert.equal(textOf(await second.answer()), "counted");
    assert.equal(runs, 1);
  });

  it("acknowledges before the command does anything, and answers privately what it throws", async () => {
    const playground = await playgroundOf();
    const acknowledged: string[] = [];
    const fail = command("fail", async () => {
      assert.deepEqual(acknowledged, ["fail"]);
      throw new Error("secret");
    });
    const onAcknowledged = (_ms: number, name: string) => void acknowledged.push(name);
    await startBare(botOn(playground, { commands: [fail], onAcknowledged }));
    const told = await (await playground.slash("fail")).answer();
    assert.ok(((told.flags ?? 0) & MessageFlags.Ephemeral) !== 0);
    assert.match(textOf(told), /Something went wrong on my side/);
    assert.doesNotMatch(textOf(told), /secret/);
  });

  const callback = { path: "/callback$", count: 1 } as const;
  const unclear: Readonly<Record<string, Parameters<TestPlayground["faults"]["add"]>[0]>> = {
    "the line broke after Discord took": { kind: "disconnect", applied: true, ...callback },
    "the line broke before Discord took": { kind: "disconnect", applied: false, ...callback },
    "Discord took, and called a fault of its own,": {
      kind: "server_error",
      status: 502,
      applied: true,
      ...callback,
    },
    "Discord had a fault before it took": {
      kind: "server_error",
      status: 502,
      applied: false,
      ...callback,
    },
  };
  for (const [how, fault] of Object.entries(unclear))
    it(`answers where ${how} the acknowledgement`, async () => {
      const playground = await playgroundOf();
      let runs = 0;
      const count = command("count", async (interaction) => {
        runs += 1;
        await interaction.editReply("counted");
      });
      await startBare(botOn(playground, { commands: [count] }));
      playground.faults.add(fault);
      const begun = await playground.slash("count");
      const told = await begun.answer();
      assert.equal(textOf(told), "counted");
      assert.ok(((told.flags ?? 0) & MessageFlags.Ephemeral) !== 0);
      assert.equal(runs, 1);
    });

  it("answers what it has acknowledged, and what came meanwhile, though its connection broke", async () => {
    const playground = await playgroundOf();
    const { slow, runs, finish } = slowCommand();
    await startBare(botOn(playground, { commands: [slow] }));
    const first = await playground.slash("slow");
    await until(() => runs() === 1);
    playground.gateway.disconnect(1006);
    const meanwhile = await playground.slash("slow");
    await until(() => runs() === 2);
    finish();
    assert.equal(textOf(await first.answer()), "done");
    assert.equal(textOf(await meanwhile.answer()), "done");
    assert.equal(runs(), 2);
  });

  it("answers what it has acknowledged though its session was lost and began anew", async () => {
    const playground = await playgroundOf();
    const { slow, runs, finish } = slowCommand();
    const quick = command("quick", async (interaction) => {
      await interaction.editReply("quickly done");
    });
    await startBare(botOn(playground, { commands: [slow, quick] }));
    const first = await playground.slash("slow");
    await until(() => runs() === 1);
    const old = new Set(playground.gateway.sessions.map(({ id }) => id));
    playground.gateway.invalidate();
    await until(() => playground.gateway.sessions.some(({ id }) => !old.has(id)));
    const second = await playground.slash("quick");
    assert.equal(textOf(await second.answer()), "quickly done");
    finish();
    assert.equal(textOf(await first.answer()), "done");
    assert.equal(runs(), 1);
  });

  it("says that it no longer knows a command that is still registered", async () => {
    const playground = await playgroundOf();
    await startBare(botOn(playground, { commands: [command("old", async () => undefined)] }));
    await open.shift()?.stop();
    const { guildId } = playground;
    const registration = { guildId, store: remembering(), userInstalls: async () => true };
    const newer = botOn(playground, { registration });
    await startBare(newer);
    const told = await (await playground.slash("old")).answer();
    assert.match(textOf(told), /do not know that command any more/);
  });

  it("lets running commands end before it stops", async () => {
    const playground = await playgroundOf();
    const { slow, runs, finish } = slowCommand();
    const bot = botOn(playground, { commands: [slow] });
    await startBare(bot);
    const begun = await playground.slash("slow");
    await until(() => runs() === 1);
    const stopped = bot.stop();
    finish();
    await stopped;
    assert.equal(textOf(await begun.answer()), "done");
  });

  it("is told of messages only while it listens to them", async () => {
    const playground = await playgroundOf();
    const heard: string[] = [];
    const onMessage = async ({ content }: { content: string }) => void heard.push(content);
    const bot = botOn(playground, { onMessage });
    await startBare(bot);
    const mention = `<@${(await playground.state()).bot.user.id}>`;
    await playground.say(`${mention} before`);
    await bot.listenToMessages(true);
    await playground.say(`${mention} while`);
    await until(() => heard.length > 0);
    await bot.listenToMessages(false);
    await playground.say(`${mention} after`);
    await bot.listenToMessages(true);
    await playground.say(`${mention} again`);
    await until(() => heard.length > 1);
    assert.deepEqual(heard, [`${mention} while`, `${mention} again`]);
  });
});
