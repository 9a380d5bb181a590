import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import type { APIMessage } from "discord-api-types/v10";
import sharp from "sharp";

import { controls, TestPlayground, textOf } from "../support/playground.ts";
import { Program } from "../support/program.ts";

/** Addresses of the pictures that a card shows. */
function picturesOf(message: APIMessage): string[] {
  const items = [...controls(message.components)].flatMap(
    ({ items: shown }) => (shown ?? []) as { media: { url: string } }[],
  );
  return items.map(({ media }) => media.url);
}

/** Whether a card is the final one: the buttons are there. */
function isFinished(message: APIMessage): boolean {
  return [...controls(message.components)].some(({ label }) => label === "Reroll");
}

/** The whole straight line: the real program as a process, the real discord.js, the embedded model, PGlite. */
describe("the program", () => {
  let playground: TestPlayground;
  let program: Program;

  before(async () => {
    playground = await TestPlayground.start();
    program = await Program.start({
      environment: { DISCORD_TOKEN: playground.token, DISCORD_API_BASE: playground.apiBase },
    });
  });
  after(async () => {
    await program.stop();
    await program.remove();
    await playground.close();
  });

  it("draws what /imagine asks for and posts it with buttons", async () => {
    const asked = await playground.slash("imagine", { prompt: "a red apple", seed: 7, steps: 4 });
    const card = await asked.answer(isFinished);
    assert.match(textOf(card), /a red apple/);
    assert.match(textOf(card), /Seed 7/);
    const [url = ""] = picturesOf(card);
    const { width, height } = await sharp(
      await (await fetch(new URL(url, playground.url))).arrayBuffer(),
    ).metadata();
    assert.deepEqual([width, height], [256, 256]);
  });

  it("varies a picture by its button", async () => {
    const asked = await playground.slash("imagine", { prompt: "a tree", seed: 8, steps: 4 });
    const card = await asked.answer(isFinished);
    const pressed = await playground.click(card, "Vary strong");
    const varied = await pressed.answer(isFinished);
    assert.match(textOf(varied), /a tree/);
    assert.notEqual(picturesOf(varied)[0], picturesOf(card)[0]);
  });

  it("says at its start how to go on, and shows its owner a status page", async () => {
    const [, invite = ""] = await program.waitForOutput(/Invite it to a server:\s+(\S+)/);
    assert.equal(new URL(invite).searchParams.get("permissions"), "274878024704");
    assert.match(program.output, /type \/imagine there[^]*\/owner guilds approve/);
    const [, address = ""] = await program.waitForOutput(/^Status: (\S+)$/m);
    const page = await (await fetch(address)).text();
    for (const name of ["Discord", "Workers", "Models", "Queue", "Paused", "Memory", "Disk"])
      assert.ok(page.includes(`<th scope="row">${name}</th>`), name);
    assert.match(page, /Last errors/);
  });

  it("still answers buttons after a restart", async () => {
    const asked = await playground.slash("imagine", { prompt: "a house", seed: 9, steps: 4 });
    const card = await asked.answer(isFinished);
    const { dataDir } = program;
    assert.equal(await program.stop(), 0);
    program = await Program.start({
      environment: { DISCORD_TOKEN: playground.token, DISCORD_API_BASE: playground.apiBase },
      dataDir,
    });
    const pressed = await playground.click(card, "Reroll");
    const again = await pressed.answer(isFinished);
    assert.match(textOf(again), /a house/);
  });

  it("tells its owner by a direct message that a backup failed", async () => {
    const { dataDir } = program;
    await program.stop();
    await rm(join(dataDir, "backups"), { recursive: true, force: true });
    await writeFile(join(dataDir, "backups"), "a file where the folder should be");
    program = await Program.start({
      environment: { DISCORD_TOKEN: playground.token, DISCORD_API_BASE: playground.apiBase },
      dataDir,
    });
    const told = await playground.waitForMessage((message) =>
      textOf(message).startsWith("The nightly backup failed: "),
    );
    assert.equal(told.channel_id, playground.channel("dm", "olivia"));
  });
});
