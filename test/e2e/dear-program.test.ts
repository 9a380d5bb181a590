import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { type APIMessage, MessageFlags } from "discord-api-types/v10";

import { openPglite } from "../../src/db/open-pglite.ts";
import { job } from "../../src/db/schema.ts";
import { OPEN_OPTIONS } from "../support/databases.ts";
import { controls, TestPlayground, textOf } from "../support/playground.ts";
import { Program } from "../support/program.ts";

const isPrivate = ({ flags = 0 }: { flags?: number }) => (flags & MessageFlags.Ephemeral) !== 0;
const has = (message: APIMessage, name: string) =>
  [...controls(message.components)].some(({ label }) => label === name);

/** The real program: what it asks is all in its database. */
describe("the question before a dear request, over a restart", () => {
  /** What was begun, also where a later step of `before` fails. */
  const ends: (() => Promise<unknown>)[] = [];
  let playground: TestPlayground;
  let program: Program;

  const start = async (dataDir?: string): Promise<void> => {
    program = await Program.start({
      environment: { DISCORD_TOKEN: playground.token, DISCORD_API_BASE: playground.apiBase },
      ...(dataDir === undefined ? {} : { dataDir }),
    });
  };

  before(async () => {
    playground = await TestPlayground.start();
    ends.push(() => playground.close());
    await start();
    ends.push(() => program.remove());
    ends.push(() => program.stop());
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  it("is answered by its old buttons, and begins once", async () => {
    const begun = await playground.slash("imagine", {
      prompt: "a red apple",
      size: 1024,
      count: 4,
    });
    const card = await begun.answer((message) => has(message, "Go on"));
    assert.match(textOf(card), /as much as \d\d usual pictures/);
    const { dataDir } = program;
    await program.stop();
    await start(dataDir);
    await Promise.all([playground.click(card, "Go on"), playground.click(card, "Go on")]);
    await playground.waitForMessage(
      (message) => isPrivate(message) && textOf(message).includes("no longer open"),
    );
    // A quick machine is done before the queue could be asked, so that its jobs are counted.
    await playground.waitForMessage((message) => message.id === card.id && has(message, "Reroll"));
    const queue = await (await playground.slash("queue")).answer();
    assert.equal(textOf(queue).split("a red apple").length - 1, 0, textOf(queue));
    await program.stop();
    const { db, close } = await openPglite(join(dataDir, "db"), OPEN_OPTIONS);
    assert.equal(await db.$count(job), 1);
    await close();
  });
});
