import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";

import { CustomIds, shortId } from "../../src/discord/custom-id.ts";
import type { ImagineOptions, PictureReference, Wish } from "../../src/generation/types.ts";
import { TestBot } from "../support/discord-bot.ts";
import { controls, type Scene, textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;
const isFinished = (message: APIMessage) => labelsOf(message).includes("Delete");

function labelsOf(message: APIMessage): string[] {
  return [...controls(message.components)].flatMap(({ type, label, placeholder }) =>
    type === 2 || type === 3 ? [String(label ?? placeholder)] : [],
  );
}

describe("a card's buttons", () => {
  let test: TestBot;
  let playground: TestPlayground;

  before(async () => {
    test = await TestBot.start();
    ({ playground } = test);
  });
  after(() => test[Symbol.asyncDispose]());

  /** A finished card of `/imagine`. */
  async function draw(
    count = 1,
    options: Record<string, string | boolean> = {},
  ): Promise<APIMessage> {
    const begun = await playground.slash("imagine", { prompt: "a red apple", ...options });
    await wishOf(begun.id);
    await test.finish(count);
    return begun.answer(isFinished);
  }

  async function wishOf(interactionId: string): Promise<Wish> {
    const asked = await until(() =>
      test.generation.wishes.find((one) => one.interactionId === interactionId),
    );
    return asked.wish;
  }

  async function wishOfPress(card: APIMessage, label: string): Promise<Wish> {
    const pressed = await playground.click(card, label);
    return wishOf(pressed.id);
  }

  function storedId(picture: PictureReference | undefined): string {
    assert.ok(picture?.kind === "stored");
    return picture.pictureId;
  }

  function lastPictures(): string[] {
    const { id } = test.generation.lastJob;
    return [...test.generation.pictures.values()]
      .filter(({ picture }) => picture.jobId === id)
      .map(({ picture }) => picture.id);
  }

  it("are those of one picture, or of a grid", async () => {
    const whole = ["Reroll", "Edit", "Favourite", "Recipe", "Delete"];
    assert.deepEqual(labelsOf(await draw()), [
      "Vary subtle",
      "Vary strong",
      "Upscale to 4K",
      ...whole,
    ]);
    assert.deepEqual(labelsOf(await draw(4)), [
      "V1",
      "V2",
      "V3",
      "V4",
      "4K 1",
      "4K 2",
      "4K 3",
      "4K 4",
      "Pick one for a card of its own",
      ...whole,
    ]);
  });

  for (const how of ["subtle", "strong"] as const)
    it(`vary one picture: ${how}`, async () => {
      const card = await draw();
      const [id] = lastPictures();
      const wish = await wishOfPress(card, `Vary ${how}`);
      assert.ok(wish.kind === "vary");
      assert.deepEqual([wish.how, wish.count, storedId(wish.picture)], [how, 1, id]);
    });

  it("vary one of a grid as often as the grid has pictures", async () => {
    const card = await draw(4);
    const ids = lastPictures();
    const wish = await wishOfPress(card, "V3");
    assert.ok(wish.kind === "vary");
    assert.deepEqual([wish.count, storedId(wish.picture)], [4, ids[2]]);
  });

  it("enlarge one picture, and one of a grid", async () => {
    const single = await wishOfPress(await draw(), "Upscale to 4K");
    assert.ok(single.kind === "upscale" && single.mode === "faithful");
    const card = await draw(2);
    const ids = lastPictures();
    const ofGrid = await wishOfPress(card, "4K 2");
    assert.ok(ofGrid.kind === "upscale");
    assert.equal(storedId(ofGrid.picture), ids[1]);
  });

  it("show an enlarged picture without what makes no sense for it", async () => {
    const pressed = await playground.click(await draw(), "Upscale to 4K");
    await wishOf(pressed.id);
    await test.finish();
    const card = await pressed.answer(isFinished);
    assert.deepEqual(labelsOf(card), ["Favourite", "Recipe", "Delete"]);
    assert.match(textOf(card), /Upscaled to 4096 × 4096 by ESRGAN thick x4/);
  });

  it("draw it again with a new seed", async () => {
    const card = await draw();
    const [id] = lastPictures();
    const wish = await wishOfPress(card, "Reroll");
    assert.ok(wish.kind === "reroll");
    assert.equal(storedId(wish.picture), id);
  });

  it("put one of a grid on a card of its own", async () => {
    const card = await draw(4);
    const ids = lastPictures();
    const control = "Pick one for a card of its own";
    const select = [...controls(card.components)].find(
      ({ placeholder }) => placeholder === control,
    );
    const [, second] = (select?.["options"] ?? []) as { value: string }[];
    const picked = await playground.select(card, { control, values: [second?.value ?? ""] });
    const single = await picked.answer(isFinished);
    assert.ok(labelsOf(single).includes("Vary subtle"));
    const wish = await wishOfPress(single, "Vary subtle");
    assert.equal(storedId((wish as Extract<Wish, { kind: "vary" }>).picture), ids[1]);
  });

  describe("Edit", () => {
    it("opens a dialog with the prompt, and asks for what was changed in it", async () => {
      const card = await draw(1, { negative: "worms", style: "Watercolour" });
      const pressed = await playground.click(card, "Edit");
      const opened = await pressed.modal();
      const fields = [...controls(opened.modal.components)].filter(
        ({ custom_id: id }) => id !== undefined,
      );
      assert.deepEqual(
        fields.map(({ custom_id: id, value }) => [id, value]),
        [
          ["prompt", "a red apple"],
          ["negative", "worms"],
          ["style", undefined],
          ["strength", undefined],
          ["picture", undefined],
        ],
      );
      const sent = await playground.submitModal(opened, {
        prompt: "a green pear",
        style: ["Pixel art"],
        strength: "70 %",
      });
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "edit");
      const expected: ImagineOptions = {
        prompt: "a green pear",
        negativePrompt: "worms",
        style: "Pixel art",
        strength: 0.7,
      };
      assert.deepEqual(wish.options, expected);
    });

    it("takes a style away", async () => {
      const card = await draw(1, { style: "Watercolour" });
      const opened = await (await playground.click(card, "Edit")).modal();
      const sent = await playground.submitModal(opened, { style: ["-"] });
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "edit");
      assert.equal(wish.options.style, "");
    });

    it("begins from a picture that is uploaded", async () => {
      const card = await draw();
      const opened = await (await playground.click(card, "Edit")).modal();
      const file = [...test.generation.pictures.values()].at(-1)?.file ?? new Uint8Array();
      const id = await playground.upload({ filename: "sketch.png", bytes: file });
      const sent = await playground.submitModal(opened, { picture: [id] });
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "edit" && wish.options.picture?.kind === "message");
      assert.equal(wish.options.picture.picture.source.attachmentId, id);
    });

    it("refuses a strength that is no percentage, and a file that is no picture", async () => {
      const card = await draw();
      const first = await (await playground.click(card, "Edit")).modal();
      await playground.submitModal(first, { strength: "very" });
      await playground.waitForMessage(
        (message) => isPrivate(message) && textOf(message).includes("“very” is no strength"),
      );
      const second = await (await playground.click(card, "Edit")).modal();
      const bytes = Buffer.from("hello");
      const id = await playground.upload({ filename: "note.txt", bytes });
      await playground.submitModal(second, { picture: [id] });
      await playground.waitForMessage(
        (message) => isPrivate(message) && textOf(message).includes("no picture in that message"),
      );
    });
  });

  it("mark a favourite and take the mark away", async () => {
    const card = await draw();
    const [id = ""] = lastPictures();
    const on = await playground.click(card, "Favourite");
    assert.match(textOf(await on.answer()), /Added to your favourites/);
    assert.ok(test.generation.favourites.has(id));
    const off = await playground.click(card, "Favourite");
    assert.match(textOf(await off.answer()), /Removed from your favourites/);
    assert.ok(!test.generation.favourites.has(id));
  });

  it("ask which one of a grid is the favourite", async () => {
    const card = await draw(3);
    const ids = lastPictures();
    const asked = await (await playground.click(card, "Favourite")).answer();
    assert.ok(isPrivate(asked));
    assert.deepEqual(labelsOf(asked), ["1", "2", "3"]);
    await playground.click(asked, "2");
    await until(() => test.generation.favourites.has(ids[1] ?? ""));
  });

  it("say how it was made", async () => {
    const pressed = await playground.click(await draw(1, { negative: "worms" }), "Recipe");
    const told = await pressed.answer();
    assert.ok(isPrivate(told));
    for (const words of ["a red apple", "worms", "Seed: 42", "Steps: 20", "Model: sana"])
      assert.ok(textOf(told).includes(words), words);
  });

  /** Presses Delete, and says so again in the dialog. */
  async function remove(card: APIMessage, scene: Scene = {}): Promise<void> {
    const opened = await (await playground.click(card, "Delete", scene)).modal();
    await playground.submitModal(opened, {}, scene);
  }

  async function isDeleted({ id }: APIMessage): Promise<void> {
    await playground.waitForEvent(
      (event): event is Extract<typeof event, { type: "message_delete" }> =>
        event.type === "message_delete" && event.messageId === id,
    );
  }

  describe("Delete", () => {
    it("asks first, and removes the card and its pictures for who asked for them", async () => {
      const card = await draw(2);
      const [id = ""] = lastPictures();
      const opened = await (await playground.click(card, "Delete")).modal();
      assert.equal(opened.modal.title, "Delete this card?");
      assert.match(JSON.stringify(opened.modal), /deleted for everyone[^]*cannot be undone/);
      assert.ok(test.generation.pictures.has(id));
      await playground.submitModal(opened, {});
      await isDeleted(card);
      assert.ok(!test.generation.pictures.has(id));
    });

    it("removes a private card, which the bot alone could not reach", async () => {
      const card = await draw(1, { private: true });
      await remove(card);
      await isDeleted(card);
    });

    it("is refused to others, whom it tells whose picture it is", async () => {
      const card = await draw();
      await playground.click(card, "Delete", { as: "bjoern" });
      const told = await playground.waitForMessage(
        (message) => isPrivate(message) && textOf(message).startsWith("Das können nur <@"),
      );
      assert.ok(textOf(told).includes(playground.member("ada")));
      assert.ok((await playground.messagesIn("general")).some(({ id }) => id === card.id));
    });

    it("works for a moderator", async () => {
      const card = await draw();
      await remove(card, { as: "morgan" });
      await isDeleted(card);
    });
  });

  it("keep what comes from a private picture private", async () => {
    const card = await draw(1, { private: true });
    const pressed = await playground.click(card, "Vary strong");
    await wishOf(pressed.id);
    assert.equal(test.generation.wishes.at(-1)?.place.isPrivate, true);
    assert.ok(isPrivate(await pressed.reply()));
  });

  describe("when the database has lost everything", () => {
    async function drawAndLose(count = 1): Promise<APIMessage> {
      const card = await draw(count);
      test.generation.pictures.clear();
      test.generation.jobs.clear();
      return card;
    }

    for (const label of ["Vary strong", "Upscale to 4K", "Reroll"])
      it(`bring the message's own picture and prompt: ${label}`, async () => {
        const wish = await wishOfPress(await drawAndLose(), label);
        assert.ok("picture" in wish && wish.picture.kind === "stored");
        const { fallback } = wish.picture;
        assert.equal(fallback?.prompt, "a red apple");
        assert.equal(fallback.isOurs, true);
        assert.equal(fallback.recipe?.seed, 42);
        assert.deepEqual([fallback.width, fallback.height], [32, 32]);
        const file = await fetch(new URL(fallback.source.url, playground.url));
        assert.equal(file.status, 200);
      });

    it("bring the right one of a grid", async () => {
      const card = await drawAndLose(4);
      const urls = [...controls(card.components)].flatMap(({ items }) =>
        ((items ?? []) as { media: { url: string } }[]).map(({ media }) => media.url),
      );
      const wish = await wishOfPress(card, "V3");
      assert.ok(wish.kind === "vary" && wish.picture.kind === "stored");
      assert.ok(wish.picture.fallback?.source.url.endsWith(urls[2] ?? "none"));
    });

    it("open Edit with the prompt of the card", async () => {
      const card = await drawAndLose();
      const opened = await (await playground.click(card, "Edit")).modal();
      const sent = await playground.submitModal(opened, {});
      const wish = await wishOf(sent.id);
      assert.ok(wish.kind === "edit" && wish.picture.kind === "stored");
      assert.equal(wish.options.prompt, "a red apple");
      assert.ok(wish.picture.fallback);
    });

    it("read the recipe from the picture's file", async () => {
      const pressed = await playground.click(await drawAndLose(), "Recipe");
      assert.match(textOf(await pressed.answer()), /Seed: 42/);
    });

    it("delete the card for who used the command, and not for others", async () => {
      const card = await drawAndLose();
      await remove(card, { as: "bjoern" });
      await playground.waitForMessage(
        (message) => isPrivate(message) && textOf(message).includes("nicht mehr gespeichert"),
      );
      await remove(card);
      await isDeleted(card);
    });
  });

  it("are refused where they were forged, signed by an old key, or of an unknown kind", async () => {
    const client = await playground.connect();
    const channel = await client.channels.fetch(playground.channel("general"));
    assert.ok(channel?.isSendable());
    const id = shortId(randomUUID());
    const old = new CustomIds(Buffer.alloc(32, 8)).write({ action: "delete", id, index: 0 });
    const unknown = test.customIds.write({ action: "frobnicate", id, index: 0 });
    const customIds = [old, unknown, "MJ::JOB::upsample::1::abc"];
    const sent = await channel.send({
      components: [
        {
          type: 1,
          components: customIds.map((custom_id, n) => ({
            type: 2,
            style: 2,
            label: `old ${n}`,
            custom_id,
          })),
        },
      ],
    });
    const message = (await playground.messagesIn("general")).find((one) => one.id === sent.id);
    assert.ok(message);
    for (const n of customIds.keys()) {
      const pressed = await playground.click(message, `old ${n}`);
      assert.match(textOf(await pressed.answer()), /not one of mine, or it is older/);
    }
  });
});
