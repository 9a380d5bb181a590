import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { type ButtonInteraction, type ChatInputCommandInteraction, Routes } from "discord.js";

import type { TestPlayground } from "../support/playground.ts";
import { type PlaygroundBot, refusalOf } from "../support/playground-bot.ts";
import { postCard, startTrial } from "../support/playground-trial.ts";

/*
 * Discord's own limits, asked for by raw bodies: discord.js' builders would refuse some of them before they are sent.
 */

let playground: TestPlayground;
let bot: PlaygroundBot;

before(async () => {
  ({ playground, bot } = await startTrial());
  playground.context.rateLimits.isOff = true;
});
after(async () => playground.close());

const V2 = 1 << 15;
const row = (...components: object[]) => ({ type: 1, components });
const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
const option = (n: number | string) => ({ label: `l${n}`, value: `v${n}` });

describe("the rules for dialogs", () => {
  const label = (component: object, more: object = {}) => ({
    type: 18,
    label: "Label",
    component,
    ...more,
  });
  const input = (id: string, more: object = {}) => ({ type: 4, custom_id: id, style: 1, ...more });
  let press: ButtonInteraction;

  before(async () => {
    const { message } = await postCard({ playground, bot });
    await playground.click(message, "V1");
    press = await bot.take((i) => i.isButton());
    // The press must not time out while the cases run.
    playground.clock.freeze();
  });
  after(() => playground.clock.thaw());

  const open = async (modal: object) =>
    bot.client.rest.post(Routes.interactionCallback(press.id, press.token), {
      body: { type: 9, data: { custom_id: "m", title: "T", ...modal } },
      auth: false,
    });

  const cases: [rule: string, modal: object, field: string][] = [
    ["at least one component", { components: [] }, "data.components: BASE_TYPE_BAD_LENGTH"],
    [
      "at most five",
      { components: many(6, (n) => label(input(`${n}`))) },
      "data.components: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "titles of 45 characters",
      { title: "x".repeat(46), components: [label(input("a"))] },
      "data.title: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "labels of 45 characters",
      { components: [label(input("a"), { label: "x".repeat(46) })] },
      "data.components.0.label: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "descriptions of 100 characters",
      { components: [label(input("a"), { description: "x".repeat(101) })] },
      "data.components.0.description: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "values of 4000 characters",
      { components: [label(input("a", { value: "x".repeat(4001) }))] },
      "data.components.0.component.value: BASE_TYPE_MAX_LENGTH",
    ],
    [
      "custom ids that differ",
      { components: [label(input("a")), label(input("a"))] },
      "data.components.1.component.custom_id: COMPONENT_CUSTOM_ID_DUPLICATED",
    ],
    [
      "no buttons",
      { components: [row({ type: 2, style: 1, label: "x", custom_id: "a" })] },
      "data.components.0.components.0.type: UNION_TYPE_CHOICES",
    ],
    [
      "two to ten radio buttons",
      { components: [label({ type: 21, custom_id: "r", options: [option(1)] })] },
      "data.components.0.component.options: BASE_TYPE_BAD_LENGTH",
    ],
    [
      "at most ten uploads",
      { components: [label({ type: 19, custom_id: "u", max_values: 11 })] },
      "data.components.0.component.max_values: NUMBER_TYPE_MAX",
    ],
    [
      "an upload that may be empty not to be required",
      { components: [label({ type: 19, custom_id: "u", min_values: 0 })] },
      "data.components.0.component.min_values: COMPONENT_MIN_VALUES_REQUIRED",
    ],
  ];
  for (const [rule, modal, field] of cases)
    it(`ask for ${rule}`, async () => {
      assert.deepEqual((await refusalOf(open(modal))).fields, [field]);
    });

  it("leave a press open for a right answer after a wrong one", async () => {
    await open({ components: [label(input("a"))] });
    assert.equal((await refusalOf(open({ components: [label(input("a"))] }))).code, 40_060);
  });
});

describe("the rules for answers", () => {
  let slash: ChatInputCommandInteraction;
  before(async () => {
    playground.clock.freeze();
    await playground.slash("imagine", { prompt: "x" });
    slash = await bot.take((i) => i.isChatInputCommand());
  });
  after(() => playground.clock.thaw());

  const answer = async (body: object) =>
    bot.client.rest.post(Routes.interactionCallback(slash.id, slash.token), { body, auth: false });

  for (const type of [1, 6, 7, 8, 10, 12])
    it(`refuse type ${type} to a command`, async () => {
      assert.deepEqual((await refusalOf(answer({ type, data: {} }))).fields, [
        "type: BASE_TYPE_CHOICES",
      ]);
    });

  it("take only EPHEMERAL of a deferral's flags", async () => {
    await answer({ type: 5, data: { flags: V2 | 64 } });
    const [message] = (await playground.messagesIn("general")).slice(-1);
    assert.equal(message?.flags, 64 | 128);
  });

  it("refuse a dialog in answer to a dialog", async () => {
    const { message } = await postCard({ playground, bot });
    const begun = await playground.click(message, "V1");
    const pressed = await bot.take((i) => i.isButton());
    const modal = {
      custom_id: "m",
      title: "T",
      components: [row({ type: 4, custom_id: "a", style: 1, label: "A", required: false })],
    };
    const path = Routes.interactionCallback(pressed.id, pressed.token);
    await bot.client.rest.post(path, { body: { type: 9, data: modal }, auth: false });
    await playground.submitModal(await begun.modal());
    const submit = await bot.take((i) => i.isModalSubmit());
    assert.equal(submit.fields.getTextInputValue("a"), "");
    const again = Routes.interactionCallback(submit.id, submit.token);
    const request = bot.client.rest.post(again, { body: { type: 9, data: modal }, auth: false });
    assert.deepEqual((await refusalOf(request)).fields, ["type: BASE_TYPE_CHOICES"]);
  });
});
