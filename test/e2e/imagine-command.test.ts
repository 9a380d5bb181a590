import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";
import sharp from "sharp";

import { UserError } from "../../src/errors.ts";
import { Refusal } from "../../src/generation/refusal.ts";
import { TestBot } from "../support/discord-bot.ts";
import { MODEL } from "../support/memory-generation.ts";
import { controls, textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;

const hasSeed = (message: APIMessage) => textOf(message).includes("Seed");

/** The descriptions of a card's pictures. */
function shown(message: APIMessage): unknown[] {
  return [...controls(message.components)].flatMap(({ items }) =>
    ((items ?? []) as { description: string }[]).map(({ description }) => description),
  );
}

describe("/imagine", () => {
  let test: TestBot;
  let playground: TestPlayground;

  before(async () => {
    test = await TestBot.start();
    ({ playground } = test);
  });
  after(() => test[Symbol.asyncDispose]());
  beforeEach(() => {
    test.generation.model = MODEL;
    test.generation.etaSeconds = null;
    test.generation.position = 1;
  });

  it("asks for what every option says", async () => {
    const bytes = await sharp({
      create: { width: 20, height: 10, channels: 3, background: "blue" },
    })
      .png()
      .toBuffer();
    const image = await playground.upload({ filename: "sea.png", bytes });
    const begun = await playground.slash("imagine", {
      prompt: "a red apple",
      negative: "worms",
      aspect: "16:9",
      size: 2048,
      count: 3,
      style: "Watercolour",
      seed: 99,
      steps: 12,
      guidance: 5.5,
      model: "sana-4k",
      image,
      strength: 40,
    });
    await begun.reply();
    await until(() => test.generation.wishes.at(-1));
    const { wish, place, requester, interactionId } = test.generation.wishes.at(-1) ?? {};
    assert.ok(wish?.kind === "imagine");
    const { picture, ...options } = wish.options;
    assert.deepEqual(options, {
      prompt: "a red apple",
      negativePrompt: "worms",
      aspect: "16:9",
      size: 2048,
      count: 3,
      style: "Watercolour",
      seed: 99,
      steps: 12,
      guidanceScale: 5.5,
      model: "sana-4k",
      strength: 0.4,
    });
    assert.ok(picture?.kind === "message");
    assert.deepEqual([picture.picture.width, picture.picture.height], [20, 10]);
    assert.equal(interactionId, begun.id);
    assert.equal(place?.isPrivate, false);
    assert.equal(place.canBotPost, true);
    assert.equal(requester?.userId, playground.member("ada"));
    assert.equal(requester.guildId, playground.guildId);
    assert.equal(requester.isAdmin, false);
  });

  it("shows the queue, the progress with a preview, and the picture in one message", async () => {
    test.generation.etaSeconds = { median: 60, p90: 120 };
    test.generation.position = 3;
    const begun = await playground.slash("imagine", { prompt: "a *tree*" });
    const queued = await begun.answer();
    assert.match(textOf(queued), /Number 3 in the queue/);
    assert.match(textOf(queued), /<t:\d+:R>/);
    const preview = await sharp({
      create: { width: 8, height: 8, channels: 3, background: "green" },
    })
      .webp()
      .toBuffer();
    const progress = { stage: "denoise", picture: 0, pictures: 1, step: 5, steps: 20 } as const;
    await test.update({ kind: "running", progress, preview });
    const running = await begun.answer((message) => textOf(message).includes("step 5 of 20"));
    assert.equal(shown(running).length, 1);
    assert.match(textOf(running), /25 %/);
    await test.finish();
    const finished = await begun.answer((message) => textOf(message).includes("Seed"));
    assert.equal(finished.id, queued.id);
    assert.deepEqual(shown(finished), ["a *tree*"]);
    assert.match(textOf(finished), /a \\\*tree\\\*/);
  });

  it("answers a private wish to its requester alone", async () => {
    const begun = await playground.slash("imagine", { prompt: "a secret", private: true });
    await until(() =>
      test.generation.wishes.find(({ interactionId }) => interactionId === begun.id),
    );
    await test.finish();
    const card = await begun.answer((message) => textOf(message).includes("Seed"));
    assert.ok(isPrivate(card));
    const seen = await playground.messagesIn("general", "bjoern");
    assert.ok(seen.every(({ id }) => id !== card.id));
  });

  it("tells a refusal privately, in the member's language, and leaves no public message", async () => {
    test.generation.refusal = new Refusal("refusal.size", { width: 4096, height: 4096, max: 1024 });
    await playground.slash("imagine", { prompt: "zu groß" }, { as: "bjoern" });
    const told = await playground.waitForMessage(
      (message) => isPrivate(message) && textOf(message).includes("größer, als hier erlaubt"),
    );
    assert.match(textOf(told), /4096 × 4096/);
    const messages = await playground.messagesIn("general", "ada");
    assert.ok(messages.every((message) => !textOf(message).includes("zu groß")));
  });

  it("tells a fault that the member can mend by its own message", async () => {
    test.generation.refusal = new UserError("invalid_option", "The seed is too large.");
    await playground.slash("imagine", { prompt: "x" });
    await playground.waitForMessage(
      (message) => isPrivate(message) && textOf(message) === "The seed is too large.",
    );
  });

  it("hides a bug behind an apology with a number", async () => {
    test.generation.refusal = new Error("password=hunter2");
    await playground.slash("imagine", { prompt: "x" });
    const told = await playground.waitForMessage(
      (message) => isPrivate(message) && textOf(message).includes("Something went wrong"),
    );
    assert.match(textOf(told), /number: [0-9a-f]{8}$/);
    assert.doesNotMatch(textOf(told), /hunter2/);
  });

  it("is refused before any work where the bot may not attach files", async () => {
    const everyone = playground.guildId;
    const deny = { id: everyone, type: 0, allow: "0", deny: String(1 << 15) };
    const channel = playground.channel("general");
    const before_ = playground.context.world.channel(channel).overwrites;
    await playground.change(`/channels/${channel}`, { overwrites: [deny] });
    try {
      const wishes = test.generation.wishes.length;
      await playground.slash("imagine", { prompt: "x" });
      await playground.waitForMessage((message) => textOf(message).includes("Attach Files"));
      assert.equal(test.generation.wishes.length, wishes);
    } finally {
      await playground.change(`/channels/${channel}`, { overwrites: before_ });
    }
  });

  it("says once, privately, that prompts work best in English, and what the built-in model is", async () => {
    const { generation } = test;
    const hintsOf = (name: string, text: RegExp) =>
      playground
        .eventsOf(name)
        .filter((event) => event.type === "message_create" && text.test(textOf(event.message)));
    await playground.slash("imagine", { prompt: "花" }, { as: "yuki" });
    await playground.waitFor(() => hintsOf("yuki", /英語/)[0]);
    await playground.slash("imagine", { prompt: "木" }, { as: "yuki" });
    generation.model = { ...MODEL, isBuiltIn: true, languages: ["en", "ja"] };
    await playground.slash("imagine", { prompt: "鳥" }, { as: "yuki" });
    await playground.waitFor(() => hintsOf("yuki", /npx sanabot models recommend/)[0]);
    assert.equal(hintsOf("yuki", /英語/).length, 1);
  });

  it("keeps its answer where the hint does not arrive", async () => {
    const { generation } = test;
    generation.hints.clear();
    playground.faults.add({
      kind: "error",
      error: { status: 400, code: 50_035, message: "Invalid Form Body" },
      method: "POST",
      path: String.raw`^/webhooks/\d+/[^/]+$`,
      count: 1,
    });
    const begun = await playground.slash("imagine", { prompt: "海" }, { as: "yuki" });
    await until(() => playground.faults.pending === 0);
    await until(() => generation.wishes.find((one) => one.interactionId === begun.id));
    await test.finish();
    await begun.answer((message) => textOf(message).includes("シード 42"));
  });

  it("completes styles, models and sizes with their prices", async () => {
    test.generation.quota = {
      windows: [],
      picturesLeft: null,
      prices: [
        { kind: "generate", size: 1024, cost: 1000, inUsualPictures: 1 },
        { kind: "generate", size: 2048, cost: 4100, inUsualPictures: 4.1 },
        { kind: "upscale", size: 4096, cost: 500, inUsualPictures: 0.5 },
      ],
    };
    const complete = (focused: string, typed: string | number) =>
      playground.autocomplete("imagine", { prompt: "x", [focused]: typed }, { focused });
    assert.deepEqual(await complete("style", "water"), [
      { name: "Watercolour", value: "Watercolour" },
    ]);
    assert.deepEqual(
      (await complete("model", "")).map(({ value }) => value),
      ["sana", "sana-4k"],
    );
    assert.deepEqual(await complete("size", ""), [
      { name: "1024 × 1024: costs as much as usual", value: 1024 },
      { name: "2048 × 2048: costs as much as 4 usual pictures", value: 2048 },
    ]);
  });

  it("can be cancelled by its button while it waits", async () => {
    test.generation.etaSeconds = { median: 60, p90: 120 };
    const begun = await playground.slash("imagine", { prompt: "a long wait" });
    const queued = await begun.answer();
    const pressed = await playground.click(queued, "Cancel");
    await pressed.acknowledged();
    await until(() => test.generation.cancelled.at(-1));
    await test.post({ kind: "cancelled", byUserId: playground.member("ada") });
    const card = await begun.answer((message) => textOf(message).includes("Cancelled"));
    assert.equal([...controls(card.components)].filter(({ type }) => type === 2).length, 0);
  });

  describe("in different places", () => {
    async function askedIn(channel: string, as?: string) {
      const scene = { in: channel, ...(as === undefined ? {} : { as }) };
      const begun = await playground.slash("imagine", { prompt: "here" }, scene);
      return until(() => test.generation.wishes.find((one) => one.interactionId === begun.id));
    }

    it("says of a thread which channel it belongs to", async () => {
      const { requester, place } = await askedIn("a thread about cats");
      assert.equal(requester.parentChannelId, playground.channel("art"));
      assert.equal(place.canBotPost, true);
    });

    it("says that a channel is age-restricted", async () => {
      assert.equal((await askedIn("after-dark")).requester.isAgeRestrictedChannel, true);
      assert.equal((await askedIn("art")).requester.isAgeRestrictedChannel, false);
    });

    it("says of a direct message that there is no server", async () => {
      const { requester, place } = await askedIn("dm");
      assert.deepEqual([requester.guildId, place.guildId, place.canBotPost], [null, null, true]);
    });

    it("knows admins and moderators, and the owner of the bot", async () => {
      const rights = async (as: string) => {
        const { isAdmin, isModerator, isOwner } = (await askedIn("art", as)).requester;
        return [isAdmin, isModerator, isOwner];
      };
      assert.deepEqual(await rights("ada"), [false, false, false]);
      assert.deepEqual(await rights("morgan"), [false, true, false]);
      assert.deepEqual(await rights("olivia"), [true, true, true]);
    });

    it("takes the larger files that a boosted server takes", async () => {
      assert.equal((await askedIn("lobby")).place.attachmentSizeLimit, 50 * 2 ** 20);
      assert.equal((await askedIn("art")).place.attachmentSizeLimit, 10 * 2 ** 20);
    });

    it("works where a member has brought the commands along, though the bot is not there", async () => {
      const guild = playground.context.world.guilds.find(({ name }) => name === "Ada's studio");
      const user = `/users/${playground.member("ada")}`;
      await playground.change(user, { hasInstalledApp: true });
      await playground.change(`/guilds/${guild?.id}`, { hasBot: false });
      try {
        const { place, requester } = await askedIn("lobby");
        assert.equal(place.canBotPost, false);
        assert.equal(requester.guildId, guild?.id);
        await test.finish();
        await playground.waitForMessage(
          (message) => message.channel_id === playground.channel("lobby") && hasSeed(message),
        );
      } finally {
        await playground.change(`/guilds/${guild?.id}`, { hasBot: true });
        await playground.change(user, { hasInstalledApp: false });
      }
    });
  });

  it("is known in every language", async () => {
    const { name_localizations: names } = playground.command("imagine");
    assert.deepEqual(names, { de: "zeichne", ja: "描く" });
  });
});
