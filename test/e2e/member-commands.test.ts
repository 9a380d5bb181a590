import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";

import { TestBot } from "../support/discord-bot.ts";
import { controls, textOf, type TestPlayground } from "../support/playground.ts";
import { until } from "../support/until.ts";

const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;

function optionsOf(message: APIMessage, placeholder: string): { label: string; value: string }[] {
  const select = [...controls(message.components)].find(
    (one) => one["placeholder"] === placeholder,
  );
  return (select?.["options"] ?? []) as { label: string; value: string }[];
}

describe("the commands for members", () => {
  let test: TestBot;
  let playground: TestPlayground;

  before(async () => {
    test = await TestBot.start();
    ({ playground } = test);
  });
  after(() => test[Symbol.asyncDispose]());
  beforeEach(() => {
    test.generation.jobs.clear();
    test.generation.pictures.clear();
    test.generation.favourites.clear();
  });

  async function ask(prompt: string, scene: { as?: string } = {}): Promise<string> {
    const begun = await playground.slash("imagine", { prompt }, scene);
    await until(() => test.generation.wishes.find((one) => one.interactionId === begun.id));
    return test.generation.lastJob.id;
  }

  async function draw(prompt: string): Promise<APIMessage> {
    const begun = await playground.slash("imagine", { prompt });
    await until(() => test.generation.wishes.find((one) => one.interactionId === begun.id));
    await test.finish();
    return begun.answer((message) => textOf(message).includes("Seed"));
  }

  it("answer privately", async () => {
    for (const name of ["queue", "quota", "history", "help", "about", "privacy export"]) {
      const begun = await playground.slash(name);
      assert.ok(isPrivate(await begun.answer()), name);
    }
  });

  it("answer in the member's language", async () => {
    const told = async (name: string, as: string) =>
      textOf(await (await playground.slash(name, {}, { as })).answer());
    assert.match(await told("help", "ada"), /I draw what you describe/);
    assert.match(await told("help", "bjoern"), /Ich zeichne, was du beschreibst/);
    assert.match(await told("help", "yuki"), /このサーバーのハードウェアで絵にします/);
  });

  it("/help names commands by mentions that open them", async () => {
    const told = textOf(await (await playground.slash("help")).answer());
    const { id } = playground.command("imagine");
    assert.ok(told.includes(`</imagine:${id}> – say what to draw`), told);
    const privacy = playground.command("privacy");
    assert.ok(told.includes(`</privacy export:${privacy.id}>`), told);
    assert.doesNotMatch(told, /\{|`\//);
  });

  it("/about tells version, model, hardware and speed", async () => {
    const told = textOf(await (await playground.slash("about")).answer());
    for (const words of ["sanabot 0.1.0", "Sana (Apache-2.0)", "2 CPU cores", "12.3 s"])
      assert.ok(told.includes(words), words);
  });

  describe("/queue", () => {
    it("shows what waits here, and nobody else's private pictures", async () => {
      const empty = await (await playground.slash("queue")).answer();
      assert.match(textOf(empty), /Nothing is being drawn here/);
      await ask("a tree");
      await ask("a horse", { as: "bjoern" });
      const hidden = await playground.slash("imagine", { prompt: "a secret", private: true });
      await until(() => test.generation.wishes.find((one) => one.interactionId === hidden.id));
      const queue = await (await playground.slash("queue", {}, { as: "bjoern" })).answer();
      assert.match(textOf(queue), /1\. <@\d+>: a tree/);
      assert.match(textOf(queue), /2\. <@\d+>: a horse/);
      assert.match(textOf(queue), /ein privates Bild/);
      assert.match(textOf(queue), /2 Aufträge anderer Server/);
    });

    it("offers to cancel one's own, and shows the rest", async () => {
      const id = await ask("a tree");
      await ask("a house");
      await ask("not mine", { as: "bjoern" });
      const queue = await (await playground.slash("queue")).answer();
      const options = optionsOf(queue, "Cancel one of yours");
      assert.deepEqual(
        options.map(({ label }) => label),
        ["1 a tree", "2 a house"],
      );
      const control = "Cancel one of yours";
      await playground.select(queue, { control, values: [options[0]?.value ?? ""] });
      await until(() => test.generation.cancelled.includes(id));
      await playground.waitForMessage(
        (message) => message.id === queue.id && !textOf(message).includes("a tree"),
      );
    });

    it("says when a job has ended meanwhile", async () => {
      await ask("a tree");
      const queue = await (await playground.slash("queue")).answer();
      test.generation.jobs.clear();
      const control = "Cancel one of yours";
      const [option] = optionsOf(queue, control);
      await playground.select(queue, { control, values: [option?.value ?? ""] });
      await playground.waitForMessage((message) => textOf(message).includes("has ended already"));
    });

    it("is refreshed in place", async () => {
      const queue = await (await playground.slash("queue")).answer();
      await ask("something new");
      await playground.click(queue, "Refresh");
      await playground.waitForMessage(
        (message) => message.id === queue.id && textOf(message).includes("something new"),
      );
    });
  });

  describe("/quota", () => {
    it("says that nothing limits the member", async () => {
      test.generation.quota = { windows: [], picturesLeft: null, prices: [] };
      const told = textOf(await (await playground.slash("quota")).answer());
      assert.match(told, /Nothing limits you here/);
    });

    it("shows each window, what is left of it, and prices in usual pictures", async () => {
      test.generation.quota = {
        windows: [
          {
            scope: "guild_user",
            period: "day",
            limit: 50_000,
            used: 9000,
            held: 1000,
            renewsAt: new Date("2026-11-26T00:00:00Z"),
            picturesLeft: 40,
          },
          {
            scope: "guild",
            period: "total",
            limit: 0,
            used: 0,
            held: 0,
            renewsAt: null,
            picturesLeft: 0,
          },
        ],
        picturesLeft: 0,
        prices: [
          { kind: "generate", size: 1024, cost: 1000, inUsualPictures: 1 },
          { kind: "upscale", size: 4096, cost: 450, inUsualPictures: 0.45 },
        ],
      };
      const told = textOf(await (await playground.slash("quota")).answer());
      assert.match(told, /\*\*No picture\*\* of the usual kind fits/);
      assert.match(told, /You here today: ▰▰▱▱▱▱▱▱▱▱ 40 pictures left, renews <t:1795651200:R>/);
      assert.match(told, /This server in total: ▰{10} 0 pictures left$/m);
      assert.match(told, /1024 × 1024: 1\nUpscale to 4096: 0.5/);
    });
  });

  describe("/history", () => {
    it("says so where there is nothing, and where nothing is found", async () => {
      const none = await (await playground.slash("history")).answer();
      assert.match(textOf(none), /Draw something with \/imagine/);
      await draw("a tree");
      const found = await (await playground.slash("history", { search: "horse" })).answer();
      assert.match(textOf(found), /None of your pictures has these words/);
    });

    it("lists one's pictures with thumbnails, searches and turns pages", async () => {
      for (let n = 1; n <= 7; n += 1) await draw(`tree ${n}`);
      await draw("a horse");
      const list = await (await playground.slash("history", { search: "tree" })).answer();
      assert.match(textOf(list), /7 pictures · “tree”/);
      assert.match(textOf(list), /tree 7/);
      assert.doesNotMatch(textOf(list), /tree 2|horse/);
      const thumbnails = [...controls(list.components)].filter(({ type }) => type === 11);
      assert.equal(thumbnails.length, 5);
      await playground.click(list, "Older");
      const older = await playground.waitForMessage(
        (message) => message.id === list.id && textOf(message).includes("tree 2"),
      );
      assert.match(textOf(older), /2 \/ 2/);
      await playground.click(older, "Newer");
      await playground.waitForMessage(
        (message) =>
          message.id === list.id &&
          message.edited_timestamp !== older.edited_timestamp &&
          textOf(message).includes("tree 7"),
      );
    });

    it("opens one, marks it, and comes back to the list", async () => {
      await draw("a tree");
      const list = await (await playground.slash("history")).answer();
      const [option] = optionsOf(list, "Open one …");
      await playground.select(list, { control: "Open one …", values: [option?.value ?? ""] });
      const has = (label: string) => (message: APIMessage) =>
        message.id === list.id &&
        [...controls(message.components)].some((control) => control["label"] === label);
      const opened = await playground.waitForMessage(has("Favourite"));
      await playground.click(opened, "Favourite");
      const marked = await playground.waitForMessage(has("Unfavourite"));
      assert.equal(test.generation.favourites.size, 1);
      await playground.click(marked, "Back");
      const back = await playground.waitForMessage(
        (message) => message.id === list.id && textOf(message).includes("⭐ a tree"),
      );
      assert.equal(optionsOf(back, "Open one …").length, 1);
      const favourites = await playground.slash("history", { favourites: true });
      assert.match(textOf(await favourites.answer()), /Your favourites\*\* · 1 picture/);
    });

    it("shows what a picture was made from and what was made from it", async () => {
      const card = await draw("a tree");
      const pressed = await playground.click(card, "Vary strong");
      await until(() => test.generation.wishes.find((one) => one.interactionId === pressed.id));
      await test.finish();
      const list = await (await playground.slash("history")).answer();
      const [newest] = optionsOf(list, "Open one …");
      await playground.select(list, { control: "Open one …", values: [newest?.value ?? ""] });
      const opened = await playground.waitForMessage(
        (message) =>
          message.id === list.id &&
          [...controls(message.components)].some(({ label }) => label === "Family tree"),
      );
      await playground.click(opened, "Family tree");
      const tree = await playground.waitForMessage(
        (message) => message.id === list.id && textOf(message).includes("Family tree"),
      );
      assert.match(textOf(tree), /^a tree · .*\n\u2003➤ a tree · /m);
      assert.equal(optionsOf(tree, "Open one …").length, 2);
    });

    it("posts one again with all its buttons", async () => {
      await draw("a tree");
      const list = await (await playground.slash("history")).answer();
      const [option] = optionsOf(list, "Open one …");
      await playground.select(list, { control: "Open one …", values: [option?.value ?? ""] });
      const opened = await playground.waitForMessage(
        (message) =>
          message.id === list.id &&
          [...controls(message.components)].some(({ label }) => label === "Post here"),
      );
      const posted = await (await playground.click(opened, "Post here")).answer();
      assert.ok(!isPrivate(posted));
      const varied = await playground.click(posted, "Vary subtle");
      await until(() => test.generation.wishes.find((one) => one.interactionId === varied.id));
    });
  });

  describe("/privacy", () => {
    it("exports what is stored as a file", async () => {
      const answer = await (await playground.slash("privacy export")).answer();
      const [file] = answer.attachments;
      assert.match(file?.filename ?? "", /^sanabot-\d+\.json$/);
      const content = await fetch(new URL(file?.url ?? "", playground.url));
      assert.deepEqual(await content.json(), { userId: playground.member("ada"), pictures: [] });
    });

    it("exports what is too large for Discord as a compressed file", async () => {
      const prompt = "a red apple ".repeat(1000);
      test.generation.exported = Array.from({ length: 1000 }, () => ({ prompt }));
      const answer = await (await playground.slash("privacy export")).answer();
      const [file] = answer.attachments;
      assert.match(file?.filename ?? "", /^sanabot-\d+\.json\.gz$/);
      const content = await fetch(new URL(file?.url ?? "", playground.url));
      const json = gunzipSync(await content.arrayBuffer()).toString();
      assert.ok(json.length > 10 * 2 ** 20);
      assert.deepEqual(JSON.parse(json), {
        userId: playground.member("ada"),
        pictures: test.generation.exported,
      });
    });

    it("deletes only after it has asked", async () => {
      await draw("a tree");
      const asked = await (await playground.slash("privacy delete")).answer();
      assert.match(textOf(asked), /for good/);
      assert.deepEqual(test.generation.forgotten, []);
      await playground.click(asked, "Delete everything");
      await playground.waitForMessage((message) =>
        textOf(message).includes("Deleted: 1 picture of 1 request."),
      );
      assert.deepEqual(test.generation.forgotten, [playground.member("ada")]);
    });

    it("switches mentions off and on", async () => {
      const off = await (await playground.slash("privacy mention", { on: false })).answer();
      assert.match(textOf(off), /I will not mention you/);
      assert.equal(test.generation.mention, false);
      await (await playground.slash("privacy mention", { on: true })).answer();
      assert.equal(test.generation.mention, true);
    });
  });
});
