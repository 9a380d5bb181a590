import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";
import sharp from "sharp";

import { openPglite } from "../../src/db/open-pglite.ts";
import { changeOwnerSettings } from "../../src/generation/policy/owner-settings.ts";
import { OPEN_OPTIONS } from "../support/databases.ts";
import { controls, TestPlayground, textOf } from "../support/playground.ts";
import { Program } from "../support/program.ts";

const isFinished = (message: APIMessage) => hasControl(message, "Delete");
const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;

function hasControl(message: APIMessage, name: string): boolean {
  return [...controls(message.components)].some(
    ({ label, placeholder }) => label === name || placeholder === name,
  );
}

function picturesOf(message: APIMessage): string[] {
  return [...controls(message.components)].flatMap(({ items }) =>
    ((items ?? []) as { media: { url: string } }[]).map(({ media }) => media.url),
  );
}

function optionsOf(message: APIMessage, placeholder: string): { label: string; value: string }[] {
  const select = [...controls(message.components)].find(
    (one) => one["placeholder"] === placeholder,
  );
  return (select?.["options"] ?? []) as { label: string; value: string }[];
}

/** On an idle machine the tests are faster than the usual limit lets one member be. */
async function allowBursts(dataDir: string): Promise<void> {
  const { db, close } = await openPglite(join(dataDir, "db"), OPEN_OPTIONS);
  const burst = { size: 100, secondsEach: 0.1 };
  await changeOwnerSettings(db, (settings) => ({ ...settings, burst }));
  await close();
}

