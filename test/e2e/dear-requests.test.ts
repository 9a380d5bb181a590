import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";

import { Refusal } from "../../src/generation/refusal.ts";
import { TestBot } from "../support/discord-bot.ts";
import { controls, textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;
const isFinished = (message: APIMessage) => labelsOf(message).includes("Delete");

function labelsOf(message: APIMessage): string[] {
  return [...controls(message.components)].flatMap(({ type, label }) =>
    type === 2 ? [String(label)] : [],
  );
}

describe("the question before a dear request", () => {
  let test: TestBot;
  let playground: TestPlayground;

  before(async () => {
    test = await TestBot.start({ answersMessages: true });
    ({ playground } = test);
  });
  after(() => test[Symbol.asyncDispose]());
  beforeEach(() => {
    test.generation.etaSeconds = null;
    test.generation.isDear = true;
  });

  const isAsked = (message: APIMessage) => labelsOf(message).includes("Go on");
  async function ask(options: Record<string, string | boolean> = {}): Promise<APIMessage> {
    const begun = await playground.slash("imagine", { prompt: "a castle", ...options });
    return begun.answer(isAsked);
  }
  const changed = ({ id }: APIMessage, words: string) =>
    playground.waitForMessage((message) => message.id === id && textOf(message).includes(words));
  const wishesSince = (count: number) => test.generation.wishes.length - count;

  it("says what it costs, what is left and how long it takes", async () => {
    const earlier = test.generation.wishes.length;
    const card = await ask();
    assert.equal(
      textOf(card),
      [
        "a castle",
        "**This costs as much as 356 usual pictures.**",
        "You have about 500 left.",
        "Once you go on, it takes 2–7 minutes.",
        "-# Nothing is spent until you go on.",
      ].join("\n"),
    );
    assert.deepEqual(labelsOf(card), ["Go on", "Cancel"]);
    assert.equal(wishesSince(earlier), 0);
  });

  it("becomes the card of the queue, and then the picture, when its member goes on", async () => {
    const earlier = test.generation.wishes.length;
    const card = await ask();
    await playground.click(card, "Go on");
    const queued = await changed(card, "Next in the queue");
    assert.deepEqual(labelsOf(queued), ["Cancel"]);
    assert.equal(wishesSince(earlier), 1);
    const { wish } = test.generation.wishes.at(-1) ?? {};
    assert.ok(wish?.kind === "imagine" && wish.options.prompt === "a castle");
    await test.finish();
    const done = await playground.waitForMessage(
      (message) => message.id === card.id && isFinished(message),
    );
    assert.equal(done.id, card.id);
  });

  it("is called off, and says that nothing was charged", async () => {
    const earlier = test.generation.wishes.length;
    const card = await ask();
    await playground.click(card, "Cancel");
    const left = await changed(card, "Cancelled.** Nothing was charged");
    assert.deepEqual(labelsOf(left), []);
    assert.equal(wishesSince(earlier), 0);
  });

  it("takes no answer from another member", async () => {
    const card = await ask();
    for (const label of ["Go on", "Cancel"]) {
      const pressed = await playground.click(card, label, { as: "olivia" });
      await playground.waitForMessage(
        (message) => isPrivate(message) && textOf(message).includes("can answer that"),
      );
      await pressed.acknowledged();
    }
    await playground.click(card, "Go on");
    await changed(card, "Next in the queue");
  });

  it("says so where it is no longer open", async () => {
    const card = await ask();
    test.generation.proposals.clear();
    await playground.click(card, "Go on");
    await playground.waitForMessage(
      (message) => isPrivate(message) && textOf(message).includes("no longer open"),
    );
  });

  it("stays, with its buttons, where going on is refused", async () => {
    const card = await ask();
    test.generation.refusal = new Refusal("refusal.paused", { when: "unknown" });
    await playground.click(card, "Go on");
    await playground.waitForMessage(
      (message) => isPrivate(message) && textOf(message).includes("paused by its owner"),
    );
    const now = (await playground.messagesIn("general")).find(({ id }) => id === card.id);
    assert.ok(now !== undefined && isAsked(now));
  });

  it("is asked by every entrance", async () => {
    test.generation.isDear = false;
    const begun = await playground.slash("imagine", { prompt: "a tree" });
    await until(() =>
      test.generation.wishes.find(({ interactionId }) => interactionId === begun.id),
    );
    await test.finish(2);
    const grid = await begun.answer(isFinished);
    const presses = ["V1", "4K 1", "Reroll"].map((label) => () => playground.click(grid, label));
    const menu = () => playground.contextMenu("Upscale to 4K", grid);
    const edit = async () => {
      const opened = await (await playground.click(grid, "Edit")).modal();
      return playground.submitModal(opened, { prompt: "a house" });
    };
    const remix = async () => {
      const opened = await (await playground.contextMenu("Remix", grid)).modal();
      return playground.submitModal(opened, { prompt: "a house" });
    };
    const earlier = test.generation.wishes.length;
    for (const enter of [...presses, edit, remix]) {
      test.generation.isDear = true;
      await (await enter()).answer(isAsked);
    }
    test.generation.isDear = true;
    const which = await (await menu()).answer();
    await (await playground.click(which, "4K 2")).answer(isAsked);
    assert.equal(wishesSince(earlier), 0);
  });

  it("is asked in the answer to a mention, and goes on there", async () => {
    const said = await playground.say(`<@${(await playground.state()).bot.user.id}> a castle`);
    const card = await playground.waitForMessage(
      (message) => message.message_reference?.message_id === said.id && isAsked(message),
    );
    await playground.click(card, "Go on");
    await changed(card, "Next in the queue");
  });

  it("stays private where the picture is", async () => {
    const card = await ask({ private: true });
    assert.ok(isPrivate(card));
    assert.match(textOf(card), /Only you can see this/);
    await playground.click(card, "Go on");
    await changed(card, "Next in the queue");
    assert.equal(test.generation.wishes.at(-1)?.place.isPrivate, true);
  });

  it("speaks German and Japanese", async () => {
    for (const [locale, words] of [
      ["de", /so viel wie 356 übliche Bilder[^]*dauert es 2–7 Minuten/],
      ["ja", /356枚分[^]*2～7 分/],
    ] as const) {
      const person = `/users/${playground.member("ada")}`;
      await playground.change(person, { locale });
      test.generation.isDear = true;
      const name = playground.command("imagine").name;
      const begun = await playground.slash(name, { prompt: "a castle" });
      assert.match(textOf(await begun.answer()), words);
      await playground.change(person, { locale: "en-US" });
    }
  });
});
