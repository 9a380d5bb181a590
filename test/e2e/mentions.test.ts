import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";

import { Refusal } from "../../src/generation/refusal.ts";
import { TestBot } from "../support/discord-bot.ts";
import { textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

describe("a mention of the bot", () => {
  let test: TestBot;
  let playground: TestPlayground;
  let mention: string;

  before(async () => {
    test = await TestBot.start({ answersMessages: true });
    ({ playground } = test);
    mention = `<@${(await playground.state()).bot.user.id}>`;
  });
  after(() => test[Symbol.asyncDispose]());
  beforeEach(() => {
    test.generation.answers = true;
  });

  const wishOf = (message: APIMessage) =>
    until(() => test.generation.wishes.find((one) => one.interactionId === message.id));
  const answerTo = (message: APIMessage, words: string) =>
    playground.waitForMessage(
      (one) => one.message_reference?.message_id === message.id && textOf(one).includes(words),
    );

  it("is answered like /imagine, in one message that becomes the picture", async () => {
    const said = await playground.say(`${mention} a red apple`);
    const begun = await answerTo(said, "Reading your prompt");
    const { wish, place, message } = await wishOf(said);
    assert.ok(wish.kind === "imagine" && wish.origin === "mention");
    assert.equal(wish.options.prompt, "a red apple");
    assert.equal(place.interaction, null);
    assert.equal(message?.messageId, begun.id);
    await test.finish();
    const card = await answerTo(said, "Seed 42");
    assert.equal(card.id, begun.id);
  });

  it("has its refusal said in place", async () => {
    test.generation.refusal = new Refusal("refusal.word", { word: "gore" });
    const said = await playground.say(`${mention} gore`);
    await answerTo(said, "not allowed here: “gore”");
  });

  it("is answered in a direct message, where none is needed", async () => {
    const said = await playground.say("a red apple", { in: "dm" });
    const { requester } = await wishOf(said);
    assert.equal(requester.guildId, null);
    await answerTo(said, "Reading your prompt");
  });

  it("is left alone without a prompt, within other words, from others, or while it is switched off", async () => {
    const wishes = test.generation.wishes.length;
    await playground.say(mention);
    await playground.say(`hello ${mention}`);
    await playground.say("a red apple");
    test.generation.answers = false;
    await playground.say(`${mention} a red apple`);
    test.generation.answers = true;
    const last = await playground.say(`${mention} the last one`);
    await wishOf(last);
    assert.equal(test.generation.wishes.length, wishes + 1);
  });
});
