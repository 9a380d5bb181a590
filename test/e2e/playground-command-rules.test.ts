import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Routes } from "discord.js";

import { TestPlayground } from "../support/playground.ts";
import { PlaygroundBot, refusalOf } from "../support/playground-bot.ts";

let playground: TestPlayground;
let bot: PlaygroundBot;
let path: `/${string}`;

before(async () => {
  playground = await TestPlayground.start();
  bot = await PlaygroundBot.connect(playground);
  playground.context.rateLimits.isOff = true;
  path = Routes.applicationCommands(bot.client.application.id);
});
after(async () => playground.close());

const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
const command = (more: object = {}) => ({ name: "a", description: "x", ...more });
const option = (name: string, more: object = {}) => ({ type: 3, name, description: "x", ...more });
const put = async (...body: object[]) => bot.client.rest.put(path, { body });

describe("the rules for commands", () => {
  const cases: [rule: string, body: object, field: string][] = [
    ["lower case", command({ name: "Imagine" }), "0.name: APPLICATION_COMMAND_INVALID_NAME"],
    ["no spaces", command({ name: "a b" }), "0.name: APPLICATION_COMMAND_INVALID_NAME"],
    [
      "32 characters",
      command({ name: "x".repeat(33) }),
      "0.name: APPLICATION_COMMAND_INVALID_NAME",
    ],
    ["a description", { name: "a" }, "0.description: BASE_TYPE_REQUIRED"],
    [
      "descriptions of 100 characters",
      command({ description: "x".repeat(101) }),
      "0.description: BASE_TYPE_MAX_LENGTH",
    ],
    [
      "25 options",
      command({ options: many(26, (n) => option(`o${n}`)) }),
      "0.options: BASE_TYPE_MAX_LENGTH",
    ],
    [
      "options that differ",
      command({ options: [option("a"), option("a")] }),
      "0.options.1.name: APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ],
    [
      "required options first",
      command({ options: [option("a"), option("b", { required: true })] }),
      "0.options.1: APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ],
    [
      "25 choices",
      command({
        options: [option("a", { choices: many(26, (n) => ({ name: `${n}`, value: "v" })) })],
      }),
      "0.options.0.choices: BASE_TYPE_MAX_LENGTH",
    ],
    [
      "choices of the option's type",
      command({ options: [option("a", { type: 4, choices: [{ name: "x", value: "1" }] })] }),
      "0.options.0.choices.0.value: APPLICATION_COMMAND_OPTIONS_CHOICE_VALUE_INVALID",
    ],
    [
      "no autocomplete beside choices",
      command({
        options: [option("a", { autocomplete: true, choices: [{ name: "x", value: "1" }] })],
      }),
      "0.options.0.autocomplete: APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES",
    ],
    [
      "subcommands apart from options",
      command({ options: [option("a", { type: 1 }), option("b")] }),
      "0.options: APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ],
    [
      "no groups in groups",
      command({ options: [option("a", { type: 2, options: [option("b", { type: 2 })] })] }),
      "0.options.0.options.0.type: APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ],
    [
      "localized names in lower case",
      command({ name_localizations: { de: "Malen" } }),
      "0.name_localizations.de: APPLICATION_COMMAND_INVALID_NAME",
    ],
    [
      "languages that Discord has",
      command({ name_localizations: { tlh: "x" } }),
      "0.name_localizations: DICT_TYPE_KEY_INVALID",
    ],
    [
      "localized option names that differ from the others",
      command({ options: [option("a", { name_localizations: { de: "b" } }), option("b")] }),
      "0.options.0.name_localizations.de: APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ],
    [
      "localized descriptions of 100 characters",
      command({ description_localizations: { de: "x".repeat(101) } }),
      "0.description_localizations.de: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "permissions as a bit set",
      command({ default_member_permissions: "admin" }),
      "0.default_member_permissions: NUMBER_TYPE_COERCE",
    ],
    ["contexts 0 to 2", command({ contexts: [3] }), "0.contexts.0: NUMBER_TYPE_MAX"],
    [
      "integration types 0 and 1",
      command({ integration_types: [2] }),
      "0.integration_types.0: NUMBER_TYPE_MAX",
    ],
    [
      "8000 characters together, the longest translation counted",
      command({
        options: many(25, (n) =>
          option(`o${n}`, {
            description_localizations: { ja: "x".repeat(100) },
            choices: many(3, (m) => ({ name: `${m}`.repeat(100), value: `${m}`.repeat(100) })),
          }),
        ),
      }),
      "0: APPLICATION_COMMAND_TOO_LARGE",
    ],
    [
      "no description of context menus",
      { name: "Remix", type: 3, description: "x" },
      "0.description: APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID",
    ],
    [
      "no options of context menus",
      { name: "Remix", type: 3, options: [option("a")] },
      "0.options: APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_INVALID",
    ],
  ];
  for (const [rule, body, field] of cases)
    it(`ask for ${rule}`, async () => {
      assert.ok((await refusalOf(put(body))).fields.includes(field));
    });

  it("ask for names that differ within a type", async () => {
    const { fields } = await refusalOf(put(command(), command()));
    assert.deepEqual(fields, ["1: APPLICATION_COMMANDS_DUPLICATE_NAME"]);
    await put(command(), { name: "a", type: 3 }, { name: "a", type: 2 });
  });

  it("allow 15 commands of a menu", async () => {
    const menu = many(16, (n) => ({ name: `m${n}`, type: 3 }));
    assert.equal((await refusalOf(put(...menu))).code, 30_032);
  });

  it("accept names of every script, and nulls where nothing is meant", async () => {
    const names = { de: "malen", ja: "描く", th: "วาด" };
    const body = command({
      name_localizations: names,
      description_localizations: null,
      options: null,
    });
    const [registered] = (await put(body)) as { name_localizations: object }[];
    assert.deepEqual(registered?.name_localizations, names);
    const [listed] = (await bot.client.rest.get(path)) as object[];
    assert.ok(listed !== undefined && !("name_localizations" in listed));
  });
});

describe("registering commands", () => {
  it("keeps the ids of those that stay, and drops those that are not listed", async () => {
    const [first] = (await put(command(), command({ name: "b" }))) as {
      id: string;
      version: string;
    }[];
    const [again] = (await put(command({ description: "new" }))) as {
      id: string;
      version: string;
    }[];
    assert.equal(again?.id, first?.id);
    assert.notEqual(again?.version, first?.version);
    assert.equal(((await bot.client.rest.get(path)) as object[]).length, 1);
  });

  it("creates, changes and deletes single ones", async () => {
    const made = (await bot.client.rest.post(path, { body: command({ name: "single" }) })) as {
      id: string;
    };
    const own = `${path}/${made.id}` as const;
    const changed = await bot.client.rest.patch(own, { body: { description: "changed" } });
    assert.equal((changed as { description: string }).description, "changed");
    await bot.client.rest.delete(own);
    assert.equal((await refusalOf(bot.client.rest.get(own))).code, 10_063);
  });

  it("counts 200 new ones a day", async () => {
    const guild = Routes.applicationGuildCommands(bot.client.application.id, playground.guildId);
    const fill = async (prefix: string) =>
      bot.client.rest.put(guild, { body: many(100, (n) => command({ name: `${prefix}${n}` })) });
    await fill("a");
    await fill("b");
    assert.equal((await refusalOf(fill("c"))).code, 30_034);
    playground.clock.advance(24 * 60 * 60_000);
    await fill("c");
  });

  it("refuses the commands of another application and of a guild without the bot", async () => {
    const foreign = Routes.applicationCommands("1");
    assert.equal((await refusalOf(bot.client.rest.get(foreign))).code, 10_002);
    await playground.change(`/guilds/${playground.guildId}`, { hasBot: false });
    const guild = Routes.applicationGuildCommands(bot.client.application.id, playground.guildId);
    assert.equal((await refusalOf(bot.client.rest.get(guild))).code, 50_001);
  });
});
