import assert from "node:assert/strict";
import { it } from "node:test";

import { siblingOf } from "../../src/discord/target-message.ts";
import { asking } from "../support/generation.ts";
import { MemoryGeneration } from "../support/memory-generation.ts";

it("a picture of a card is found by the card's first one, as long as the database has them", async () => {
  const generation = new MemoryGeneration();
  await generation.request(asking("a tree"));
  await generation.finish(2);
  const [first = "", second = ""] = generation.pictures.keys();
  assert.deepEqual(await siblingOf(first, 1, generation), {
    kind: "stored",
    pictureId: second,
    fallback: null,
  });
  generation.pictures.clear();
  assert.equal(await siblingOf(first, 1, generation), null);
});
