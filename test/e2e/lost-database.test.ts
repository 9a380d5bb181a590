import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";
import sharp from "sharp";

import { controls, TestPlayground, textOf } from "../support/playground.ts";
import { Program } from "../support/program.ts";

const isFinished = (message: APIMessage) =>
  [...controls(message.components)].some(({ label }) => label === "Delete");

function urlOf(message: APIMessage, playground: TestPlayground): URL {
  const [url] = [...controls(message.components)].flatMap(({ items }) =>
    ((items ?? []) as { media: { url: string } }[]).map(({ media }) => media.url),
  );
  return new URL(url ?? "", playground.url);
}

async function sizeOf(message: APIMessage, playground: TestPlayground) {
  const file = await fetch(urlOf(message, playground));
  const { width, height } = await sharp(await file.arrayBuffer()).metadata();
  return [width, height];
}

/** The real program: a card's message is all that is left of its picture. */
describe("the buttons of a card whose database is lost", () => {
  /** What was begun, also where a later step of `before` fails. */
  const ends: (() => Promise<unknown>)[] = [];
  let playground: TestPlayground;
  let program: Program;
  let card: APIMessage;

  const environment = () => ({
    DISCORD_TOKEN: playground.token,
    DISCORD_API_BASE: playground.apiBase,
  });

  before(async () => {
    playground = await TestPlayground.start();
    ends.push(() => playground.close());
    program = await Program.start({ environment: environment() });
    ends.push(() => program.remove());
    ends.push(() => program.stop());
    const asked = await playground.slash("imagine", {
      prompt: "a red apple",
      seed: 7,
      steps: 5,
      guidance: 3,
    });
    card = await asked.answer(isFinished);
    const { dataDir } = program;
    await program.stop();
    await rm(join(dataDir, "db"), { recursive: true });
    program = await Program.start({ environment: environment(), dataDir });
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  it("vary the picture that the message shows", async () => {
    const pressed = await playground.click(card, "Vary subtle");
    const varied = await pressed.answer(isFinished);
    assert.match(textOf(varied), /a red apple/);
    assert.match(textOf(varied), /5 steps · guidance 3/);
    assert.deepEqual(await sizeOf(varied, playground), await sizeOf(card, playground));
  });

  it("draw it again with its own settings", async () => {
    const pressed = await playground.click(card, "Reroll");
    const again = await pressed.answer(isFinished);
    assert.match(textOf(again), /a red apple[^]*256 × 256 · 5 steps · guidance 3/);
  });

  it("enlarge it, which takes minutes here and is cancelled once it has begun", async () => {
    const pressed = await playground.click(card, "Upscale to 4K");
    const asked = await pressed.answer((message) => textOf(message).includes("usual pictures"));
    await playground.click(asked, "Go on");
    const begun = await pressed.answer((message) => textOf(message).includes("Enlarging"));
    await playground.click(begun, "Cancel");
    await pressed.answer((message) => textOf(message).includes("Cancelled"));
  });

  it("say how it was made", async () => {
    const pressed = await playground.click(card, "Recipe");
    assert.match(textOf(await pressed.answer()), /Seed: 7\n\s*Steps: 5/);
  });

  it("delete it for who asked for it", async () => {
    const opened = await (await playground.click(card, "Delete")).modal();
    await playground.submitModal(opened, {});
    await playground.waitForEvent(
      (event): event is Extract<typeof event, { type: "message_delete" }> =>
        event.type === "message_delete" && event.messageId === card.id,
    );
  });
});
