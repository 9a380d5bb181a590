import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { type APIMessage, ApplicationCommandType, MessageFlags } from "discord-api-types/v10";
import sharp from "sharp";

import { encodePicture } from "../../src/image/encode-picture.ts";
import type { Wish } from "../../src/generation/types.ts";
import { TestBot } from "../support/discord-bot.ts";
import { controls, textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;
const RECIPE = {
  prompt: "a blue bird",
  negativePrompt: "",
  width: 16,
  height: 16,
  steps: 9,
  guidanceScale: 4,
  scheduler: "dpm++",
  seed: 1234,
  rng: "cpu",
  model: { name: "sana", hash: "abc" },
  software: "sanabot 0.1.0",
} as const;

async function ourPng(): Promise<Uint8Array> {
  const picture = { rgb: new Uint8Array(3 * 16 * 16), width: 16, height: 16 };
  return encodePicture(picture, { format: "png", recipe: RECIPE });
}

async function plainPng(): Promise<Uint8Array> {
  const blank = { create: { width: 12, height: 8, channels: 3, background: "red" } } as const;
  return sharp(blank).png().toBuffer();
}

describe("the commands on messages", () => {
  let test: TestBot;
  let playground: TestPlayground;

  before(async () => {
    test = await TestBot.start();
    ({ playground } = test);
  });
  after(() => test[Symbol.asyncDispose]());

  /** A member's message with pictures. */
  async function post(...files: Uint8Array[]): Promise<APIMessage> {
    const attachmentIds = [];
    for (const [n, bytes] of files.entries())
      attachmentIds.push(await playground.upload({ filename: `photo-${n}.png`, bytes }));
    return playground.say("look", { attachmentIds });
  }

  async function draw(count = 1): Promise<APIMessage> {
    const begun = await playground.slash("imagine", { prompt: "a red apple" });
    await wishOf(begun.id);
    await test.finish(count);
    return begun.answer((message) => textOf(message).includes("Seed"));
  }

  async function wishOf(interactionId: string): Promise<Wish> {
    const asked = await until(() =>
      test.generation.wishes.find((one) => one.interactionId === interactionId),
    );
    return asked.wish;
  }

  it("have names in every language", () => {
    const { name_localizations: names } = playground.command(
      "Upscale to 4K",
      ApplicationCommandType.Message,
    );
    assert.deepEqual(names, { de: "Auf 4K vergrößern", ja: "4Kに拡大" });
  });

  describe("Remix", () => {
    it("begins from a member's picture with what the dialog says", async () => {
      const message = await post(await plainPng());
      const opened = await (await playground.contextMenu("Remix", message)).modal();
      const sent = await playground.submitModal(opened, {
        prompt: "the same in snow",
        negative: "rain",
        style: ["Watercolour"],
        strength: "35",
      });
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "remix" && wish.picture.kind === "message");
      const { picture } = wish.picture;
      assert.equal(picture.isOurs, false);
      assert.equal(picture.source.messageId, message.id);
      assert.deepEqual([picture.width, picture.height], [12, 8]);
      assert.deepEqual(wish.options, {
        prompt: "the same in snow",
        negativePrompt: "rain",
        style: "Watercolour",
        strength: 0.35,
      });
    });

    it("knows the bot's own picture and its prompt", async () => {
      const card = await draw();
      const opened = await (await playground.contextMenu("Remix", card)).modal();
      const sent = await playground.submitModal(opened, {});
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "remix" && wish.picture.kind === "stored");
      assert.ok(test.generation.pictures.has(wish.picture.pictureId));
      assert.equal(wish.options.prompt, "a red apple");
      assert.equal(wish.options.strength, 0.6);
    });

    it("asks which one where there are several, of a message and of a card", async () => {
      const message = await post(await plainPng(), await ourPng());
      const first = await (await playground.contextMenu("Remix", message)).modal();
      const sent = await playground.submitModal(first, { prompt: "x", which: ["1"] });
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "remix" && wish.picture.kind === "message");
      assert.equal(wish.picture.picture.width, 16);

      const card = await draw(3);
      const ids = [...test.generation.pictures.keys()].slice(-3);
      const second = await (await playground.contextMenu("Remix", card)).modal();
      const again = await playground.submitModal(second, { which: ["2"] });
      const ofCard = await wishOf(again.id);
      assert.ok(ofCard.kind === "remix" && ofCard.picture.kind === "stored");
      assert.equal(ofCard.picture.pictureId, ids[2]);
    });

    it("says that there is no picture", async () => {
      const message = await playground.say("only words");
      const begun = await playground.contextMenu("Remix", message);
      const told = await begun.answer();
      assert.ok(isPrivate(told));
      assert.match(textOf(told), /no picture in that message/);
    });

    it("begins from what a card shows where the database has lost the picture", async () => {
      const card = await draw(2);
      const opened = await (await playground.contextMenu("Remix", card)).modal();
      const [, second] = [...test.generation.pictures.keys()].slice(-2);
      test.generation.pictures.clear();
      const sent = await playground.submitModal(opened, { which: ["1"] });
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "remix" && wish.picture.kind === "stored");
      const { pictureId, fallback } = wish.picture;
      assert.deepEqual([pictureId, fallback?.source.messageId], [second, card.id]);
      assert.equal(fallback?.recipe?.prompt, "a red apple");
    });
  });

  describe("Upscale to 4K", () => {
    it("enlarges the one picture of a message", async () => {
      const begun = await playground.contextMenu("Upscale to 4K", await post(await plainPng()));
      const wish = await wishOf(begun.id);
      assert.ok(wish.kind === "upscale" && wish.picture.kind === "message");
      assert.ok(!isPrivate(await begun.reply()));
    });

    it("asks which one of several, and then posts it for all to see", async () => {
      const message = await post(await plainPng(), await ourPng());
      const asked = await (await playground.contextMenu("Upscale to 4K", message)).answer();
      assert.ok(isPrivate(asked));
      const pressed = await playground.click(asked, "4K 2");
      const wish = await wishOf(pressed.id);
      assert.ok(wish.kind === "upscale" && wish.picture.kind === "message");
      assert.equal(wish.picture.picture.isOurs, false);
      // The question that stands above the pictures there is nobody's prompt.
      assert.equal(wish.picture.picture.prompt, null);
      const file = await fetch(new URL(wish.picture.picture.source.url, playground.url));
      const { width } = await sharp(await file.arrayBuffer()).metadata();
      assert.equal(width, 16);
      assert.ok(!isPrivate(await pressed.reply()));
    });
  });

  describe("Recipe", () => {
    it("reads ours from a file that a member has posted again", async () => {
      const begun = await playground.contextMenu("Recipe", await post(await ourPng()));
      const told = await begun.answer();
      assert.ok(isPrivate(told));
      assert.match(textOf(told), /a blue bird[^]*Seed: 1234/);
    });

    it("reads ours from a card", async () => {
      const begun = await playground.contextMenu("Recipe", await draw());
      assert.match(textOf(await begun.answer()), /a red apple[^]*Seed: 42/);
    });

    it("says that a picture does not tell", async () => {
      const begun = await playground.contextMenu("Recipe", await post(await plainPng()));
      assert.match(textOf(await begun.answer()), /does not say how it was made/);
    });
  });

  it("show a dialog of at most five fields", async () => {
    const message = await post(await plainPng(), await plainPng());
    const opened = await (await playground.contextMenu("Remix", message)).modal();
    const fields = [...controls(opened.modal.components)].filter(({ type }) => type === 18);
    assert.equal(fields.length, 5);
  });
});