/** What members do, through the real program: its database, queue, quota and embedded model included. */
describe("the whole program", () => {
  /** What was begun, also where a later step of `before` fails. */
  const ends: (() => Promise<unknown>)[] = [];
  let playground: TestPlayground;
  let program: Program;

  before(async () => {
    playground = await TestPlayground.start();
    ends.push(() => playground.close());
    const dataDir = await mkdtemp(join(tmpdir(), "sanabot-whole-"));
    await allowBursts(dataDir);
    program = await Program.start({
      dataDir,
      environment: { DISCORD_TOKEN: playground.token, DISCORD_API_BASE: playground.apiBase },
    });
    ends.push(() => program.remove());
    ends.push(() => program.stop());
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  async function draw(
    prompt: string,
    options: Record<string, string | number | boolean> = {},
    scene: { as?: string } = {},
  ): Promise<APIMessage> {
    const begun = await playground.slash("imagine", { prompt, steps: 3, ...options }, scene);
    return begun.answer(isFinished);
  }

  it("draws a grid, varies one of it, and puts one on a card of its own", async () => {
    const grid = await draw("a red apple", { count: 2, seed: 11 });
    assert.equal(picturesOf(grid).length, 2);
    assert.match(textOf(grid), /Seeds 11 to 12/);
    const varied = await (await playground.click(grid, "V2")).answer(isFinished);
    assert.equal(picturesOf(varied).length, 2);
    const control = "Pick one for a card of its own";
    const [, second] = optionsOf(grid, control);
    const picked = await playground.select(grid, { control, values: [second?.value ?? ""] });
    const single = await picked.answer(isFinished);
    assert.match(textOf(single), /Seed 12/);
    assert.ok(hasControl(single, "Vary strong"));
  });

  it("draws what the dialog of Edit says", async () => {
    const card = await draw("a tree");
    const opened = await (await playground.click(card, "Edit")).modal();
    const sent = await playground.submitModal(opened, { prompt: "a house", negative: "clouds" });
    const edited = await sent.answer(isFinished);
    assert.match(textOf(edited), /a house\n-# Without: clouds/);
  });

  it("remixes its own picture, and a member's only where the server allows it", async () => {
    const card = await draw("a star");
    const opened = await (await playground.contextMenu("Remix", card)).modal();
    const sent = await playground.submitModal(opened, { prompt: "a moon", strength: "80" });
    assert.match(textOf(await sent.answer(isFinished)), /a moon[^]*strength 80 %/);

    const blank = { create: { width: 64, height: 64, channels: 3, background: "blue" } } as const;
    const bytes = await sharp(blank).png().toBuffer();
    const id = await playground.upload({ filename: "sea.png", bytes });
    const message = await playground.say("look", { attachmentIds: [id] });
    const foreign = await (await playground.contextMenu("Remix", message)).modal();
    await playground.submitModal(foreign, { prompt: "a ship" });
    await playground.waitForMessage(
      (one) => isPrivate(one) && textOf(one).includes("Only pictures that the bot made"),
    );
  });

  it("begins from a picture that a member uploads with /imagine", async () => {
    const blank = { create: { width: 320, height: 160, channels: 3, background: "red" } } as const;
    const bytes = await sharp(blank).png().toBuffer();
    const image = await playground.upload({ filename: "red.png", bytes });
    const card = await draw("a cherry", { image, strength: 50 });
    assert.match(textOf(card), /strength 50 %/);
  });

  it("shows a private picture to its requester alone, and what comes from it", async () => {
    const card = await draw("a secret door", { private: true });
    assert.ok(isPrivate(card));
    const varied = await (await playground.click(card, "Vary subtle")).answer(isFinished);
    assert.ok(isPrivate(varied));
    const seen = await playground.messagesIn("general", "bjoern");
    assert.ok(seen.every((message) => !textOf(message).includes("a secret door")));
  });

  it("keeps favourites and families in /history, and posts a picture again", async () => {
    // Each member has a burst limit of their own, which the tests before have used up for others.
    const scene = { as: "morgan" };
    const card = await draw("a green leaf", { seed: 5 }, scene);
    const marked = await playground.click(card, "Favourite", scene);
    assert.match(textOf(await marked.answer()), /Added to your favourites/);
    await (await playground.click(card, "Vary subtle", scene)).answer(isFinished);
    const list = await (await playground.slash("history", { favourites: true }, scene)).answer();
    assert.match(textOf(list), /Your favourites\*\* · 1 picture/);
    const control = "Open one …";
    const [option] = optionsOf(list, control);
    await playground.select(list, { control, values: [option?.value ?? ""] }, scene);
    const opened = await playground.waitForMessage(
      (message) => message.id === list.id && hasControl(message, "Family tree"),
    );
    const posted = await (await playground.click(opened, "Post here", scene)).answer(isFinished);
    assert.match(textOf(posted), /a green leaf[^]*Seed 5/);
    await playground.click(opened, "Family tree", scene);
    const tree = await playground.waitForMessage(
      (message) => message.id === list.id && textOf(message).includes("➤ a green leaf"),
    );
    assert.equal(optionsOf(tree, control).length, 2);
  });

  it("cancels what waits and what runs, and charges nothing", async () => {
    const scene = { as: "olivia" };
    const wish = { prompt: "a long one", steps: 100, count: 4, size: 512 };
    const long = await playground.slash("imagine", wish, scene);
    const dear = await long.answer((message) => hasControl(message, "Go on"));
    await playground.click(dear, "Go on", scene);
    const running = await long.answer((message) => textOf(message).includes("step"));
    const behind = await playground.slash("imagine", { prompt: "behind it", steps: 3 }, scene);
    await behind.answer((message) => textOf(message).includes("in the queue"));
    const queue = await (await playground.slash("queue", {}, scene)).answer();
    const control = "Cancel one of yours";
    const waiting = optionsOf(queue, control).find(({ label }) => label.includes("behind it"));
    await playground.select(queue, { control, values: [waiting?.value ?? ""] }, scene);
    await behind.answer((message) => textOf(message).includes("Cancelled"));
    await playground.click(running, "Cancel", scene);
    await long.answer((message) => textOf(message).includes("Cancelled"));
  });

  it("reads the recipe of a file that was saved and posted again", async () => {
    const card = await draw("a yellow sun", { seed: 321 });
    const [url = ""] = picturesOf(card);
    const saved = await (await fetch(new URL(url, playground.url))).arrayBuffer();
    const id = await playground.upload({ filename: "saved.png", bytes: new Uint8Array(saved) });
    const message = await playground.say("mine", { attachmentIds: [id], as: "bjoern" });
    const told = await (await playground.contextMenu("Recipe", message)).answer();
    assert.match(textOf(told), /a yellow sun[^]*Seed: 321/);
  });

  it("tells in words what it does not take", async () => {
    const refused = async (options: Record<string, string | number>, words: string) => {
      await playground.slash("imagine", { prompt: "x", ...options });
      await playground.waitForMessage((one) => isPrivate(one) && textOf(one).includes(words));
    };
    await refused({ prompt: "   " }, "The prompt is empty");
    await refused({ model: "no-such-model" }, "There is no model “no-such-model” here");
  });

  it("exports and deletes what is stored of a member", async () => {
    await draw("to be forgotten", {}, { as: "nova" });
    const exported = await (await playground.slash("privacy export", {}, { as: "nova" })).answer();
    const [file] = exported.attachments;
    const stored = await fetch(new URL(file?.url ?? "", playground.url));
    assert.match(await stored.text(), /to be forgotten/);
    const asked = await (await playground.slash("privacy delete", {}, { as: "nova" })).answer();
    await playground.click(asked, "Delete everything", { as: "nova" });
    await playground.waitForMessage((message) => textOf(message).includes("Deleted: 1 picture"));
    const list = await (await playground.slash("history", {}, { as: "nova" })).answer();
    assert.match(textOf(list), /Draw something with/);
  });
});
